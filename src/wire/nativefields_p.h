// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_NATIVEFIELDS_P_H
#define QTPREFORK_NATIVEFIELDS_P_H

#include "wire/nativepacket_p.h"

#include <QtPrefork/detail/cborreader.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace Prefork::Wire::Native {

/// Writes the header of the message that begins at @p start and ends at the writer's position; the chunks of the
/// message are counted too.
inline void finishMessage(detail::CborWriter &writer, qsizetype start, Kind kind, quint64 id)
{
    const qsizetype length = writer.position() - start - Header::Size + writer.chunkBytes();
    Header{quint32(length), kind, true, id}.write(writer.at(start));
}

/// Appends a message without a payload.
inline void appendBareMessage(QByteArray *out, Kind kind, quint64 id)
{
    char header[Header::Size];
    Header{0, kind, true, id}.write(header);
    out->append(header, Header::Size);
}

/// No version writes a map with more fields than this.
inline constexpr quint64 MaxFields = 64;

/// Returns @p isRead, the outcome of reading a known field, and makes the reader fail if it is false.
[[nodiscard]] inline bool known(detail::CborReader &reader, bool isRead)
{
    return isRead || reader.fail(QStringLiteral("a field of the wrong type"));
}

/// Reads a number of bytes; one too large for qint64 becomes the largest qint64.
[[nodiscard]] inline bool readSize(detail::CborReader &reader, qint64 *size)
{
    quint64 bytes = 0;
    if (!reader.readUnsigned(&bytes))
        return false;
    *size = qint64(std::min<quint64>(bytes, quint64(std::numeric_limits<qint64>::max())));
    return true;
}

/// Reads a map of named fields. For each, `field(name, reader)` reads the value of a name that it knows and returns
/// known() of that; for any other name it reads nothing and returns false, and the field is skipped. Returns false if
/// the bytes are no such map, or a known field is of the wrong type.
template <class Field>
[[nodiscard]] bool readFields(detail::CborReader &reader, Field field)
{
    quint64 count = 0;
    if (!reader.readMap(&count) || count > MaxFields)
        return false;
    std::vector<QByteArrayView> seen;
    for (quint64 i = 0; i < count; ++i) {
        QByteArrayView name;
        if (!reader.readUtf8(&name))
            return false;
        if (std::find(seen.begin(), seen.end(), name) != seen.end())
            return reader.fail(QStringLiteral("a field twice"));
        seen.push_back(name);
        if (!field(name, reader) && !reader.isBroken() && !reader.skip())
            return false;
        if (reader.isBroken())
            return false;
    }
    return true;
}

/// Skips a map in which no field is known here; usually it is empty.
[[nodiscard]] inline bool skipMeta(detail::CborReader &reader)
{
    quint64 count = 0;
    const qsizetype start = reader.position();
    if (!reader.readMap(&count))
        return false;
    return count == 0 || (reader.seek(start) && reader.skip());
}

}

#endif
