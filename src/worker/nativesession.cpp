// SPDX-License-Identifier: MIT
#include "worker/nativesession_p.h"

#include "wire/message_p.h"
#include "wire/nativefields_p.h"

#include <algorithm>
#include <map>

namespace Prefork::Internal {

using namespace Wire::Native;
using detail::CborReader;
using detail::CborWriter;

namespace {

constexpr std::chrono::nanoseconds Quick = std::chrono::microseconds(20);
constexpr std::chrono::nanoseconds Slow = std::chrono::milliseconds(1);
constexpr int MaxHeld = 64;
constexpr qsizetype MaxHeldBytes = 16 * 1024;
constexpr qsizetype LeastLimit = 1024; // an error message must fit
constexpr qsizetype HelloRest = 256; // bytes of a hello beside its methods, and more

}

NativeSession::NativeSession(InterfacePrivate &interface, qsizetype maxMessageSize, ScoreboardPage *page, Write write,
                             TryWrite tryWrite, qint64 maxDecodedSize)
    : Session(interface, page, std::move(write))
    , m_tryWrite(std::move(tryWrite))
    , m_maxMessageSize(maxMessageSize)
    , m_maxDecodedSize(maxDecodedSize)
    , m_buffer(maxMessageSize)
{
    page->protocol.store(ScoreboardPage::Native, std::memory_order_relaxed);
}

bool NativeSession::received(qsizetype count)
{
    m_buffer.received(count);
    m_now = ScoreboardPage::now();
    m_page->enter(ScoreboardPage::Busy, m_now);
    Packet packet;
    for (;;) {
        switch (m_buffer.next(&packet)) {
        case Wire::Decoded::Nothing: {
            const bool goesOn = flush();
            m_page->enter(ScoreboardPage::Idle, m_now);
            return goesOn;
        }
        case Wire::Decoded::Broken:
            static_cast<void>(flush());
            return fail(m_buffer.errorString());
        case Wire::Decoded::Unfinished: // which takes another protocol
        case Wire::Decoded::Message:
            break;
        }
        if (isToLeave()) { // what is left has not begun
            static_cast<void>(flush());
            m_page->enter(ScoreboardPage::Idle, m_now);
            return false;
        }
        if (take(packet) && afterPacket())
            continue;
        static_cast<void>(flush());
        return false;
    }
}

// A worker that is handed from checkout to checkout has no idle moment.
bool NativeSession::isToLeave() const
{
    return m_page->askedToLeave.load(std::memory_order_relaxed) != 0
        && m_page->held.load(std::memory_order_relaxed) == 0 && m_isGreeted;
}

bool NativeSession::take(const Packet &packet)
{
    const quint8 kind = packet.header.kind;
    noteSize(packet.payload.size());
    if (m_isGreeted == (kind == Hello))
        return fail(m_isGreeted ? QStringLiteral("a second hello")
                                : QStringLiteral("a message of kind %1 before hello").arg(kind));
    switch (kind) {
    case Hello:
        return serveHello(packet);
    case Call:
        return serveCall(packet);
    case Release:
        return serveRelease(packet.header.id);
    default:
        return fail(QStringLiteral("a message of the unknown kind %1").arg(kind));
    }
}

bool NativeSession::afterPacket()
{
    if (!hasApplication())
        return true;
    if (!flush() || !deliverEvents())
        return false;
    m_now = ScoreboardPage::now();
    return true;
}

bool NativeSession::serveHello(const Packet &packet)
{
    CborReader reader(packet.payload);
    quint64 version = 0;
    quint64 limit = 0;
    const bool isFine = readFields(reader, [&](QByteArrayView name, CborReader &value) {
        if (name == "version")
            return known(value, value.readUnsigned(&version));
        if (name == "decoded")
            return known(value, value.readSigned(&m_replyDecodedSize));
        return name == "limit" && known(value, value.readUnsigned(&limit));
    });
    if (!isFine || !reader.atEnd() || version < 1)
        return fail(QStringLiteral("a malformed hello"));
    m_isGreeted = true;
    m_buffer.greeted();
    const quint64 replyLimit = std::min(limit, quint64(m_maxMessageSize));
    m_replyLimit = qsizetype(std::clamp<quint64>(replyLimit, LeastLimit, std::numeric_limits<quint32>::max()));

    m_replies.append(Preamble);
    CborWriter writer(&m_replies);
    const qsizetype start = writer.skip(Header::Size);
    const bool tellsDecodedSize = m_maxDecodedSize != DefaultMaxDecodedSize;
    writer.beginMap(tellsDecodedSize ? 6 : 5);
    writer.writeUtf8("version");
    writer.writeUnsigned(Version);
    writer.writeUtf8("limit");
    writer.writeUnsigned(quint64(m_maxMessageSize));
    if (tellsDecodedSize) {
        writer.writeUtf8("decoded");
        writer.writeSigned(m_maxDecodedSize);
    }
    writer.writeUtf8("ordered");
    writer.writeBool(true);
    writer.writeUtf8("checkoutDone");
    writer.writeBool(bool(m_interface.checkoutDone));
    writer.writeUtf8("methods");
    std::map<QByteArrayView, quint64> typed; // those that have room: what is not known is not checked
    const qsizetype room = std::min(MaxHelloSize, m_replyLimit) - HelloRest;
    qsizetype size = 0;
    for (const auto &[key, entry] : m_interface.methods) {
        const detail::Signature *const signature = entry->method->signature();
        if (!signature || typed.size() == MaxMethods)
            continue;
        const qsizetype pair = entry->name.size() + 2 * 9;
        if (size + pair <= room && typed.emplace(entry->name, signature->hash).second)
            size += pair;
    }
    writer.beginMap(typed.size());
    for (const auto &[method, hash] : typed) {
        writer.writeUtf8(method);
        writer.writeUnsigned(hash);
    }
    finishMessage(writer, start, Hello, 0);
    // Before it is written: the client wakes up while this process is still in the system call, and may have it killed
    // there.
    m_page->greeted.store(1, std::memory_order_release);
    return true;
}

bool NativeSession::serveCall(const Packet &packet)
{
    if (packet.payload.size() < GroupSize)
        return fail(QStringLiteral("a malformed call"));
    const auto group = qFromBigEndian<quint64>(packet.payload.data());
    if (group == m_deadGroup && group != 0)
        return true;
    if ((group & Wire::SharedGroup) == 0)
        m_page->held.store(1, std::memory_order_relaxed);
    CborReader reader(packet.payload.sliced(GroupSize), &m_interface.types, packet.owner, m_maxDecodedSize);
    quint64 count = 0;
    QByteArrayView name;
    if (!reader.readArray(&count) || count < 2 || !skipMeta(reader) || !(reader.readUtf8(&name) || reader.readNull()))
        return fail(reader.isBroken() ? reader.errorString() : QStringLiteral("a malformed call"));
    MethodEntry *const entry = name.data() ? m_interface.find(name) : nullptr;
    MethodEntry &runs = entry ? *entry : m_interface.fallbackEntry;
    if (!mayHold(runs) && !flush())
        return false;

    const quint64 id = packet.header.id;
    begin(entry, name, id);
    const qsizetype before = m_replies.size();
    m_page->heldFor.store(before > 0 ? quint32(runs.surpriseIndex) + 1 : 0, std::memory_order_relaxed);
    const std::size_t chunksBefore = m_chunks.size();
    try {
        setUpOnce();
        CborWriter writer(&m_replies, &m_interface.types, &m_chunks);
        const qsizetype start = writer.skip(Header::Size);
        writer.beginArray(2);
        writer.beginMap(0);
        run(entry, name.data() ? QString::fromUtf8(name) : QString(), reader, count - 2, writer);
        const qsizetype size = writer.position() - start + writer.chunkBytes();
        if (!writer.hasFailed() && size - Header::Size > m_replyLimit)
            writer.fail(QStringLiteral("a message of %1 bytes, where %2 are allowed")
                            .arg(size - Header::Size)
                            .arg(m_replyLimit));
        if (writer.decodedSize() > detail::decodedBound(size - Header::Size, m_replyDecodedSize))
            writer.fail(detail::decodedSizeError(size - Header::Size, m_replyDecodedSize));
        if (writer.hasFailed())
            throw Error(QStringLiteral("error CBOR encoding interface output: it has %1").arg(writer.errorString()));
        finishMessage(writer, start, Result, id);
    } catch (...) {
        Error error = Error::fromCurrentException();
        m_replies.resize(before);
        m_chunks.resize(chunksBefore);
        if (reader.isOverrun()) // the bytes may be fine, and the next message is
            error = Error(Error::BadArguments, QStringLiteral("the call has %1").arg(reader.errorString()));
        else if (reader.isBroken())
            return fail(QStringLiteral("malformed arguments: %1").arg(reader.errorString()));
        encodeFailure(error, id);
        m_deadGroup = group;
    }
    end(runs);
    return true;
}

void NativeSession::run(MethodEntry *entry, const QString &name, CborReader &arguments, quint64 count,
                        CborWriter &result)
{
    if (entry) {
        entry->method->invoke(arguments, count, result);
        return;
    }
    const QVariantList list = detail::readArguments(arguments, count);
    detail::expectEnd(arguments);
    detail::MemoryMeter memory = arguments.meter();
    result.writeVariant(name.isNull() ? m_interface.invoke(list, memory) : m_interface.invokeFallback(name, list));
}

void NativeSession::begin(MethodEntry *entry, QByteArrayView title, quint64 id)
{
    if (!entry || entry != m_titled)
        m_page->setMethod(title.data() ? title : QByteArrayView("(function call)"));
    m_titled = entry;
    m_page->since.store(m_now, std::memory_order_relaxed);
    m_page->lastStarted.store(id, std::memory_order_release);
}

// Its time is not that of the method before whose first run it comes.
void NativeSession::setUpOnce()
{
    if (isSetUp())
        return;
    ensureSetUp();
    m_now = ScoreboardPage::now();
}

void NativeSession::end(MethodEntry &runs)
{
    const qint64 now = ScoreboardPage::now();
    runs.lastRun = now - m_now;
    runs.longestRun = std::max(runs.longestRun, runs.lastRun);
    if (m_page->heldFor.load(std::memory_order_relaxed) != 0) {
        if (runs.lastRun >= Slow.count())
            m_interface.surprise(runs).store(1, std::memory_order_relaxed);
        m_page->heldFor.store(0, std::memory_order_relaxed);
    }
    m_now = now;
    ++m_held;
    m_page->served.store(m_page->served.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

void NativeSession::encodeFailure(const Error &error, quint64 id)
{
    CborWriter writer(&m_replies, &m_interface.types);
    const qsizetype start = writer.skip(Header::Size);
    const auto write = [&](const QString &message, bool withData) {
        writer.beginArray(2);
        writer.beginMap(withData ? 2 : 1);
        writer.writeUtf8("code");
        writer.writeText(codeName(error.code()));
        if (withData) {
            writer.writeUtf8("data");
            writer.writeVariant(error.data());
        }
        writer.writeText(message);
    };
    bool hasThrown = false;
    try {
        write(error.message(), error.data().isValid());
    } catch (...) { // an operator<< of the data's
        hasThrown = true;
    }
    const qsizetype size = writer.position() - start - Header::Size;
    if (hasThrown || writer.hasFailed() || size > m_replyLimit
        || writer.decodedSize() > detail::decodedBound(size, m_replyDecodedSize)) {
        writer.truncate(start + Header::Size);
        write(error.message().left(m_replyLimit / 8), false);
    }
    finishMessage(writer, start, Failure, id);
}

bool NativeSession::serveRelease(quint64 id)
{
    if (!m_interface.checkoutDone) {
        m_page->held.store(0, std::memory_order_relaxed);
        return true;
    }
    if (!flush())
        return false;
    m_titled = nullptr;
    m_page->since.store(m_now, std::memory_order_relaxed);
    if (!runCheckoutDone())
        return false;
    m_now = ScoreboardPage::now();
    m_page->held.store(0, std::memory_order_relaxed);
    appendBareMessage(&m_replies, Released, id);
    return true;
}

// The next call has been read already, for else there would be none.
bool NativeSession::mayHold(const MethodEntry &next) const
{
    if (m_replies.isEmpty())
        return true;
    return next.lastRun < Quick.count() && next.longestRun < Slow.count() && m_held < MaxHeld
        && m_replies.size() < MaxHeldBytes && m_chunks.empty()
        && m_interface.surprise(next).load(std::memory_order_relaxed) == 0;
}

bool NativeSession::flush()
{
    if (m_replies.isEmpty())
        return true;
    bool delivered = true;
    // Killed right after its last reply a worker must not seem to be in the middle of it: goodbye could not be said in
    // its name.
    const qsizetype atOnce = m_chunks.empty() && m_tryWrite ? m_tryWrite(m_replies) : 0;
    if (atOnce < m_replies.size()) {
        beginWriting();
        m_replies.remove(0, atOnce);
        const auto deliver = [&](QByteArrayView bytes) { delivered = delivered && (bytes.isEmpty() || write(bytes)); };
        Wire::forEachPiece(m_replies, m_chunks, deliver, deliver);
        endWriting();
    }
    for (const detail::CborChunk &chunk : m_chunks)
        noteSize(chunk.bytes.size());
    noteSize(m_replies.size());
    m_thrift.empty(&m_replies);
    m_chunks.clear();
    m_held = 0;
    return delivered;
}

}
