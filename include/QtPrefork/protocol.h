// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_PROTOCOL_H
#define QTPREFORK_PROTOCOL_H

#include <QtPrefork/global.h>

#include <QtCore/qobjectdefs.h>

namespace Prefork {

Q_NAMESPACE_EXPORT(QTPREFORK_EXPORT)

/// What a client speaks with its workers; a worker understands either and finds out by itself. docs/protocol.md has
/// both.
enum class Protocol {
    Native, ///< CBOR: fast, exact types, many calls under way on a connection, death explained. Between QtPrefork and
            ///< its like.
    Json, ///< what the Perl original speaks: one call at a time, JSON's types.
};
Q_ENUM_NS(Protocol)

/// Native, unless the environment variable `PREFORK_PROTOCOL` says `json`: the protocol of clients that do not choose
/// one. Any thread may ask.
[[nodiscard]] QTPREFORK_EXPORT Protocol defaultProtocol();

/// 64 MiB: the most bytes of one message, where the options of a client or of a zygote do not say.
inline constexpr qsizetype DefaultMaxMessageSize = qsizetype(64) * 1024 * 1024;
/// 1 GiB: the most bytes of memory that the values of one message may take, where those do not say.
inline constexpr qint64 DefaultMaxDecodedSize = qint64(1) << 30;

}

#endif
