// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_SOCKETTRANSPORT_P_H
#define QTPREFORK_SOCKETTRANSPORT_P_H

#include "client/transport_p.h"

#include <QtCore/QHash>
#include <QtNetwork/QAbstractSocket>

QT_BEGIN_NAMESPACE
class QTcpSocket;
QT_END_NAMESPACE

namespace Prefork::Internal {

/// Connects to a server on a unix socket, and checks by ClientOptions::servers who runs the server. It connects at once
/// or fails, and to any path that a server can have; QLocalSocket does neither.
class UnixTransport final : public Transport
{
    Q_OBJECT

public:
    UnixTransport(const Address &address, const PeerPolicy &servers)
        : m_address(address)
        , m_servers(servers)
    {
    }
    void connectWorker(quint64 worker) override;
    void forget(quint64) override { }

private:
    Address m_address;
    PeerPolicy m_servers;
};

/// Connects to a server on TCP. QTcpSocket resolves the name and connects; then a Stream takes over a duplicate of its
/// descriptor, which needs a third of the system calls for every call.
class TcpTransport final : public Transport
{
    Q_OBJECT

public:
    explicit TcpTransport(const Address &address)
        : m_address(address)
    {
    }
    void connectWorker(quint64 worker) override;
    void forget(quint64 worker) override;
    void reattach() override;
    bool connectsAtOnce() const override { return false; }

private:
    void onConnected(quint64 worker);
    void onError(quint64 worker);

    Address m_address;
    QHash<quint64, QTcpSocket *> m_attempts;
};

}

#endif
