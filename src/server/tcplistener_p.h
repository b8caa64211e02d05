// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_TCPLISTENER_P_H
#define QTPREFORK_TCPLISTENER_P_H

#include "server/listener_p.h"

#include <QtNetwork/QTcpServer>

namespace Prefork::Internal {

/// This is a listening TCP socket. QTcpServer binds and listens, but does not accept, for it would loop without end
/// when descriptors run out.
class TcpListener final : public Listener
{
public:
    [[nodiscard]] QString listen(const Address &address, const ServerOptions &options) override;
    [[nodiscard]] int descriptor() const override { return int(m_server.socketDescriptor()); }
    [[nodiscard]] Address address() const override { return m_address; }

private:
    QTcpServer m_server;
    Address m_address;
};

}

#endif
