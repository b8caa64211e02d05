// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ACTIVATION_P_H
#define QTPREFORK_ACTIVATION_P_H

#include "posix/descriptor_p.h"

/// Socket activation and status reports, as sd_listen_fds(3) and sd_notify(3) describe them: a supervisor such as
/// systemd passes listening sockets to this process, and hears how the server does. Server uses both. They need only
/// environment variables and a datagram, so no library is used.
namespace Prefork::Internal::Activation {

/// Returns whether the supervisor has passed a socket that was not taken yet.
[[nodiscard]] bool hasSockets();
/// Takes the first socket with this @p name, or the first of all if @p name is empty. Returns a closed descriptor if
/// there is none.
[[nodiscard]] Posix::Fd take(const QByteArray &name);
/// Sends @p state to the supervisor, if this process has one that listens.
void notify(QByteArrayView state);

}

#endif
