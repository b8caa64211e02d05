// SPDX-License-Identifier: MIT
#include "posix/socket_p.h"
#include "server/tcplistener_p.h"
#include "server/unixlistener_p.h"

namespace Prefork::Internal {

std::unique_ptr<Listener> Listener::make(Address::Scheme scheme)
{
    if (scheme == Address::Scheme::Unix)
        return std::make_unique<UnixListener>();
    return std::make_unique<TcpListener>();
}

Peer Listener::prepare(int connection) const
{
    Peer peer;
    if (address().scheme() == Address::Scheme::Tcp) {
        Posix::tuneTcp(connection);
        peer.address = Posix::peerAddress(connection);
        return peer;
    }
    peer.address = address().toString();
    if (const auto credentials = Posix::peerCredentials(connection)) {
        peer.uid = credentials->uid;
        peer.gid = credentials->gid;
        peer.pid = credentials->pid;
    }
    return peer;
}

}
