// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_SERVERWORKERS_P_H
#define QTPREFORK_SERVERWORKERS_P_H

#include "posix/descriptor_p.h"
#include "server/admission_p.h"
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
/// Server owns it. A worker is *free* when no checkout holds it. A client with the native protocol understands a
/// goodbye, so its worker may leave whenever it is free; a JSON client would take that for a failure.
class ServerWorkers : public QObject
{
    Q_OBJECT

public:
    ServerWorkers(const ServerOptions &options, const std::shared_ptr<ZygoteChannel> &channel,
                  const std::shared_ptr<Scoreboard> &scoreboard);

    /// Has a worker forked for @p connection, as soon as Admission allows it.
    void serve(Posix::Fd connection, const Peer &peer);
    /// Takes back drain() and kill() for workers that are forked from now on.
    void open();
    /// Shuts down: closes waiting connections, and tells every worker to leave when it is free. Free workers of JSON
    /// clients may stay with the zygote until @p staysUntil (as ScoreboardPage::now()), and are no longer counted here.
    void retire(qint64 staysUntil);
    /// Gives a connection that has said nothing yet to the zygote, which keeps it, and its worker, as for retire().
    void leaveToZygote(Posix::Fd connection, const Peer &peer, qint64 staysUntil);
    /// Tells every worker of a native client to leave when it is free, and those too that are forked from now on for
    /// connections that wait.
    void drain();
    /// Kills every worker, those left to the zygote included.
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
    void fullChanged();
    void workerCountChanged();

private:
    /// A worker that the zygote was asked for.
    struct WorkerEntry
    {
        Admission::Id connection = 0;
        qint64 user = Admission::Nobody;
        std::optional<std::size_t> slot = {}; // its page of the scoreboard, once it has been forked
        bool isAskedToMakeRoom = false;
        bool isSilent = false; // its client has said nothing yet, so the zygote has not forked it
    };
    /// A connection that waits for a worker.
    struct Waiting
    {
        Posix::Fd connection;
        Peer peer;
        bool hasWaited = false; // it got no worker when it arrived
    };
    void admit();
    void dropGone();
    void checkProbe();
    void makeRoom(const std::vector<Admission::Shortage> &shortages);
    void arm(bool hasShortage);
    [[nodiscard]] ZygoteMessages::Request requestFor(const Peer &peer) const;
    void onLeft(quint64 id);
    void onEnded(quint64 id, Admission::Start start);

    Admission m_admission;
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
