// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ACTIVATION_P_H
#define QTPREFORK_ACTIVATION_P_H

#include "posix/descriptor_p.h"

/// The two things a supervisor and its service tell each other by environment: sockets it has opened, and how the
/// service does. As sd_listen_fds(3) and sd_notify(3) have it; no library is needed for so little.
namespace Prefork::Internal::Activation {

/// Whether a socket is there that take() would find.
[[nodiscard]] bool hasSockets();
/// The first socket of that @p name (any, if empty) that was not taken yet; closed if there is none.
[[nodiscard]] Posix::Fd take(const QByteArray &name);
/// Tells the supervisor, if there is one that wants to know.
void notify(QByteArrayView state);

}

#endif
