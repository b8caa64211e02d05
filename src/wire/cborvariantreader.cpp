// SPDX-License-Identifier: MIT
#include "wire/coretypes_p.h"
#include "wire/oneline_p.h"
#include "wire/timetags_p.h"
#include "wire/utc_p.h"

#include <QtPrefork/detail/cborreader.h>
#include <QtPrefork/detail/typeregistry.h>

#include <QtCore/QDataStream>
#include <QtCore/QDateTime>
#include <QtCore/QUrl>
#include <QtCore/QUuid>
#include <QtCore/QVariant>

#include <algorithm>
#include <cmath>
#include <utility>

namespace Prefork::detail {

namespace {

constexpr qint64 ItemCost = qint64(sizeof(QVariant));
// A list of unknown length doubles its capacity as it grows.
constexpr qint64 GrowingItemCost = 2 * ItemCost;
constexpr qint64 EntryCost = mapCost<QVariantMap>(2) - mapCost<QVariantMap>(1);

}

bool CborReader::chargeMore()
{
    if (!std::exchange(m_hasBudget, true)) {
        m_memoryLeft += decodedBound(m_end - m_begin, m_maxDecodedSize);
        if (m_memoryLeft >= 0)
            return true;
    }
    return refuse(decodedSizeError(m_end - m_begin, m_maxDecodedSize));
}

bool CborReader::failForLackOf(QByteArrayView typeName)
{
    const QByteArrayView name = typeName.first(std::min<qsizetype>(typeName.size(), 100));
    return deny(Denial::Type,
                QStringLiteral("a value whose type '%1' %2")
                    .arg(Wire::onOneLine(QString::fromUtf8(name)), TypeRegistry::missing(m_types, name)));
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
            return refuse(QStringLiteral("an integer below -2^63"));
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
    return skip(); // skip() finds out what is wrong
}

bool CborReader::readStringItem(Kind kind, QVariant *value)
{
    Head head;
    qsizetype length = 0;
    if (!parseHead(&head) || !measureString(head, &length))
        return false;
    if (length < LongString && !charge(kind == Text ? textCost(length) : bytesCost(length)))
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

// Reads the head of a list or map, and charges the memory of its items.
bool CborReader::beginContainer(Head *head)
{
    const bool isMap = peek() == Map;
    if (!parseHead(head) || !(head->isIndefinite || fitsRest(*head, isMap ? 2 : 1)) || !enter())
        return false;
    const qint64 count = head->isIndefinite ? 1 : qint64(head->argument); // without a length: for the first item
    if (!charge(isMap ? mapCost<QVariantMap>(count) : sequenceCost<QVariantList>(count)))
        return false;
    m_at = head->after;
    return true;
}

// Reads what comes before the value of an item: a map's key. In a container without a length it charges the item's
// memory.
bool CborReader::beginItem(bool isMap, bool isIndefinite, QString *key)
{
    if (isIndefinite && !charge(isMap ? EntryCost : GrowingItemCost))
        return false;
    if (!isMap)
        return true;
    if (peek() != Text)
        return peek() == End ? truncated() : fail(QStringLiteral("a map key that is no text"));
    QVariant text;
    if (!readStringItem(Text, &text))
        return false;
    *key = text.toString();
    return true;
}

QList<QVariant> CborReader::readVariants(quint64 count)
{
    // The count is the peer's: there may be as many values as the message has bytes.
    if (!charge(sequenceCost<QVariantList>(qint64(count))))
        return {};
    QVariantList list;
    list.reserve(qsizetype(count));
    for (quint64 i = 0; i < count && readVariant(&list.emplaceBack()); ++i) { }
    return list;
}

bool CborReader::readList(QVariant *value)
{
    Head head;
    QVariantList list;
    if (!beginContainer(&head))
        return false;
    if (!head.isIndefinite)
        list.reserve(qsizetype(head.argument));
    for (quint64 i = 0; head.isIndefinite ? !atBreak() : i < head.argument; ++i) {
        if ((head.isIndefinite && !beginItem(false, true, nullptr)) || !readVariant(&list.emplaceBack()))
            return false;
    }
    leave();
    *value = QVariant(std::move(list));
    return !m_broken;
}

bool CborReader::readMapping(QVariant *value)
{
    Head head;
    QVariantMap map;
    QString key;
    if (!beginContainer(&head))
        return false;
    for (quint64 i = 0; head.isIndefinite ? !atBreak() : i < head.argument; ++i) {
        if (!beginItem(true, head.isIndefinite, &key))
            return false;
        const qsizetype before = map.size();
        const auto entry = map.insert(map.cend(), key, QVariant()); // fast if the peer has sorted its keys
        if (map.size() == before)
            return fail(QStringLiteral("the map key '%1' occurs twice").arg(key));
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
            if (Wire::isTimed(tag))
                return Wire::readTimed(*this, tag, value);
            if (const QMetaType type = Wire::typeOfCoreTag(tag); type.isValid())
                return Wire::readCore(*this, type, value);
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
    const qint64 left = memoryLeft();
    if (!readStringItem(Text, &text))
        return false;
    setMemoryLeft(left); // the text is destroyed soon
    if (!charge(DateTimeCost))
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
    if (!charge(DateTimeCost))
        return false;
    if ((!isInteger && !readDouble(&seconds)) || !(std::abs(isInteger ? double(integer) : seconds) < MaxSeconds))
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
    const qint64 left = memoryLeft();
    if (!readStringItem(Text, &text))
        return false;
    setMemoryLeft(left); // the text is destroyed soon
    const QString address = text.toString();
    if (!charge(urlCost(address.size())))
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
    if (!enter()) // skip() and the writer count this level too
        return false;
    if (!readArray(&count) || count != 3 || !readUtf8(&name))
        return fail(QStringLiteral("an object (tag 27) that is not a name, bytes and a version"));
    const QMetaType type = m_types ? m_types->typeOf(name) : QMetaType();
    if (!type.isValid())
        return failForLackOf(name);
    Head head;
    quint64 version = 0;
    if (!parseHead(&head) || head.major != 2 || head.isIndefinite || !fitsRest(head, 1))
        return fail(QStringLiteral("an object (tag 27) without its bytes"));
    const QByteArray bytes
        = QByteArray::fromRawData(reinterpret_cast<const char *>(head.after), qsizetype(head.argument));
    m_at = head.after + head.argument;
    if (!readUnsigned(&version) || version < QDataStream::Qt_1_0 || version > QDataStream::Qt_DefaultCompiledVersion)
        return fail(QStringLiteral("an object (tag 27) in a version unknown here"));
    if (!charge(blockCost(type.sizeOf()) + RegisteredRatio * bytes.size()))
        return false;
    QVariant object(type);
    QDataStream stream(bytes);
    stream.setVersion(int(version));
    if (!TypeRegistry::load(name.toByteArray(), type, stream, object.data()) || stream.status() != QDataStream::Ok
        || !stream.atEnd())
        return fail(QStringLiteral("bytes that are no '%1'").arg(QString::fromUtf8(name)));
    leave();
    *value = std::move(object);
    return true;
}

}
