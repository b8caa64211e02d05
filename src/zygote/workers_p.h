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
/// that a client has hung up. When a worker has died, it gives the connection to LingeringConnections, with a goodbye
/// to write.
///
/// ZygoteProcess owns it and calls it from its loop: spawn() for each connection, onReady() for whatever the poller
/// reports, and act() no later than nextAct(). Nothing here waits. Connections that have no worker yet are not here:
/// ZygoteProcess keeps them. Ids are those of the Spawn requests; numbers count the workers of this zygote. A function
/// that is given the id of a worker that has gone does nothing.
class Workers
{
public:
    using Tell = std::function<void(const ZygoteMessages::ZygoteEvent &)>;
    /// Workers serve @p interface, are watched and ended as @p options say, and get their pages from @p scoreboard.
    /// What @p poller reports goes to onReady(). @p tell sends an event to the program.
    Workers(InterfacePrivate &interface, const ZygoteOptions &options, Scoreboard &scoreboard, Posix::Poller &poller,
            Tell tell);

    /// Returns true if there is no worker, and no connection lingers.
    [[nodiscard]] bool isEmpty() const { return m_children.empty() && m_lingering.isEmpty(); }
    /// Sets the limit of descriptors for workers; the zygote has raised its own.
    void setDescriptorLimit(quint64 limit) { m_descriptorLimit = limit; }
    /// Workers keep these descriptors of NullDescriptors open, as the zygote does.
    void setNullDescriptors(std::vector<int> numbers) { m_nullDescriptors = std::move(numbers); }
    /// Limits how many connections of ended workers linger at a time.
    void setMostLingering(std::size_t most) { m_lingering.setMost(most); }
    /// Forks a worker for @p connection, takes the connection, tells the program so, and returns nothing. Or leaves the
    /// connection, tells nobody, and returns why there can be no worker now. In the worker this function does not
    /// return.
    [[nodiscard]] std::optional<QString> spawn(const ZygoteMessages::Request &request, Posix::Fd &connection);
    /// Tells the program that there will be no worker for the Spawn @p id. This is for a connection that ends without
    /// one.
    void tellNotSpawned(quint64 id, const QString &cause);
    /// Does what tellNotSpawned() does, for a worker that could not be forked: it also logs the cause, and writes a
    /// goodbye to a client that understands it. @p connection may be closed.
    void refuse(quint64 id, const QString &cause, Posix::Fd connection);
    /// Tells the program that it need not wait for the end of what the Spawn @p id has become: a worker that was left
    /// behind, or a silent connection, which ZygoteProcess keeps.
    void tellLeftBehind(quint64 id);
    /// The worker of the Spawn @p id shall leave when it is free.
    void wantGone(quint64 id, WorkerWatch::Departure departure);
    /// The worker shall leave because its server ends. If its client knows no goodbyes, it may stay until
    /// @p staysUntil.
    void retire(quint64 id, qint64 staysUntil);
    /// The worker of the Spawn @p id shall end now, whatever it does: by SIGTERM, and SIGKILL if it takes too long.
    void endNow(quint64 id);
    /// All workers shall leave; those whose clients know no goodbyes may stay until their clients hang up.
    void askAllToLeave();
    /// The program is gone: all workers shall leave, and lingering connections end sooner.
    void onProgramGone();
    /// Handles what the poller reports of a worker, its connection, or a lingering connection. A token says which it
    /// is.
    void onReady(const Posix::Poller::Ready &ready);
    /// Does what is due: looks at workers whose time has come, finds ended ones, and closes lingering connections.
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
        Posix::Fd connection; // a duplicate of the worker's; closed when the client has gone for good
        bool isUnix = false;
        std::size_t slot = 0;
        WorkerWatch watch;
        qint64 due = WorkerWatch::Never; // when to look at it again; its entry in m_deadlines
    };
    // Gives the news of a worker to its WorkerWatch, and acts on what that says.
    template <class News>
    void inform(quint64 id, News news);
    // Has the poller watch the worker's end and its connection. listenForEnds() and lookForEnds() are for the workers
    // whose end no descriptor tells.
    void watchOver(Child &child);
    [[nodiscard]] bool watchDescriptor(const Child &child);
    void listenForEnds();
    void lookForEnds(qint64 now);
    void onEnded(Child &child, bool isCertain);
    void onConnection(Child &child, const Posix::Poller::Ready &ready);
    // Asks the WorkerWatch of a worker what to do now, does it, and notes when to ask again.
    void look(Child &child, qint64 now);
    void end(const Child &child, int signal);
    // Notes when to look at the worker again, in place of any earlier time.
    void schedule(Child &child, qint64 when);
    [[nodiscard]] ZygoteMessages::ZygoteEvent::Cause causeOf(const Child &child, const Posix::Death &death) const;
    // Tells the program that the worker has died, and gives its connection away. The caller reaps it.
    ZygoteMessages::ZygoteEvent reportDeath(Child &child, const Posix::Death &death);
    [[nodiscard]] QByteArray goodbyeFor(const Child &child, const ZygoteMessages::ZygoteEvent &event) const;
    void logKilling(const Child &child, qint64 now) const;
    void logDeath(const Child &child, const ZygoteMessages::ZygoteEvent &event) const;

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
