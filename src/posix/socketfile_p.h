// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POSIXSOCKETFILE_P_H
#define QTPREFORK_POSIXSOCKETFILE_P_H

#include "posix/descriptor_p.h"

#include <chrono>
#include <optional>
#include <sys/types.h>

/// Socket files in open directories.
namespace Prefork::Posix {

/// Makes a listening socket bound to @p name in @p directory; its file has @p mode.
[[nodiscard]] Fd listenAt(int directory, const QByteArray &name, mode_t mode, int backlog);
enum class Probe { Alive, Dead, Failed };
/// Finds out whether anybody listens on the socket file.
[[nodiscard]] Probe probeSocket(int directory, const QByteArray &name);
/// Connects to the socket file at @p path without waiting. A closed descriptor is returned on failure, with the cause
/// in errno: EAGAIN if the backlog is full.
[[nodiscard]] Fd connectToSocket(const QByteArray &path);

}

#endif
