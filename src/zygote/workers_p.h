// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_WORKERS_P_H
#define QTPREFORK_WORKERS_P_H

#include "posix/child_p.h"
#include "posix/poller_p.h"
#include "zygote/lingeringconnections_p.h"
#include "zygote/scoreboard_p.h"
#include "zygote/workerwatch_p.h"
#include "zygote/zygotemessages_p.h"

#include <functional>
#include <set>
#include <unordered_map>
#include <vector>

namespace Prefork {
class InterfacePrivate;
}

namespace Prefork::Internal {

/// This class has all workers of a zygote, from the fork to the end: it forks them, ends those that WorkerWatch says
/// must end, reaps them, and tells the program of each. It keeps a duplicate of each connection, by which it notices
/// that a client has hung up, and writes the goodbye of a worker that has died. ZygoteProcess owns it and calls it from
/// its loop. Ids are those of the Spawn requests; numbers count the workers of this zygote.
class Workers
{
public:
    using Tell = std::function<void(const ZygoteMessages::Event &)>;
    Workers(InterfacePrivate &interface, const ZygoteOptions &options, Scoreboard &scoreboard, Posix::Poller &poller,
            Tell tell);

    /// Returns true if there is no worker, and no connection lingers.
    [[nodiscard]] bool isEmpty() const { return m_children.empty() && m_lingering.isEmpty(); }
    /// Sets the limit of descriptors for workers; the zygote has raised its own.
    void setDescriptorLimit(quint64 limit) { m_descriptorLimit = limit; }
    /// Workers keep these descriptors of NullDescriptors open, as the zygote does.
    void setNullDescriptors(std::vector<int> numbers) { m_nullDescriptors = std::move(numbers); }
    void setMostLingering(std::size_t most) { m_lingering.setMost(most); }
    /// Forks a worker for @p connection, takes the connection, and returns nothing; or leaves the connection and
    /// returns why there can be no worker now.
    [[nodiscard]] std::optional<QString> spawn(const ZygoteMessages::Request &request, Posix::Fd &connection);
    /// Tells the program that there will be no worker for the Spawn @p id.
    void tellNotSpawned(quint64 id, const QString &cause);
    /// Does the same after a failure: logs it, and writes a goodbye to a client that understands it. @p connection may
    /// be closed.
    void refuse(quint64 id, const QString &cause, Posix::Fd connection);
    /// Tells the program that it need not wait for the end of what the Spawn @p id has become.
    void tellLeftBehind(quint64 id);
    /// The worker of the Spawn @p id shall leave when it is free.
    void wantGone(quint64 id, WorkerWatch::Departure departure);
    /// The worker shall leave because its server ends. If its client knows no goodbyes, it may stay until
    /// @p staysUntil.
    void retire(quint64 id, qint64 staysUntil);
    /// The worker of the Spawn @p id shall end now.
    void endNow(quint64 id);
    /// All workers shall leave; those whose clients know no goodbyes may stay until their clients hang up.
    void askAllToLeave();
    /// The program is gone: all workers shall leave, and lingering connections end sooner.
    void onProgramGone();
    /// Handles what the poller reports for a worker, its connection, or a lingering connection.
    void onReady(const Posix::Poller::Ready &ready);
    /// Does what is due.
    void act(qint64 now);
    /// Returns when act() has something to do, in the time of ScoreboardPage::now(); WorkerWatch::Never if it has
    /// nothing.
    [[nodiscard]] qint64 nextAct() const;

private:
    struct Child
    {
        quint64 id = 0;
        quint64 number = 0;
        Posix::ChildProcess process;
        Posix::Fd connection; // closed if the client has gone
        bool isUnix = false;
        std::size_t slot = 0;
        WorkerWatch watch;
        qint64 due = WorkerWatch::Never;
    };
    template <class News>
    void inform(quint64 id, News news);
    void watchOver(Child &child);
    [[nodiscard]] bool watchDescriptor(const Child &child);
    void listenForEnds();
    void lookForEnds(qint64 now);
    void onEnded(Child &child, bool isCertain);
    void onConnection(Child &child, const Posix::Poller::Ready &ready);
    void look(Child &child, qint64 now);
    void end(const Child &child, int signal);
    void schedule(Child &child, qint64 when);
    [[nodiscard]] ZygoteMessages::Event::Cause causeOf(const Child &child, const Posix::Death &death) const;
    ZygoteMessages::Event reportDeath(Child &child, const Posix::Death &death);
    [[nodiscard]] QByteArray goodbyeFor(const Child &child, const ZygoteMessages::Event &event) const;
    void logKilling(const Child &child, qint64 now) const;
    void logDeath(const Child &child, const ZygoteMessages::Event &event) const;

    InterfacePrivate &m_interface;
    const ZygoteOptions &m_options;
    const WorkerWatch::Limits m_limits;
    pid_t m_processId = 0; // process id of the zygote
    Scoreboard &m_scoreboard;
    Posix::Poller &m_poller;
    Tell m_tell;
    LingeringConnections m_lingering;
    std::unordered_map<quint64, Child> m_children; // by number
    std::unordered_map<quint64, quint64> m_numbers; // by id
    std::set<std::pair<qint64, quint64>> m_deadlines; // when to look at which worker
    // These are for workers whose end no descriptor tells, because the kernel or a filter refuses one.
    std::set<quint64> m_unwatched; // the numbers of these workers
    std::vector<Posix::ChildProcess> m_unreaped; // have ended, but a debugger still holds them
    Posix::EndedChildren m_endedChildren;
    qint64 m_nextLookForEnds = WorkerWatch::Never;
    qint64 m_nextThoroughLook = 0;
    quint64 m_lastNumber = 0;
    quint64 m_descriptorLimit = 0;
    std::vector<int> m_nullDescriptors;
};

}

#endif
