// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_NATIVEFIELDS_P_H
#define QTPREFORK_NATIVEFIELDS_P_H

#include "wire/nativepacket_p.h"

#include <QtPrefork/detail/cborreader.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace Prefork::Wire::Native {

/// Writes the header of the message whose bytes begin at @p start of the writer, and end, but for the chunks, where it
/// is.
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

/// More fields than any version will have; what has more was not made by one.
inline constexpr quint64 MaxFields = 64;

/// What a known field's reading gave, made an error unless it is true.
[[nodiscard]] inline bool known(detail::CborReader &reader, bool isRead)
{
    return isRead || reader.fail(QStringLiteral("a field of the wrong type"));
}

/// Reads a number of bytes, which is not negative.
[[nodiscard]] inline bool readSize(detail::CborReader &reader, qint64 *size)
{
    quint64 bytes = 0;
    if (!reader.readUnsigned(&bytes))
        return false;
    *size = qint64(std::min<quint64>(bytes, quint64(std::numeric_limits<qint64>::max())));
    return true;
}

/// Reads a map of named fields. `field(name, reader)` returns known() of the value it knows, or returns false and has
/// touched nothing; unknown fields are skipped. False when it is no such map, or a known field is of the wrong type.
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

/// readFields() for a map that says nothing we know, usually an empty one.
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
