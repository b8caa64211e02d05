// SPDX-License-Identifier: MIT
#include <QtPrefork/detail/convert.h>

#include <cmath>

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
    *out = number != 0;
    return true;
}

bool toText(const QVariant &value, QString *out)
{
    if (!value.isValid() || value.isNull()) {
        *out = QString();
        return true;
    }
    if (!isText(value) && !isInteger(value) && !isFloating(value) && value.typeId() != QMetaType::Bool)
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
    if (!toText(value, &text))
        return false;
    *out = text.toUtf8();
    return true;
}

bool toType(const QVariant &value, QMetaType type, void *out)
{
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
    if (isText(value))
        return QStringLiteral("a string");
    if (value.typeId() == QMetaType::QVariantList || value.typeId() == QMetaType::QStringList)
        return QStringLiteral("a list");
    if (value.typeId() == QMetaType::QVariantMap || value.typeId() == QMetaType::QVariantHash)
        return QStringLiteral("a map");
    return QLatin1StringView(value.typeName());
}

}
