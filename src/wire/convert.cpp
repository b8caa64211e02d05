// SPDX-License-Identifier: MIT
#include <QtPrefork/detail/convert.h>

#include "wire/coretypes_p.h"
#include "wire/iterables_p.h"
#include "wire/utf8_p.h"

#include <QtCore/QDateTime>
#include <QtCore/QMetaEnum>
#include <QtCore/QUrl>
#include <QtCore/QUuid>

#include <cmath>
#include <cstring>

namespace Prefork::detail {

namespace {

bool isInteger(const QVariant &value)
{
    switch (value.typeId()) {
    case QMetaType::Char:
    case QMetaType::SChar:
    case QMetaType::UChar:
    case QMetaType::Short:
    case QMetaType::UShort:
    case QMetaType::Int:
    case QMetaType::UInt:
    case QMetaType::Long:
    case QMetaType::ULong:
    case QMetaType::LongLong:
    case QMetaType::ULongLong:
        return true;
    default:
        return bool(value.metaType().flags() & QMetaType::IsEnumeration);
    }
}

bool isFloating(const QVariant &value)
{
    return value.typeId() == QMetaType::Double || value.typeId() == QMetaType::Float;
}

bool isText(const QVariant &value)
{
    return value.typeId() == QMetaType::QString || value.typeId() == QMetaType::QByteArray;
}

bool isUnsigned64(const QVariant &value)
{
    return value.typeId() == QMetaType::ULongLong || value.typeId() == QMetaType::ULong;
}

bool isTime(QMetaType type)
{
    return type.id() == QMetaType::QDateTime || type.id() == QMetaType::QDate || type.id() == QMetaType::QTime;
}

bool isNothing(const QVariant &value)
{
    return !value.isValid() || value.typeId() == QMetaType::Nullptr;
}

// Returns what moc knows of an enumeration, or of a QFlags, whose name and whose enumeration's name it knows.
QMetaEnum metaEnumOf(QMetaType type)
{
    const QMetaObject *const meta = type.metaObject();
    QByteArrayView name = type.name();
    const bool isFlags = name.startsWith("QFlags<");
    if (isFlags)
        name = name.sliced(7).chopped(1);
    name = name.sliced(name.lastIndexOf(':') + 1);
    for (int i = 0; meta && i < meta->enumeratorCount(); ++i) {
        const QMetaEnum known = meta->enumerator(i);
        if (name == (isFlags ? known.enumName() : known.name()) && (known.isFlag() || !isFlags))
            return known;
    }
    return {};
}

// Returns whether Qt may convert a text to one of the types that it makes of texts. It would be content with the
// beginning of the text, invent a time of day, or make an empty value.
bool isTextOf(QMetaType type, const QString &text)
{
    constexpr qsizetype DateSize = 10;
    switch (type.id()) {
    case QMetaType::QUuid: {
        const bool isBraced = text.startsWith(u'{') && text.endsWith(u'}');
        const auto format = isBraced ? QUuid::WithBraces : QUuid::WithoutBraces;
        return text.compare(QUuid::fromString(text).toString(format), Qt::CaseInsensitive) == 0;
    }
    case QMetaType::QUrl:
        return text.isEmpty() || QUrl(text).isValid();
    case QMetaType::QDate:
        return text.size() == DateSize;
    case QMetaType::QDateTime:
        return text.size() > DateSize;
    default:
        return true;
    }
}

// T is an integer of the enumeration's size and sign, which are known only at run time.
template <class T>
bool toEnumOf(const QVariant &value, QMetaType type, void *out)
{
    T number{};
    if (!fromVariant(value, &number) || !isEnumValue(type, qint64(number)))
        return false;
    std::memcpy(out, &number, sizeof(T));
    return true;
}

bool toEnum(const QVariant &value, QMetaType type, void *out)
{
    const bool isUnsigned = type.flags() & QMetaType::IsUnsignedEnumeration;
    switch (type.sizeOf()) {
    case 1:
        return isUnsigned ? toEnumOf<quint8>(value, type, out) : toEnumOf<qint8>(value, type, out);
    case 2:
        return isUnsigned ? toEnumOf<quint16>(value, type, out) : toEnumOf<qint16>(value, type, out);
    case 4:
        return isUnsigned ? toEnumOf<quint32>(value, type, out) : toEnumOf<qint32>(value, type, out);
    case 8:
        return isUnsigned ? toEnumOf<quint64>(value, type, out) : toEnumOf<qint64>(value, type, out);
    default:
        return false;
    }
}

}

bool toSigned(const QVariant &value, qint64 *out)
{
    bool ok = false;
    if (isUnsigned64(value) || isInteger(value) || isText(value)) {
        *out = value.toLongLong(&ok);
        return ok && !(isUnsigned64(value) && *out < 0);
    }
    if (!isFloating(value))
        return false;
    const double number = value.toDouble();
    if (std::trunc(number) != number || number < -0x1p63 || number >= 0x1p63)
        return false;
    *out = qint64(number);
    return true;
}

bool toUnsigned(const QVariant &value, quint64 *out)
{
    bool ok = false;
    if (isUnsigned64(value) || value.typeId() == QMetaType::QString) {
        *out = value.toULongLong(&ok);
        return ok && !value.toString().startsWith(u'-');
    }
    if (const double number = isFloating(value) ? value.toDouble() : 0; number >= 0x1p63 && number < 0x1p64) {
        *out = quint64(number);
        return true;
    }
    qint64 number = 0;
    if (!toSigned(value, &number) || number < 0)
        return false;
    *out = quint64(number);
    return true;
}

bool toFloating(const QVariant &value, double *out)
{
    if (!isInteger(value) && !isFloating(value) && !isText(value))
        return false;
    bool ok = false;
    *out = value.toDouble(&ok);
    if (isUnsigned64(value))
        return *out < 0x1p64 && quint64(*out) == value.toULongLong();
    if (isInteger(value)) // it may have more digits than a double
        return *out < 0x1p63 && qint64(*out) == value.toLongLong();
    return ok;
}

bool toBoolean(const QVariant &value, bool *out)
{
    if (value.typeId() == QMetaType::Bool) {
        *out = value.toBool();
        return true;
    }
    if (isText(value)) { // Perl's false is the empty string
        const QString text = value.toString();
        *out = text == u"1" || text == u"true";
        return *out || text.isEmpty() || text == u"0" || text == u"false";
    }
    double number = 0;
    if (!toFloating(value, &number))
        return false;
    *out = number == 1;
    return *out || number == 0;
}

bool toText(const QVariant &value, QString *out)
{
    if (!value.isValid() || value.isNull()) {
        *out = QString();
        return true;
    }
    if (value.typeId() == QMetaType::QByteArray) {
        *out = QString();
        return Wire::appendUtf8(*static_cast<const QByteArray *>(value.constData()), out);
    }
    const int type = value.typeId();
    const bool isWritten = type == QMetaType::QDate || type == QMetaType::QTime || type == QMetaType::QChar;
    if (!isText(value) && !isInteger(value) && !isFloating(value) && type != QMetaType::Bool && !isWritten)
        return false;
    *out = value.toString();
    return true;
}

bool toBytes(const QVariant &value, QByteArray *out)
{
    if (value.typeId() == QMetaType::QByteArray) {
        *out = value.toByteArray();
        return true;
    }
    QString text;
    if (!toText(value, &text) || !text.isValidUtf16())
        return false;
    *out = text.toUtf8();
    return true;
}

QVariant fromUtf8(QByteArrayView text)
{
    QString string(QLatin1StringView(""));
    return Wire::appendUtf8(text, &string) ? QVariant(string) : QVariant(text.toByteArray());
}

bool isEnumValue(QMetaType type, qint64 number)
{
    const QMetaEnum meta = metaEnumOf(type);
    if (!meta.isValid())
        return true;
    uint known = 0;
    for (int i = 0; i < meta.keyCount(); ++i) {
        if (meta.value(i) == int(number))
            return true;
        known |= uint(meta.value(i));
    }
    return meta.isFlag() && (uint(number) & ~known) == 0;
}

bool toItems(const QVariant &value, QVariantList *out)
{
    if (value.typeId() == QMetaType::QVariantList) {
        *out = *static_cast<const QVariantList *>(value.constData());
        return true;
    }
    if (Wire::typesOfPair(value.metaType()).first.isValid()) {
        *out = Wire::itemsOfPair(value);
        return true;
    }
    if (!value.canConvert<QVariantList>() || isText(value))
        return false;
    *out = value.toList();
    return true;
}

bool signedKey(const QString &text, qint64 least, qint64 most, qint64 *key)
{
    bool ok = false;
    *key = text.toLongLong(&ok);
    return ok && *key >= least && *key <= most && text == QString::number(*key);
}

bool unsignedKey(const QString &text, quint64 most, quint64 *key)
{
    bool ok = false;
    *key = text.toULongLong(&ok);
    return ok && *key <= most && text == QString::number(*key);
}

// A QDate, QTime or QDateTime is never made of one of the others: something would be lost or invented.
bool toType(const QVariant &value, QMetaType type, void *out, MemoryMeter *memory)
{
    if (type.flags() & QMetaType::IsEnumeration)
        return toEnum(value, type, out);
    if (isTime(type) && isNothing(value)) {
        type.destruct(out);
        type.construct(out);
        return true;
    }
    if (isTime(type) && isTime(value.metaType()) && type != value.metaType())
        return false;
    if (const std::optional<bool> isMade = Wire::fromCoreShape(value, type, out, memory))
        return *isMade;
    if (QString text; isText(value) && !(toText(value, &text) && isTextOf(type, text)))
        return false;
    return QMetaType::convert(value.metaType(), value.constData(), type, out);
}

QString describe(const QVariant &value)
{
    if (!value.isValid() || value.typeId() == QMetaType::Nullptr)
        return QStringLiteral("null");
    if (value.typeId() == QMetaType::Bool)
        return QStringLiteral("a boolean");
    if (isInteger(value) || isFloating(value))
        return QStringLiteral("the number %1").arg(value.toString());
    if (value.typeId() == QMetaType::QByteArray && !value.toByteArray().isValidUtf8())
        return QStringLiteral("bytes that are not UTF-8");
    if (isText(value))
        return QStringLiteral("a string");
    if (value.typeId() == QMetaType::QVariantList || value.typeId() == QMetaType::QStringList)
        return QStringLiteral("a list");
    if (value.typeId() == QMetaType::QVariantMap || value.typeId() == QMetaType::QVariantHash)
        return QStringLiteral("a map");
    return QLatin1StringView(value.typeName());
}

}
