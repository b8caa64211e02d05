// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_PROTOCOL_H
#define QTPREFORK_PROTOCOL_H

#include <QtPrefork/global.h>

#include <QtCore/qobjectdefs.h>

namespace Prefork {

Q_NAMESPACE_EXPORT(QTPREFORK_EXPORT)

/// The protocol between a client and its workers. A worker understands both and finds out which one its client uses.
/// docs/protocol.md describes them.
enum class Protocol {
    Native, ///< CBOR: fast, with exact types, several calls at a time on one connection, and a cause when a worker
            ///< dies; for programs that use QtPrefork
    Json, ///< the protocol of AnyEvent::Task: one call at a time, with the types of JSON
};
Q_ENUM_NS(Protocol)

/// Returns the protocol of clients that do not choose one. It is Protocol::Native, unless the environment variable
/// `PREFORK_PROTOCOL` is `json`. Any thread may call this function.
[[nodiscard]] QTPREFORK_EXPORT Protocol defaultProtocol();

/// The default of ClientOptions::maxMessageSize and ZygoteOptions::maxMessageSize: 64 MiB.
inline constexpr qsizetype DefaultMaxMessageSize = qsizetype(64) * 1024 * 1024;
/// The default of ClientOptions::maxDecodedSize and ZygoteOptions::maxDecodedSize: 1 GiB.
inline constexpr qint64 DefaultMaxDecodedSize = qint64(1) << 30;

}

#endif
