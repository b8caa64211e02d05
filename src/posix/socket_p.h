// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POSIXSOCKET_P_H
#define QTPREFORK_POSIXSOCKET_P_H

#include "posix/descriptor_p.h"

#include <chrono>
#include <optional>
#include <sys/types.h>

/// These functions are for sockets that have no file, or whose file does not matter.
namespace Prefork::Posix {

enum class PairType { Stream, Messages };
[[nodiscard]] std::optional<std::pair<Fd, Fd>> socketPair(PairType type);
/// Returns a pair of sockets for messages, which was tried out with a message and a descriptor: a filter of system
/// calls may refuse these.
[[nodiscard]] std::optional<std::pair<Fd, Fd>> messagePair();
[[nodiscard]] Fd acceptConnection(int listener);
/// Limits how long a read of a blocking socket may take; then it is WouldBlock. 0 = no limit.
void setReceiveTimeout(int socket, std::chrono::milliseconds timeout);
/// The peer reads the end of file after this, even if other processes have the socket open.
void shutDownWriting(int socket);
[[nodiscard]] bool isUnixSocket(int socket);
/// This is for a TCP socket: small messages are sent at once, and a dead peer is noticed.
void tuneTcp(int socket);
/// This is the process at the other end of a unix socket, as the kernel knows it.
struct Credentials
{
    uid_t uid = uid_t(-1);
    gid_t gid = gid_t(-1);
    pid_t pid = -1;
};

[[nodiscard]] std::optional<Credentials> peerCredentials(int socket);
/// Returns the address of a TCP connection's other end, as `tcp://host:port`.
[[nodiscard]] QString peerAddress(int socket);
/// Returns the address of a listening stream socket, unix or TCP, as text; empty if @p socket is none. The name of an
/// abstract socket begins with @.
[[nodiscard]] QString listeningAddress(int socket);
/// Sends a datagram to a unix socket at a path, or at an abstract name that begins with @. Returns false if it could
/// not be delivered.
bool sendDatagram(const QByteArray &path, QByteArrayView text);

}

#endif
