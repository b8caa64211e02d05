// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ZYGOTETOKEN_P_H
#define QTPREFORK_ZYGOTETOKEN_P_H

#include <QtCore/QtGlobal>

namespace Prefork::Internal {

/// This is the token of a descriptor in the zygote's poller: what it is for, and the number of its worker or
/// connection.
struct ZygoteToken
{
    enum Kind : quint64 { Control, Process, Connection, Lingering, Silent, Termination };
    Kind kind = Control;
    quint64 number = 0;

    [[nodiscard]] static ZygoteToken of(quint64 token) { return {Kind(token & 7), token >> 3}; }
    [[nodiscard]] quint64 value() const { return number << 3 | kind; }
};

}

#endif
