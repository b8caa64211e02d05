// SPDX-License-Identifier: MIT
#include "worker/nativesession_p.h"

#include "worker/nativehello_p.h"

#include <QtCore/QScopeGuard>

#include <algorithm>

namespace Prefork::Internal {

namespace Native = Wire::Native;
using detail::CborReader;

namespace {

constexpr std::chrono::nanoseconds Quick = std::chrono::microseconds(20);
constexpr qsizetype LeastLimit = 1024; // so that an error message fits, whatever the client's limit

}

NativeSession::NativeSession(InterfacePrivate &interface, qsizetype maxMessageSize, ScoreboardPage *page,
                             Channel channel, qint64 maxDecodedSize)
    : Session(interface, page, std::move(channel))
    , m_maxMessageSize(maxMessageSize)
    , m_maxDecodedSize(maxDecodedSize)
    , m_input(m_channel, maxMessageSize)
    , m_output(m_channel, page, &interface.types)
{
    page->protocol.store(ScoreboardPage::Native, std::memory_order_relaxed);
}

bool NativeSession::received(qsizetype count)
{
    m_now = ScoreboardPage::now();
    m_input.received(count, m_now);
    m_page->enter(ScoreboardPage::Busy, m_now);
    Native::Packet packet;
    for (;;) {
        switch (m_input.next(&packet)) {
        case Wire::Decoded::Nothing: {
            const bool goesOn = flush();
            m_page->enter(ScoreboardPage::Idle, m_now);
            return goesOn;
        }
        case Wire::Decoded::Broken:
            static_cast<void>(flush());
            return fail(m_input.errorString());
        case Wire::Decoded::Unfinished: // only JSON has this
        case Wire::Decoded::Message:
            break;
        }
        if (isToLeave())
            return leave();
        if (!take(packet) || !afterPacket()) {
            static_cast<void>(flush());
            return false;
        }
        if (m_input.hasEnded()) [[unlikely]]
            return leave();
    }
}

// Returns whether the zygote has asked this worker to leave, and no checkout holds it. It is asked before each message,
// because a worker that is handed from checkout to checkout is never idle.
bool NativeSession::isToLeave() const
{
    return m_page->askedToLeave.load(std::memory_order_relaxed) != 0
        && m_page->held.load(std::memory_order_relaxed) == 0 && m_isGreeted;
}

// Ends the connection: the messages that have not been taken never begin.
bool NativeSession::leave()
{
    static_cast<void>(flush());
    m_page->enter(ScoreboardPage::Idle, m_now);
    return false;
}

bool NativeSession::take(const Native::Packet &packet)
{
    const quint8 kind = packet.header.kind;
    noteSize(packet.payload.size());
    if (m_isGreeted == (kind == Native::Hello))
        return fail(m_isGreeted ? QStringLiteral("a second hello")
                                : QStringLiteral("a message of kind %1 before hello").arg(kind));
    switch (kind) {
    case Native::Hello:
        return serveHello(packet);
    case Native::Call:
        return serveCall(packet);
    case Native::Release:
        return serveRelease(packet.header.id);
    case Native::Cancel:
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

bool NativeSession::serveHello(const Native::Packet &packet)
{
    ClientHello hello;
    if (!hello.read(packet.payload))
        return fail(QStringLiteral("a malformed hello"));
    m_isGreeted = true;
    m_features = hello.features;
    m_input.greeted(m_features.cancel);
    const quint64 limit = std::min(hello.limit, quint64(m_maxMessageSize));
    m_output.setLimits(qsizetype(std::clamp<quint64>(limit, LeastLimit, std::numeric_limits<quint32>::max())),
                       hello.decoded);
    WorkerHello{m_maxMessageSize, m_maxDecodedSize, m_channel.processId, m_features.signatures}.append(
        m_interface, m_output.limit(), m_output.bytes());
    // The page says so before the hello is written: the client may wake up while this process is still in the system
    // call, and may have it killed there.
    m_page->greeted.store(1, std::memory_order_release);
    return true;
}

bool NativeSession::serveCall(const Native::Packet &packet)
{
    if (packet.payload.size() < Native::GroupSize)
        return fail(QStringLiteral("a malformed call"));
    if (m_input.isLookDue(m_now)) {
        m_input.look(m_now);
        if (m_input.hasEnded())
            return true;
    }
    const quint64 id = packet.header.id;
    if (m_features.cancel && !m_input.take(id))
        return fail(QStringLiteral("call %1, where call %2 is the next").arg(id).arg(m_input.lastTaken() + 1));
    const auto group = qFromBigEndian<quint64>(packet.payload.data());
    if (group == m_failedGroup && group != 0)
        return true;
    if ((group & Wire::SharedGroup) == 0)
        m_page->held.store(1, std::memory_order_relaxed);
    CborReader reader(packet.payload.sliced(Native::GroupSize), &m_interface.types, packet.owner, m_maxDecodedSize);
    quint64 count = 0;
    QByteArrayView name;
    if (!reader.readArray(&count) || count < 2 || !Native::skipMeta(reader)
        || !(reader.readUtf8(&name) || reader.readNull()))
        return fail(reader.isBroken() ? reader.errorString() : QStringLiteral("a malformed call"));
    if (m_input.isCanceled()) [[unlikely]]
        return answerCanceled(id);
    return perform({id, group, name, count - 2}, reader);
}

bool NativeSession::perform(const Request &request, CborReader &arguments)
{
    const auto [id, group, name, count] = request;
    MethodEntry *const entry = name.data() ? m_interface.find(name) : nullptr;
    MethodEntry &runs = entry ? *entry : m_interface.fallbackEntry;
    if (!mayHold(runs, group) && !flush())
        return false;
    m_lastGroup = group;

    begin(entry, name, id);
    m_page->heldFor.store(m_output.isEmpty() ? 0 : quint32(runs.slowFlagIndex) + 1, std::memory_order_relaxed);
    Reply reply(m_output);
    bool hasBegun = false;
    bool isAnswered = true;
    try {
        if (m_hasRun ? !m_input.isCanceled() && !m_input.hasEnded() : setUpFor(id)) {
            hasBegun = true;
            const RunningCall::Scope scope(this, RunningCall::Method);
            run(entry, name, arguments, count, reply);
            reply.finish(id);
        }
    } catch (...) {
        Error error = Error::fromCurrentException();
        reply.takeBack();
        if (arguments.lacksType()) // the message itself is well-formed, so the connection goes on
            error = Error(Error::BadArguments,
                          QStringLiteral("%1: the arguments cannot be taken: %2")
                              .arg(name.data() ? QString::fromUtf8(name) : QStringLiteral("(function call)"),
                                   arguments.errorString()));
        else if (arguments.isRefused())
            error = Error(Error::BadArguments,
                          QStringLiteral("the arguments cannot be taken: %1").arg(arguments.errorString()));
        else if (arguments.isBroken())
            return fail(QStringLiteral("malformed arguments: %1").arg(arguments.errorString()));
        isAnswered = !(error.code() == Error::Canceled && m_input.hasEnded());
        if (isAnswered && !m_input.isCanceled()) {
            m_output.appendFailure(error, codeName(error.code()), id);
            m_failedGroup = group;
        }
    }
    if (m_input.isCanceled()) [[unlikely]]
        cancelReply(reply, id, hasBegun);
    if (!hasBegun)
        m_output.callNeverBegan();
    if (isAnswered)
        m_output.callAnswered();
    end(runs);
    return true;
}

void NativeSession::cancelReply(Reply &reply, quint64 id, bool hasBegun)
{
    reply.takeBack();
    m_output.appendCanceled(id, hasBegun);
    if (!isSetUp()) // setup might have succeeded but for the cancel
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

// Answers a call that was canceled before its turn.
bool NativeSession::answerCanceled(quint64 id)
{
    if (m_output.isFull() && !flush())
        return false;
    m_output.appendCanceled(id, false);
    m_output.callAnswered();
    return true;
}

// Checks a cancel that has its turn. The InputQueue has acted on it when it was read.
bool NativeSession::serveCancel(const Native::Packet &packet)
{
    const quint64 id = packet.header.id;
    if (!packet.payload.isEmpty())
        return fail(QStringLiteral("a malformed cancel"));
    if (id > m_input.lastTaken())
        return fail(QStringLiteral("a cancel of call %1, where call %2 was the last").arg(id).arg(m_input.lastTaken()));
    return true;
}

void NativeSession::begin(MethodEntry *entry, QByteArrayView title, quint64 id)
{
    if (!entry || entry != m_shownMethod)
        m_page->setMethod(title.data() ? title : QByteArrayView("(function call)"));
    m_shownMethod = entry;
    m_id = id;
    m_progressSent = 0;
    m_output.callBegins(id);
    m_page->since.store(m_now, std::memory_order_relaxed);
    m_page->lastStarted.store(id, std::memory_order_release);
}

// Runs setup before the first method; the time that setup takes does not count as the method's. If the call is canceled
// meanwhile, or the client has ended, the next call is the first one, and this returns false. Otherwise the client is
// told that the call begins, and then the call does begin, whatever the client says meanwhile.
bool NativeSession::setUpFor(quint64 id)
{
    {
        const auto lookAfterwards = qScopeGuard([this] {
            m_now = ScoreboardPage::now();
            if (m_input.isLookDue(m_now))
                m_input.look(m_now);
        });
        ensureSetUp();
    }
    if (m_input.isCanceled() || m_input.hasEnded())
        return false;
    m_hasRun = true;
    if (m_features.begun) {
        m_output.appendBare(Native::Begun, id);
        sendWhileRunning();
    }
    return true;
}

void NativeSession::end(MethodEntry &runs)
{
    const qint64 now = ScoreboardPage::now();
    runs.lastRun = now - m_now;
    runs.longestRun = std::max(runs.longestRun, runs.lastRun);
    if (m_page->heldFor.load(std::memory_order_relaxed) != 0) {
        if (runs.lastRun >= SlowRun)
            m_interface.slowFlag(runs).store(1, std::memory_order_relaxed);
        m_page->heldFor.store(0, std::memory_order_relaxed);
    }
    m_now = now;
    RunningCall::end();
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
    m_shownMethod = nullptr;
    m_page->since.store(m_now, std::memory_order_relaxed);
    if (!runCheckoutDone())
        return false;
    m_now = ScoreboardPage::now();
    m_page->held.store(0, std::memory_order_relaxed);
    m_output.appendBare(Native::Released, id);
    return true;
}

// Returns whether the replies that are held back may wait until @p next has run for a call of the fate group @p group.
// Replies of another group may not: should the worker crash in this call, those who made the others would lose results
// that they have nothing to do with.
bool NativeSession::mayHold(const MethodEntry &next, quint64 group) const
{
    if (m_output.isEmpty())
        return true;
    return group == m_lastGroup && next.lastRun < Quick.count() && next.longestRun < SlowRun && !m_output.isFull()
        && m_interface.slowFlag(next).load(std::memory_order_relaxed) == 0;
}

bool NativeSession::flush()
{
    if (m_output.isEmpty())
        return true;
    noteSize(m_output.largestPart());
    return m_output.flush([this](QByteArrayView bytes) { return m_channel.write(bytes); }, false);
}

}
