// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ZYGOTECHANNEL_P_H
#define QTPREFORK_ZYGOTECHANNEL_P_H

#include "posix/child_p.h"
#include "posix/process_p.h"
#include "posix/transfer_p.h"
#include "zygote/scoreboard_p.h"
#include "zygote/setupbackoff_p.h"
#include "zygote/zygotemessages_p.h"

#include <QtCore/QAbstractEventDispatcher>
#include <QtCore/QObject>
#include <QtCore/QPointer>

#include <deque>
#include <memory>

QT_BEGIN_NAMESPACE
class QSocketNotifier;
class QTimer;
QT_END_NAMESPACE

namespace Prefork::Internal {

/// The program's end of the line to its zygote, on the event loop. Shared by the Zygote and whoever uses it; never
/// blocks.
class ZygoteChannel : public QObject
{
    Q_OBJECT

public:
    /// @p process: the zygote. @p capacity: as many workers at a time; further spawns wait here.
    ZygoteChannel(Posix::Fd socket, std::shared_ptr<const Posix::ChildProcess> process, quint32 capacity);
    void setScoreboard(const std::shared_ptr<const Scoreboard> &scoreboard) { m_scoreboard = scoreboard; }
    ~ZygoteChannel() override;

    /// Whether a worker may be alive, as far as the zygote has been heard.
    [[nodiscard]] bool hasWorkers() const { return m_alive > 0; }
    [[nodiscard]] bool isOpen() const { return m_socket.isOpen(); }
    /// Why there can be no further worker for good; empty while there can.
    [[nodiscard]] QString refusal() const;
    /// Begins to listen to the zygote, once there is an event dispatcher, and again when there is another one. spawn()
    /// does it too.
    void attach();
    /// Asks for a worker on @p connection, on the terms of @p request; the answer comes as spawned() or notSpawned(). A
    /// later died() bears the same id. If there can be none at the moment the connection is refused or, if it may,
    /// waits until there can or its client hangs up.
    quint64 spawn(Posix::Fd connection, const Peer &peer, ZygoteMessages::Request request = {});
    /// What is to become of a worker, by the id its spawn() returned: anything but Spawn.
    void order(ZygoteMessages::Request::Kind kind, quint64 id) { order(kind, id, 0); }
    /// Retire; @p staysUntil: when it has to go at the latest, as ScoreboardPage::now().
    void retire(quint64 id, qint64 staysUntil) { order(ZygoteMessages::Request::Retire, id, staysUntil); }
    /// For spawns of clients in this program: how long they have to wait with the next, for their workers keep failing
    /// in setup; 0 = not at all. It may be asked again before.
    [[nodiscard]] std::chrono::nanoseconds setupBackOff();
    /// Such a spawn has been asked for.
    void noteClientsSpawn(quint64 id);
    /// Whether a spawn() would be passed on at once.
    [[nodiscard]] bool hasRoom() const { return m_pending.empty() && m_alive < m_capacity; }
    /// Handles what the zygote has said so far.
    void readEvents();
    void close();

Q_SIGNALS:
    void spawned(quint64 id, qint64 pid, quint32 slot);
    void notSpawned(quint64 id, const QString &cause);
    /// Whatever was asked for goes on without its server, which need not wait for it; died() or notSpawned() still
    /// comes, if anybody is there.
    void left(quint64 id);
    void died(quint64 id, const QString &how, quint32 setup);
    /// hasRoom() may have become true.
    void roomChanged();
    /// The zygote has been told to end, and spawns no more; who lives on is heard of as before.
    void ending();
    /// The zygote is gone, or let go; nothing more will come.
    void closed();

private:
    struct Pending
    {
        ZygoteMessages::Request request;
        Posix::Fd connection;
    };
    void order(ZygoteMessages::Request::Kind kind, quint64 id, qint64 staysUntil);
    void refuse(quint64 id, const QString &cause);
    void onEnding();
    void flush();
    [[nodiscard]] bool send(const ZygoteMessages::Request &request, int connection, Posix::Transfer *transfer);
    void handle(const ZygoteMessages::Event &event);
    void onZygoteEnded();

    static void attachAll();

    const pid_t m_program = Posix::processId(); // and not a worker that has inherited this
    Posix::Fd m_socket;
    std::shared_ptr<const Posix::ChildProcess> m_process;
    QPointer<QAbstractEventDispatcher> m_dispatcher; // which has the notifiers
    QSocketNotifier *m_readNotifier = nullptr;
    QSocketNotifier *m_writeNotifier = nullptr;
    QSocketNotifier *m_endNotifier = nullptr;
    QTimer *m_endTimer = nullptr; // where there is no descriptor for its end
    std::deque<ZygoteMessages::Request> m_orders; // go first, and need no room
    std::deque<Pending> m_pending;
    bool m_isEnding = false; // the zygote is
    quint32 m_capacity = 0;
    quint32 m_alive = 0; // workers asked for, and not heard to be dead
    quint64 m_lastId = 0;
    SetupBackOff m_setups; // of clients in this program
    std::optional<quint32> m_probeSlot; // of its probe, once it has been forked
    std::shared_ptr<const Scoreboard> m_scoreboard;
};

}

#endif
