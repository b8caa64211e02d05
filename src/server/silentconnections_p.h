// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_SILENTCONNECTIONS_P_H
#define QTPREFORK_SILENTCONNECTIONS_P_H

#include <QtPrefork/worker.h>

#include "posix/descriptor_p.h"

#include <QtCore/QDeadlineTimer>
#include <QtCore/QSocketNotifier>
#include <QtCore/QTimer>

#include <functional>
#include <map>
#include <memory>

namespace Prefork::Internal {

/// Where connections of unknown clients wait until they have said something: nobody forks for who only connects.
class SilentConnections : public QObject
{
    Q_OBJECT

public:
    using Enter = std::function<void(Posix::Fd connection, const Peer &peer)>;
    /// At most @p most should wait here, which is up to the caller. After @p patience a connection is closed; 0 =
    /// never.
    SilentConnections(qsizetype most, std::chrono::milliseconds patience, Enter enter);
    void wait(Posix::Fd connection, const Peer &peer);
    /// Hands all of them over, the oldest first.
    void empty(const Enter &take);
    [[nodiscard]] bool isFull() const { return qsizetype(m_connections.size()) >= m_most; }

Q_SIGNALS:
    void fullChanged();

private:
    struct Waiting
    {
        Posix::Fd connection;
        Peer peer;
        std::unique_ptr<QSocketNotifier> notifier; // goes before its descriptor
        std::chrono::steady_clock::time_point until;
    };
    void onReadable(quint64 number);
    void expire();
    void noteFull();
    void arm();

    const qsizetype m_most;
    const std::chrono::milliseconds m_patience;
    const Enter m_enter;
    std::map<quint64, Waiting> m_connections; // by age
    quint64 m_lastNumber = 0;
    QTimer m_timer;
    bool m_wasFull = false;
    QDeadlineTimer m_mayWarn{0};
};

}

#endif
