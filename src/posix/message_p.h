// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POSIXMESSAGE_P_H
#define QTPREFORK_POSIXMESSAGE_P_H

#include "posix/transfer_p.h"

/// These functions are for messages that may carry a descriptor.
namespace Prefork::Posix {

[[nodiscard]] Transfer sendMessage(int socket, QByteArrayView message, int descriptor = -1, bool wait = false);
/// Receives one message. @p descriptor, if given, takes the descriptor that came with it. A message longer than @p into
/// is Failed with EMSGSIZE.
[[nodiscard]] Transfer receiveMessage(int socket, std::span<char> into, Fd *descriptor = nullptr);

}

#endif
