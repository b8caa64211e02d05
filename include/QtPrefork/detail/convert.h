// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_CONVERT_H
#define QTPREFORK_DETAIL_CONVERT_H

#include <QtPrefork/detail/gadget.h>
#include <QtPrefork/detail/memorycost.h>
#include <QtPrefork/detail/valueshapes.h>
#include <QtPrefork/detail/valuetypes.h>
#include <QtPrefork/global.h>

#include <QtCore/QAnyStringView>
#include <QtCore/QByteArray>
#include <QtCore/QString>
#include <QtCore/QVariant>

#include <algorithm>
#include <concepts>
#include <limits>
#include <string>
#include <type_traits>
#include <utility>

/// Converts typed parameters and results to QVariants, and back. Peers in other languages may send "5" for 5 and 1 for
/// true. A value that means the same is accepted. A value that would have to lose or gain something is not.
///
/// The functions that convert to a type return false if the value does not fit.
namespace Prefork::detail {

[[nodiscard]] QTPREFORK_EXPORT bool toSigned(const QVariant &value, qint64 *out);
[[nodiscard]] QTPREFORK_EXPORT bool toUnsigned(const QVariant &value, quint64 *out);
[[nodiscard]] QTPREFORK_EXPORT bool toFloating(const QVariant &value, double *out);
[[nodiscard]] QTPREFORK_EXPORT bool toBoolean(const QVariant &value, bool *out);
[[nodiscard]] QTPREFORK_EXPORT bool toText(const QVariant &value, QString *out);
[[nodiscard]] QTPREFORK_EXPORT bool toBytes(const QVariant &value, QByteArray *out);
[[nodiscard]] QTPREFORK_EXPORT bool toType(const QVariant &value, QMetaType type, void *out,
                                           MemoryMeter *memory = nullptr);
/// Returns in @p out the items of @p value, which must be a list of any kind. A text is no list.
[[nodiscard]] QTPREFORK_EXPORT bool toItems(const QVariant &value, QVariantList *out);
/// Returns @p text as a QString, or as a QByteArray if it is not UTF-8. Where only a text is allowed, the QByteArray is
/// an error.
[[nodiscard]] QTPREFORK_EXPORT QVariant fromUtf8(QByteArrayView text);

/// Returns true if an enumeration has the value @p number, which fits its underlying type. If the enumeration is known
/// by Q_ENUM, one of its names must have this value. If it is known by Q_FLAG, its names must have all bits of this
/// value. Of values with more than 32 bits, Qt knows only the lower 32.
/// Enumerations that Qt does not know have every value.
[[nodiscard]] QTPREFORK_EXPORT bool isEnumValue(QMetaType type, qint64 number);
template <class T>
[[nodiscard]] bool isEnumValue(std::underlying_type_t<T> number)
{
    return isEnumValue(QMetaType::fromType<T>(), qint64(number));
}

/// Converts @p number to a T, which may have fewer digits. Returns false if the number is beyond the range of T, or so
/// small that nothing is left of it.
template <std::floating_point T>
[[nodiscard]] bool toWidth(double number, T *out)
{
    constexpr double Most = double(std::numeric_limits<T>::max());
    constexpr double Infinity = std::numeric_limits<double>::infinity();
    if ((number > Most && number < Infinity) || (number < -Most && number > -Infinity))
        return false;
    *out = T(number);
    return *out != T(0) || number == 0;
}

/// Returns what @p value is, for an error text: "a string", "a list", …
[[nodiscard]] QTPREFORK_EXPORT QString describe(const QVariant &value);

template <class T>
QVariant toVariant(const T &value)
{
    if constexpr (std::same_as<T, QVariant>) {
        return value;
    } else if constexpr (std::same_as<T, std::string>) {
        return fromUtf8(value);
    } else if constexpr (ItemContainer<T> || isArray<T>) {
        QVariantList list;
        for (const auto &item : value)
            list.append(QVariant(toVariant<typename T::value_type>(item)));
        return list;
    } else if constexpr (MapContainer<T>) {
        QVariantMap map;
        for (auto entry = value.begin(); entry != value.end(); ++entry)
            map.insert(keyText(entryKey(entry)), toVariant<typename T::mapped_type>(entryValue(entry)));
        return map;
    } else if constexpr (isOptional<T>) {
        using Value = typename T::value_type;
        if (!value)
            return QVariant::fromValue(nullptr);
        if constexpr (isNeverNull<Value>)
            return toVariant<Value>(*value);
        else
            return QVariantList{QVariant(toVariant<Value>(*value))};
    } else if constexpr (isTuple<T>) {
        QVariantList list;
        visitItems(value, [&list]<class Item>(const Item &item) {
            list.append(QVariant(toVariant<Item>(item)));
            return true;
        });
        return list;
    } else if constexpr (isDuration<T>) {
        return toVariant<typename T::rep>(value.count());
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

/// Counts the memory that an item of a container keeps for itself. The item was made of @p value. Returns false if it
/// is too much.
template <class T>
[[nodiscard]] bool chargeItem(const QVariant &value, const T &item, MemoryMeter *memory)
{
    if constexpr (std::same_as<T, QString> || std::same_as<T, QByteArray> || std::same_as<T, std::string>)
        return !memory || value.metaType() == QMetaType::fromType<T>()
            || memory->charge(blockCost(16 + 2 * (qint64(item.size()) + 9)));
    else
        return true;
}

/// Does the same as fromVariant() for an item of a container.
template <class T>
[[nodiscard]] bool itemFromVariant(const QVariant &value, T *out, MemoryMeter *memory)
{
    return fromVariant(value, out, memory) && chargeItem(value, *out, memory);
}

template <class T>
[[nodiscard]] bool itemsFromVariant(const QVariant &value, T *out, MemoryMeter *memory)
{
    QVariantList list;
    if (!toItems(value, &list) || (memory && !memory->charge(sequenceCost<T>(list.size()))))
        return false;
    for (const QVariant &item : std::as_const(list)) {
        typename T::value_type element{};
        if (!itemFromVariant(item, &element, memory) || !putItem(out, std::move(element)))
            return false;
    }
    return true;
}

template <class T>
[[nodiscard]] bool entriesFromVariant(const QVariant &value, T *out, MemoryMeter *memory)
{
    if (!value.canConvert<QVariantMap>())
        return false;
    const QVariantMap map = value.toMap();
    if (memory && !memory->charge(mapCost<T>(map.size())))
        return false;
    for (auto entry = map.begin(); entry != map.end(); ++entry) {
        typename KeyTypeOf<T>::Type key{};
        typename T::mapped_type element{};
        if (!keyOf(entry.key(), &key) || !itemFromVariant(entry.value(), &element, memory)
            || !putEntry(out, std::move(key), std::move(element)))
            return false;
    }
    return true;
}

template <class T>
[[nodiscard]] bool optionalFromVariant(const QVariant &value, T *out, MemoryMeter *memory)
{
    if (!value.isValid() || value.typeId() == QMetaType::Nullptr) {
        out->reset();
        return true;
    }
    if constexpr (isNeverNull<typename T::value_type>) {
        return itemFromVariant(value, &out->emplace(), memory);
    } else {
        QVariantList list;
        return toItems(value, &list) && list.size() == 1 && itemFromVariant(list.first(), &out->emplace(), memory);
    }
}

/// Converts to a tuple, a pair or an array. The list must have exactly as many items as the type.
template <class T>
[[nodiscard]] bool tupleFromVariant(const QVariant &value, T *out, MemoryMeter *memory)
{
    QVariantList list;
    if (!toItems(value, &list) || std::size_t(list.size()) != std::tuple_size_v<T>)
        return false;
    auto item = list.cbegin();
    const auto take = [&](auto &place) { return itemFromVariant(*item++, &place, memory); };
    if constexpr (isArray<T>)
        return std::all_of(out->begin(), out->end(), take);
    else
        return visitItems(*out, take);
}

template <class T>
[[nodiscard]] bool durationFromVariant(const QVariant &value, T *out)
{
    typename T::rep count{};
    const bool ok = fromVariant(value, &count);
    *out = T(count);
    return ok;
}

/// Converts @p value to a T. Returns false if the value does not mean a T, or if the T would take more than is left of
/// @p memory.
template <class T>
bool fromVariant(const QVariant &value, T *out, [[maybe_unused]] MemoryMeter *memory)
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
    } else if constexpr (SequenceContainer<T> && !MapContainer<T>) {
        return itemsFromVariant(value, out, memory);
    } else if constexpr (Composite<T> || isDuration<T>) {
        if constexpr (isOpaque<T>) {
            if (value.metaType() == QMetaType::fromType<T>()) {
                *out = *static_cast<const T *>(value.constData());
                return true;
            }
        }
        if constexpr (ItemContainer<T>)
            return itemsFromVariant(value, out, memory);
        else if constexpr (MapContainer<T>)
            return entriesFromVariant(value, out, memory);
        else if constexpr (isOptional<T>)
            return optionalFromVariant(value, out, memory);
        else if constexpr (isDuration<T>)
            return durationFromVariant(value, out);
        else
            return tupleFromVariant(value, out, memory);
    } else if constexpr (HasMetaObject<T>) {
        return toType(value, QMetaType::fromType<T>(), out)
            || (isGadget<T>() && gadgetFromVariant(value, T::staticMetaObject, out, memory));
    } else {
        if constexpr (WholeList<T>) {
            if (value.typeId() == QMetaType::QVariantList)
                return itemsFromVariant(value, out, memory);
        }
        return toType(value, QMetaType::fromType<T>(), out, memory);
    }
}

}

#endif
