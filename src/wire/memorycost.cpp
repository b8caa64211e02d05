// SPDX-License-Identifier: MIT
#include <QtPrefork/detail/memorycost.h>

namespace Prefork::detail {

QString decodedSizeError(qint64 size, qint64 maxDecodedSize)
{
    const qint64 bound = decodedBound(size, maxDecodedSize);
    if (bound == maxDecodedSize)
        return QStringLiteral("values that take more than %1 bytes in memory (maxDecodedSize)").arg(bound);
    return QStringLiteral("values that take many times its size in memory: more than %1 bytes for a message of %2 "
                          "(maxDecodedSize is %3)")
        .arg(bound)
        .arg(size)
        .arg(maxDecodedSize);
}

QString messageSizeError(qint64 size, qint64 maxMessageSize)
{
    return QStringLiteral("a message of %1 bytes, where %2 are allowed (maxMessageSize of client and zygote)")
        .arg(size)
        .arg(maxMessageSize);
}

}
