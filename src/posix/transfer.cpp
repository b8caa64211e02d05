// SPDX-License-Identifier: MIT
#include "posix/transfer_p.h"

#include "posix/poller_p.h"
#include "posix/retry_p.h"
#include "posix/socket_p.h"

#include <array>
#include <cstring>
#include <ctime>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

namespace Prefork::Posix {

ssize_t sendBytes(int socket, QByteArrayView bytes, int flags)
{
    const ssize_t count = retry([&] { return ::send(socket, bytes.data(), std::size_t(bytes.size()), flags); });
    if (count >= 0 || !isRefused(errno))
        return count;
    iovec part{const_cast<char *>(bytes.data()), std::size_t(bytes.size())};
    msghdr header = headerOf(&part);
    return retry([&] { return ::sendmsg(socket, &header, flags); });
}

ssize_t receiveBytes(int socket, std::span<char> into, int flags)
{
    const ssize_t count = retry([&] { return ::recv(socket, into.data(), into.size(), flags); });
    if (count >= 0 || !isRefused(errno))
        return count;
    iovec part{into.data(), into.size()};
    msghdr header = headerOf(&part);
    return retry([&] { return ::recvmsg(socket, &header, flags); });
}

namespace {

// Makes a Transfer of what a system call returned: the number of bytes that it has moved, or -1.
Transfer sent(ssize_t count)
{
    if (count < 0)
        return failure(errno);
    return {Transfer::Done, qsizetype(count), 0};
}

// Does the same for a call that reads, where no bytes mean the end.
Transfer received(ssize_t count)
{
    return count == 0 ? Transfer{Transfer::Closed, 0, 0} : sent(count);
}

}

Transfer readSome(int descriptor, std::span<char> into)
{
    return received(retry([&] { return ::read(descriptor, into.data(), into.size()); }));
}

Transfer writeSome(int socket, QByteArrayView bytes)
{
    return sent(sendBytes(socket, bytes, MSG_NOSIGNAL));
}

Transfer readNow(int socket, std::span<char> into)
{
    return received(receiveBytes(socket, into, MSG_DONTWAIT));
}

Transfer writeNow(int socket, QByteArrayView bytes)
{
    return sent(sendBytes(socket, bytes, MSG_NOSIGNAL | MSG_DONTWAIT));
}

namespace {

// Waits a moment if the transfer has failed because the kernel has no memory; returns whether it did.
bool hasWaitedForMemory(const Transfer &transfer)
{
    if (transfer.status != Transfer::WouldBlock || transfer.error == 0)
        return false;
    waitFor({}, std::chrono::milliseconds(10));
    return true;
}

}

Transfer readPatiently(int socket, std::span<char> into)
{
    for (;;) {
        const Transfer transfer = readSome(socket, into);
        if (!hasWaitedForMemory(transfer))
            return transfer;
    }
}

bool writeAll(int socket, QByteArrayView bytes)
{
    while (!bytes.isEmpty()) {
        const Transfer transfer = writeSome(socket, bytes);
        if (hasWaitedForMemory(transfer))
            continue;
        if (transfer.status != Transfer::Done)
            return false;
        bytes = bytes.sliced(transfer.bytes);
    }
    return true;
}

// For a write of up to half its buffer, a unix socket allocates one piece of kernel memory, which succeeds or fails as
// a whole.
qsizetype atomicWriteLimit(int socket)
{
    constexpr qsizetype Most = 16 * 1024;
    int buffer = 0;
    socklen_t size = sizeof buffer;
    if (!isUnixSocket(socket) || ::getsockopt(socket, SOL_SOCKET, SO_SNDBUF, &buffer, &size) != 0)
        return 0;
    return std::clamp<qsizetype>(buffer / 2 - 64, 0, Most);
}

bool hasInput(int socket)
{
    char byte = 0;
    const ssize_t count = receiveBytes(socket, std::span(&byte, 1), MSG_PEEK | MSG_DONTWAIT);
    return count >= 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
}

bool hasHungUp(int socket)
{
    pollfd state{socket, 0, 0};
    return pollFor(std::span(&state, 1), 0) > 0;
}

bool hasLeft(int socket)
{
    pollfd state{socket, short(isUnixSocket(socket) ? 0 : POLLRDHUP), 0};
    return pollFor(std::span(&state, 1), 0) > 0;
}

bool hasHalfClosed(int socket)
{
    pollfd state{socket, POLLRDHUP, 0};
    return pollFor(std::span(&state, 1), 0) > 0;
}

std::optional<char> peekByte(int socket)
{
    char byte = 0;
    const ssize_t count = receiveBytes(socket, std::span(&byte, 1), MSG_PEEK | MSG_DONTWAIT);
    return count == 1 ? std::optional(byte) : std::nullopt;
}

QByteArray peekAll(int socket)
{
    constexpr int Guess = 256 * 1024; // more bytes than a unix socket holds
    int size = 0;
    if (::ioctl(socket, FIONREAD, &size) != 0)
        size = Guess;
    QByteArray bytes(size, Qt::Uninitialized);
    bytes.truncate(
        std::max<ssize_t>(0, receiveBytes(socket, {bytes.data(), std::size_t(size)}, MSG_PEEK | MSG_DONTWAIT)));
    return bytes;
}

}
