// SPDX-License-Identifier: MIT
#include "server/inheritedlistener_p.h"

#include "posix/socket_p.h"

namespace Prefork::Internal {

InheritedListener::InheritedListener(Posix::Fd socket)
    : m_socket(std::move(socket))
{
}

// The arguments are ignored: who opened the socket has decided where it listens.
QString InheritedListener::listen(const Address &, const ServerOptions &)
{
    const QString address = Posix::listeningAddress(m_socket.get());
    if (address.isEmpty())
        return QStringLiteral("descriptor %1 (%2) is no listening stream socket")
            .arg(m_socket.get())
            .arg(Posix::describeDescriptor(m_socket.get()));
    m_address = address;
    if (!m_address.isValid())
        return m_address.errorString();
    Posix::setNonBlocking(m_socket.get(), true);
    return {};
}

}
