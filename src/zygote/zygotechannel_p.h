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

#include <atomic>
#include <deque>
#include <memory>

QT_BEGIN_NAMESPACE
class QSocketNotifier;
class QTimer;
QT_END_NAMESPACE

namespace Prefork::Internal {

/// This is the program's end of the socket to its zygote, on the event loop: it sends requests for workers and emits
/// what the zygote answers. The Zygote, its servers and its clients share it, all in one thread; it never blocks.
class ZygoteChannel : public QObject
{
    Q_OBJECT

public:
    /// @p process is the zygote. At most @p capacity workers live at a time; further spawns wait here.
    ZygoteChannel(Posix::Fd socket, std::shared_ptr<const Posix::ChildProcess> process, quint32 capacity);
    void setScoreboard(const std::shared_ptr<const Scoreboard> &scoreboard) { m_scoreboard = scoreboard; }
    ~ZygoteChannel() override;

    /// Returns whether a worker may be alive, by what the zygote has said so far.
    [[nodiscard]] bool hasWorkers() const { return m_alive > 0; }
    [[nodiscard]] bool isOpen() const { return m_socket.isOpen(); }
    /// Returns false if there will never be another worker. Any thread may ask.
    [[nodiscard]] bool isUsable() const { return m_isUsable; }
    /// Returns why there will never be another worker, and what to do about it; empty if there may be one.
    [[nodiscard]] QString refusal() const;
    /// Begins to listen to the zygote, if there is an event dispatcher, and again when there is another one. spawn()
    /// calls it too.
    void attach();
    /// Asks for a worker on @p connection, on the terms of @p request. The answer comes as spawned() or notSpawned(),
    /// and later died(), with the id that is returned. If there can be no worker at the moment, the connection is
    /// refused; or, with Request::mayWait, it waits until there can be one or its client hangs up.
    quint64 spawn(Posix::Fd connection, const Peer &peer, ZygoteMessages::Request request = {});
    /// Tells the zygote what to do with a worker, by the id of its spawn(): any kind that needs an id, but Spawn.
    void order(ZygoteMessages::Request::Kind kind, quint64 id) { order(kind, id, 0); }
    /// Sends a Retire: the worker has to end at @p staysUntil at the latest, in the time of ScoreboardPage::now().
    void retire(quint64 id, qint64 staysUntil) { order(ZygoteMessages::Request::Retire, id, staysUntil); }
    /// Has the spare workers replaced whose setup has run.
    void renewSpares();
    /// Returns, for spawns of clients in this program, how long the next one has to wait because workers keep failing
    /// in setup; 0 = not at all. It may be asked again earlier.
    [[nodiscard]] std::chrono::nanoseconds setupBackOff();
    /// Says that a client of this program has called spawn().
    void noteClientsSpawn(quint64 id);
    /// Returns whether a spawn() would be passed on at once.
    [[nodiscard]] bool hasRoom() const { return m_pending.empty() && m_alive < m_capacity; }
    /// Handles everything that the zygote has sent so far.
    void readEvents();
    void onZygoteDestroyed();

Q_SIGNALS:
    void spawned(quint64 id, qint64 pid, quint32 slot);
    void notSpawned(quint64 id, const QString &cause);
    /// The worker or connection goes on without its server, which need not wait for it; died() or notSpawned() still
    /// comes if the program lives on.
    void leftBehind(quint64 id);
    void died(quint64 id, const QString &how, quint32 setup);
    /// hasRoom() may have become true.
    void roomChanged();
    /// The zygote has been told to end, and forks no more; deaths of the living workers are still reported.
    void ending();
    /// The zygote is gone, or its Zygote is being destroyed; nothing more will come.
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
    void handle(const ZygoteMessages::ZygoteEvent &event);
    void onZygoteEnded();
    void onZygoteLost();
    void close(const QString &why);

    static void attachAll();

    const pid_t m_program = Posix::processId(); // to tell this process from a worker that has inherited this object
    Posix::Fd m_socket;
    std::shared_ptr<const Posix::ChildProcess> m_process;
    QPointer<QAbstractEventDispatcher> m_dispatcher; // the dispatcher with which the notifiers are registered
    QSocketNotifier *m_readNotifier = nullptr;
    QSocketNotifier *m_writeNotifier = nullptr;
    QSocketNotifier *m_endNotifier = nullptr;
    QTimer *m_endTimer = nullptr; // used if no descriptor tells of the zygote's end
    std::deque<ZygoteMessages::Request> m_orders; // sent before the spawns, and without regard to the capacity
    std::deque<Pending> m_pending;
    std::atomic<bool> m_isUsable = true;
    bool m_isEnding = false; // the zygote has been told to end
    QString m_whyClosed;
    quint32 m_capacity = 0;
    quint32 m_alive = 0; // workers that were asked for and are not known to have ended
    quint64 m_lastId = 0;
    SetupBackOff m_setups; // for the clients of this program
    std::optional<quint32> m_probeSlot; // the page of its probe, when that has been forked
    std::shared_ptr<const Scoreboard> m_scoreboard;
};

}

#endif
