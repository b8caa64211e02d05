// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_RAWSOCKET_H
#define AUTOTESTS_RAWSOCKET_H

#include <QtCore/QByteArray>

#include <algorithm>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/// Unix sockets that nobody reads from or writes to but the test itself. All may be called after a fork, and give a
/// descriptor or -1.
namespace Test {

inline sockaddr_un socketAddress(const QByteArray &path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.constData(), std::min(std::size_t(path.size()), sizeof address.sun_path - 1));
    return address;
}

/// @p flags: SOCK_NONBLOCK for one that does not block.
[[nodiscard]] inline int connectTo(const sockaddr_un &address, int flags = 0)
{
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
    if (::connect(socket, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0)
        return socket;
    ::close(socket);
    return -1;
}

/// Closing it leaves the file of a dead socket.
[[nodiscard]] inline int boundSocket(const sockaddr_un &address, int type = SOCK_STREAM)
{
    const int socket = ::socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    if (::bind(socket, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0)
        return socket;
    ::close(socket);
    return -1;
}

[[nodiscard]] inline int listenAt(const sockaddr_un &address)
{
    const int socket = boundSocket(address);
    if (socket >= 0 && ::listen(socket, 8) == 0)
        return socket;
    ::close(socket);
    return -1;
}

}

#endif
