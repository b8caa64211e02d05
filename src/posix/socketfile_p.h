// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POSIXSOCKETFILE_P_H
#define QTPREFORK_POSIXSOCKETFILE_P_H

#include "posix/descriptor_p.h"

#include <chrono>
#include <optional>
#include <sys/types.h>

/// These functions make unix sockets that have a file, and connect to them. Names are those of files in a directory
/// that is open already. Only connectToSocket() takes a path. The sockets do not block, and programs that are executed
/// do not get them.
namespace Prefork::Posix {

/// Makes a socket that listens at a new file @p name in @p directory. The file has exactly @p mode, whatever the umask
/// is. Returns a closed descriptor on failure, with the cause in errno; a file may then be left. UnixListener calls it.
[[nodiscard]] Fd listenAt(int directory, const QByteArray &name, mode_t mode, int backlog);
enum class Probe { Alive, Dead, Failed };
/// Finds out by connecting, without waiting, whether anybody listens on the socket file. So a live server accepts a
/// connection that ends at once. Failed means that nobody can tell; then the cause is in errno.
[[nodiscard]] Probe probeSocket(int directory, const QByteArray &name);
/// Connects to the socket file at @p path without waiting. Returns a closed descriptor on failure, with the cause in
/// errno: EAGAIN if the backlog is full, ENAMETOOLONG if the path is too long for an address, ENOTSOCK if the file is
/// no socket. The number of the descriptor is above 2. UnixTransport calls it.
[[nodiscard]] Fd connectToSocket(const QByteArray &path);

}

#endif
