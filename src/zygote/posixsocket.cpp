// SPDX-License-Identifier: MIT
#include "zygote/posix_p.h"

#include "zygote/posixretry_p.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <cstddef>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace Prefork::Posix {

namespace {

union DescriptorControl {
    cmsghdr header;
    std::array<char, CMSG_SPACE(sizeof(int))> bytes;
};

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

std::optional<char> peekByte(int socket)
{
    char byte = 0;
    const ssize_t count = receiveBytes(socket, std::span(&byte, 1), MSG_PEEK | MSG_DONTWAIT);
    return count == 1 ? std::optional(byte) : std::nullopt;
}

Transfer sendMessage(int socket, QByteArrayView message, int descriptor, bool wait)
{
    iovec part{const_cast<char *>(message.data()), std::size_t(message.size())};
    DescriptorControl control{};
    msghdr header = headerOf(&part);
    if (descriptor >= 0) {
        header.msg_control = control.bytes.data();
        header.msg_controllen = control.bytes.size();
        cmsghdr *const rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof descriptor);
        std::memcpy(CMSG_DATA(rights), &descriptor, sizeof descriptor);
    }
    const int flags = MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT);
    const ssize_t count = retry([&] { return ::sendmsg(socket, &header, flags); });
    if (count < 0)
        return failure(errno);
    return {Transfer::Done, qsizetype(count), 0};
}

Transfer receiveMessage(int socket, std::span<char> into, Fd *descriptor)
{
    iovec part{into.data(), into.size()};
    DescriptorControl control{};
    msghdr header = headerOf(&part);
    header.msg_control = control.bytes.data();
    header.msg_controllen = control.bytes.size();
    const ssize_t count = retry([&] { return ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC); });
    if (count < 0)
        return failure(errno);
    Fd received;
    if (const cmsghdr *const rights = CMSG_FIRSTHDR(&header); rights && rights->cmsg_type == SCM_RIGHTS) {
        int number = -1;
        std::memcpy(&number, CMSG_DATA(rights), sizeof number);
        received.reset(number);
    }
    if (count == 0)
        return {Transfer::Closed, 0, 0};
    if (header.msg_flags & MSG_TRUNC)
        return {Transfer::Failed, 0, EMSGSIZE};
    if (descriptor)
        *descriptor = std::move(received);
    return {Transfer::Done, qsizetype(count), 0};
}

std::optional<std::pair<Fd, Fd>> socketPair(PairType type)
{
    std::array<int, 2> ends{};
    const int kind = type == PairType::Stream ? SOCK_STREAM : SOCK_SEQPACKET;
    if (::socketpair(AF_UNIX, kind | SOCK_CLOEXEC, 0, ends.data()) != 0)
        return {};
    return std::pair(Fd(ends[0]), Fd(ends[1]));
}

std::optional<std::pair<Fd, Fd>> messagePair()
{
    constexpr char Trial = '?';
    char got = 0;
    Fd descriptor;
    auto ends = socketPair(PairType::Messages);
    if (!ends)
        return {};
    Transfer transfer = sendMessage(ends->first.get(), QByteArrayView(&Trial, 1), ends->second.get());
    if (transfer.status == Transfer::Done)
        transfer = receiveMessage(ends->second.get(), std::span(&got, 1), &descriptor);
    if (transfer.status == Transfer::Done && got == Trial && descriptor.isOpen())
        return ends;
    errno = transfer.error != 0 ? transfer.error : EBADMSG;
    return {};
}

Fd acceptConnection(int listener)
{
    Fd connection(retry([&] { return ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC); }));
    if (connection.isOpen() || !isRefused(errno))
        return connection;
    connection.reset(retry([&] { return ::accept(listener, nullptr, nullptr); }));
    if (connection.isOpen())
        closeOnExec(connection.get());
    return connection;
}

Fd duplicate(int descriptor)
{
    return Fd(::fcntl(descriptor, F_DUPFD_CLOEXEC, 3));
}

std::optional<std::pair<Fd, Fd>> openPipe()
{
    std::array<int, 2> numbers{};
    if (::pipe2(numbers.data(), O_CLOEXEC | O_NONBLOCK) == 0)
        return std::pair(Fd(numbers[0]), Fd(numbers[1]));
    auto ends = isRefused(errno) ? socketPair(PairType::Stream) : std::nullopt; // the older pipe() is this call too
    if (ends && !(setNonBlocking(ends->first.get(), true) && setNonBlocking(ends->second.get(), true)))
        ends.reset();
    return ends;
}

bool setNonBlocking(int descriptor, bool nonBlocking)
{
    const int flags = ::fcntl(descriptor, F_GETFL);
    return flags >= 0 && ::fcntl(descriptor, F_SETFL, nonBlocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK) == 0;
}

void setReceiveTimeout(int socket, std::chrono::milliseconds timeout)
{
    const auto seconds = std::chrono::floor<std::chrono::seconds>(timeout);
    const timeval limit{seconds.count(), std::chrono::microseconds(timeout - seconds).count()};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
}

// A unix socket takes up to half its buffer as one piece of kernel memory, whose allocation succeeds or fails as a
// whole.
qsizetype atomicWriteLimit(int socket)
{
    constexpr qsizetype Most = 16 * 1024;
    int buffer = 0;
    socklen_t size = sizeof buffer;
    if (!isUnixSocket(socket) || ::getsockopt(socket, SOL_SOCKET, SO_SNDBUF, &buffer, &size) != 0)
        return 0;
    return std::clamp<qsizetype>(buffer / 2 - 64, 0, Most);
}

void shutDownWriting(int socket)
{
    ::shutdown(socket, SHUT_WR);
}

bool isUnixSocket(int socket)
{
    int domain = 0;
    socklen_t length = sizeof domain;
    return ::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &length) == 0 && domain == AF_UNIX;
}

void tuneTcp(int socket)
{
    const auto set
        = [socket](int level, int option, int value) { ::setsockopt(socket, level, option, &value, sizeof value); };
    set(IPPROTO_TCP, TCP_NODELAY, 1);
    set(SOL_SOCKET, SO_KEEPALIVE, 1);
    set(IPPROTO_TCP, TCP_KEEPIDLE, 10);
    set(IPPROTO_TCP, TCP_KEEPINTVL, 5);
    set(IPPROTO_TCP, TCP_KEEPCNT, 4);
}

std::optional<Credentials> peerCredentials(int socket)
{
    ucred credentials{};
    socklen_t length = sizeof credentials;
    if (::getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0)
        return {};
    return Credentials{credentials.uid, credentials.gid, credentials.pid};
}

namespace {

// The name of an abstract socket begins with a NUL, and may have more of them; a path ends with one, if there is room.
QString placeOf(const sockaddr_un &address, socklen_t length)
{
    const QByteArray name(address.sun_path,
                          std::max<qsizetype>(0, qsizetype(length) - qsizetype(offsetof(sockaddr_un, sun_path))));
    if (name.startsWith('\0'))
        return u'@' + QString::fromLocal8Bit(name.sliced(1)).replace(QChar(0), u'@');
    return QString::fromLocal8Bit(name.constData());
}

QString textOf(const sockaddr_storage &address, socklen_t length)
{
    std::array<char, INET6_ADDRSTRLEN> host{};
    if (address.ss_family == AF_UNIX)
        return QStringLiteral("unix:") + placeOf(reinterpret_cast<const sockaddr_un &>(address), length);
    if (address.ss_family == AF_INET) {
        const auto *const four = reinterpret_cast<const sockaddr_in *>(&address);
        ::inet_ntop(AF_INET, &four->sin_addr, host.data(), host.size());
        return QStringLiteral("tcp://%1:%2").arg(QLatin1StringView(host.data())).arg(ntohs(four->sin_port));
    }
    const auto *const six = reinterpret_cast<const sockaddr_in6 *>(&address);
    ::inet_ntop(AF_INET6, &six->sin6_addr, host.data(), host.size());
    return QStringLiteral("tcp://[%1]:%2").arg(QLatin1StringView(host.data())).arg(ntohs(six->sin6_port));
}

}

QString peerAddress(int socket)
{
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    return ::getpeername(socket, reinterpret_cast<sockaddr *>(&address), &length) == 0 ? textOf(address, length)
                                                                                       : QString();
}

QString listeningAddress(int socket)
{
    int listens = 0;
    socklen_t size = sizeof listens;
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    if (::getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0 || listens == 0)
        return {};
    int type = 0;
    size = sizeof type;
    if (::getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &size) != 0 || type != SOCK_STREAM)
        return {};
    if (::getsockname(socket, reinterpret_cast<sockaddr *>(&address), &length) != 0)
        return {};
    const bool isKnown = address.ss_family == AF_UNIX || address.ss_family == AF_INET || address.ss_family == AF_INET6;
    return isKnown ? textOf(address, length) : QString();
}

void closeOnExec(int descriptor)
{
    ::fcntl(descriptor, F_SETFD, FD_CLOEXEC);
}

bool sendDatagram(const QByteArray &path, QByteArrayView text)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.isEmpty() || path.size() > qsizetype(sizeof address.sun_path))
        return false;
    std::memcpy(address.sun_path, path.constData(), std::size_t(path.size()));
    if (path.front() == '@')
        address.sun_path[0] = 0;
    const Fd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    iovec part{const_cast<char *>(text.data()), std::size_t(text.size())};
    msghdr header = headerOf(&part);
    header.msg_name = &address;
    header.msg_namelen = socklen_t(offsetof(sockaddr_un, sun_path) + std::size_t(path.size()));
    return socket.isOpen()
        && retry([&] { return ::sendmsg(socket.get(), &header, MSG_NOSIGNAL | MSG_DONTWAIT); }) == text.size();
}

}
