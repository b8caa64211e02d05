// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POSIXTRANSFER_P_H
#define QTPREFORK_POSIXTRANSFER_P_H

#include "posix/descriptor_p.h"

#include <optional>
#include <span>

/// Bytes, and messages that carry a descriptor.
namespace Prefork::Posix {

struct Transfer
{
    enum Status { Done, WouldBlock, Closed, Failed };
    Status status = Done;
    qsizetype bytes = 0;
    int error = 0; ///< errno of Failed, and of WouldBlock when the kernel has no memory just now
};

/// Reads once. Closed is end of file or a reset.
[[nodiscard]] Transfer readSome(int descriptor, std::span<char> into);
/// Writes once to a socket. Closed means nobody reads any more.
[[nodiscard]] Transfer writeSome(int socket, QByteArrayView bytes);
/// Neither waits, whoever has made the socket a blocking one.
[[nodiscard]] Transfer readNow(int socket, std::span<char> into);
[[nodiscard]] Transfer writeNow(int socket, QByteArrayView bytes);
/// Reads once from a blocking socket, and writes all to one (false when the peer is gone). Both wait for the kernel's
/// memory too.
[[nodiscard]] Transfer readPatiently(int socket, std::span<char> into);
[[nodiscard]] bool writeAll(int socket, QByteArrayView bytes);
/// How many bytes at most a single writeNow() takes all or not at all, whatever happens meanwhile to the process; 0
/// when there is no such promise.
[[nodiscard]] qsizetype atomicWriteLimit(int socket);
/// True when the peer of an idle connection has hung up or sent something; nothing is consumed.
[[nodiscard]] bool hasInput(int socket);
/// True when the peer has closed the connection for good, whether or not something is left to be read.
[[nodiscard]] bool hasHungUp(int socket);
/// The same, and on TCP also when the peer writes no more: nobody can tell the two apart there.
[[nodiscard]] bool hasLeft(int socket);
/// The same, and also when the peer writes no more, whatever the connection is.
[[nodiscard]] bool hasHalfClosed(int socket);
/// The next byte, if it has come, which stays to be read.
[[nodiscard]] std::optional<char> peekByte(int socket);
/// All that has come, which stays to be read.
[[nodiscard]] QByteArray peekAll(int socket);

}

#endif
