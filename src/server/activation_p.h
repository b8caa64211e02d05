// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ACTIVATION_P_H
#define QTPREFORK_ACTIVATION_P_H

#include "posix/descriptor_p.h"

/// These functions are for socket activation and status reports, as sd_listen_fds(3) and sd_notify(3) describe them: a
/// supervisor such as systemd passes listening sockets to this process, and hears how the server does. Server uses
/// both, and uses no library for that: it takes no more than environment variables and a datagram. The class
/// detail::Activation, of frames, is another matter.
///
/// hasSockets() or take(), whichever is called first, reads the environment variables for sockets and removes them, so
/// that programs started from here do not take the sockets for their own. Sockets that were passed to another process
/// (by LISTEN_PID) do not count.
namespace Prefork::Internal::Activation {

/// Returns whether the supervisor has passed a socket that was not taken yet.
[[nodiscard]] bool hasSockets();
/// Takes the first socket with this @p name, or the first of all if @p name is empty; the name is that of
/// LISTEN_FDNAMES. From then on the caller owns it. Returns a closed descriptor if there is none, or no more.
[[nodiscard]] Posix::Fd take(const QByteArray &name);
/// Sends @p state, such as "READY=1", to the supervisor, if one has asked for that (by NOTIFY_SOCKET).
void notify(QByteArrayView state);

}

#endif
