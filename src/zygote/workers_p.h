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

/// The zygote's workers, from fork to grave: it tells of both, kills those that have to go, and keeps a duplicate of
/// each connection, to notice that its client has hung up and to say goodbye in a dead worker's name.
class Workers
{
public:
    using Tell = std::function<void(const ZygoteMessages::Event &)>;
    Workers(InterfacePrivate &interface, const ZygoteOptions &options, Scoreboard &scoreboard, Posix::Poller &poller,
            Tell tell);

    /// True once the last worker is buried.
    [[nodiscard]] bool isEmpty() const { return m_children.empty() && m_lingering.isEmpty(); }
    /// Workers get back the limit that the zygote has lifted for itself.
    void setDescriptorLimit(quint64 limit) { m_descriptorLimit = limit; }
    /// Workers have nothing open at these numbers, as the zygote.
    void setBlanks(std::vector<int> numbers) { m_blanks = std::move(numbers); }
    void setMostLingering(std::size_t most) { m_lingering.setMost(most); }
    /// Takes @p connection and returns nothing, or leaves it and returns why there can be no worker now.
    [[nodiscard]] std::optional<QString> spawn(const ZygoteMessages::Request &request, Posix::Fd &connection);
    /// There will be no worker for the Spawn @p id: tells the program.
    void forgo(quint64 id, const QString &cause);
    /// The same because of a failure: logs it, and tells a client that understands it. @p connection may be closed.
    void refuse(quint64 id, const QString &cause, Posix::Fd connection);
    /// The program need not wait for what becomes of the Spawn @p id.
    void tellLeft(quint64 id);
    /// The worker of the Spawn @p id is to leave when it is free, or to go now.
    void wantGone(quint64 id, WorkerWatch::Departure departure);
    /// The same at the end of its server, which it may outlive as long as this if its client knows no goodbyes.
    void retire(quint64 id, qint64 staysUntil);
    void condemn(quint64 id);
    /// Every worker is to leave, and those of clients without goodbyes when their clients do.
    void askAllToLeave();
    /// The same, because the program is gone.
    void orphan();
    /// What the poller says of anything but the program.
    void onReady(const Posix::Poller::Ready &ready);
    /// Does what is due.
    void act(qint64 now);
    /// When something will be due, as ScoreboardPage::now(); WorkerWatch::Never if nothing will.
    [[nodiscard]] qint64 nextAct() const;

private:
    struct Child
    {
        quint64 id = 0;
        quint64 number = 0;
        Posix::ChildProcess process;
        Posix::Fd connection; // closed when there is nobody to say goodbye to
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
    ZygoteMessages::Event bury(Child &child, const Posix::Death &death);
    [[nodiscard]] QByteArray lastWords(const Child &child, const ZygoteMessages::Event &event) const;
    void logSentence(const Child &child, qint64 now) const;
    void logDeath(const Child &child, const ZygoteMessages::Event &event) const;

    InterfacePrivate &m_interface;
    const ZygoteOptions &m_options;
    const WorkerWatch::Limits m_limits;
    pid_t m_processId = 0; // of the zygote
    Scoreboard &m_scoreboard;
    Posix::Poller &m_poller;
    Tell m_tell;
    LingeringConnections m_lingering;
    std::unordered_map<quint64, Child> m_children; // by number
    std::unordered_map<quint64, quint64> m_numbers; // by id
    std::set<std::pair<qint64, quint64>> m_deadlines; // when to look at whom
    // For kernels, filters and moments that have no descriptor for the end of a process.
    std::set<quint64> m_unwatched; // the numbers of workers without one
    std::vector<Posix::ChildProcess> m_unreaped; // have ended, but whoever traces them has not yet let go
    Posix::EndedChildren m_endedChildren;
    qint64 m_nextLookForEnds = WorkerWatch::Never;
    qint64 m_nextThoroughLook = 0;
    quint64 m_lastNumber = 0;
    quint64 m_descriptorLimit = 0;
    std::vector<int> m_blanks;
};

}

#endif
