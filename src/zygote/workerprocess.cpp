// SPDX-License-Identifier: MIT
#include "zygote/workerprocess_p.h"

#include "posix/descriptor_p.h"
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
#include "zygote/ownlog_p.h"
#include "zygote/rehearsal_p.h"
#include "zygote/scoreboard_p.h"
#include "zygote/sparedescriptor_p.h"
#include "zygote/workerlimits_p.h"

#include <array>
#include <atomic>

namespace Prefork::Internal {

namespace {

// In the zygote and its program these keep their initial values. A setup that runs ahead may start threads that ask for
// the peer, so it is set at once.
std::atomic<const Peer *> s_peer{nullptr};
quint64 s_number = 0;

ScoreboardPage *s_page = nullptr;
std::atomic<int> s_parking{-1}; // where a spare worker waits for its connection

// Ends the process if no checkout holds the worker and it is idle. What it has not read has certainly not begun, and
// the zygote says so in the goodbye. A client without goodbyes would not know, so then the worker stays.
void leaveIfFree()
{
    if (const int parking = s_parking.load(std::memory_order_relaxed); parking >= 0) {
        if (!Posix::hasInput(parking)) // otherwise its connection is there
            Posix::exitNow(0);
        return;
    }
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

void setTitle(const WorkerStart &start, bool isSpare)
{
    if (!start.options.name.isEmpty())
        Posix::setTitle(start.options.name
                        + (isSpare ? QByteArrayLiteral(" spare") : " worker " + QByteArray::number(start.number)));
}

// Makes this freshly forked process a worker, or a spare one. What the zygote could do ahead for all workers, it has
// done (ZygoteProcess::prepareForWorkers()), because a client waits for what is done here. Returns why that is not
// possible; empty if it is.
QString becomeWorker(const WorkerStart &start)
{
    const bool isSpare = start.parking >= 0;
    if (start.options.killsChildren)
        Posix::leadGroup(0);
    Posix::resetSignals();
    Posix::closeAllBut(start.keep);
    start.scoreboard.makeReadOnlyBut(start.slot);
    s_page = start.scoreboard.page(start.slot);
    Posix::onLeaveSignal(pid_t(start.zygote), onLeaveSignal);
    Posix::receiveSignals();
    s_number = start.number;
    setTitle(start, isSpare);
    if (isSpare)
        return {}; // limitSpare() comes next
    Posix::limitDescriptors(start.descriptorLimit);
    return applyLimits(start.options.limits);
}

// Puts a spare worker under its limits.
QString limitSpare(const WorkerStart &start, const SpareDescriptor &spare)
{
    WorkerLimits others = start.options.limits;
    others.openFiles.reset();
    const QString problem = spare.limit();
    return problem.isEmpty() ? applyLimits(others) : problem;
}

int endWith(const WorkerStart &start, const QString &cause);

// Waits, as a spare worker, for a connection; false if none will come. Only what depends on the connection is done
// after it has come.
bool park(WorkerStart *start, WorkerSetup *setup)
{
    SpareDescriptor spare(*start);
    if (const QString problem = limitSpare(*start, spare); !problem.isEmpty())
        Posix::exitNow(endWith(*start, problem));
    Posix::endWithParent(pid_t(start->zygote)); // after a change of the user, which would undo it
    rehearseWorker(); // the memory that a call touches first is then touched already
    if (start->options.setupAhead) {
        setup->runAhead();
        Posix::flushStdio(); // a spare is ended by signals
    } else {
        s_page->enter(ScoreboardPage::Idle);
    }
    s_parking.store(start->parking, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst); // as in serveConnection()
    if (s_page->askedToLeave.load(std::memory_order_relaxed) != 0)
        leaveIfFree();
    ZygoteMessages::Request request;
    Posix::Fd connection = spare.receive(&request);
    if (!connection.isOpen())
        return false;
    s_parking.store(-1, std::memory_order_relaxed);
    Posix::outliveParent();
    start->setConnection(request, connection.take());
    setTitle(*start, false);
    return true;
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

int serveConnection(const WorkerStart &start, WorkerSetup setup)
{
    Posix::setNonBlocking(start.connection, false);
    s_peer.store(&start.peer, std::memory_order_release);
    s_page->hasConnection.store(1, std::memory_order_release);
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
    session->adopt(std::move(setup));
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

void runWorker(WorkerStart start) noexcept
{
    const QString problem = becomeWorker(start);
    if (!problem.isEmpty())
        Posix::exitNow(endWith(start, problem));
    WorkerSetup setup(start.interface, s_page);
    if (start.parking >= 0 && !park(&start, &setup))
        Posix::exitNow(0);
    Posix::exitNow(serveConnection(start, std::move(setup)));
}

}

namespace Prefork::Worker {

Peer peer()
{
    const Peer *const peer = Internal::s_peer.load(std::memory_order_acquire);
    return peer ? *peer : Peer();
}

quint64 number()
{
    return Internal::s_number;
}

}
