// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_RAWREPLIES_H
#define AUTOTESTS_RAWREPLIES_H

#include <QtCore/QIODevice>

namespace Test {

/// A call of the JSON protocol.
[[nodiscard]] inline QByteArray rawCall(const QByteArray &method, const QByteArray &argument)
{
    return "[\"do\",{},\"" + method + "\",\"" + argument + "\"]";
}

/// The number in the next of a JSON worker's replies, of which one has come; it is all that is read.
[[nodiscard]] inline qint64 nextNumber(QIODevice &socket)
{
    const QByteArray reply = socket.read(socket.peek(1000).indexOf(']') + 1);
    return reply.sliced(reply.lastIndexOf(',') + 1).chopped(1).toLongLong();
}

}

#endif
