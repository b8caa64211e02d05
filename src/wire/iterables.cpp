// SPDX-License-Identifier: MIT
#include "wire/iterables_p.h"

#include <QtPrefork/detail/convert.h>
#include <QtPrefork/detail/gadget.h>

#include <string>

namespace Prefork::Wire {

namespace {

bool isUnsigned64(QMetaType type)
{
    return type.id() == QMetaType::ULong || type.id() == QMetaType::ULongLong;
}

}

bool isIntegerType(QMetaType type)
{
    switch (type.id()) {
    case QMetaType::Char:
    case QMetaType::SChar:
    case QMetaType::UChar:
    case QMetaType::Char16:
    case QMetaType::Char32:
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
        return false;
    }
}

bool isNumberKey(QMetaType type)
{
    return isIntegerType(type) || (type.flags() & QMetaType::IsEnumeration);
}

std::optional<QString> textOfKey(const QVariant &key)
{
    if (isUnsigned64(key.metaType()))
        return QString::number(key.toULongLong());
    if (isNumberKey(key.metaType()))
        return QString::number(key.toLongLong());
    if (key.metaType() == QMetaType::fromType<std::string>())
        return QString::fromStdString(*static_cast<const std::string *>(key.constData()));
    QString text;
    if (key.typeId() == QMetaType::QByteArray)
        return detail::toText(key, &text) ? std::optional(text) : std::nullopt;
    if (!key.canConvert<QString>())
        return {};
    return key.toString();
}

bool keyOfText(const QString &text, QMetaType type, QVariant *key)
{
    if (type.id() == QMetaType::QString) {
        *key = text;
        return true;
    }
    if (type == QMetaType::fromType<std::string>()) {
        *key = QVariant::fromValue(text.toStdString());
        return true;
    }
    // A text that is not the one written for the key, such as 01 for 1, is no key of this type.
    return detail::convertVariant(text, type, key) && textOfKey(*key) == text;
}

std::pair<QMetaType, QMetaType> typesOfPair(QMetaType type)
{
    if (!QByteArrayView(type.name()).startsWith("std::pair<")
        || !QMetaType::canConvert(type, QMetaType::fromType<QVariantPair>()))
        return {};
    const QVariantPair items = QVariant(type).value<QVariantPair>();
    const auto typeOf
        = [](const QVariant &item) { return item.isValid() ? item.metaType() : QMetaType::fromType<QVariant>(); };
    return {typeOf(items.first), typeOf(items.second)};
}

QVariantList itemsOfPair(const QVariant &pair)
{
    const QVariantPair items = pair.value<QVariantPair>();
    return {items.first, items.second};
}

// Qt can read the values of a pair, but not set them. Their places are known, for a std::pair is a struct of its two
// values.
bool setPair(const QVariant &first, const QVariant &second, QVariant *pair)
{
    const auto [firstType, secondType] = typesOfPair(pair->metaType());
    const qsizetype alignment = secondType.alignOf();
    const qsizetype offset = (firstType.sizeOf() + alignment - 1) / alignment * alignment;
    const qsizetype whole = std::max(alignment, qsizetype(firstType.alignOf()));
    if (pair->metaType().sizeOf() != (offset + secondType.sizeOf() + whole - 1) / whole * whole)
        return false;
    char *const data = static_cast<char *>(pair->data());
    const auto set = [](QMetaType type, void *place, const QVariant &value) {
        if (type.id() == QMetaType::QVariant) {
            *static_cast<QVariant *>(place) = value;
            return true;
        }
        type.destruct(place);
        return type.construct(place, value.constData()) != nullptr;
    };
    return set(firstType, data, first) && set(secondType, data + offset, second);
}

}
