// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_TIMETAGS_P_H
#define QTPREFORK_TIMETAGS_P_H

#include <QtCore/QtGlobal>

QT_BEGIN_NAMESPACE
class QDateTime;
class QVariant;
QT_END_NAMESPACE

namespace Prefork::detail {
class CborReader;
class CborWriter;
}

/// These are the CBOR tags by which dates, times and characters keep their type, and a QDateTime its kind: local, with
/// an offset from UTC, or of a named time zone. A peer that does not know such a tag, as earlier versions of this
/// library, skips it and reads the text or the instant behind it.
namespace Prefork::Wire {

inline constexpr quint64 DateTag = 1004; ///< RFC 8943: a text like 2024-02-29
inline constexpr quint64 TimeTag = 0x5150460f; ///< a text like 12:00:00.000
inline constexpr quint64 CharTag = 0x51504607; ///< a text of one UTF-16 unit

/// Tags that come before a date and time (tag 0 or 1) are eight letters: QP, what the tag is, and five more.
inline constexpr quint64 LocalTag = 0x51504c0000000000; ///< QPL: local time, in the time zone of whoever reads it
inline constexpr quint64 OffsetTag = 0x51504f0000000000; ///< QPO: the last four bytes are the offset in seconds
inline constexpr quint64 ZoneTag
    = 0x51505a0000000000; ///< QPZ: the next five letters of the name of a time zone; further tags have the rest
inline constexpr quint64 KindMask = 0xffffff0000000000;
/// No time zone has a longer name.
inline constexpr qsizetype LongestZoneName = 60;

/// Returns whether readTimed() can read what comes behind @p tag.
[[nodiscard]] constexpr bool isTimed(quint64 tag)
{
    const quint64 kind = tag & KindMask;
    return tag == DateTag || tag == TimeTag || tag == CharTag || kind == LocalTag || kind == OffsetTag
        || kind == ZoneTag;
}
/// Reads the value behind @p tag, for which isTimed() is true.
[[nodiscard]] bool readTimed(detail::CborReader &reader, quint64 tag, QVariant *value);

/// Writes a QChar, QDate, QTime or QDateTime with the tag that keeps its type; an invalid one too.
void writeTimed(detail::CborWriter &writer, const QVariant &value);
/// Writes a QDateTime, which must be valid.
void writeDateTime(detail::CborWriter &writer, const QDateTime &value);

}

#endif
