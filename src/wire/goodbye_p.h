// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_GOODBYE_P_H
#define QTPREFORK_GOODBYE_P_H

#include "wire/nativepacket_p.h"

#include <QtCore/QByteArray>
#include <QtCore/QString>

#include <vector>

namespace Prefork::Wire {

/// Why a worker says no more.
enum class GoodbyeReason { Died, Hung, Abandoned, Unspawned, Room, Retired };

/// What a Goodbye gives as reason when a client should not replace the worker before it needs one.
inline constexpr QLatin1StringView RoomReason("room");

/// The first byte of a native client's hello; no JSON message begins with it.
inline constexpr char NativeHelloByte = Native::Preamble.front();

/// The native protocol's last message of a worker. @p lastStarted is the id of the last call it began, 0 = none: that
/// one may have had its effect, those behind it have not. @p cause continues "the worker …". @p begun are the calls
/// that have begun and were not answered, of which it names Native::MaxBegun at most.
[[nodiscard]] QByteArray goodbye(GoodbyeReason reason, const QString &cause, quint64 lastStarted,
                                 const std::vector<quint64> &begun = {});
/// All that a native client hears when there is no worker to answer its hello, any more or at all: the magic number of
/// an answer, and goodbye.
[[nodiscard]] QByteArray goodbyeInsteadOfHello(GoodbyeReason reason, const QString &cause);

}

#endif
