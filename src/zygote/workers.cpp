// SPDX-License-Identifier: MIT
#include "zygote/workers_p.h"

#include "posix/process_p.h"
#include "posix/signal_p.h"
#include "posix/socket_p.h"
#include "posix/transfer_p.h"
#include "wire/goodbye_p.h"
#include "zygote/inheritance_p.h"
#include "zygote/logging_p.h"
#include "zygote/ownlog_p.h"
#include "zygote/workerprocess_p.h"
#include "zygote/zygotetoken_p.h"

#include <algorithm>
#include <csignal>

namespace Prefork::Internal {

using namespace ZygoteMessages;
using Posix::Poller;
using namespace std::chrono_literals;

namespace {

constexpr quint64 AnyWorker = 0; // no worker has this number
// It is checked this often whether workers have ended whose end no descriptor tells.
constexpr qint64 SoonSpan = std::chrono::nanoseconds(20ms).count();
constexpr qint64 LaterSpan = std::chrono::nanoseconds(1s).count();

void retire(WorkerWatch &watch, qint64 staysUntil)
{
    watch.mayStayUntil(staysUntil);
    watch.wantGone(WorkerWatch::Departure::Shutdown);
}

Wire::GoodbyeReason reasonOf(ZygoteEvent::Cause cause)
{
    switch (cause) {
    case ZygoteEvent::Itself:
        break;
    case ZygoteEvent::Hung:
        return Wire::GoodbyeReason::Hung;
    case ZygoteEvent::Abandoned:
        return Wire::GoodbyeReason::Abandoned;
    case ZygoteEvent::LeftForRoom:
        return Wire::GoodbyeReason::Room;
    case ZygoteEvent::Shutdown:
    case ZygoteEvent::LeftAtShutdown:
    case ZygoteEvent::LeftWithoutServer:
    case ZygoteEvent::LeftWhenTold:
        return Wire::GoodbyeReason::Retired;
    }
    return Wire::GoodbyeReason::Died;
}

}

Workers::Workers(InterfacePrivate &interface, const ZygoteOptions &options, Scoreboard &scoreboard, Poller &poller,
                 Tell tell)
    : m_interface(interface)
    , m_options(options)
    , m_limits(WorkerWatch::Limits::of(options))
    , m_processId(Posix::processId())
    , m_scoreboard(scoreboard)
    , m_poller(poller)
    , m_tell(std::move(tell))
    , m_lingering(poller)
    , m_spares(options.spareWorkers)
{
}

std::optional<QString> Workers::spawn(const Request &request, Posix::Fd &connection)
{
    if (Child *const spare = takeSpare(request, connection)) {
        begin(*spare, request, std::move(connection));
        return {};
    }
    Child child;
    WorkerStart start = basicStart();
    start.setConnection(request, connection.get());
    if (auto cause = forkInto(child, std::move(start)))
        return cause;
    const quint64 number = child.number;
    begin(m_children.emplace(number, std::move(child)).first->second, request, std::move(connection));
    return {};
}

WorkerStart Workers::basicStart() const
{
    return {.interface = m_interface,
            .options = m_options,
            .scoreboard = m_scoreboard,
            .zygote = m_processId,
            .descriptorLimit = m_descriptorLimit};
}

std::optional<QString> Workers::forkInto(Child &child, WorkerStart start)
{
    const auto slot = m_scoreboard.take();
    if (!slot)
        return QStringLiteral("all %1 workers of this zygote are in use").arg(Scoreboard::MaxWorkers);
    child.number = start.number = ++m_lastNumber;
    child.slot = start.slot = *slot;
    start.keep = m_interface.keptDescriptors;
    start.keep.insert(start.keep.end(), m_nullDescriptors.begin(), m_nullDescriptors.end());
    start.keep.push_back(start.parking >= 0 ? start.parking : start.connection);
    std::sort(start.keep.begin(), start.keep.end());
    prepareFork();
    m_isPrepared = false;
    const pid_t pid = Posix::forkProcess();
    if (pid == 0)
        runWorker(std::move(start));
    if (pid < 0) {
        const QString cause = QStringLiteral("fork failed: %1").arg(Posix::lastErrorText());
        m_scoreboard.giveBack(*slot);
        return cause;
    }
    if (m_options.killsChildren)
        Posix::leadGroup(pid); // the worker does the same; whichever comes first counts
    if (child.number == 1)
        Posix::noteSignals(); // handlers of pthread_atfork() may have set some at the first fork
    child.process = Posix::ChildProcess(pid);
    watchEnd(child);
    return {};
}

// Does what a worker would have to do when it has been forked, and a client waits: it takes over the random numbers and
// the memory that the zygote has, so the zygote prepares these for the next one when it has nothing else to do.
void Workers::prepareFork()
{
    if (std::exchange(m_isPrepared, true))
        return;
    Inheritance::reseedRandomNumbers();
    Posix::tidyFreeMemory();
}

void Workers::begin(Child &child, const Request &request, Posix::Fd connection)
{
    child.id = request.id;
    child.connection = std::move(connection);
    watchConnection(child);
    m_numbers.emplace(child.id, child.number);
    ZygoteEvent event;
    event.kind = ZygoteEvent::Spawned;
    event.id = child.id;
    event.pid = child.process.pid();
    event.slot = quint32(child.slot);
    m_tell(event);
    if (request.isToLeave)
        child.watch.wantGone(WorkerWatch::Departure::Drain);
    if (request.staysUntil != 0)
        Internal::retire(child.watch, request.staysUntil);
    look(child, ScoreboardPage::now());
}

void Workers::wantGone(quint64 id, WorkerWatch::Departure departure)
{
    inform(id, [departure](WorkerWatch &watch) { watch.wantGone(departure); });
}

void Workers::retire(quint64 id, qint64 staysUntil)
{
    inform(id, [staysUntil](WorkerWatch &watch) { Internal::retire(watch, staysUntil); });
}

void Workers::endNow(quint64 id)
{
    inform(id, [](WorkerWatch &watch) { watch.endNow(); });
}

template <class News>
void Workers::inform(quint64 id, News news)
{
    const auto number = m_numbers.find(id);
    if (number == m_numbers.end())
        return; // the worker has gone already
    Child &child = m_children.at(number->second);
    news(child.watch);
    look(child, ScoreboardPage::now());
}

void Workers::onProgramGone()
{
    m_lingering.hurry(ScoreboardPage::now());
    askAllToLeave();
}

void Workers::askAllToLeave()
{
    endSpares(m_spares.stop());
    const qint64 now = ScoreboardPage::now();
    for (auto &[number, child] : m_children) {
        if (child.id == 0)
            continue;
        child.watch.wantGone(WorkerWatch::Departure::Drain);
        look(child, now);
    }
}

void Workers::watchEnd(const Child &child)
{
    if (watchDescriptor(child))
        return;
    m_unwatched.insert(child.number);
    listenForEnds();
}

void Workers::watchConnection(Child &child)
{
    if (!child.connection.isOpen() || m_limits.abandoned == WorkerWatch::Never)
        return;
    child.isUnix = Posix::isUnixSocket(child.connection.get());
    const quint64 token = ZygoteToken{ZygoteToken::Connection, child.number}.value();
    if (!m_poller.add(child.connection.get(), Poller::HalfClose, token))
        logOwn(lcZygote(), QtWarningMsg,
               QStringLiteral("cannot watch over a worker's connection: %1").arg(Posix::lastErrorText()));
}

bool Workers::watchDescriptor(const Child &child)
{
    const int descriptor = child.process.descriptor();
    return descriptor >= 0
        && m_poller.add(descriptor, Poller::Input, ZygoteToken{ZygoteToken::Process, child.number}.value());
}

// Opens a descriptor that tells of ended children, by SIGCHLD. The zygote also checks by time from now on, for the
// signal can get lost in what preload has set up; and it checks soon, for a child may have ended before.
void Workers::listenForEnds()
{
    m_nextLookForEnds = ScoreboardPage::now() + SoonSpan;
    if (m_endedChildren.isOpen() || !m_endedChildren.open())
        return;
    if (!m_poller.add(m_endedChildren.descriptor(), Poller::Input,
                      ZygoteToken{ZygoteToken::Process, AnyWorker}.value()))
        m_endedChildren.close();
}

// Finds workers that have ended, among those whose end no descriptor tells. For a worker that a debugger holds, no
// signal comes, and waitid() says nothing: only /proc does, which is read more rarely.
void Workers::lookForEnds(qint64 now)
{
    const bool isThorough = now >= m_nextThoroughLook;
    if (isThorough)
        m_nextThoroughLook = now + LaterSpan;
    const std::vector<quint64> unwatched(m_unwatched.begin(), m_unwatched.end());
    for (const quint64 number : unwatched) {
        Child &child = m_children.at(number);
        onEnded(child, isThorough && child.process.isZombie());
    }
    std::erase_if(m_unreaped,
                  [](const Posix::ChildProcess &process) { return process.death() && (process.reap(), true); });
    const bool isAny = !m_unwatched.empty() || !m_unreaped.empty();
    m_nextLookForEnds = isAny ? now + (m_endedChildren.isOpen() ? LaterSpan : SoonSpan) : WorkerWatch::Never;
    if (isAny || !m_endedChildren.isOpen())
        return;
    m_poller.remove(m_endedChildren.descriptor());
    m_endedChildren.close();
}

void Workers::tellNotSpawned(quint64 id, const QString &cause)
{
    ZygoteEvent event;
    event.kind = ZygoteEvent::NotSpawned;
    event.id = id;
    event.text.set(cause);
    m_tell(event);
}

void Workers::refuse(quint64 id, const QString &cause, Posix::Fd connection)
{
    logOwn(lcZygote(), QtWarningMsg, QStringLiteral("no worker: %1").arg(cause));
    tellNotSpawned(id, cause);
    if (connection.isOpen() && Posix::peekByte(connection.get()) == Wire::NativeHelloByte) {
        m_lingering.begin(std::move(connection), Wire::goodbyeInsteadOfHello(Wire::GoodbyeReason::Unspawned, cause));
    }
}

void Workers::onReady(const Poller::Ready &ready)
{
    const ZygoteToken token = ZygoteToken::of(ready.token);
    if (token.kind == ZygoteToken::Lingering) {
        m_lingering.onReadable(token.number);
        return;
    }
    if (token.kind == ZygoteToken::Process && token.number == AnyWorker) {
        m_endedChildren.clear();
        lookForEnds(ScoreboardPage::now());
        return;
    }
    const auto child = m_children.find(token.number);
    if (child == m_children.end())
        return; // its end was handled a moment ago
    if (token.kind == ZygoteToken::Process)
        onEnded(child->second, true);
    else
        onConnection(child->second, ready);
}

// Handles the end of a worker; @p isCertain if it is known to have ended. The worker is reaped last, so that whoever
// sees that the process is gone also sees the end of its connection. A worker that a debugger holds cannot be reaped
// yet, but it has ended, and its client must not wait.
void Workers::onEnded(Child &child, bool isCertain)
{
    const auto death = child.process.death();
    if (!death && !isCertain)
        return;
    const ZygoteEvent event = deathOf(child, death.value_or(Posix::Death{child.process.pid()}));
    if (m_unwatched.erase(child.number) == 0)
        m_poller.remove(child.process.descriptor());
    if (isUntouched(child))
        takeBack(child);
    else if (child.id != 0)
        reportDeath(child, event);
    schedule(child, WorkerWatch::Never);
    if (m_options.killsChildren)
        Posix::killGroup(child.process.pid()); // before it is reaped, no other group can have its number
    if (death) {
        child.process.reap();
    } else {
        m_unreaped.push_back(std::move(child.process));
        listenForEnds();
    }
    logDeath(child, event);
    if (child.id == 0)
        m_spares.died(child.number, ScoreboardPage::now());
    m_scoreboard.giveBack(child.slot);
    m_numbers.erase(child.id);
    m_children.erase(child.number);
}

// Handles a hang-up. The poller would report it for ever, so the interest in it ends here.
void Workers::onConnection(Child &child, const Poller::Ready &ready)
{
    const qint64 now = ScoreboardPage::now();
    if (ready.halfClosed)
        child.watch.onHalfClosed(now);
    if (ready.hungUp || !child.isUnix) {
        child.watch.onClosed(now);
        m_poller.remove(child.connection.get());
    } else {
        m_poller.change(child.connection.get(), Poller::HangUp, ready.token);
    }
    if (ready.hungUp)
        child.connection.reset();
    look(child, now);
}

void Workers::act(qint64 now)
{
    while (!m_deadlines.empty() && m_deadlines.begin()->first <= now)
        look(m_children.at(m_deadlines.begin()->second), now);
    if (now >= m_nextLookForEnds)
        lookForEnds(now);
    m_lingering.expire(now);
    prepareFork();
    forkDueSpare(now);
}

qint64 Workers::nextAct() const
{
    const qint64 next
        = std::min(m_deadlines.empty() ? WorkerWatch::Never : m_deadlines.begin()->first, m_nextLookForEnds);
    return std::min({next, m_lingering.nextExpiry().value_or(WorkerWatch::Never), nextSpare()});
}

void Workers::look(Child &child, qint64 now)
{
    const bool isNews = child.watch.reason() == WorkerWatch::Reason::None;
    const WorkerWatch::Verdict verdict = child.watch.look(*m_scoreboard.page(child.slot), m_limits, now);
    schedule(child, verdict.nextLook);
    switch (verdict.order) {
    case WorkerWatch::Order::None:
        return;
    case WorkerWatch::Order::AskToLeave:
        child.process.signal(Posix::LeaveSignal);
        return;
    case WorkerWatch::Order::LeaveBehind:
        child.process.signal(Posix::LeaveSignal);
        tellLeftBehind(child.id);
        return;
    case WorkerWatch::Order::Terminate:
    case WorkerWatch::Order::Kill:
        break;
    }
    if (isNews && !(child.id == 0 && child.watch.reason() == WorkerWatch::Reason::Shutdown))
        logKilling(child, now);
    end(child, verdict.order == WorkerWatch::Order::Terminate ? SIGTERM : SIGKILL);
}

// Sends @p signal to the worker's group, or to the worker alone if it has left its group.
void Workers::end(const Child &child, int signal)
{
    if (!m_options.killsChildren || !Posix::signalGroup(child.process.pid(), signal))
        child.process.signal(signal);
}

void Workers::tellLeftBehind(quint64 id)
{
    ZygoteEvent event;
    event.kind = ZygoteEvent::LeftBehind;
    event.id = id;
    m_tell(event);
}

void Workers::schedule(Child &child, qint64 when)
{
    if (child.due != WorkerWatch::Never)
        m_deadlines.erase({child.due, child.number});
    child.due = when;
    if (when != WorkerWatch::Never)
        m_deadlines.insert({when, child.number});
}

ZygoteEvent::Cause Workers::causeOf(const Child &child, const Posix::Death &death) const
{
    switch (child.watch.reason()) {
    case WorkerWatch::Reason::None:
        break;
    case WorkerWatch::Reason::Hung:
        return ZygoteEvent::Hung;
    case WorkerWatch::Reason::Abandoned:
        return ZygoteEvent::Abandoned;
    case WorkerWatch::Reason::Shutdown:
        return ZygoteEvent::Shutdown;
    }
    // A worker that was asked to leave may have ended for another reason.
    const ScoreboardPage &page = *m_scoreboard.page(child.slot);
    if (death.exitCode != 0 || !page.isFree())
        return ZygoteEvent::Itself;
    switch (child.watch.departure()) {
    case WorkerWatch::Departure::None:
        return page.askedToLeave.load(std::memory_order_relaxed) != 0 ? ZygoteEvent::LeftWhenTold : ZygoteEvent::Itself;
    case WorkerWatch::Departure::Room:
        return ZygoteEvent::LeftForRoom;
    case WorkerWatch::Departure::Drain:
        return ZygoteEvent::LeftWithoutServer;
    case WorkerWatch::Departure::Shutdown:
        return ZygoteEvent::LeftAtShutdown;
    }
    return ZygoteEvent::Itself;
}

ZygoteEvent Workers::deathOf(const Child &child, const Posix::Death &death) const
{
    ZygoteEvent event;
    event.kind = ZygoteEvent::Died;
    event.id = child.id;
    event.pid = child.process.pid();
    event.cause = causeOf(child, death);
    event.setup = m_scoreboard.page(child.slot)->setup.load(std::memory_order_relaxed);
    const bool wasInterrupted = event.cause == ZygoteEvent::Abandoned || event.cause == ZygoteEvent::Shutdown;
    if (wasInterrupted && event.setup != ScoreboardPage::SetUp)
        event.setup = ScoreboardPage::NotSetUp; // setup was interrupted; it might have succeeded
    event.exitCode = death.exitCode;
    event.signal = death.signal;
    return event;
}

void Workers::reportDeath(Child &child, const ZygoteEvent &event)
{
    // The program is told before the end of file is written, so that it knows the cause when its client sees the end.
    m_tell(event);
    if (!child.connection.isOpen())
        return;
    m_poller.remove(child.connection.get());
    m_lingering.begin(std::move(child.connection), goodbyeFor(child, event));
}

// Returns the goodbye to write for a worker that has ended; empty if its client would not understand it, as in the
// middle of a message.
QByteArray Workers::goodbyeFor(const Child &child, const ZygoteEvent &event) const
{
    const ScoreboardPage *const page = m_scoreboard.page(child.slot);
    const bool isNative = page->protocol.load(std::memory_order_relaxed) == ScoreboardPage::Native;
    if (!isNative || page->midWrite.load(std::memory_order_relaxed) != 0)
        return {};
    if (page->greeted.load(std::memory_order_relaxed) == 0)
        return Wire::goodbyeInsteadOfHello(reasonOf(event.cause), describeDeath(event));
    return Wire::goodbye(reasonOf(event.cause), describeDeath(event), page->lastStarted.load(std::memory_order_relaxed),
                         page->begunCalls());
}

}
