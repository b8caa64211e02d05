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

/// Keeps accepted TCP connections until their clients have sent the first byte, and then hands them over. So a client
/// that only connects costs no fork. Server owns one while it listens on TCP.
class SilentConnections : public QObject
{
    Q_OBJECT

public:
    using TakeOver = std::function<void(Posix::Fd connection, const Peer &peer)>;
    /// isFull() is true from @p limit connections on; the caller then should add no more. A connection that stays
    /// silent for @p timeout is closed; 0 = never.
    SilentConnections(qsizetype limit, std::chrono::milliseconds timeout, TakeOver takeOver);
    void wait(Posix::Fd connection, const Peer &peer);
    /// Hands all connections over to @p take, the oldest first.
    void takeAll(const TakeOver &take);
    [[nodiscard]] bool isFull() const { return qsizetype(m_connections.size()) >= m_limit; }

Q_SIGNALS:
    void fullChanged();

private:
    struct Waiting
    {
        Posix::Fd connection;
        Peer peer;
        std::unique_ptr<QSocketNotifier> notifier; // destroyed before its descriptor is closed
        std::chrono::steady_clock::time_point until;
    };
    void onReadable(quint64 number);
    void expire();
    void noteFull();
    void arm();

    const qsizetype m_limit;
    const std::chrono::milliseconds m_timeout;
    const TakeOver m_takeOver;
    std::map<quint64, Waiting> m_connections; // the oldest first
    quint64 m_lastNumber = 0;
    QTimer m_timer;
    bool m_wasFull = false;
    QDeadlineTimer m_mayWarn{0};
};

}

#endif
