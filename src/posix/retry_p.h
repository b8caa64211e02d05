// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POSIXRETRY_P_H
#define QTPREFORK_POSIXRETRY_P_H

#include "posix/transfer_p.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <climits>
#include <poll.h>
#include <sys/socket.h>

namespace Prefork::Posix {

template <class Call>
auto retry(Call call)
{
    for (;;) {
        const auto result = call();
        if (result != -1 || errno != EINTR)
            return result;
    }
}

/// Never shorter: who is woken too early only goes to sleep again.
inline int inMilliseconds(std::optional<std::chrono::nanoseconds> timeout)
{
    if (!timeout)
        return -1;
    const auto whole = std::chrono::ceil<std::chrono::milliseconds>(*timeout).count();
    return int(std::clamp<qint64>(whole, 0, INT_MAX));
}

/// Whether the kernel, or a filter of system calls, does not let a process make a call at all; an older one may do.
inline bool isRefused(int error)
{
    return error == ENOSYS || error == EPERM;
}

/// What sendmsg() and recvmsg() take for a message that is this one part.
[[nodiscard]] inline msghdr headerOf(iovec *part)
{
    msghdr header{};
    header.msg_iov = part;
    header.msg_iovlen = 1;
    return header;
}

/// As send() and recv(), which some filters refuse while they let messages through.
ssize_t sendBytes(int socket, QByteArrayView bytes, int flags);
ssize_t receiveBytes(int socket, std::span<char> into, int flags);

/// As poll(), which some filters refuse while they let ppoll() through.
int pollFor(std::span<pollfd> polls, int milliseconds);

/// What a call that moves bytes and failed with @p error came to. A kernel without memory for it has some a moment
/// later, and nothing was moved: given up, an event or an order of a zygote would be lost for good, and with it a place
/// for a worker.
inline Transfer failure(int error)
{
    if (error == ENOBUFS || error == ENOMEM)
        return {Transfer::WouldBlock, 0, error};
    if (error == EAGAIN || error == EWOULDBLOCK)
        return {Transfer::WouldBlock, 0, 0};
    if (error == EPIPE || error == ECONNRESET || error == ENOTCONN)
        return {Transfer::Closed, 0, error};
    return {Transfer::Failed, 0, error};
}

}

#endif
