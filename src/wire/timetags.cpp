// SPDX-License-Identifier: MIT
#include "wire/timetags_p.h"

#include "wire/utc_p.h"

#include <QtPrefork/detail/cborreader.h>
#include <QtPrefork/detail/cborwriter.h>

#include <QtCore/QDateTime>
#include <QtCore/QTimeZone>
#include <QtCore/QVariant>

#include <algorithm>
#include <cmath>
#include <limits>

namespace Prefork::Wire {

using detail::CborReader;
using detail::CborWriter;

namespace {

constexpr qint64 MaxSeconds = 9'000'000'000'000'000; // in milliseconds it fits 64 bits
constexpr int MaxOffset = 16 * 3600; // the largest offset that Qt knows
constexpr int LettersEach = 5;

// Returns the text of a date whose year does not have four digits: as in ISO 8601 it has a sign, and the year before 1
// is 0.
QString expandedDate(QDate date)
{
    const int year = date.year() < 0 ? date.year() + 1 : date.year();
    return QString::asprintf("%+06d-%02d-%02d", year, date.month(), date.day());
}

QDate dateOf(const QString &text)
{
    constexpr int MonthAndDay = 6;
    if (!text.startsWith(u'+') && !text.startsWith(u'-'))
        return text.size() == 10 ? QDate::fromString(text, Qt::ISODate) : QDate();
    bool hasYear = false;
    const int year = QStringView(text).chopped(std::min<qsizetype>(MonthAndDay, text.size())).toInt(&hasYear);
    // The month and the day are read in a leap year, which has every day.
    const QDate day = QDate::fromString(QStringLiteral("2000") + text.right(MonthAndDay), Qt::ISODate);
    const bool hasDate = hasYear && day.isValid() && year > std::numeric_limits<int>::min();
    return hasDate ? QDate(year > 0 ? year : year - 1, day.month(), day.day()) : QDate();
}

// Returns whether @p name may be passed to the operating system, for which names of time zones are names of files.
bool isZoneName(const QByteArray &name)
{
    const auto isLetter = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
            || QByteArrayView("/+-_:").contains(c);
    };
    return !name.isEmpty() && name.size() <= LongestZoneName && !name.startsWith('/') && !name.contains("//")
        && std::all_of(name.begin(), name.end(), isLetter);
}

/// This is the kind of a QDateTime, as the tags before it say.
struct Kind
{
    bool isLocal = false;
    bool hasOffset = false;
    int offset = 0;
    QByteArray zone;

    [[nodiscard]] bool add(quint64 tag)
    {
        const quint64 kind = tag & KindMask;
        if (isLocal || hasOffset || (!zone.isEmpty() && kind != ZoneTag))
            return false;
        isLocal = kind == LocalTag;
        hasOffset = kind == OffsetTag;
        if (hasOffset)
            offset = int(qint32(quint32(tag)));
        if (kind == ZoneTag) {
            for (int i = LettersEach - 1; i >= 0; --i) {
                if (const char letter = char(tag >> (8 * i)); letter != '\0')
                    zone.append(letter);
            }
        }
        return zone.size() <= LongestZoneName && std::abs(qint64(offset)) <= MaxOffset;
    }
    /// Converts @p time to this kind; the result is invalid if the kind does not exist here, as an unknown time zone.
    [[nodiscard]] QDateTime of(const QDateTime &time) const
    {
        if (isLocal)
            return time.toLocalTime();
        if (hasOffset)
            return time.toOffsetFromUtc(offset);
        const QTimeZone known = isZoneName(zone) ? QTimeZone(zone) : QTimeZone();
        return known.isValid() ? time.toTimeZone(known) : QDateTime();
    }
};

// Fails because of @p why, unless the message has ended: then skip() fails because it is too short.
bool fail(CborReader &reader, const QString &why)
{
    return reader.peek() == CborReader::End ? reader.skip() : reader.fail(why);
}

bool failKind(CborReader &reader)
{
    return fail(reader, QStringLiteral("a tag for a kind of time before what is no date and time (tag 0 or 1)"));
}

// Returns whether @p time, made for the zone that the sender named, shows what the sender saw. The rules of this
// machine may give that zone another offset, or not know it. If the sender's offset has seconds or the year is far
// away, the instant comes without the offset, and the two cannot be compared.
bool isSameTime(const QDateTime &time, const QDateTime &instant, bool hasOffset)
{
    return time.isValid() && time.toMSecsSinceEpoch() == instant.toMSecsSinceEpoch()
        && (!hasOffset || time.offsetFromUtc() % 60 != 0 || time.offsetFromUtc() == instant.offsetFromUtc());
}

bool readDateTime(CborReader &reader, quint64 tag, QVariant *value)
{
    Kind kind;
    qsizetype start = 0;
    for (; isTimed(tag) && kind.add(tag); static_cast<void>(reader.readTag(&tag))) {
        start = reader.position();
        if (reader.peek() == CborReader::Simple && kind.isLocal && reader.readNull()) {
            *value = QVariant(QDateTime());
            return true;
        }
        if (reader.peek() != CborReader::Tag)
            return failKind(reader);
    }
    if (reader.isBroken() || tag > 1 || !reader.seek(start))
        return failKind(reader);
    if (!reader.readVariant(value) || (!kind.zone.isEmpty() && !reader.charge(detail::TimeZoneCost)))
        return false;
    const QDateTime instant = value->toDateTime();
    const QDateTime time = kind.of(instant);
    if (!isSameTime(time, instant, tag == 0 && !kind.zone.isEmpty())) {
        return reader.refuse(kind.zone.isEmpty()
                                 ? QStringLiteral("a date and time that is none here")
                                 : QStringLiteral("a date and time in the time zone '%1', which is not the same here")
                                       .arg(QString::fromLatin1(kind.zone)));
    }
    *value = QVariant(time);
    return true;
}

// Writes the tags with the name of the time zone. If another program could not know from the name which zone it is, the
// writer fails and this returns false.
bool writeZone(CborWriter &writer, const QDateTime &value)
{
    QByteArray name = value.timeZone().id();
    const QTimeZone known = isZoneName(name) ? QTimeZone(name) : QTimeZone();
    if (!known.isValid() || known.offsetFromUtc(value) != value.offsetFromUtc()) {
        writer.fail(QStringLiteral("a QDateTime in the time zone '%1', which only this program knows")
                        .arg(QString::fromLatin1(name)));
        return false;
    }
    for (; !name.isEmpty(); name.remove(0, LettersEach)) {
        quint64 letters = 0;
        for (qsizetype i = 0; i < LettersEach; ++i)
            letters = letters << 8 | uchar(i < name.size() ? name.at(i) : '\0');
        writer.writeTag(ZoneTag | letters);
    }
    writer.count(detail::TimeZoneCost);
    return true;
}

// Writes a date and time as seconds since 1970; for years that do not have four digits.
void writeEpoch(CborWriter &writer, qint64 milliseconds)
{
    const qint64 seconds = milliseconds / 1000;
    const double exactly = double(milliseconds) / 1000;
    if (std::abs(seconds) >= MaxSeconds
        || (milliseconds % 1000 != 0 && qint64(std::round(exactly * 1000)) != milliseconds))
        return writer.fail(QStringLiteral("a QDateTime that is too far away for its milliseconds"));
    writer.writeTag(1);
    if (milliseconds % 1000 == 0)
        writer.writeSigned(seconds);
    else
        writer.writeDouble(exactly);
}

}

bool readTimed(CborReader &reader, quint64 tag, QVariant *value)
{
    if (tag != DateTag && tag != TimeTag && tag != CharTag)
        return readDateTime(reader, tag, value);
    const qint64 left = reader.memoryLeft();
    QString text;
    if (tag != CharTag && reader.peek() == CborReader::Simple && reader.readNull()) {
        *value = tag == DateTag ? QVariant(QDate()) : QVariant(QTime());
        return true;
    }
    if (reader.peek() != CborReader::Text)
        return fail(reader, QStringLiteral("a tag for a date, a time or a character before what is no text"));
    if (!reader.readText(&text))
        return false;
    reader.setMemoryLeft(left); // the text is destroyed soon
    if (tag == DateTag)
        *value = QVariant(dateOf(text));
    else if (tag == TimeTag)
        *value = QVariant(QTime::fromString(text, Qt::ISODateWithMs));
    else
        *value = text.size() == 1 ? QVariant(text.front()) : QVariant();
    if (!value->isValid() || (tag == DateTag && !value->toDate().isValid())
        || (tag == TimeTag && !value->toTime().isValid()))
        return reader.fail(QStringLiteral("a tag for a date, a time or a character before what is none"));
    return true;
}

void writeTimed(CborWriter &writer, const QVariant &value)
{
    switch (value.typeId()) {
    case QMetaType::QDateTime:
        if (const QDateTime time = value.toDateTime(); time.isValid())
            return writeDateTime(writer, time);
        writer.writeTag(LocalTag);
        return writer.writeNull();
    case QMetaType::QDate: {
        const QDate date = value.toDate();
        writer.writeTag(DateTag);
        if (!date.isValid())
            return writer.writeNull();
        return writer.writeText(date.year() > 0 && date.year() < 10000 ? date.toString(Qt::ISODate)
                                                                       : expandedDate(date));
    }
    case QMetaType::QTime:
        writer.writeTag(TimeTag);
        if (!value.toTime().isValid())
            return writer.writeNull();
        return writer.writeText(value.toTime().toString(Qt::ISODateWithMs));
    default:
        writer.writeTag(CharTag);
        return writer.writeText(QString(value.toChar()));
    }
}

void writeDateTime(CborWriter &writer, const QDateTime &value)
{
    const int offset = value.offsetFromUtc();
    const bool isWhole = offset % 60 == 0; // offsets of long ago have seconds, which ISO 8601 cannot express
    const QString text = (isWhole ? value.toOffsetFromUtc(offset) : value.toUTC()).toString(Qt::ISODateWithMs);
    if (value.timeSpec() == Qt::LocalTime)
        writer.writeTag(LocalTag);
    else if (value.timeSpec() == Qt::TimeZone && !writeZone(writer, value))
        return;
    else if (value.timeSpec() == Qt::OffsetFromUTC && (!isWhole || text.isEmpty()))
        writer.writeTag(OffsetTag | quint32(offset));
    if (text.isEmpty()) {
        writeEpoch(writer, value.toMSecsSinceEpoch());
    } else {
        writer.writeTag(0);
        writer.writeText(text);
    }
    writer.count(detail::DateTimeCost);
}

}
