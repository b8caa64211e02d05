// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_GOODBYE_P_H
#define QTPREFORK_GOODBYE_P_H

#include "wire/nativepacket_p.h"

#include <QtCore/QByteArray>
#include <QtCore/QString>

#include <vector>

namespace Prefork::Wire {

/// This is why a worker says nothing more.
enum class GoodbyeReason { Died, Hung, Abandoned, Unspawned, Room, Retired };

/// This is the reason in a Goodbye after which a client does not replace the worker before it needs another one.
inline constexpr QLatin1StringView RoomReason("room");

/// This is the first byte of a native client's hello; no JSON message begins with it.
inline constexpr char NativeHelloByte = Native::Preamble.front();

/// Returns the last message of a worker in the native protocol. @p lastStarted is the id of the last call that the
/// worker began, 0 if there is none: that call may have had its effect, those behind it have not. @p cause continues
/// "the worker …". @p begun are the calls that have begun and were not answered; the message names at most
/// Native::MaxBegun of them.
[[nodiscard]] QByteArray goodbye(GoodbyeReason reason, const QString &cause, quint64 lastStarted,
                                 const std::vector<quint64> &begun = {});
/// Returns all that a native client reads if there is no worker to answer its hello: the preamble of a worker, and a
/// goodbye.
[[nodiscard]] QByteArray goodbyeInsteadOfHello(GoodbyeReason reason, const QString &cause);

}

#endif
