// SPDX-License-Identifier: MIT
#include "wire/utc_p.h"

#include <QtPrefork/cborreader.h>
#include <QtPrefork/typeregistry.h>

#include <QtCore/QDataStream>
#include <QtCore/QDateTime>
#include <QtCore/QUrl>
#include <QtCore/QUuid>
#include <QtCore/QVariant>

#include <cmath>

namespace Prefork::detail {

namespace {

// What an allocation takes at most: a header of the container and one of the allocator, and for large ones a page begun.
constexpr qint64 heap(qint64 bytes)
{
    return bytes + bytes / 32 + 48;
}

constexpr qint64 ItemCost = qint64(sizeof(QVariant));
constexpr qint64 GrowingItemCost = 3 * ItemCost; // a list of unknown length doubles its room, and has both while it does
constexpr qint64 EntryCost = heap(qint64(sizeof(QVariant) + sizeof(QString) + 4 * sizeof(void *)));

}

bool CborReader::charge(qint64 bytes)
{
    m_budget -= bytes;
    return m_budget >= 0 || fail(QStringLiteral("a message that takes many times its size in memory"));
}

bool CborReader::readVariant(QVariant *value)
{
    quint64 number = 0;
    qint64 integer = 0;
    double floating = 0;
    bool boolean = false;
    const Kind kind = peek();
    switch (kind) {
    case Unsigned:
        if (!readUnsigned(&number))
            return false;
        *value = number > quint64(std::numeric_limits<qint64>::max()) ? QVariant(number) : QVariant(qint64(number));
        return true;
    case Negative:
        if (!readSigned(&integer))
            return fail(QStringLiteral("a negative integer that does not fit 64 bits"));
        *value = QVariant(integer);
        return true;
    case Bytes:
    case Text:
        return readStringItem(kind, value);
    case Array:
        return readList(value);
    case Map:
        return readMapping(value);
    case Tag:
        return readTagged(value);
    case Float:
        if (!readDouble(&floating))
            return false;
        *value = QVariant(floating);
        return true;
    case Simple:
        if (readBool(&boolean))
            *value = QVariant(boolean);
        else if (readNull())
            *value = QVariant::fromValue(nullptr);
        else {
            *value = QVariant();
            ++m_at;
        }
        return true;
    case End:
        return truncated();
    case Invalid:
        break;
    }
    return skip(); // finds out what is wrong
}

bool CborReader::readStringItem(Kind kind, QVariant *value)
{
    Head head;
    qsizetype length = 0;
    if (!parseHead(&head) || !measureString(head, &length) || !charge(heap(kind == Text ? 2 * length + 2 : length)))
        return false;
    if (kind == Text) {
        QString text;
        if (!readText(&text))
            return false;
        *value = QVariant(std::move(text));
    } else {
        QByteArray bytes;
        if (!readBytes(&bytes))
            return false;
        *value = QVariant(std::move(bytes));
    }
    return true;
}

bool CborReader::readList(QVariant *value)
{
    Head head;
    if (!parseHead(&head) || !(head.isIndefinite || fitsRest(head, 1)) || !enter())
        return false;
    QVariantList list;
    if (!charge(heap(qint64(head.isIndefinite ? 0 : head.argument) * ItemCost)))
        return false;
    if (!head.isIndefinite)
        list.reserve(qsizetype(head.argument));
    m_at = head.after;
    for (quint64 i = 0; head.isIndefinite ? !atBreak() : i < head.argument; ++i) {
        if (head.isIndefinite && !charge(heap(GrowingItemCost)))
            return false;
        if (!readVariant(&list.emplaceBack()))
            return false;
    }
    leave();
    *value = QVariant(std::move(list));
    return !m_broken;
}

bool CborReader::readMapping(QVariant *value)
{
    Head head;
    if (!parseHead(&head) || !(head.isIndefinite || fitsRest(head, 2)) || !enter() || !charge(heap(64)))
        return false;
    QVariantMap map;
    m_at = head.after;
    for (quint64 i = 0; head.isIndefinite ? !atBreak() : i < head.argument; ++i) {
        if (peek() != Text)
            return peek() == End ? truncated() : fail(QStringLiteral("a map key that is no text"));
        QVariant key;
        if (!charge(EntryCost) || !readStringItem(Text, &key))
            return false;
        const qsizetype before = map.size();
        const QString &name = *static_cast<const QString *>(key.constData());
        const auto entry = map.insert(map.cend(), name, QVariant()); // peers that sort their keys are served faster
        if (map.size() == before)
            return fail(QStringLiteral("the map key '%1' occurs twice").arg(name));
        if (!readVariant(&entry.value()))
            return false;
    }
    leave();
    *value = QVariant(std::move(map));
    return !m_broken;
}

bool CborReader::readTagged(QVariant *value)
{
    quint64 tag = 0;
    do {
        if (!readTag(&tag))
            return false;
        switch (tag) {
        case 0:
            return readDateTime(value);
        case 1:
            return readEpoch(value);
        case 27:
            return readRegistered(value);
        case 32:
            return readUrl(value);
        case 37:
            return readUuid(value);
        default:
            break;
        }
    } while (peek() == Tag);
    return readVariant(value);
}

bool CborReader::readDateTime(QVariant *value)
{
    QVariant text;
    if (peek() != Text)
        return fail(QStringLiteral("a date and time (tag 0) that is no text"));
    if (!charge(heap(256)) || !readStringItem(Text, &text))
        return false;
    const QDateTime time = QDateTime::fromString(text.toString(), Qt::ISODateWithMs);
    if (!time.isValid() || time.timeSpec() == Qt::LocalTime)
        return fail(QStringLiteral("a date and time (tag 0) that is not like 2024-02-29T12:00:00Z"));
    *value = QVariant(time);
    return true;
}

bool CborReader::readEpoch(QVariant *value)
{
    constexpr double MaxSeconds = 9e15; // in milliseconds they fit 64 bits
    double seconds = 0;
    qint64 integer = 0;
    const bool isInteger = readSigned(&integer);
    if (!charge(heap(256)) || (!isInteger && !readDouble(&seconds)) || !(std::abs(isInteger ? double(integer) : seconds) < MaxSeconds))
        return fail(QStringLiteral("a date and time (tag 1) that is no number of seconds"));
    const qint64 milliseconds = isInteger ? integer * 1000 : qint64(std::round(seconds * 1000));
    *value = QVariant(QDateTime::fromMSecsSinceEpoch(milliseconds, Wire::Utc));
    return true;
}

bool CborReader::readUrl(QVariant *value)
{
    QVariant text;
    if (peek() != Text)
        return fail(QStringLiteral("a URL (tag 32) that is no text"));
    if (!readStringItem(Text, &text))
        return false;
    const QString address = text.toString();
    if (!charge(heap(1024) + 8 * address.size()))
        return false;
    const QUrl url(address);
    if (!url.isValid() && !address.isEmpty())
        return fail(QStringLiteral("a URL (tag 32) that is none"));
    *value = QVariant(url);
    return true;
}

bool CborReader::readUuid(QVariant *value)
{
    QByteArray bytes;
    Head head;
    if (!parseHead(&head) || head.major != 2 || head.argument != 16 || !readBytes(&bytes))
        return fail(QStringLiteral("a UUID (tag 37) that is not 16 bytes"));
    *value = QVariant(QUuid::fromRfc4122(bytes));
    return true;
}

bool CborReader::readRegistered(QVariant *value)
{
    quint64 count = 0;
    QByteArrayView name;
    if (!enter()) // as skip() and the writer count it
        return false;
    if (!readArray(&count) || count != 3 || !readUtf8(&name))
        return fail(QStringLiteral("an object (tag 27) that is not a name, bytes and a version"));
    const QMetaType type = m_types ? m_types->typeOf(name) : QMetaType();
    if (!type.isValid())
        return fail(QStringLiteral("type '%1' is not registered here").arg(QString::fromUtf8(name)));
    Head head;
    quint64 version = 0;
    if (!parseHead(&head) || head.major != 2 || head.isIndefinite || !fitsRest(head, 1))
        return fail(QStringLiteral("an object (tag 27) without its bytes"));
    const QByteArray bytes = QByteArray::fromRawData(reinterpret_cast<const char *>(head.after), qsizetype(head.argument));
    m_at = head.after + head.argument;
    if (!readUnsigned(&version) || version < QDataStream::Qt_1_0 || version > QDataStream::Qt_DefaultCompiledVersion)
        return fail(QStringLiteral("an object (tag 27) in a version unknown here"));
    if (!charge(heap(type.sizeOf()) + MemoryRatio * bytes.size()))
        return false;
    QVariant object(type);
    QDataStream stream(bytes);
    stream.setVersion(int(version));
    if (!type.load(stream, object.data()) || stream.status() != QDataStream::Ok || !stream.atEnd())
        return fail(QStringLiteral("bytes that are no '%1'").arg(QString::fromUtf8(name)));
    leave();
    *value = std::move(object);
    return true;
}

}
