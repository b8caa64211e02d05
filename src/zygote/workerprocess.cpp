// SPDX-License-Identifier: MIT
#include "zygote/workerprocess_p.h"

#include "posix/limits_p.h"
#include "posix/poller_p.h"
#include "posix/process_p.h"
#include "posix/signal_p.h"
#include "posix/socket_p.h"
#include "posix/transfer_p.h"
#include "wire/goodbye_p.h"
#include "wire/oneline_p.h"
#include "worker/interface_p.h"
#include "worker/logging_p.h"
#include "worker/session_p.h"
#include "zygote/inheritance_p.h"
#include "zygote/ownlog_p.h"
#include "zygote/scoreboard_p.h"
#include "zygote/workerlimits_p.h"

#include <array>

namespace Prefork::Internal {

namespace {

// In the zygote and its program these keep their initial values.
Peer s_peer;
quint64 s_number = 0;

ScoreboardPage *s_page = nullptr;

// Ends the process if no checkout holds the worker and it is idle. What it has not read has certainly not begun, and
// the zygote says so in the goodbye. A client without goodbyes would not know, so then the worker stays.
void leaveIfFree()
{
    if (s_page->isFree() && s_page->protocol.load(std::memory_order_relaxed) == ScoreboardPage::Native)
        Posix::exitNow(0);
}

// This is a signal handler. While the worker is free, the process runs only code of this library that holds no lock, so
// the handler may end it in the usual way.
void onLeaveSignal()
{
    s_page->askedToLeave.store(1, std::memory_order_relaxed);
    leaveIfFree();
}

// Makes this freshly forked process a worker. Returns why that is not possible; empty if it is.
QString becomeWorker(const WorkerStart &start)
{
    if (start.options.killsChildren)
        Posix::leadGroup(0);
    std::vector<int> keep = start.interface.keptDescriptors;
    keep.insert(keep.end(), start.nullDescriptors.begin(), start.nullDescriptors.end());
    keep.push_back(start.connection);
    Posix::beginProcess(std::move(keep));
    Inheritance::reseedRandomNumbers();
    Posix::limitDescriptors(start.descriptorLimit);
    Posix::setNonBlocking(start.connection, false);
    start.scoreboard.makeReadOnlyBut(start.slot);
    s_page = start.scoreboard.page(start.slot);
    Posix::onLeaveSignal(pid_t(start.zygote), onLeaveSignal);
    Posix::receiveSignals();
    Posix::inChildren(RunningCall::leaveToParent);
    if (!start.options.name.isEmpty())
        Posix::setTitle(start.options.name + " worker " + QByteArray::number(start.number));
    s_peer = start.peer;
    s_number = start.number;
    return applyLimits(start.options.limits);
}

void logEnd(const WorkerStart &start, const QString &cause)
{
    const QString line = QStringLiteral("worker %1 (pid %2) ends: %3");
    logOwn(lcWorker(), QtWarningMsg,
           line.arg(QString::number(start.number), QString::number(Posix::processId()), cause));
}

/// Reads from the worker's connection, and limits how long the client may take for its hello: from its first byte on,
/// or from the start if it must speak the native protocol.
class HelloTimeout
{
public:
    explicit HelloTimeout(const WorkerStart &start)
        : m_connection(start.connection)
        , m_timeout(start.helloTimeout)
    {
        if (start.isNativeOnly)
            begun(); // any other client may be an idle one that speaks JSON
    }
    void begun()
    {
        m_isLimited = m_timeout.count() > 0;
        m_until = std::chrono::steady_clock::now() + m_timeout;
    }
    void greeted()
    {
        if (std::exchange(m_isLimited, false))
            Posix::setReceiveTimeout(m_connection, {});
    }
    [[nodiscard]] Posix::Transfer read(std::span<char> space) const
    {
        if (m_isLimited) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(m_until - std::chrono::steady_clock::now());
            if (left.count() <= 0)
                return {Posix::Transfer::WouldBlock, 0, 0};
            Posix::setReceiveTimeout(m_connection, left);
        }
        return Posix::readPatiently(m_connection, space);
    }

private:
    const int m_connection;
    const std::chrono::milliseconds m_timeout;
    bool m_isLimited = false;
    std::chrono::steady_clock::time_point m_until;
};

// Returns how many bytes a transfer has moved, as Channel wants it. If the kernel has no memory just now, this waits a
// moment, and it counts as 0.
qsizetype countOf(const Posix::Transfer &transfer)
{
    if (transfer.status == Posix::Transfer::Done)
        return transfer.bytes;
    if (transfer.status != Posix::Transfer::WouldBlock)
        return -1;
    if (transfer.error != 0)
        Posix::waitFor({}, std::chrono::milliseconds(10));
    return 0;
}

Channel channelOf(int connection)
{
    Channel channel = [connection](QByteArrayView bytes) { return Posix::writeAll(connection, bytes); };
    channel.tryWrite = [connection, limit = Posix::atomicWriteLimit(connection)](QByteArrayView bytes) {
        return bytes.size() <= limit ? Posix::writeNow(connection, bytes).bytes : 0;
    };
    channel.readNow = [connection](std::span<char> into) { return countOf(Posix::readNow(connection, into)); };
    channel.writeNow = [connection](QByteArrayView bytes) { return countOf(Posix::writeNow(connection, bytes)); };
    channel.hasRoom = [connection] {
        Posix::Watch watch{.descriptor = connection, .wantsWrite = true, .wantsRead = false};
        Posix::waitFor(std::span(&watch, 1), std::chrono::nanoseconds(0));
        return watch.writable;
    };
    channel.wait = [connection](bool orInput) {
        Posix::Watch watch{.descriptor = connection, .wantsWrite = true, .wantsRead = orInput};
        Posix::waitFor(std::span(&watch, 1), {});
    };
    channel.hasHungUp = [connection](bool halfIsEnough) {
        return halfIsEnough ? Posix::hasHalfClosed(connection) : Posix::hasLeft(connection);
    };
    channel.processId = quint64(Posix::processId());
    return channel;
}

std::unique_ptr<Session> makeSession(const WorkerStart &start, char first)
{
    return Session::make(first, start.interface, start.options.maxMessageSize, s_page, channelOf(start.connection),
                         start.options.maxDecodedSize);
}

int endWith(const WorkerStart &start, const QString &cause)
{
    if (cause.isEmpty())
        return 0;
    s_page->enter(ScoreboardPage::Idle); // so that nobody looks for the cause in a method
    logEnd(start, Wire::onOneLine(cause));
    return 1;
}

int serveConnection(const WorkerStart &start)
{
    s_page->enter(ScoreboardPage::Idle);
    std::array<char, 1> first;
    HelloTimeout greeting(start);
    const Posix::Transfer beginning = greeting.read(first);
    if (beginning.status == Posix::Transfer::WouldBlock)
        return endWith(start, QStringLiteral("its client has not said hello in time"));
    if (beginning.status != Posix::Transfer::Done)
        return 0;
    if (start.isNativeOnly && first.front() != Wire::NativeHelloByte)
        return endWith(start,
                       QStringLiteral("its client does not speak the native protocol, the only one allowed here"));
    if (!start.isNativeOnly)
        greeting.begun();
    const std::unique_ptr<Session> session = makeSession(start, first.front());
    bool goesOn = session->serve(first);
    while (goesOn) {
        if (session->isGreeted())
            greeting.greeted();
        // The page says "free" before askedToLeave is read; otherwise a signal in between would be lost.
        std::atomic_signal_fence(std::memory_order_seq_cst);
        if (s_page->askedToLeave.load(std::memory_order_relaxed) != 0)
            leaveIfFree();
        const Posix::Transfer transfer = greeting.read(session->space());
        if (transfer.status == Posix::Transfer::WouldBlock)
            return endWith(start, QStringLiteral("its client has not come to the end of its first message in time"));
        if (transfer.status != Posix::Transfer::Done)
            return 0;
        goesOn = session->received(transfer.bytes);
        if (goesOn && session->hasMemoryToSpare())
            Posix::releaseFreeMemory();
    }
    return endWith(start, session->errorString());
}

}

void runWorker(const WorkerStart &start) noexcept
{
    const QString problem = becomeWorker(start);
    Posix::exitNow(problem.isEmpty() ? serveConnection(start) : endWith(start, problem));
}

}

namespace Prefork::Worker {

Peer peer()
{
    return Internal::s_peer;
}

quint64 number()
{
    return Internal::s_number;
}

}
