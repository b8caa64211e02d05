// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_WORKERS_P_H
#define QTPREFORK_WORKERS_P_H

#include "posix/child_p.h"
#include "posix/poller_p.h"
#include "zygote/lingeringconnections_p.h"
#include "zygote/scoreboard_p.h"
#include "zygote/spareplan_p.h"
#include "zygote/workerwatch_p.h"
#include "zygote/zygotemessages_p.h"

#include <functional>
#include <memory>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

namespace Prefork {
class InterfacePrivate;
}

namespace Prefork::Internal {

struct WorkerStart;

/// This class has all workers of a zygote, from the fork to the end: it forks them, ends those that WorkerWatch says
/// must end, reaps them, and tells the program of each. It keeps a duplicate of each connection, by which it notices
/// that a client has hung up. When a worker has died, it gives the connection to LingeringConnections, with a goodbye
/// to write.
///
/// ZygoteProcess owns it and calls it from its loop: spawn() for each connection, onReady() for whatever the poller
/// reports, and act() no later than nextAct(). Nothing here waits. Connections that have no worker yet are not here:
/// ZygoteProcess keeps them. Ids are those of the Spawn requests; numbers count the workers of this zygote. A function
/// that is given the id of a worker that has gone does nothing.
///
/// Spare workers are here too, and SparePlan decides when they are forked. They have no id before they get a
/// connection.
class Workers
{
public:
    using Tell = std::function<void(const ZygoteMessages::ZygoteEvent &)>;
    /// Workers serve @p interface, are watched and ended as @p options say, and get their pages from @p scoreboard.
    /// What @p poller reports goes to onReady(). @p tell sends an event to the program.
    Workers(InterfacePrivate &interface, const ZygoteOptions &options, Scoreboard &scoreboard, Posix::Poller &poller,
            Tell tell);

    /// Returns true if there is no worker, spare ones included, and no connection lingers.
    [[nodiscard]] bool isEmpty() const { return m_children.empty() && m_lingering.isEmpty(); }
    /// Sets the limit of descriptors for workers; the zygote has raised its own.
    void setDescriptorLimit(quint64 limit) { m_descriptorLimit = limit; }
    /// Workers keep these descriptors of NullDescriptors open, as the zygote does.
    void setNullDescriptors(std::vector<int> numbers) { m_nullDescriptors = std::move(numbers); }
    /// Limits how many connections of ended workers linger at a time.
    void setMostLingering(std::size_t most) { m_lingering.setMost(most); }
    /// Limits how many workers there are at a time, spare ones included.
    void setMost(std::size_t most) { m_most = most; }
    /// Gives @p connection to a spare worker, or forks a worker for it, takes the connection, tells the program so, and
    /// returns nothing. Or leaves the connection, tells nobody, and returns why there can be no worker now. In the
    /// worker this function does not return.
    [[nodiscard]] std::optional<QString> spawn(const ZygoteMessages::Request &request, Posix::Fd &connection);
    /// This is a connection whose spare worker has died before it took the connection.
    struct Returned
    {
        ZygoteMessages::Request request;
        Posix::Fd connection;
    };
    /// Returns these connections, which the caller provides with workers.
    [[nodiscard]] std::vector<Returned> takeReturned() { return std::exchange(m_returned, {}); }
    /// While @p isShort is true, connections wait for forks that fail, and no spare worker is forked.
    void setShort(bool isShort) { m_isShort = isShort; }
    /// Ends spare workers whose setup has run, and forks others in their place.
    void renewSpares();
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
    /// All workers shall leave; those whose clients know no goodbyes may stay until their clients hang up. Spare
    /// workers end now.
    void askAllToLeave();
    /// The program is gone: all workers shall leave, and lingering connections end sooner.
    void onProgramGone();
    /// Handles what the poller reports of a worker, its connection, or a lingering connection. A token says which it
    /// is.
    void onReady(const Posix::Poller::Ready &ready);
    /// Does what is due: looks at workers whose time has come, finds ended ones, closes lingering connections, and
    /// forks a spare worker. In the spare worker this function does not return.
    void act(qint64 now);
    /// Returns when act() has something to do, in the time of ScoreboardPage::now(); WorkerWatch::Never if it has
    /// nothing.
    [[nodiscard]] qint64 nextAct() const;

private:
    struct Child
    {
        quint64 id = 0; // 0 = a spare worker; ids of Spawns begin at 1
        quint64 number = 0;
        Posix::ChildProcess process;
        Posix::Fd parking; // of a spare worker: the socket by which it gets its connection
        // What a spare worker was sent with its connection, as long as it may not have taken it.
        std::unique_ptr<ZygoteMessages::Request> handed;
        Posix::Fd connection; // a duplicate of the worker's; closed when the client has gone for good
        bool isUnix = false;
        std::size_t slot = 0;
        WorkerWatch watch;
        qint64 due = WorkerWatch::Never; // when to look at it again; its entry in m_deadlines
    };
    [[nodiscard]] WorkerStart basicStart() const;
    // Forks a worker, which begins with @p start, and sets what @p child must know of it. Returns why that has failed.
    [[nodiscard]] std::optional<QString> forkInto(Child &child, WorkerStart start);
    // Does ahead, once for each fork, what the next worker would have to do.
    void prepareFork();
    // From here on @p child is the worker of a Spawn.
    void begin(Child &child, const ZygoteMessages::Request &request, Posix::Fd connection);
    // Sends a connection to a spare worker and returns it; null if there is none that can take it.
    [[nodiscard]] Child *takeSpare(const ZygoteMessages::Request &request, const Posix::Fd &connection);
    void forkDueSpare(qint64 now);
    [[nodiscard]] qint64 nextSpare() const;
    void endSpares(const std::vector<quint64> &numbers);
    // Returns whether the worker was a spare one, and has died before it took the connection that it was sent.
    [[nodiscard]] bool isUntouched(const Child &child) const;
    void takeBack(Child &child);
    // Gives the news of a worker to its WorkerWatch, and acts on what that says.
    template <class News>
    void inform(quint64 id, News news);
    // These have the poller watch the worker's end and its connection. listenForEnds() and lookForEnds() are for the
    // workers whose end no descriptor tells.
    void watchEnd(const Child &child);
    void watchConnection(Child &child);
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
    [[nodiscard]] ZygoteMessages::ZygoteEvent deathOf(const Child &child, const Posix::Death &death) const;
    // Tells the program that the worker has died, and gives its connection away. The caller reaps it.
    void reportDeath(Child &child, const ZygoteMessages::ZygoteEvent &event);
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
    bool m_isPrepared = false; // prepareFork() has been called since the last fork
    std::size_t m_most = Scoreboard::MaxWorkers;
    SparePlan m_spares;
    bool m_isShort = false;
    std::vector<Returned> m_returned;
    quint64 m_descriptorLimit = 0;
    std::vector<int> m_nullDescriptors;
};

}

#endif
