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

/// The workers of one server, and the connections that wait for one.
class ServerWorkers : public QObject
{
    Q_OBJECT

public:
    ServerWorkers(const ServerOptions &options, const std::shared_ptr<ZygoteChannel> &channel,
                  const std::shared_ptr<Scoreboard> &scoreboard);

    /// A worker for @p connection, as soon as there can be one.
    void serve(Posix::Fd connection, const Peer &peer);
    /// Workers that are forked from now on may stay.
    void open();
    /// Every worker is to leave when it is free; who waits is let go. Those of clients that know no goodbyes may stay
    /// with the zygote when they are free, and are counted no more: until then, as ScoreboardPage::now(), at the
    /// latest.
    void retire(qint64 staysUntil);
    /// A client that has said nothing yet, for the zygote to keep in the same way.
    void leave(Posix::Fd connection, const Peer &peer, qint64 staysUntil);
    /// Every worker is to leave when it is free, if its client knows goodbyes; so are those that will still be forked
    /// for who waits.
    void drain();
    /// Every worker is to go now, those too that have been left to the zygote.
    void kill();
    [[nodiscard]] qsizetype workerCount() const { return m_admission.workerCount(); }
    /// No more connections should be accepted for now.
    [[nodiscard]] bool isFull() const { return m_admission.isFull(); }
    /// Whether nobody is left to wait for.
    [[nodiscard]] bool isEmpty() const
    {
        return m_members.empty() && m_admission.waitingCount() == 0 && !(m_isKilling && hasLeft());
    }
    [[nodiscard]] bool hasLeft() const { return !m_left.empty(); }

Q_SIGNALS:
    void fullChanged();
    void workerCountChanged();

private:
    struct Member
    {
        Admission::Id connection = 0;
        qint64 user = Admission::Nobody;
        std::optional<std::size_t> slot = {}; // once it has been forked
        bool isAskedToMakeRoom = false;
        bool isSilent = false; // it has no worker
    };
    struct Visitor
    {
        Posix::Fd connection;
        Peer peer;
        bool hasWaited = false; // there was no worker for it when it came
    };
    void admit();
    void dismissGone();
    void lookAtProbe();
    void makeRoom(const std::vector<Admission::Shortage> &shortages);
    void arm(bool hasShortage);
    [[nodiscard]] ZygoteMessages::Request termsFor(const Peer &peer) const;
    void onLeft(quint64 id);
    void onEnded(quint64 id, Admission::Start start);

    Admission m_admission;
    ZygoteMessages::Request m_terms; // of every spawn
    const std::shared_ptr<ZygoteChannel> m_channel;
    const std::shared_ptr<Scoreboard> m_scoreboard;
    std::unordered_map<Admission::Id, Visitor> m_visitors;
    std::unordered_map<quint64, Member> m_members; // by the channel's id
    std::unordered_set<quint64> m_left; // to the zygote, and not known to have ended
    bool m_isKilling = false;
    Admission::Id m_lastConnection = 0;
    RefusalLog m_refusalLog;
    QTimer m_timer;
    bool m_wasFull = false;
};

}

#endif
