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

/// Makes a system call again as long as a signal interrupts it.
template <class Call>
auto retry(Call call)
{
    for (;;) {
        const auto result = call();
        if (result != -1 || errno != EINTR)
            return result;
    }
}

/// Converts a timeout to milliseconds, rounded up: whoever is woken too early would have to wait again. -1 = for ever.
inline int inMilliseconds(std::optional<std::chrono::nanoseconds> timeout)
{
    if (!timeout)
        return -1;
    const auto whole = std::chrono::ceil<std::chrono::milliseconds>(*timeout).count();
    return int(std::clamp<qint64>(whole, 0, INT_MAX));
}

/// Returns whether @p error means that the kernel, or a filter of system calls, refuses a call altogether; an older
/// call may be allowed then.
inline bool isRefused(int error)
{
    return error == ENOSYS || error == EPERM;
}

/// Returns the header that sendmsg() and recvmsg() take for a message of one part.
[[nodiscard]] inline msghdr headerOf(iovec *part)
{
    msghdr header{};
    header.msg_iov = part;
    header.msg_iovlen = 1;
    return header;
}

/// These do what send() and recv() do, also where a filter refuses those but allows sendmsg() and recvmsg().
ssize_t sendBytes(int socket, QByteArrayView bytes, int flags);
ssize_t receiveBytes(int socket, std::span<char> into, int flags);

/// Does what poll() does, also where a filter refuses it but allows ppoll().
int pollFor(std::span<pollfd> polls, int milliseconds);

/// Returns the Transfer for a call that moves bytes and has failed with @p error. If the kernel has no memory for it,
/// that is WouldBlock: nothing was moved, and a moment later there is memory. If it counted as a failure, a message
/// between zygote and program would be lost, and with it the place of a worker.
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
