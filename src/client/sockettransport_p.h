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

/// It connects at once or not at all, to whatever path a server can have; QLocalSocket does neither.
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

/// QTcpSocket only connects; then its descriptor goes on alone, which takes a third of the system calls for every call.
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
