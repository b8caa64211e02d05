// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POSIXSOCKET_P_H
#define QTPREFORK_POSIXSOCKET_P_H

#include "posix/descriptor_p.h"

#include <chrono>
#include <optional>
#include <sys/types.h>

/// Sockets that have no file, or of which the file does not matter.
namespace Prefork::Posix {

enum class PairType { Stream, Messages };
[[nodiscard]] std::optional<std::pair<Fd, Fd>> socketPair(PairType type);
/// A pair for messages that has been seen to carry one, with a descriptor: a filter of system calls may not let them
/// through.
[[nodiscard]] std::optional<std::pair<Fd, Fd>> messagePair();
[[nodiscard]] Fd acceptConnection(int listener);
/// How long a read of a blocking socket may take before it gives WouldBlock; 0 = any time.
void setReceiveTimeout(int socket, std::chrono::milliseconds timeout);
/// Whoever reads at the other end sees the end of file, even if other processes have the socket open.
void shutDownWriting(int socket);
[[nodiscard]] bool isUnixSocket(int socket);
/// Small messages at once, and a dead peer noticed: for TCP.
void tuneTcp(int socket);
struct Credentials
{
    uid_t uid = uid_t(-1);
    gid_t gid = gid_t(-1);
    pid_t pid = -1;
};

[[nodiscard]] std::optional<Credentials> peerCredentials(int socket);
/// `tcp://host:port` of a TCP connection's other end.
[[nodiscard]] QString peerAddress(int socket);
/// The address of a listening stream socket, unix or TCP, as text; empty if @p socket is none. An abstract name begins
/// with @.
[[nodiscard]] QString listeningAddress(int socket);
/// Sends a datagram to a unix socket at a path, or by an abstract name that begins with @; false if nobody could be
/// reached.
bool sendDatagram(const QByteArray &path, QByteArrayView text);

}

#endif
