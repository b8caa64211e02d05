// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_PROTOCOL_H
#define QTPREFORK_PROTOCOL_H

#include <QtPrefork/global.h>

namespace Prefork {

/// What a client speaks with its workers; a worker understands either and finds out by itself. docs/protocol.md has
/// both.
enum class Protocol {
    Native, ///< CBOR: fast, exact types, many calls under way on a connection, death explained. Between QtPrefork and
            ///< its like.
    Json, ///< what the Perl original speaks: one call at a time, JSON's types.
};

/// Native, unless the environment variable `PREFORK_PROTOCOL` says `json`: the protocol of clients that do not choose
/// one. Any thread may ask.
[[nodiscard]] QTPREFORK_EXPORT Protocol defaultProtocol();

}

#endif
