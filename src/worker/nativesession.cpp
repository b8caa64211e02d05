// SPDX-License-Identifier: MIT
#include "worker/nativesession_p.h"

#include "worker/nativehello_p.h"

#include <QtCore/QScopeGuard>

#include <algorithm>

namespace Prefork::Internal {

using namespace Wire::Native;
using detail::CborReader;

namespace {

constexpr std::chrono::nanoseconds Quick = std::chrono::microseconds(20);
constexpr qsizetype LeastLimit = 1024; // an error message must fit

}

NativeSession::NativeSession(InterfacePrivate &interface, qsizetype maxMessageSize, ScoreboardPage *page,
                             Channel channel, qint64 maxDecodedSize)
    : Session(interface, page, std::move(channel))
    , m_maxMessageSize(maxMessageSize)
    , m_maxDecodedSize(maxDecodedSize)
    , m_inlet(m_channel, maxMessageSize)
    , m_outlet(m_channel, page, &interface.types)
{
    page->protocol.store(ScoreboardPage::Native, std::memory_order_relaxed);
}

bool NativeSession::received(qsizetype count)
{
    m_now = ScoreboardPage::now();
    m_inlet.received(count, m_now);
    m_page->enter(ScoreboardPage::Busy, m_now);
    Packet packet;
    for (;;) {
        switch (m_inlet.next(&packet)) {
        case Wire::Decoded::Nothing: {
            const bool goesOn = flush();
            m_page->enter(ScoreboardPage::Idle, m_now);
            return goesOn;
        }
        case Wire::Decoded::Broken:
            static_cast<void>(flush());
            return fail(m_inlet.errorString());
        case Wire::Decoded::Unfinished: // which takes another protocol
        case Wire::Decoded::Message:
            break;
        }
        if (isToLeave())
            return leave();
        if (!take(packet) || !afterPacket()) {
            static_cast<void>(flush());
            return false;
        }
        if (m_inlet.hasEnded()) [[unlikely]]
            return leave();
    }
}

// A worker that is handed from checkout to checkout has no idle moment.
bool NativeSession::isToLeave() const
{
    return m_page->askedToLeave.load(std::memory_order_relaxed) != 0
        && m_page->held.load(std::memory_order_relaxed) == 0 && m_isGreeted;
}

// What is left has not begun.
bool NativeSession::leave()
{
    static_cast<void>(flush());
    m_page->enter(ScoreboardPage::Idle, m_now);
    return false;
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
    case Cancel:
        return m_features.cancel ? serveCancel(packet) : failUnknown(kind);
    default:
        return failUnknown(kind);
    }
}

bool NativeSession::failUnknown(quint8 kind)
{
    return fail(QStringLiteral("a message of the unknown kind %1").arg(kind));
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
    ClientHello hello;
    if (!hello.read(packet.payload))
        return fail(QStringLiteral("a malformed hello"));
    m_isGreeted = true;
    m_features = hello.features;
    m_inlet.greeted(m_features.cancel);
    const quint64 limit = std::min(hello.limit, quint64(m_maxMessageSize));
    m_outlet.setLimits(qsizetype(std::clamp<quint64>(limit, LeastLimit, std::numeric_limits<quint32>::max())),
                       hello.decoded);
    WorkerHello{m_maxMessageSize, m_maxDecodedSize, m_channel.processId, m_features.signatures}.append(
        m_interface, m_outlet.limit(), m_outlet.bytes());
    // Before it is written: the client wakes up while this process is still in the system call, and may have it killed
    // there.
    m_page->greeted.store(1, std::memory_order_release);
    return true;
}

bool NativeSession::serveCall(const Packet &packet)
{
    if (packet.payload.size() < GroupSize)
        return fail(QStringLiteral("a malformed call"));
    if (m_inlet.isLookDue(m_now)) {
        m_inlet.look(m_now);
        if (m_inlet.hasEnded())
            return true;
    }
    const quint64 id = packet.header.id;
    if (m_features.cancel && !m_inlet.take(id))
        return fail(QStringLiteral("call %1, where call %2 is the next").arg(id).arg(m_inlet.lastTaken() + 1));
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
    if (m_inlet.isCanceled()) [[unlikely]]
        return answerCanceled(id);
    return perform({id, group, name, count - 2}, reader);
}

bool NativeSession::perform(const Request &request, CborReader &arguments)
{
    const auto [id, group, name, count] = request;
    MethodEntry *const entry = name.data() ? m_interface.find(name) : nullptr;
    MethodEntry &runs = entry ? *entry : m_interface.fallbackEntry;
    if (!mayHold(runs) && !flush())
        return false;

    begin(entry, name, id);
    m_page->heldFor.store(m_outlet.isEmpty() ? 0 : quint32(runs.surpriseIndex) + 1, std::memory_order_relaxed);
    Reply reply(m_outlet);
    bool hasBegun = false;
    bool isAnswered = true;
    try {
        if (!m_hasRun)
            setUpFor(id);
        if (!m_inlet.isCanceled() && !m_inlet.hasEnded()) {
            hasBegun = true;
            const Running::Scope scope(*this, Running::Method);
            run(entry, name, arguments, count, reply);
            reply.finish(id);
        }
    } catch (...) {
        Error error = Error::fromCurrentException();
        reply.takeBack();
        if (arguments.lacksType()) // the bytes are fine, and the next message may be
            error = Error(Error::BadArguments,
                          QStringLiteral("%1: the arguments cannot be taken: %2")
                              .arg(name.data() ? QString::fromUtf8(name) : QStringLiteral("(function call)"),
                                   arguments.errorString()));
        else if (arguments.isRefused())
            error = Error(Error::BadArguments,
                          QStringLiteral("the arguments cannot be taken: %1").arg(arguments.errorString()));
        else if (arguments.isBroken())
            return fail(QStringLiteral("malformed arguments: %1").arg(arguments.errorString()));
        isAnswered = !(error.code() == Error::Canceled && m_inlet.hasEnded());
        if (isAnswered && !m_inlet.isCanceled()) {
            m_outlet.appendFailure(error, codeName(error.code()), id);
            m_deadGroup = group;
        }
    }
    if (m_inlet.isCanceled()) [[unlikely]]
        cancelReply(reply, id, hasBegun);
    if (!hasBegun)
        m_outlet.callNeverBegan();
    if (isAnswered)
        m_outlet.callAnswered();
    end(runs);
    return true;
}

void NativeSession::cancelReply(Reply &reply, quint64 id, bool hasBegun)
{
    reply.takeBack();
    m_outlet.appendCanceled(id, hasBegun);
    if (!isSetUp()) // it might have come to a good end
        m_page->setup.store(ScoreboardPage::NotSetUp, std::memory_order_relaxed);
}

void NativeSession::run(MethodEntry *entry, QByteArrayView name, CborReader &arguments, quint64 count, Reply &reply)
{
    if (entry) {
        entry->method->invoke(arguments, count, reply);
        return;
    }
    const QVariantList list = arguments.readVariants(count);
    detail::expectEnd(arguments);
    detail::MemoryMeter memory = arguments.meter();
    const QVariant result = name.data() ? m_interface.invokeFallback(detail::fromUtf8(name).toString(), list)
                                        : m_interface.invoke(list, memory);
    reply.begin().writeVariant(result);
}

// Its turn has come, but it is not wanted any more.
bool NativeSession::answerCanceled(quint64 id)
{
    if (m_outlet.isFull() && !flush())
        return false;
    m_outlet.appendCanceled(id, false);
    m_outlet.callAnswered();
    return true;
}

// Whichever call it names, what there is to be done for it has been done when it was read.
bool NativeSession::serveCancel(const Packet &packet)
{
    const quint64 id = packet.header.id;
    if (!packet.payload.isEmpty())
        return fail(QStringLiteral("a malformed cancel"));
    if (id > m_inlet.lastTaken())
        return fail(QStringLiteral("a cancel of call %1, where call %2 was the last").arg(id).arg(m_inlet.lastTaken()));
    return true;
}

void NativeSession::begin(MethodEntry *entry, QByteArrayView title, quint64 id)
{
    if (!entry || entry != m_titled)
        m_page->setMethod(title.data() ? title : QByteArrayView("(function call)"));
    m_titled = entry;
    m_id = id;
    m_progressSent = 0;
    m_outlet.callBegins(id);
    m_page->since.store(m_now, std::memory_order_relaxed);
    m_page->lastStarted.store(id, std::memory_order_release);
}

// Its time is not that of the method before whose first run it comes, which may be canceled meanwhile: then the next is
// the first.
void NativeSession::setUpFor(quint64 id)
{
    {
        const auto lookAfterwards = qScopeGuard([this] {
            m_now = ScoreboardPage::now();
            if (m_inlet.isLookDue(m_now))
                m_inlet.look(m_now);
        });
        ensureSetUp();
    }
    if (m_inlet.isCanceled() || m_inlet.hasEnded())
        return;
    m_hasRun = true;
    if (!m_features.begun)
        return;
    m_outlet.appendBare(Begun, id);
    sendWhileRunning();
}

void NativeSession::end(MethodEntry &runs)
{
    const qint64 now = ScoreboardPage::now();
    runs.lastRun = now - m_now;
    runs.longestRun = std::max(runs.longestRun, runs.lastRun);
    if (m_page->heldFor.load(std::memory_order_relaxed) != 0) {
        if (runs.lastRun >= SlowRun)
            m_interface.surprise(runs).store(1, std::memory_order_relaxed);
        m_page->heldFor.store(0, std::memory_order_relaxed);
    }
    m_now = now;
    Running::end();
    m_page->served.store(m_page->served.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
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
    m_outlet.appendBare(Released, id);
    return true;
}

// The next call has been read already, for else there would be none.
bool NativeSession::mayHold(const MethodEntry &next) const
{
    if (m_outlet.isEmpty())
        return true;
    return next.lastRun < Quick.count() && next.longestRun < SlowRun && !m_outlet.isFull()
        && m_interface.surprise(next).load(std::memory_order_relaxed) == 0;
}

bool NativeSession::flush()
{
    if (m_outlet.isEmpty())
        return true;
    noteSize(m_outlet.largestPart());
    return m_outlet.flush([this](QByteArrayView bytes) { return m_channel.write(bytes); }, false);
}

}
