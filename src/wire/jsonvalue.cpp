// SPDX-License-Identifier: MIT
#include "wire/jsonvalue_p.h"

#include <QtPrefork/gadget.h>

#include "wire/iterables_p.h"
#include "wire/jsonscanner_p.h"

#include <QtCore/QDateTime>
#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>
#include <QtCore/QMap>
#include <QtCore/QStringDecoder>
#include <QtCore/QUrl>
#include <QtCore/QUuid>

#include <cmath>
#include <limits>

namespace Prefork::Wire {

namespace {

using Failure = std::optional<QString>;

Failure unsigned64(quint64 number, QJsonValue *json)
{
    if (number > quint64(std::numeric_limits<qint64>::max()))
        return QStringLiteral("the integer %1 does not fit 64 bits with a sign").arg(number);
    *json = QJsonValue(qint64(number));
    return {};
}

Failure floating(double number, QJsonValue *json)
{
    if (!std::isfinite(number))
        return QStringLiteral("JSON has no %1").arg(std::isnan(number) ? QStringLiteral("NaN") : QStringLiteral("infinity"));
    *json = QJsonValue(number);
    return {};
}

Failure text(const QString &string, QJsonValue *json)
{
    if (!string.isValidUtf16())
        return QStringLiteral("a QString that is not Unicode text: half of a surrogate pair");
    *json = QJsonValue(string);
    return {};
}

Failure bytes(const QByteArray &data, QJsonValue *json)
{
    QStringDecoder decoder(QStringDecoder::Utf8);
    const QString text = decoder(data);
    if (decoder.hasError())
        return QStringLiteral("a QByteArray that is not UTF-8 text (send it as base64)");
    *json = QJsonValue(text);
    return {};
}

Failure list(const QVariant &value, QJsonValue *json, int depth)
{
    QJsonArray array;
    const auto items = value.value<SequentialView>();
    for (const QVariant &item : items) {
        QJsonValue element;
        if (Failure failure = toJson(item, &element, depth))
            return failure;
        array.append(element);
    }
    *json = array;
    return {};
}

Failure map(const QVariant &value, QJsonValue *json, int depth)
{
    QMap<QString, QJsonValue> members; // sorted first: QJsonObject takes keys in order quickly, and others not
    const auto entries = value.value<AssociativeView>();
    for (auto entry = entries.begin(); entry != entries.end(); ++entry) {
        const QVariant key = entry.key();
        if (!key.canConvert<QString>())
            return QStringLiteral("a map key of type %1").arg(QLatin1StringView(key.metaType().name()));
        QJsonValue name;
        if (Failure failure = text(key.toString(), &name))
            return failure;
        QJsonValue member;
        if (Failure failure = toJson(entry.value(), &member, depth))
            return failure;
        members.insert(name.toString(), member);
    }
    QJsonObject object;
    for (auto entry = members.cbegin(); entry != members.cend(); ++entry)
        object.insert(entry.key(), entry.value());
    *json = object;
    return {};
}

Failure other(const QVariant &value, QJsonValue *json, int depth)
{
    const QMetaType type = value.metaType();
    if (type.flags() & QMetaType::IsEnumeration) {
        *json = QJsonValue(value.toLongLong());
        return {};
    }
    if (value.canConvert<AssociativeView>())
        return map(value, json, depth);
    if (value.canConvert<SequentialView>())
        return list(value, json, depth);
    if (detail::isGadget(type))
        return toJson(detail::gadgetToMap(*type.metaObject(), value.constData()), json, depth);
    return QStringLiteral("a value of type %1").arg(QLatin1StringView(type.name()));
}

}

std::optional<QString> toJson(const QVariant &value, QJsonValue *json, int depth)
{
    if (depth >= JsonScanner::MaxDepth)
        return QStringLiteral("a value nested deeper than %1 levels").arg(JsonScanner::MaxDepth);
    switch (value.typeId()) {
    case QMetaType::UnknownType:
    case QMetaType::Nullptr:
    case QMetaType::Void:
        *json = QJsonValue(QJsonValue::Null);
        return {};
    case QMetaType::Bool:
        *json = QJsonValue(value.toBool());
        return {};
    case QMetaType::ULongLong:
    case QMetaType::ULong:
        return unsigned64(value.toULongLong(), json);
    case QMetaType::Char:
    case QMetaType::SChar:
    case QMetaType::UChar:
    case QMetaType::Short:
    case QMetaType::UShort:
    case QMetaType::Int:
    case QMetaType::UInt:
    case QMetaType::Long:
    case QMetaType::LongLong:
        *json = QJsonValue(value.toLongLong());
        return {};
    case QMetaType::Float:
    case QMetaType::Double:
        return floating(value.toDouble(), json);
    case QMetaType::QByteArray:
        return bytes(value.toByteArray(), json);
    case QMetaType::QString:
    case QMetaType::QChar:
    case QMetaType::QUrl:
    case QMetaType::QUuid:
    case QMetaType::QDate:
    case QMetaType::QTime:
        return text(value.toString(), json);
    case QMetaType::QDateTime:
        *json = QJsonValue(value.toDateTime().toString(Qt::ISODateWithMs));
        return {};
    case QMetaType::QJsonValue:
        return toJson(value.toJsonValue().toVariant(), json, depth);
    case QMetaType::QJsonObject:
        return toJson(value.toJsonObject().toVariantMap(), json, depth);
    case QMetaType::QJsonArray:
        return toJson(value.toJsonArray().toVariantList(), json, depth);
    default:
        return other(value, json, depth + 1);
    }
}

}
