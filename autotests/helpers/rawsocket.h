// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_RAWSOCKET_H
#define AUTOTESTS_RAWSOCKET_H

#include <QtCore/QByteArray>

#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace Test {

/// A connection that nobody reads from or writes to but the test itself; -1 if there is none. Does not block.
[[nodiscard]] inline int connectTo(const QByteArray &path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.constData(), std::size_t(path.size()));
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor >= 0 && ::connect(descriptor, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0)
        return descriptor;
    ::close(descriptor);
    return -1;
}

}

#endif
