// SPDX-License-Identifier: MIT
#include "posix/socket_p.h"

#include "posix/message_p.h"
#include "posix/retry_p.h"

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

void setReceiveTimeout(int socket, std::chrono::milliseconds timeout)
{
    const auto seconds = std::chrono::floor<std::chrono::seconds>(timeout);
    const timeval limit{seconds.count(), std::chrono::microseconds(timeout - seconds).count()};
    ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
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

// Returns the path of a unix socket, which ends with a NUL if there is room; or @ and the name of an abstract socket,
// which begins with a NUL and may contain more.
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
