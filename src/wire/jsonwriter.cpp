// SPDX-License-Identifier: MIT
#include "wire/jsonwriter_p.h"

#include "wire/coretypes_p.h"
#include "wire/iterables_p.h"
#include "wire/jsonparser_p.h"
#include "wire/jsonscanner_p.h"
#include "wire/utf8_p.h"

#include <QtPrefork/detail/gadget.h>
#include <QtPrefork/detail/typeregistry.h>
#include <QtPrefork/detail/valuetypes.h>

#include <QtCore/QDateTime>
#include <QtCore/QJsonArray>
#include <QtCore/QJsonObject>
#include <QtCore/QJsonValue>
#include <QtCore/QLocale>
#include <QtCore/QMap>
#include <QtCore/QUrl>
#include <QtCore/QUuid>

#include <algorithm>
#include <cmath>

namespace Prefork::Wire {

namespace {

template <class T>
const T &contents(const QVariant &value)
{
    return *static_cast<const T *>(value.constData());
}

bool isPlain(char16_t unit)
{
    return unit >= 0x20 && unit != u'"' && unit != u'\\';
}

}

JsonWriter::Failure JsonWriter::checkLimit() const
{
    if (!isFull())
        return {};
    return QStringLiteral("a message of more than %1 bytes, where %1 are allowed (maxMessageSize of client and zygote)")
        .arg(m_limit);
}

void JsonWriter::countMessage(qsizetype items)
{
    m_decodedSize += JsonParser::FirstItemCost + (items + 1) * JsonParser::ItemCost + detail::textCost(2);
}

JsonWriter::Failure JsonWriter::finish(qint64 maxDecodedSize) const
{
    const qsizetype size = m_out->size() - m_start;
    if (size > m_limit)
        return detail::messageSizeError(size, m_limit);
    if (m_decodedSize > detail::decodedBound(size, maxDecodedSize))
        return detail::decodedSizeError(size, maxDecodedSize);
    return {};
}

JsonWriter::Failure JsonWriter::floating(double number)
{
    if (!std::isfinite(number))
        return QStringLiteral("%1, which JSON does not have (Protocol::Native has)")
            .arg(std::isnan(number) ? QStringLiteral("NaN") : QStringLiteral("infinity"));
    const bool isInteger = std::trunc(number) == number;
    if (number == 0 && std::signbit(number))
        m_out->append("-0.0"); // some parsers read -0 as an integer, which has no sign
    else if (isInteger && std::abs(number) <= 0x1p53)
        m_out->append(QByteArray::number(qint64(number)));
    else // a whole number gets an exponent: without it, other parsers would read an integer
        m_out->append(QByteArray::number(number, isInteger ? 'e' : 'g', QLocale::FloatingPointShortest));
    return {};
}

JsonWriter::Failure JsonWriter::bytes(const QByteArray &data)
{
    QString string;
    if (!appendUtf8(data, &string))
        return QStringLiteral("a QByteArray that is not UTF-8 text (send it as base64)");
    return text(string);
}

JsonWriter::Failure JsonWriter::url(const QUrl &address)
{
    if (!address.isValid() && !address.errorString().isEmpty())
        return QStringLiteral("a QUrl that is not valid");
    return text(address.toString());
}

// Writes null for an invalid time. Fails for a year that has no text in ISO 8601 as Qt writes it.
template <class Time>
JsonWriter::Failure JsonWriter::time(const Time &value, const char *type)
{
    if (!value.isValid()) {
        m_out->append("null");
        return {};
    }
    const QString string = value.toString(Qt::ISODateWithMs);
    if (string.isEmpty())
        return QStringLiteral("a %1 outside the years 0 to 9999").arg(QLatin1StringView(type));
    return text(string);
}

// The time is written with its offset from UTC, because the reader's local time may be another one.
JsonWriter::Failure JsonWriter::dateTime(const QDateTime &value)
{
    const int offset = value.isValid() ? value.offsetFromUtc() : 0;
    if (offset % 60 != 0)
        return QStringLiteral("a QDateTime whose offset from UTC has seconds (send it as UTC)");
    return time(value.isValid() ? value.toOffsetFromUtc(offset) : value, "QDateTime");
}

JsonWriter::Failure JsonWriter::text(QStringView string)
{
    if (!string.isValidUtf16())
        return QStringLiteral("a QString that is not Unicode text: half of a surrogate pair");
    const qsizetype before = m_out->size();
    m_out->append('"');
    while (!string.isEmpty()) {
        const auto end = std::find_if_not(string.utf16(), string.utf16() + string.size(), isPlain);
        plainText(string.first(end - string.utf16()));
        string = string.sliced(end - string.utf16());
        if (string.isEmpty())
            break;
        escape(string.front().unicode());
        string = string.sliced(1);
    }
    m_out->append('"');
    m_decodedSize += detail::textCost(m_out->size() - before - 2);
    return checkLimit();
}

// The text is converted in slices, so that a long text is not held in memory twice.
void JsonWriter::plainText(QStringView text)
{
    constexpr qsizetype Slice = 16 * 1024;
    while (!text.isEmpty()) {
        QStringView slice = text.first(std::min(Slice, text.size()));
        if (slice.size() < text.size() && slice.back().isHighSurrogate())
            slice.chop(1); // a surrogate pair stays together
        m_out->append(slice.toUtf8());
        text = text.sliced(slice.size());
    }
}

void JsonWriter::escape(char16_t unit)
{
    static constexpr QByteArrayView Meanings = "\"\\\b\f\n\r\t";
    static constexpr QByteArrayView Names = "\"\\bfnrt";
    const qsizetype index = Meanings.indexOf(char(unit));
    m_out->append('\\');
    if (index >= 0)
        m_out->append(Names[index]);
    else
        m_out->append("u00").append(char('0' + unit / 16)).append("0123456789abcdef"[unit % 16]);
}

template <class List>
JsonWriter::Failure JsonWriter::list(const List &items, int depth)
{
    bool isFirst = true;
    m_out->append('[');
    for (const auto &item : items) {
        if (!isFirst)
            m_out->append(',');
        m_decodedSize += isFirst ? JsonParser::FirstItemCost : JsonParser::ItemCost;
        isFirst = false;
        Failure failure;
        if constexpr (std::is_same_v<std::remove_cvref_t<decltype(item)>, QString>)
            failure = text(item);
        else
            failure = write(item, depth);
        if (failure)
            return failure;
    }
    m_out->append(']');
    return checkLimit();
}

template <class Entry>
JsonWriter::Failure JsonWriter::entries(Entry begin, Entry end, int depth)
{
    m_out->append('{');
    for (Entry entry = begin; entry != end; ++entry) {
        if (entry != begin)
            m_out->append(',');
        m_decodedSize += entry == begin ? JsonParser::FirstEntryCost : JsonParser::EntryCost;
        if (Failure failure = text(entry.key()))
            return failure;
        m_out->append(':');
        if (Failure failure = write(entry.value(), depth))
            return failure;
    }
    m_out->append('}');
    return checkLimit();
}

// Writes the entries in the order of their keys' texts, of which each may occur once.
JsonWriter::Failure JsonWriter::association(const QVariant &value, int depth)
{
    QVariantMap members;
    const auto entries = value.value<AssociativeView>();
    for (auto entry = entries.begin(); entry != entries.end(); ++entry) {
        const QVariant key = entry.key();
        const std::optional<QString> text = textOfKey(key);
        if (!text)
            return QStringLiteral("a map key of type %1").arg(QLatin1StringView(key.metaType().name()));
        if (members.contains(*text))
            return QStringLiteral("a map with the key '%1' several times").arg(*text);
        members.insert(*text, entry.value());
    }
    return this->entries(members.cbegin(), members.cend(), depth);
}

JsonWriter::Failure JsonWriter::other(const QVariant &value, int depth)
{
    const QMetaType type = value.metaType();
    if (const std::optional<QVariant> shape = coreShape(value, Form::Json))
        return write(*shape, depth);
    if (type.flags() & QMetaType::IsEnumeration)
        return write(type.flags() & QMetaType::IsUnsignedEnumeration ? QVariant(value.toULongLong())
                                                                     : QVariant(value.toLongLong()),
                     depth);
    if (value.canConvert<AssociativeView>())
        return association(value, depth);
    if (value.canConvert<SequentialView>())
        return list(value.value<SequentialView>(), depth);
    if (detail::isGadget(type))
        return write(detail::gadgetToMap(*type.metaObject(), value.constData()), depth);
    if (typesOfPair(type).first.isValid())
        return list(itemsOfPair(value), depth);
    if (const detail::ValueType *const known = detail::valueTypeOf(type))
        return write(known->toVariant(value.constData()), depth);
    const QLatin1StringView name(type.name());
    if (const QString problem = detail::TypeRegistry::neverSendable(type); !problem.isEmpty())
        return QStringLiteral("a value whose type %1 %2").arg(name, problem);
    return QStringLiteral("a value of type %1, for which JSON has no form (make it a Q_GADGET with properties, or use "
                          "Protocol::Native)")
        .arg(name);
}

JsonWriter::Failure JsonWriter::write(const QVariant &value, int depth)
{
    if (depth >= JsonScanner::MaxDepth)
        return QStringLiteral("a value nested deeper than %1 levels").arg(JsonScanner::MaxDepth);
    switch (value.typeId()) {
    case QMetaType::UnknownType:
    case QMetaType::Nullptr:
    case QMetaType::Void:
        m_out->append("null");
        return {};
    case QMetaType::Bool:
        m_out->append(value.toBool() ? "true" : "false");
        return {};
    case QMetaType::ULongLong:
    case QMetaType::ULong:
        m_out->append(QByteArray::number(value.toULongLong()));
        return {};
    case QMetaType::Char:
    case QMetaType::SChar:
    case QMetaType::UChar:
    case QMetaType::Short:
    case QMetaType::UShort:
    case QMetaType::Int:
    case QMetaType::UInt:
    case QMetaType::Long:
    case QMetaType::LongLong:
        m_out->append(QByteArray::number(value.toLongLong()));
        return {};
    case QMetaType::Float:
    case QMetaType::Double:
        return floating(value.toDouble());
    case QMetaType::QByteArray:
        return bytes(contents<QByteArray>(value));
    case QMetaType::QString:
        return text(contents<QString>(value));
    case QMetaType::Char16:
        m_out->append(QByteArray::number(uint(contents<char16_t>(value))));
        return {};
    case QMetaType::Char32:
        m_out->append(QByteArray::number(uint(contents<char32_t>(value))));
        return {};
    case QMetaType::QChar:
    case QMetaType::QUuid:
        return text(value.toString());
    case QMetaType::QUrl:
        return url(contents<QUrl>(value));
    case QMetaType::QDate:
        return time(contents<QDate>(value), "QDate");
    case QMetaType::QTime:
        return time(contents<QTime>(value), "QTime");
    case QMetaType::QDateTime:
        return dateTime(contents<QDateTime>(value));
    case QMetaType::QVariantList:
        return list(contents<QVariantList>(value), depth + 1);
    case QMetaType::QStringList:
        return list(contents<QStringList>(value), depth + 1);
    case QMetaType::QVariantMap:
        return entries(contents<QVariantMap>(value).cbegin(), contents<QVariantMap>(value).cend(), depth + 1);
    case QMetaType::QJsonValue:
        return write(value.toJsonValue().toVariant(), depth);
    case QMetaType::QJsonObject:
        return write(value.toJsonObject().toVariantMap(), depth);
    case QMetaType::QJsonArray:
        return write(value.toJsonArray().toVariantList(), depth);
    default:
        return other(value, depth + 1);
    }
}

}
