// SPDX-License-Identifier: MIT
#include "wire/goodbye_p.h"

#include "wire/nativefields_p.h"

namespace Prefork::Wire {

namespace {

QByteArrayView nameOf(GoodbyeReason reason)
{
    switch (reason) {
    case GoodbyeReason::Died:
        break;
    case GoodbyeReason::Hung:
        return "hung";
    case GoodbyeReason::Abandoned:
        return "abandoned";
    case GoodbyeReason::Unspawned:
        return "unspawned";
    case GoodbyeReason::Room:
        return "room";
    case GoodbyeReason::Retired:
        return "retired";
    }
    return "died";
}

}

QByteArray goodbye(GoodbyeReason reason, const QString &cause, quint64 lastStarted, const std::vector<quint64> &begun)
{
    QByteArray message;
    detail::CborWriter writer(&message);
    const qsizetype start = writer.skip(Native::Header::Size);
    writer.beginMap(begun.empty() ? 2 : 3);
    writer.writeUtf8("cause");
    writer.writeText(cause);
    writer.writeUtf8("reason");
    writer.writeUtf8(nameOf(reason));
    if (!begun.empty()) {
        const std::size_t count = std::min(begun.size(), std::size_t(Native::MaxBegun));
        writer.writeUtf8("begun");
        writer.beginArray(count);
        for (std::size_t i = 0; i < count; ++i)
            writer.writeUnsigned(begun[i]);
    }
    Native::finishMessage(writer, start, Native::Goodbye, lastStarted);
    writer.finish();
    return message;
}

QByteArray goodbyeInsteadOfHello(GoodbyeReason reason, const QString &cause)
{
    return Native::Preamble.toByteArray() + goodbye(reason, cause, 0);
}

}
