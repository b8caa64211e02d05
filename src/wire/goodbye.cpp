// SPDX-License-Identifier: MIT
#include "wire/goodbye_p.h"

#include <QtCore/QCborStreamWriter>
#include <QtCore/QtEndian>

#include <array>

namespace Prefork::Wire {

namespace {

constexpr char GoodbyeKind = 7;

QLatin1StringView nameOf(GoodbyeReason reason)
{
    switch (reason) {
    case GoodbyeReason::Died:
        break;
    case GoodbyeReason::Hung:
        return QLatin1StringView("hung");
    case GoodbyeReason::Abandoned:
        return QLatin1StringView("abandoned");
    case GoodbyeReason::Unspawned:
        return QLatin1StringView("unspawned");
    }
    return QLatin1StringView("died");
}

}

QByteArray goodbye(GoodbyeReason reason, const QString &cause, quint64 lastStarted)
{
    QByteArray payload;
    QCborStreamWriter writer(&payload);
    writer.startMap(2);
    writer.append(QLatin1StringView("cause"));
    writer.append(cause);
    writer.append(QLatin1StringView("reason"));
    writer.append(nameOf(reason));
    writer.endMap();

    std::array<char, 16> header{};
    qToBigEndian(quint32(payload.size()), header.data());
    header[4] = GoodbyeKind;
    qToBigEndian(lastStarted, header.data() + 8);
    return QByteArray(header.data(), qsizetype(header.size())) + payload;
}

QByteArray unspawnedGoodbye(const QString &cause)
{
    return QByteArrayLiteral("Q]PF") + goodbye(GoodbyeReason::Unspawned, cause, 0);
}

}
