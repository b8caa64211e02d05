// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POSIXSOCKETFILE_P_H
#define QTPREFORK_POSIXSOCKETFILE_P_H

#include "posix/descriptor_p.h"

#include <chrono>
#include <optional>
#include <sys/types.h>

/// Socket files and the directories they are in.
namespace Prefork::Posix {

/// A listening socket bound to @p name in @p directory, its file with @p mode.
[[nodiscard]] Fd listenAt(int directory, const QByteArray &name, mode_t mode, int backlog);
enum class Probe { Alive, Dead, Failed };
/// Whether anybody listens on the socket file.
[[nodiscard]] Probe probeSocket(int directory, const QByteArray &name);
/// A connection to the socket file at @p path, at once or not at all. Closed, with the cause in errno: EAGAIN if the
/// backlog is full.
[[nodiscard]] Fd connectToSocket(const QByteArray &path);

}

#endif
