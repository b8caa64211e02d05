// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_CONVERT_H
#define QTPREFORK_DETAIL_CONVERT_H

#include <QtPrefork/detail/gadget.h>
#include <QtPrefork/detail/memorycost.h>
#include <QtPrefork/global.h>

#include <QtCore/QAnyStringView>
#include <QtCore/QByteArray>
#include <QtCore/QString>
#include <QtCore/QVariant>

#include <concepts>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

/// How typed parameters and results become QVariants for the wire, and come back. Peers in looser languages send "5"
/// for 5 and 1 for true; what means the same is accepted, what would lose or invent something is not.
namespace Prefork::detail {

template <class T>
concept SequenceContainer = requires(T t, typename T::value_type v) {
    t.begin();
    t.end();
    t.push_back(v);
} && !std::same_as<T, QString> && !std::same_as<T, QByteArray> && !std::same_as<T, std::string>;

template <class T>
concept StringKeyedMap = requires(T t, QString k, typename T::mapped_type v) {
    { t.begin().key() } -> std::convertible_to<QString>;
    t.insert(k, v);
};

[[nodiscard]] QTPREFORK_EXPORT bool toSigned(const QVariant &value, qint64 *out);
[[nodiscard]] QTPREFORK_EXPORT bool toUnsigned(const QVariant &value, quint64 *out);
[[nodiscard]] QTPREFORK_EXPORT bool toFloating(const QVariant &value, double *out);
[[nodiscard]] QTPREFORK_EXPORT bool toBoolean(const QVariant &value, bool *out);
[[nodiscard]] QTPREFORK_EXPORT bool toText(const QVariant &value, QString *out);
[[nodiscard]] QTPREFORK_EXPORT bool toBytes(const QVariant &value, QByteArray *out);
[[nodiscard]] QTPREFORK_EXPORT bool toType(const QVariant &value, QMetaType type, void *out);
/// @p text as a QString, or as a QByteArray if it is not UTF-8, which then is an error where only text may be.
[[nodiscard]] QTPREFORK_EXPORT QVariant fromUtf8(QByteArrayView text);

/// Whether an enumeration has the value @p number, which fits its underlying type: one that Q_ENUM makes known must
/// name it, and of flags (Q_FLAG) it must name every bit. Of values with more than 32 bits, Qt knows the lower ones
/// only.
[[nodiscard]] QTPREFORK_EXPORT bool isEnumValue(const QMetaEnum &meta, qint64 number);
template <class T>
[[nodiscard]] bool isEnumValue([[maybe_unused]] std::underlying_type_t<T> number)
{
    if constexpr (QtPrivate::IsQEnumHelper<T>::Value)
        return isEnumValue(QMetaEnum::fromType<T>(), qint64(number));
    else
        return true;
}

/// @p number as a T, which may have fewer digits. False if it is beyond the range of a T.
template <std::floating_point T>
[[nodiscard]] bool toWidth(double number, T *out)
{
    constexpr double Most = double(std::numeric_limits<T>::max());
    constexpr double Infinity = std::numeric_limits<double>::infinity();
    if ((number > Most && number < Infinity) || (number < -Most && number > -Infinity))
        return false;
    *out = T(number);
    return true;
}

/// What @p value is, for an error text: "a string", "a list", …
[[nodiscard]] QTPREFORK_EXPORT QString describe(const QVariant &value);

template <class T>
[[nodiscard]] QVariant toVariant(const T &value)
{
    if constexpr (std::same_as<T, QVariant>) {
        return value;
    } else if constexpr (std::same_as<T, std::string>) {
        return fromUtf8(value);
    } else if constexpr (SequenceContainer<T>) {
        QVariantList list;
        for (const auto &item : value)
            list.append(QVariant(toVariant<typename T::value_type>(item)));
        return list;
    } else if constexpr (StringKeyedMap<T>) {
        QVariantMap map;
        for (auto entry = value.begin(); entry != value.end(); ++entry)
            map.insert(entry.key(), toVariant<typename T::mapped_type>(entry.value()));
        return map;
    } else if constexpr (std::is_enum_v<T>) {
        if constexpr (std::unsigned_integral<std::underlying_type_t<T>>)
            return QVariant::fromValue(qulonglong(value));
        else
            return QVariant::fromValue(qlonglong(value));
    } else if constexpr (HasMetaObject<T>) {
        return isGadget<T>() ? QVariant(gadgetToMap(T::staticMetaObject, &value)) : QVariant::fromValue(value);
    } else {
        return QVariant::fromValue(value);
    }
}

template <class T>
[[nodiscard]] bool fromVariant(const QVariant &value, T *out, MemoryMeter *memory = nullptr);

/// Counts what an item of a container, made of @p value, keeps of its own.
template <class T>
[[nodiscard]] bool chargeItem(const QVariant &value, const T &item, MemoryMeter *memory)
{
    if constexpr (std::same_as<T, QString> || std::same_as<T, QByteArray> || std::same_as<T, std::string>)
        return !memory || value.metaType() == QMetaType::fromType<T>()
            || memory->charge(blockCost(16 + 2 * (qint64(item.size()) + 9)));
    else
        return true;
}

/// The same as fromVariant() for an item of a container.
template <class T>
[[nodiscard]] bool itemFromVariant(const QVariant &value, T *out, MemoryMeter *memory)
{
    return fromVariant(value, out, memory) && chargeItem(value, *out, memory);
}

/// @p value as a T. False if it does not mean one, or if that would take more than is left of @p memory.
template <class T>
[[nodiscard]] bool fromVariant(const QVariant &value, T *out, [[maybe_unused]] MemoryMeter *memory)
{
    if constexpr (std::same_as<T, QVariant>) {
        *out = value;
        return true;
    } else if constexpr (std::same_as<T, bool>) {
        return toBoolean(value, out);
    } else if constexpr (std::is_enum_v<T>) {
        std::underlying_type_t<T> number{};
        const bool ok = fromVariant(value, &number) && isEnumValue<T>(number);
        *out = T(number);
        return ok;
    } else if constexpr (std::signed_integral<T>) {
        qint64 number = 0;
        const bool ok = toSigned(value, &number) && number >= std::numeric_limits<T>::min()
            && number <= std::numeric_limits<T>::max();
        *out = T(number);
        return ok;
    } else if constexpr (std::unsigned_integral<T>) {
        quint64 number = 0;
        const bool ok = toUnsigned(value, &number) && number <= std::numeric_limits<T>::max();
        *out = T(number);
        return ok;
    } else if constexpr (std::floating_point<T>) {
        double number = 0;
        return toFloating(value, &number) && toWidth(number, out);
    } else if constexpr (std::same_as<T, QString>) {
        return toText(value, out);
    } else if constexpr (std::same_as<T, QByteArray>) {
        return toBytes(value, out);
    } else if constexpr (std::same_as<T, std::string>) {
        QString text;
        const bool ok = toText(value, &text);
        *out = text.toStdString();
        return ok;
    } else if constexpr (SequenceContainer<T>) {
        if (!value.canConvert<QVariantList>() || value.typeId() == QMetaType::QString
            || value.typeId() == QMetaType::QByteArray)
            return false;
        const QVariantList list = value.toList();
        if (memory && !memory->charge(sequenceCost<T>(list.size())))
            return false;
        for (const QVariant &item : list) {
            typename T::value_type element{};
            if (!itemFromVariant(item, &element, memory))
                return false;
            out->push_back(std::move(element));
        }
        return true;
    } else if constexpr (StringKeyedMap<T>) {
        if (!value.canConvert<QVariantMap>())
            return false;
        const QVariantMap map = value.toMap();
        if (memory && !memory->charge(mapCost<T>(map.size())))
            return false;
        for (auto entry = map.begin(); entry != map.end(); ++entry) {
            typename T::mapped_type element{};
            if (!itemFromVariant(entry.value(), &element, memory))
                return false;
            out->insert(entry.key(), std::move(element));
        }
        return true;
    } else if constexpr (HasMetaObject<T>) {
        return toType(value, QMetaType::fromType<T>(), out)
            || (isGadget<T>() && gadgetFromVariant(value, T::staticMetaObject, out, memory));
    } else {
        return toType(value, QMetaType::fromType<T>(), out);
    }
}

}

#endif
