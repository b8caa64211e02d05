// SPDX-License-Identifier: MIT
#include "wire/coretypes_p.h"

#include "wire/iterables_p.h"

#include <QtPrefork/detail/cborreader.h>
#include <QtPrefork/detail/cborwriter.h>
#include <QtPrefork/detail/convert.h>
#include <QtPrefork/detail/typeregistry.h>

#include <QtCore/QBitArray>
#include <QtCore/QCborArray>
#include <QtCore/QCborMap>
#include <QtCore/QCborStreamReader>
#include <QtCore/QCborValue>
#include <QtCore/QDataStream>
#include <QtCore/QIODevice>
#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>
#include <QtCore/QLocale>
#include <QtCore/QRegularExpression>
#include <QtCore/QVersionNumber>

#include <algorithm>
#include <cmath>

namespace Prefork::Wire {

namespace {

/// A tag consists of the letters QPF and one byte: Qt's number for the type, which is the same in all versions of Qt,
/// or a number of ours.
constexpr quint64 FirstTag = 0x51504600;
constexpr quint64 VersionNumberTag = FirstTag + 0xf0;
/// Qt needs so much memory at most for a byte of CBOR.
constexpr qint64 CborRatio = 96;

template <class T>
const T &as(const QVariant &value)
{
    return *static_cast<const T *>(value.constData());
}

template <class T>
bool assign(void *out, T &&value)
{
    *static_cast<std::remove_cvref_t<T> *>(out) = std::forward<T>(value);
    return true;
}

/// Over JSON a value of a built-in type (typeregistry.h) is a text: this beginning, and the bytes of its operator<< in
/// base64.
const QLatin1StringView TextBegin("data:application/x-qt-value;base64,");

std::optional<QVariant> builtInText(const QVariant &value)
{
    const QByteArray *const name = detail::TypeRegistry::builtInNameOf(value.metaType());
    if (!name)
        return {};
    QByteArray bytes;
    QDataStream stream(&bytes, QIODevice::WriteOnly);
    stream.setVersion(QDataStream::Qt_6_4);
    if (!detail::TypeRegistry::save(*name, value.metaType(), stream, value.constData()))
        return {};
    return TextBegin + QString::fromLatin1(bytes.toBase64());
}

std::optional<bool> fromBuiltInText(const QVariant &value, QMetaType type, void *out)
{
    const QByteArray *const name = detail::TypeRegistry::builtInNameOf(type);
    if (!name || value.typeId() != QMetaType::QString || !value.toString().startsWith(TextBegin))
        return {};
    const auto bytes = QByteArray::fromBase64Encoding(value.toString().mid(TextBegin.size()).toLatin1(),
                                                      QByteArray::AbortOnBase64DecodingErrors);
    if (!bytes)
        return false;
    QDataStream stream(*bytes);
    stream.setVersion(QDataStream::Qt_6_4);
    return detail::TypeRegistry::load(*name, type, stream, out) && stream.status() == QDataStream::Ok && stream.atEnd();
}

bool isVersionNumber(QMetaType type)
{
    return type == QMetaType::fromType<QVersionNumber>();
}

QVariant bitsShape(const QBitArray &bits, Form form)
{
    if (form == Form::Cbor)
        return QVariantList{bits.size(), QByteArray(bits.bits(), (bits.size() + 7) / 8)};
    QString text(bits.size(), u'0');
    for (qsizetype i = 0; i < bits.size(); ++i) {
        if (bits.testBit(i))
            text[i] = u'1';
    }
    return text;
}

bool setBits(const QVariant &shape, QBitArray *bits)
{
    if (shape.typeId() == QMetaType::QString) {
        const QString text = shape.toString();
        *bits = QBitArray(text.size());
        for (qsizetype i = 0; i < text.size(); ++i) {
            if (text[i] != u'0' && text[i] != u'1')
                return false;
            bits->setBit(i, text[i] == u'1');
        }
        return true;
    }
    const QVariantList list = shape.toList();
    qint64 size = 0;
    if (list.size() != 2 || !detail::toSigned(list[0], &size) || list[1].typeId() != QMetaType::QByteArray)
        return false;
    const QByteArray bytes = list[1].toByteArray();
    if (size < 0 || size > 8 * qint64(bytes.size()) || bytes.size() != (size + 7) / 8)
        return false;
    *bits = QBitArray::fromBits(bytes.constData(), size);
    return true;
}

QVariant localeShape(const QLocale &locale)
{
    QString name = QStringLiteral("C");
    if (locale.language() != QLocale::C)
        name = QLocale::languageToCode(locale.language()) + u'_' + QLocale::scriptToCode(locale.script()) + u'_'
            + QLocale::territoryToCode(locale.territory());
    return QVariantList{name, locale.numberOptions().toInt()};
}

bool setLocale(const QVariant &shape, QLocale *locale)
{
    constexpr qint64 Options = 0x3f;
    const QVariantList list = shape.toList();
    qint64 options = 0;
    if (list.size() != 2 || list[0].typeId() != QMetaType::QString || !detail::toSigned(list[1], &options)
        || (options & ~Options))
        return false;
    const QStringList names = list[0].toString().split(u'_');
    if (names == QStringList{QStringLiteral("C")}) {
        *locale = QLocale::c();
    } else {
        const QLocale::Language language = QLocale::codeToLanguage(names.first());
        if (names.size() != 3 || language == QLocale::AnyLanguage)
            return false;
        const QLocale::Script script = QLocale::codeToScript(names[1]);
        const QLocale::Territory territory = QLocale::codeToTerritory(names[2]);
        *locale = QLocale(language, script, territory); // or another that Qt has instead
        if (locale->language() != language || locale->script() != script || locale->territory() != territory)
            return false;
    }
    locale->setNumberOptions(QLocale::NumberOptions(int(options)));
    return true;
}

bool setExpression(const QVariant &shape, QRegularExpression *expression)
{
    constexpr qint64 Options = 0x7f;
    const QVariantList list = shape.toList();
    qint64 options = 0;
    if (list.size() != 2 || list[0].typeId() != QMetaType::QString || !detail::toSigned(list[1], &options)
        || (options & ~Options))
        return false;
    *expression = QRegularExpression(list[0].toString(), QRegularExpression::PatternOptions(int(options)));
    return true;
}

bool setCbor(const QVariant &shape, QMetaType type, void *out, detail::MemoryMeter *memory)
{
    QByteArray bytes;
    if (shape.typeId() == QMetaType::QString) {
        const auto decoded
            = QByteArray::fromBase64Encoding(shape.toString().toLatin1(), QByteArray::AbortOnBase64DecodingErrors);
        if (!decoded)
            return false;
        bytes = *decoded;
    } else if (shape.typeId() == QMetaType::QByteArray) {
        bytes = shape.toByteArray();
    } else {
        return false;
    }
    if (memory && !memory->charge(CborRatio * bytes.size()))
        return false;
    QCborStreamReader reader(bytes);
    const QCborValue value = QCborValue::fromCbor(reader);
    if (reader.lastError() != QCborError::NoError || reader.currentOffset() != bytes.size())
        return false;
    switch (type.id()) {
    case QMetaType::QCborArray:
        return value.isArray() && assign(out, value.toArray());
    case QMetaType::QCborMap:
        return value.isMap() && assign(out, value.toMap());
    default:
        return assign(out, value);
    }
}

// Returns whether Qt makes the same value of it in JSON, at any depth. Otherwise Qt would turn large integers into
// doubles, and make null of what JSON does not have.
bool isJson(const QVariant &value)
{
    switch (value.typeId()) {
    case QMetaType::ULong:
    case QMetaType::ULongLong:
        return value.toULongLong() >> 63 == 0;
    case QMetaType::Float:
    case QMetaType::Double:
        return std::isfinite(value.toDouble());
    case QMetaType::QByteArray:
        return QUtf8StringView(as<QByteArray>(value)).isValidUtf8();
    case QMetaType::QDateTime:
        return value.toDateTime().timeSpec() == Qt::UTC || value.toDateTime().timeSpec() == Qt::OffsetFromUTC;
    case QMetaType::QVariantList:
        return std::all_of(as<QVariantList>(value).begin(), as<QVariantList>(value).end(), isJson);
    case QMetaType::QVariantMap:
        return std::all_of(as<QVariantMap>(value).begin(), as<QVariantMap>(value).end(), isJson);
    case QMetaType::QVariantHash:
        return std::all_of(as<QVariantHash>(value).begin(), as<QVariantHash>(value).end(), isJson);
    case QMetaType::UnknownType:
    case QMetaType::Nullptr:
    case QMetaType::Bool:
    case QMetaType::QString:
    case QMetaType::QStringList:
    case QMetaType::QDate:
    case QMetaType::QTime:
    case QMetaType::QUrl:
    case QMetaType::QUuid:
    case QMetaType::QJsonValue:
    case QMetaType::QJsonObject:
    case QMetaType::QJsonArray:
    case QMetaType::QJsonDocument:
        return true;
    default:
        return isIntegerType(value.metaType());
    }
}

bool setJson(const QVariant &shape, QMetaType type, void *out)
{
    if (!isJson(shape))
        return false;
    const QJsonValue value = shape.isValid() ? QJsonValue::fromVariant(shape) : QJsonValue(QJsonValue::Undefined);
    switch (type.id()) {
    case QMetaType::QJsonValue:
        return assign(out, value);
    case QMetaType::QJsonObject:
        return value.isObject() && assign(out, value.toObject());
    case QMetaType::QJsonArray:
        return value.isArray() && assign(out, value.toArray());
    default:
        if (value.isObject())
            return assign(out, QJsonDocument(value.toObject()));
        if (value.isArray())
            return assign(out, QJsonDocument(value.toArray()));
        return (value.isNull() || value.isUndefined()) && assign(out, QJsonDocument());
    }
}

bool setVersion(const QVariant &shape, QVersionNumber *version)
{
    QVariantList list;
    QList<int> segments;
    if (!detail::toItems(shape, &list) || !detail::fromVariant(QVariant(list), &segments))
        return false;
    *version = QVersionNumber(std::move(segments));
    return true;
}

bool setNumbers(const QVariant &shape, QMetaType type, void *out)
{
    // A value with integers, such as a QPoint, is accepted for the type with floating-point numbers, but not the
    // reverse.
    Geometry numbers = geometryOf(type);
    QVariantList list;
    const Geometry given = geometryOf(shape.metaType(), shape.constData());
    if (given.count)
        list = shape.typeName() + QByteArray("F") == type.name() ? given.toList() : QVariantList();
    else if (!detail::toItems(shape, &list))
        return false;
    if (list.size() != numbers.count)
        return false;
    for (std::size_t i = 0; i < std::size_t(numbers.count); ++i) {
        const QVariant &number = list[qsizetype(i)];
        if (!(numbers.isFloating ? detail::toFloating(number, &numbers.doubles[i])
                                 : detail::toSigned(number, &numbers.integers[i])))
            return false;
    }
    return setGeometry(numbers, type, out);
}

}

std::optional<QVariant> coreShape(const QVariant &value, Form form)
{
    switch (value.typeId()) {
    case QMetaType::QBitArray:
        return bitsShape(as<QBitArray>(value), form);
    case QMetaType::QLocale:
        return localeShape(as<QLocale>(value));
    case QMetaType::QRegularExpression: {
        const auto &expression = as<QRegularExpression>(value);
        return QVariantList{expression.pattern(), expression.patternOptions().toInt()};
    }
    case QMetaType::QCborValue:
    case QMetaType::QCborArray:
    case QMetaType::QCborMap: {
        const QByteArray bytes = value.value<QCborValue>().toCbor();
        return form == Form::Cbor ? QVariant(bytes) : QVariant(QString::fromLatin1(bytes.toBase64()));
    }
    case QMetaType::QJsonDocument:
        return as<QJsonDocument>(value).toVariant();
    default:
        break;
    }
    if (const Geometry geometry = geometryOf(value.metaType(), value.constData()); geometry.count)
        return geometry.toList();
    if (isVersionNumber(value.metaType()))
        return detail::toVariant(as<QVersionNumber>(value).segments());
    return form == Form::Json ? builtInText(value) : std::nullopt;
}

std::optional<bool> fromCoreShape(const QVariant &value, QMetaType type, void *out, detail::MemoryMeter *memory)
{
    const bool isJson = type.id() >= QMetaType::QJsonValue && type.id() <= QMetaType::QJsonDocument;
    if (type.id() != QMetaType::QChar && !isJson && !coreTag(type))
        return fromBuiltInText(value, type, out);
    const bool isCbor = type.id() >= QMetaType::QCborValue && type.id() <= QMetaType::QCborMap;
    if (value.metaType() == type) {
        if (isCbor && memory && !memory->charge(CborRatio * value.value<QCborValue>().toCbor().size()))
            return false;
        type.destruct(out);
        type.construct(out, value.constData());
        return true;
    }
    switch (type.id()) {
    case QMetaType::QChar:
        return value.typeId() == QMetaType::QString && value.toString().size() == 1
            && assign(out, value.toString().front());
    case QMetaType::QBitArray:
        return setBits(value, static_cast<QBitArray *>(out));
    case QMetaType::QLocale:
        return setLocale(value, static_cast<QLocale *>(out));
    case QMetaType::QRegularExpression:
        return setExpression(value, static_cast<QRegularExpression *>(out));
    case QMetaType::QCborValue:
    case QMetaType::QCborArray:
    case QMetaType::QCborMap:
        return setCbor(value, type, out, memory);
    default:
        break;
    }
    if (isJson)
        return setJson(value, type, out);
    return isVersionNumber(type) ? setVersion(value, static_cast<QVersionNumber *>(out)) : setNumbers(value, type, out);
}

quint64 coreTag(QMetaType type)
{
    switch (type.id()) {
    case QMetaType::QBitArray:
    case QMetaType::QLocale:
    case QMetaType::QRect:
    case QMetaType::QRectF:
    case QMetaType::QSize:
    case QMetaType::QSizeF:
    case QMetaType::QLine:
    case QMetaType::QLineF:
    case QMetaType::QPoint:
    case QMetaType::QPointF:
    case QMetaType::QRegularExpression:
    case QMetaType::QCborValue:
    case QMetaType::QCborArray:
    case QMetaType::QCborMap:
        return FirstTag + quint64(type.id());
    default:
        return type.id() > QMetaType::User && isVersionNumber(type) ? VersionNumberTag : 0;
    }
}

QMetaType typeOfCoreTag(quint64 tag)
{
    if (tag == VersionNumberTag)
        return QMetaType::fromType<QVersionNumber>();
    if (tag <= FirstTag || tag >= VersionNumberTag)
        return {};
    const QMetaType type(int(tag - FirstTag));
    return coreTag(type) == tag ? type : QMetaType();
}

void writeCore(detail::CborWriter &writer, const QVariant &value)
{
    writer.writeTag(coreTag(value.metaType()));
    const Geometry geometry = geometryOf(value.metaType(), value.constData());
    if (!geometry.count) {
        const QVariant shape = *coreShape(value, Form::Cbor);
        if (shape.typeId() == QMetaType::QByteArray)
            writer.count(CborRatio * shape.toByteArray().size());
        return writer.writeVariant(shape);
    }
    if (!writer.enter()) // the reader counts this level too
        return;
    writer.beginArray(quint64(geometry.count));
    writer.count(detail::blockCost(value.metaType().sizeOf()));
    for (std::size_t i = 0; i < std::size_t(geometry.count); ++i) {
        if (geometry.isFloating)
            writer.writeDouble(geometry.doubles[i]);
        else
            writer.writeSigned(geometry.integers[i]);
    }
    writer.leave();
}

bool readCore(detail::CborReader &reader, QMetaType type, QVariant *value)
{
    const auto kind = reader.peek();
    const qint64 left = reader.memoryLeft();
    QVariant shape;
    QVariant made(type);
    if (kind == detail::CborReader::Tag) // the tags behind it might be nested without end
        return reader.fail(QStringLiteral("a tag for %1 before what is none").arg(QLatin1StringView(type.name())));
    if (!reader.readVariant(&shape))
        return false;
    detail::MemoryMeter memory = reader.meter();
    const bool isMade = fromCoreShape(shape, type, made.data(), &memory).value_or(false);
    if (!reader.charge(reader.memoryLeft() - memory.left()))
        return false;
    if (!isMade)
        return reader.fail(QStringLiteral("a tag for %1 before what is none").arg(QLatin1StringView(type.name())));
    if (geometryOf(type).count)
        reader.setMemoryLeft(left); // the list of numbers is destroyed soon
    *value = std::move(made);
    return !geometryOf(type).count || reader.charge(detail::blockCost(type.sizeOf()));
}

}
