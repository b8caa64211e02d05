// SPDX-License-Identifier: MIT
#include "server/tcplistener_p.h"

#include "posix/descriptor_p.h"
#include "posix/socket_p.h"

#include <QtNetwork/QHostInfo>
#include <QtNetwork/QNetworkProxy>

namespace Prefork::Internal {

QString TcpListener::listen(const Address &address, const ServerOptions &options)
{
    QHostAddress host(address.host());
    if (host.isNull()) {
        const QHostInfo info = QHostInfo::fromName(address.host());
        if (info.addresses().isEmpty())
            return QStringLiteral("unknown host %1: %2").arg(address.host(), info.errorString());
        host = info.addresses().first();
    }
#if QT_VERSION >= QT_VERSION_CHECK(6, 3, 0)
    m_server.setListenBacklogSize(options.backlog);
#endif
    m_server.setProxy(QNetworkProxy::NoProxy); // an application-wide proxy is not meant for a server's socket
    if (!m_server.listen(host, address.port()))
        return m_server.errorString();
    if (m_server.serverPort() == 0 && Posix::listeningAddress(descriptor()).isEmpty())
        return QStringLiteral("the kernel does not say where the socket listens: %1").arg(Posix::lastErrorText());
    m_server.pauseAccepting();
    Posix::setNonBlocking(descriptor(), true);
    m_address = Address::tcp(address.host(), m_server.serverPort());
    return {};
}

}
