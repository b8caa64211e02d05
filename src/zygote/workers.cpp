// SPDX-License-Identifier: MIT
#include "zygote/workers_p.h"

#include "wire/goodbye_p.h"
#include "zygote/logging_p.h"
#include "zygote/ownlog_p.h"
#include "zygote/workerprocess_p.h"
#include "zygote/zygotetoken_p.h"

#include <algorithm>
#include <csignal>

namespace Prefork {

using namespace ZygoteMessages;
using Posix::Poller;

namespace {

void retire(WorkerWatch &watch, qint64 staysUntil)
{
    watch.mayStayUntil(staysUntil);
    watch.wantGone(WorkerWatch::Departure::Shutdown);
}

Wire::GoodbyeReason reasonOf(Event::Cause cause)
{
    switch (cause) {
    case Event::Itself:
        break;
    case Event::Hung:
        return Wire::GoodbyeReason::Hung;
    case Event::Abandoned:
        return Wire::GoodbyeReason::Abandoned;
    case Event::LeftForRoom:
        return Wire::GoodbyeReason::Room;
    case Event::Shutdown:
    case Event::LeftAtShutdown:
    case Event::LeftOrphaned:
    case Event::LeftWhenTold:
        return Wire::GoodbyeReason::Retired;
    }
    return Wire::GoodbyeReason::Died;
}

}

Workers::Workers(InterfacePrivate &interface, const ZygoteOptions &options, Scoreboard &scoreboard, Poller &poller, Tell tell)
    : m_interface(interface)
    , m_options(options)
    , m_limits(WorkerWatch::Limits::of(options))
    , m_processId(Posix::processId())
    , m_scoreboard(scoreboard)
    , m_poller(poller)
    , m_tell(std::move(tell))
    , m_partings(poller)
{
}

std::optional<QString> Workers::spawn(const Request &request, Posix::Fd &connection)
{
    const auto slot = m_scoreboard.take();
    if (!slot)
        return QStringLiteral("all %1 workers of this zygote are in use").arg(Scoreboard::MaxWorkers);
    Child child;
    child.id = request.id;
    child.number = ++m_lastNumber;
    child.slot = *slot;
    child.pid = Posix::forkProcess();
    if (child.pid == 0) {
        runWorker({m_interface, m_options, m_scoreboard, child.slot, child.number, connection.get(), request.peer(), m_descriptorLimit,
                   request.isNativeOnly, std::chrono::milliseconds(request.helloTimeout), m_processId});
    }
    if (child.pid < 0) {
        const QString cause = QStringLiteral("fork failed: %1").arg(Posix::lastErrorText());
        m_scoreboard.giveBack(*slot);
        return cause;
    }
    if (m_options.killsChildren)
        Posix::leadGroup(child.pid); // as it does itself: whoever comes first
    child.connection = std::move(connection);
    if (!watchOver(child)) {
        logOwn(lcZygote(), QtWarningMsg, QStringLiteral("cannot watch over a worker, which is killed: %1").arg(Posix::lastErrorText()));
        end(child, SIGKILL); // it may have begun: not as good as not spawned
        Posix::killChild(child.pid);
        bury(child, {child.pid, -1, SIGKILL});
        m_scoreboard.giveBack(child.slot);
        return {};
    }
    Event event;
    event.kind = Event::Spawned;
    event.id = child.id;
    event.pid = child.pid;
    event.slot = quint32(child.slot);
    m_tell(event);
    Child &kept = m_children.emplace(child.number, std::move(child)).first->second;
    m_numbers.emplace(kept.id, kept.number);
    if (request.isToLeave)
        kept.watch.wantGone(WorkerWatch::Departure::Drain);
    if (request.staysUntil != 0)
        Prefork::retire(kept.watch, request.staysUntil);
    look(kept, ScoreboardPage::now());
    return {};
}

void Workers::wantGone(quint64 id, WorkerWatch::Departure departure)
{
    inform(id, [departure](WorkerWatch &watch) { watch.wantGone(departure); });
}

void Workers::retire(quint64 id, qint64 staysUntil)
{
    inform(id, [staysUntil](WorkerWatch &watch) { Prefork::retire(watch, staysUntil); });
}

void Workers::condemn(quint64 id)
{
    inform(id, [](WorkerWatch &watch) { watch.condemn(); });
}

template <class News>
void Workers::inform(quint64 id, News news)
{
    const auto number = m_numbers.find(id);
    if (number == m_numbers.end())
        return; // it has gone already
    Child &child = m_children.at(number->second);
    news(child.watch);
    look(child, ScoreboardPage::now());
}

void Workers::orphan()
{
    m_partings.hurry(ScoreboardPage::now());
    askAllToLeave();
}

void Workers::askAllToLeave()
{
    const qint64 now = ScoreboardPage::now();
    for (auto &[number, child] : m_children) {
        child.watch.wantGone(WorkerWatch::Departure::Drain);
        look(child, now);
    }
}

bool Workers::watchOver(Child &child)
{
    child.pidFd = Posix::openPidFd(child.pid);
    if (!child.pidFd.isOpen()) { // a worker can do without its connection's duplicate, but not without this
        child.connection.reset();
        child.pidFd = Posix::openPidFd(child.pid);
    }
    if (!child.pidFd.isOpen() || !m_poller.add(child.pidFd.get(), Poller::Input, ZygoteToken{ZygoteToken::Process, child.number}.value()))
        return false;
    if (child.connection.isOpen() && m_limits.abandoned != WorkerWatch::Never) {
        child.isUnix = Posix::isUnixSocket(child.connection.get());
        const quint64 token = ZygoteToken{ZygoteToken::Connection, child.number}.value();
        if (!m_poller.add(child.connection.get(), Poller::HalfClose, token))
            logOwn(lcZygote(), QtWarningMsg, QStringLiteral("cannot watch over a worker's connection: %1").arg(Posix::lastErrorText()));
    }
    return true;
}

void Workers::forgo(quint64 id, const QString &cause)
{
    Event event;
    event.kind = Event::NotSpawned;
    event.id = id;
    event.text.set(cause);
    m_tell(event);
}

void Workers::refuse(quint64 id, const QString &cause, Posix::Fd connection)
{
    logOwn(lcZygote(), QtWarningMsg, QStringLiteral("no worker: %1").arg(cause));
    forgo(id, cause);
    if (connection.isOpen() && Posix::peekByte(connection.get()) == Wire::NativeHelloByte) {
        m_partings.begin(std::move(connection), Wire::goodbyeInsteadOfHello(Wire::GoodbyeReason::Unspawned, cause));
    }
}

void Workers::onReady(const Poller::Ready &ready)
{
    const ZygoteToken token = ZygoteToken::of(ready.token);
    if (token.kind == ZygoteToken::Parting) {
        m_partings.onReadable(token.number);
        return;
    }
    const auto child = m_children.find(token.number);
    if (child == m_children.end())
        return; // buried a moment ago
    if (token.kind == ZygoteToken::Process)
        onEnded(child->second);
    else
        onConnection(child->second, ready);
}

// Reaped last: whoever sees that there is no such process any more is to see the end of its connection too.
void Workers::onEnded(Child &child)
{
    const auto death = Posix::deathOf(child.pid);
    if (!death)
        return;
    const Event event = bury(child, *death);
    if (m_options.killsChildren)
        Posix::killGroup(child.pid); // until it is reaped nobody else has its number
    Posix::reap(child.pid);
    logDeath(child, event);
    m_scoreboard.giveBack(child.slot);
    m_numbers.erase(child.id);
    m_children.erase(child.number);
}

// The poller goes on to tell of a hang-up for ever, so each is heard once.
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
    while (!m_agenda.empty() && m_agenda.begin()->first <= now)
        look(m_children.at(m_agenda.begin()->second), now);
    m_partings.expire(now);
}

qint64 Workers::nextAct() const
{
    const qint64 next = m_agenda.empty() ? WorkerWatch::Never : m_agenda.begin()->first;
    return std::min(next, m_partings.nextExpiry().value_or(WorkerWatch::Never));
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
        Posix::signalProcess(child.pidFd.get(), Posix::LeaveSignal);
        return;
    case WorkerWatch::Order::Leave:
        Posix::signalProcess(child.pidFd.get(), Posix::LeaveSignal);
        tellLeft(child.id);
        return;
    case WorkerWatch::Order::Terminate:
    case WorkerWatch::Order::Kill:
        break;
    }
    if (isNews)
        logSentence(child, now);
    end(child, verdict.order == WorkerWatch::Order::Terminate ? SIGTERM : SIGKILL);
}

// A worker may have left its group.
void Workers::end(const Child &child, int signal)
{
    if (!m_options.killsChildren || !Posix::signalGroup(child.pid, signal))
        Posix::signalProcess(child.pidFd.get(), signal);
}

void Workers::tellLeft(quint64 id)
{
    Event event;
    event.kind = Event::Left;
    event.id = id;
    m_tell(event);
}

void Workers::schedule(Child &child, qint64 when)
{
    if (child.due != WorkerWatch::Never)
        m_agenda.erase({child.due, child.number});
    child.due = when;
    if (when != WorkerWatch::Never)
        m_agenda.insert({when, child.number});
}

Event::Cause Workers::causeOf(const Child &child, const Posix::Death &death) const
{
    switch (child.watch.reason()) {
    case WorkerWatch::Reason::None:
        break;
    case WorkerWatch::Reason::Hung:
        return Event::Hung;
    case WorkerWatch::Reason::Abandoned:
        return Event::Abandoned;
    case WorkerWatch::Reason::Shutdown:
        return Event::Shutdown;
    }
    // One that was asked may still have ended otherwise.
    const ScoreboardPage &page = *m_scoreboard.page(child.slot);
    if (death.exitCode != 0 || !page.isFree())
        return Event::Itself;
    switch (child.watch.departure()) {
    case WorkerWatch::Departure::None:
        return page.askedToLeave.load(std::memory_order_relaxed) != 0 ? Event::LeftWhenTold : Event::Itself;
    case WorkerWatch::Departure::Room:
        return Event::LeftForRoom;
    case WorkerWatch::Departure::Drain:
        return Event::LeftOrphaned;
    case WorkerWatch::Departure::Shutdown:
        return Event::LeftAtShutdown;
    }
    return Event::Itself;
}

Event Workers::bury(Child &child, const Posix::Death &death)
{
    Event event;
    event.kind = Event::Died;
    event.id = child.id;
    event.pid = child.pid;
    event.cause = causeOf(child, death);
    event.setup = m_scoreboard.page(child.slot)->setup.load(std::memory_order_relaxed);
    event.exitCode = death.exitCode;
    event.signal = death.signal;
    m_tell(event); // before the end of file, so that the cause is there when somebody asks for it
    m_poller.remove(child.pidFd.get());
    if (child.connection.isOpen()) {
        m_poller.remove(child.connection.get());
        m_partings.begin(std::move(child.connection), lastWords(child, event));
    }
    schedule(child, WorkerWatch::Never);
    return event;
}

// In the middle of a message nobody would understand it, and one goodbye is enough.
QByteArray Workers::lastWords(const Child &child, const Event &event) const
{
    const ScoreboardPage *const page = m_scoreboard.page(child.slot);
    const bool isNative = page->protocol.load(std::memory_order_relaxed) == ScoreboardPage::Native;
    if (!isNative || page->midWrite.load(std::memory_order_relaxed) != 0)
        return {};
    if (page->greeted.load(std::memory_order_relaxed) == 0)
        return Wire::goodbyeInsteadOfHello(reasonOf(event.cause), describeDeath(event));
    return Wire::goodbye(reasonOf(event.cause), describeDeath(event), page->lastStarted.load(std::memory_order_relaxed));
}

}
