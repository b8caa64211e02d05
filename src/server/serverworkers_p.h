// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_SERVERWORKERS_P_H
#define QTPREFORK_SERVERWORKERS_P_H

#include "posix/descriptor_p.h"
#include "server/admission_p.h"
#include "server/firstcallgrace_p.h"
#include "server/refusallog_p.h"
#include "zygote/scoreboard_p.h"
#include "zygote/zygotechannel_p.h"

#include <QtCore/QTimer>

#include <memory>
#include <unordered_map>
#include <unordered_set>

namespace Prefork {
struct ServerOptions;
}

namespace Prefork::Internal {

/// Has workers forked for the connections of one server, keeps the connections that wait for a worker, and tells
/// workers to leave or to end. Admission decides who gets a worker when; the zygote forks, by way of ZygoteChannel.
/// Server owns it, and calls serve() for each connection, open() when it begins to listen, and then drain(), retire()
/// or kill() to end. The workers themselves are not here: once a worker is forked, its client and it talk to each
/// other, and this class only reads its page of the scoreboard.
///
/// A worker is *free* when no checkout holds it. A client with the native protocol understands a goodbye, so its worker
/// may leave whenever it is free; a JSON client would take that for a failure.
class ServerWorkers : public QObject
{
    Q_OBJECT

public:
    ServerWorkers(const ServerOptions &options, const std::shared_ptr<ZygoteChannel> &channel,
                  const std::shared_ptr<Scoreboard> &scoreboard);

    /// Has a worker forked for @p connection, as soon as Admission allows it. Closes the connection, without a word to
    /// its client, if too many of this user wait already, or if the client hangs up before its turn.
    void serve(Posix::Fd connection, const Peer &peer);
    /// Says that the server listens: takes back drain() and kill() for workers that are forked from now on.
    void open();
    /// Shuts down: closes waiting connections, and tells every worker to leave when it is free. Free workers of JSON
    /// clients may stay with the zygote until @p staysUntil (as ScoreboardPage::now()), or not at all if it is 0. One
    /// that stays is no longer counted here, once the zygote has said so.
    void retire(qint64 staysUntil);
    /// Gives a connection that has said nothing yet to the zygote, which keeps it, and its worker, as for retire().
    void leaveToZygote(Posix::Fd connection, const Peer &peer, qint64 staysUntil);
    /// Tells every worker of a native client to leave when it is free, and those too that are forked from now on for
    /// connections that wait.
    void drain();
    /// Closes waiting connections, and has every worker ended now, those left to the zygote included: by SIGTERM, and
    /// by SIGKILL if that does not do.
    void kill();
    [[nodiscard]] qsizetype workerCount() const { return m_admission.workerCount(); }
    /// Returns whether the server should accept no more connections for now.
    [[nodiscard]] bool isFull() const { return m_admission.isFull(); }
    /// Returns whether a shutdown has nothing left to wait for.
    [[nodiscard]] bool isEmpty() const
    {
        return m_workers.empty() && m_admission.waitingCount() == 0 && !(m_isKilling && hasLeftWorkers());
    }
    [[nodiscard]] bool hasLeftWorkers() const { return !m_leftToZygote.empty(); }

Q_SIGNALS:
    /// isFull() has changed.
    void fullChanged();
    /// workerCount(), isEmpty() or hasLeftWorkers() may have changed.
    void workerCountChanged();

private:
    /// This is a worker that the zygote was asked for.
    struct WorkerEntry
    {
        Admission::Id connection = 0;
        qint64 user = Admission::Nobody;
        std::optional<std::size_t> slot = {}; // its page of the scoreboard, once it has been forked
        bool isAskedToMakeRoom = false;
        bool isSilent = false; // its client has said nothing yet, so the zygote has not forked it
    };
    /// This is a connection that waits for a worker.
    struct Waiting
    {
        Posix::Fd connection;
        Peer peer;
        bool hasWaited = false; // it got no worker when it arrived
    };
    // Gives workers to the connections that may have them now. This is done whenever something has changed.
    void admit();
    // Closes waiting connections whose clients have hung up.
    void dropGone();
    // Looks at the page of the probe, the worker for whose setup the others wait, and tells Admission how it goes.
    void checkProbe();
    // Asks free workers of native clients to leave, one for each shortage.
    void makeRoom(const std::vector<Admission::Shortage> &shortages);
    // Sets the timer for when admit() must be called again.
    void arm(bool hasShortage);
    [[nodiscard]] ZygoteMessages::Request requestFor(const Peer &peer) const;
    // The zygote says that the worker, or silent connection, is left behind: the server does not wait for it.
    void onLeft(quint64 id);
    // The worker has ended, or was never forked.
    void onEnded(quint64 id, Admission::Start start);

    Admission m_admission;
    FirstCallGrace m_firstCallGrace;
    ZygoteMessages::Request m_request; // what all spawns of this server have in common
    const std::shared_ptr<ZygoteChannel> m_channel;
    const std::shared_ptr<Scoreboard> m_scoreboard;
    std::unordered_map<Admission::Id, Waiting> m_waiting;
    std::unordered_map<quint64, WorkerEntry> m_workers; // by the id that ZygoteChannel::spawn() returned
    std::unordered_set<quint64> m_leftToZygote; // workers left to the zygote that are not known to have ended
    bool m_isKilling = false;
    Admission::Id m_lastConnection = 0;
    RefusalLog m_refusalLog;
    QTimer m_timer;
    bool m_wasFull = false;
};

}

#endif
