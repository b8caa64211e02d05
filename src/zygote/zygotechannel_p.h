// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ZYGOTECHANNEL_P_H
#define QTPREFORK_ZYGOTECHANNEL_P_H

#include "zygote/posix_p.h"
#include "zygote/zygotemessages_p.h"

#include <QtCore/QHash>
#include <QtCore/QObject>

#include <deque>

QT_BEGIN_NAMESPACE
class QSocketNotifier;
QT_END_NAMESPACE

namespace Prefork {

/// The program's end of the line to its zygote, on the event loop. Shared by the Zygote and whoever uses it; never blocks.
class ZygoteChannel : public QObject
{
    Q_OBJECT

public:
    explicit ZygoteChannel(Posix::Fd socket);
    ~ZygoteChannel() override;

    [[nodiscard]] bool isOpen() const { return m_socket.isOpen(); }
    /// Begins to listen to the zygote; needs an event loop. spawn() does it too.
    void attach();
    /// Asks for a worker on @p connection; the answer comes as spawned() or notSpawned(). A later died() bears the same id.
    quint64 spawn(Posix::Fd connection, const Peer &peer);
    /// Handles what the zygote has said so far.
    void readEvents();
    void close();

Q_SIGNALS:
    void spawned(quint64 id, qint64 pid);
    void notSpawned(quint64 id, const QString &cause);
    void died(quint64 id, const QString &how);
    /// The zygote is gone, or let go; nothing more will come.
    void closed();

private:
    struct Pending
    {
        ZygoteMessages::Spawn request;
        Posix::Fd connection;
    };
    void flush();
    void handle(const ZygoteMessages::Event &event);

    Posix::Fd m_socket;
    QSocketNotifier *m_readNotifier = nullptr;
    QSocketNotifier *m_writeNotifier = nullptr;
    std::deque<Pending> m_pending;
    quint64 m_lastId = 0;
};

}

#endif
