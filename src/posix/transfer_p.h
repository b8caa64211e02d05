// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POSIXTRANSFER_P_H
#define QTPREFORK_POSIXTRANSFER_P_H

#include "posix/descriptor_p.h"

#include <optional>
#include <span>

/// These functions read and write bytes.
namespace Prefork::Posix {

/// This is the outcome of a call that reads or writes.
struct Transfer
{
    enum Status { Done, WouldBlock, Closed, Failed };
    Status status = Done;
    qsizetype bytes = 0;
    int error = 0; ///< errno of Failed and Closed; of WouldBlock only if the kernel has no memory just now, otherwise 0
};

/// Reads once. Closed means the end of file or a reset.
[[nodiscard]] Transfer readSome(int descriptor, std::span<char> into);
/// Writes once to a socket. Closed means nobody reads any more.
[[nodiscard]] Transfer writeSome(int socket, QByteArrayView bytes);
/// These read and write once without waiting, even if the socket is blocking.
[[nodiscard]] Transfer readNow(int socket, std::span<char> into);
[[nodiscard]] Transfer writeNow(int socket, QByteArrayView bytes);
/// These read once from a blocking socket, and write all bytes to one (false if the peer is gone). Both also wait if
/// the kernel has no memory.
[[nodiscard]] Transfer readPatiently(int socket, std::span<char> into);
[[nodiscard]] bool writeAll(int socket, QByteArrayView bytes);
/// Returns how many bytes a single writeNow() takes at most so that it writes all or nothing, whatever happens to the
/// process meanwhile; 0 if nothing guarantees that.
[[nodiscard]] qsizetype atomicWriteLimit(int socket);
/// Returns true if the peer of an idle connection has hung up or sent something; nothing is consumed.
[[nodiscard]] bool hasInput(int socket);
/// Returns true if the peer has closed the connection, even if something is left to be read.
[[nodiscard]] bool hasHungUp(int socket);
/// Returns true where hasHungUp() does, and on TCP also if the peer has shut its writing side: there the two cannot be
/// told apart.
[[nodiscard]] bool hasLeft(int socket);
/// Returns true where hasHungUp() does, and also if the peer has shut its writing side, on any connection.
[[nodiscard]] bool hasHalfClosed(int socket);
/// Returns the next byte, if it has come; it is not consumed.
[[nodiscard]] std::optional<char> peekByte(int socket);
/// Returns all bytes that have come; they are not consumed.
[[nodiscard]] QByteArray peekAll(int socket);

}

#endif
