// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_VALUESHAPES_H
#define QTPREFORK_DETAIL_VALUESHAPES_H

#include <QtPrefork/global.h>

#include <QtCore/QByteArray>
#include <QtCore/QString>
#include <QtCore/QVariant>

#include <array>
#include <chrono>
#include <concepts>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <type_traits>
#include <unordered_map>
#include <unordered_set>
#include <utility>

QT_BEGIN_NAMESPACE
class QCborArray;
class QPolygon;
class QPolygonF;
QT_END_NAMESPACE

/// Decides which form the values of a type have on the wire. The functions here hide the few differences between types
/// of the same form. docs/values.md has the table for users.
namespace Prefork::detail {

template <class T>
inline constexpr bool isOptional = false;
template <class T>
inline constexpr bool isOptional<std::optional<T>> = true;

/// True for a tuple or a pair: its items have several types, and their number is known to the compiler.
template <class T>
inline constexpr bool isTuple = false;
template <class... T>
inline constexpr bool isTuple<std::tuple<T...>> = true;
template <class T, class U>
inline constexpr bool isTuple<std::pair<T, U>> = true;

template <class T>
inline constexpr bool isArray = false;
template <class T, std::size_t N>
inline constexpr bool isArray<std::array<T, N>> = true;

template <class T>
inline constexpr bool isDuration = false;
template <class Rep, class Period>
inline constexpr bool isDuration<std::chrono::duration<Rep, Period>> = true;

template <class T>
inline constexpr bool isSet = false;
template <class T>
inline constexpr bool isSet<QSet<T>> = true;
template <class T, class... More>
inline constexpr bool isSet<std::set<T, More...>> = true;
template <class T, class... More>
inline constexpr bool isSet<std::unordered_set<T, More...>> = true;

template <class T>
inline constexpr bool isMap = false;
template <class K, class T>
inline constexpr bool isMap<QMap<K, T>> = true;
template <class K, class T>
inline constexpr bool isMap<QHash<K, T>> = true;
template <class K, class T, class... More>
inline constexpr bool isMap<std::map<K, T, More...>> = true;
template <class K, class T, class... More>
inline constexpr bool isMap<std::unordered_map<K, T, More...>> = true;

/// True for types that look like containers but are sent as one piece.
template <class T>
inline constexpr bool isWhole = std::same_as<T, QString> || std::same_as<T, QByteArray> || std::same_as<T, std::string>
    || std::same_as<T, QCborArray> || std::same_as<T, QPolygon> || std::same_as<T, QPolygonF>;

/// A class of its own that is also a list, such as QPolygon. It is sent as one piece, and may be made of a list.
template <class T>
concept WholeList = isWhole<T> && std::derived_from<T, QList<typename T::value_type>>;

template <class T>
concept SequenceContainer = requires(T t, typename T::value_type v) {
    t.begin();
    t.end();
    t.push_back(v);
} && !isWhole<T>;

/// A map with QStrings as keys that has the functions of Qt's maps.
template <class T>
concept StringKeyedMap = requires(T t, QString k, typename T::mapped_type v) {
    { t.begin().key() } -> std::convertible_to<QString>;
    t.insert(k, v);
};

template <class T>
concept SetContainer = isSet<T>;
/// Any other map: one of std, or one whose keys are numbers, enumerations or std::strings.
template <class T>
concept KeyedMap = isMap<T> && !StringKeyedMap<T>;

/// A type that is an array of any length on the wire.
template <class T>
concept ItemContainer = (SequenceContainer<T> || SetContainer<T>) && !StringKeyedMap<T> && !KeyedMap<T>;
template <class T>
concept MapContainer = StringKeyedMap<T> || KeyedMap<T>;

/// A type that may hold many values, so that its memory is counted.
template <class T>
concept Composite = ItemContainer<T> || MapContainer<T> || isOptional<T> || isTuple<T> || isArray<T>;

/// True for types into which Qt's meta-type system cannot look and which it cannot make. If such a value is in a gadget
/// or in a QVariant, valuetypes.h knows its type.
template <class T>
inline constexpr bool isOpaque = isOptional<T> || isArray<T> || isDuration<T> || std::same_as<T, std::string>;
template <class... T>
inline constexpr bool isOpaque<std::tuple<T...>> = true;
template <class... T>
inline constexpr bool isOpaque<std::set<T...>> = true;
template <class... T>
inline constexpr bool isOpaque<std::unordered_set<T...>> = true;
template <class... T>
inline constexpr bool isOpaque<std::unordered_map<T...>> = true;

/// True if a T is never null on the wire. An optional of another type is sent as an array of one item, because
/// otherwise an empty optional and an optional that holds null would be the same.
template <class T>
inline constexpr bool isNeverNull
    = std::is_arithmetic_v<T> || std::is_enum_v<T> || std::same_as<T, QString> || std::same_as<T, QByteArray>
    || std::same_as<T, std::string> || ItemContainer<T> || MapContainer<T> || isTuple<T> || isArray<T> || isDuration<T>;

/// Adds @p item. Returns false if it is in the set already.
template <class T, class Item>
[[nodiscard]] bool putItem(T *container, Item &&item)
{
    if constexpr (SetContainer<T>) {
        const auto before = container->size();
        container->insert(std::forward<Item>(item));
        return container->size() > before;
    } else {
        container->push_back(std::forward<Item>(item));
        return true;
    }
}

/// Returns the text that stands for @p key on the wire.
template <class K>
[[nodiscard]] QString keyText(const K &key)
{
    if constexpr (std::same_as<K, std::string>)
        return QString::fromStdString(key);
    else if constexpr (std::is_enum_v<K>)
        return keyText(static_cast<std::underlying_type_t<K>>(key));
    else if constexpr (std::signed_integral<K>)
        return QString::number(qlonglong(key));
    else if constexpr (std::unsigned_integral<K>)
        return QString::number(qulonglong(key));
    else
        return key;
}

/// Converts @p text to a key. The text must be exactly the text that keyText() returns for the key, so that two texts
/// never mean the same key. Returns false if it is not.
[[nodiscard]] QTPREFORK_EXPORT bool signedKey(const QString &text, qint64 least, qint64 most, qint64 *key);
[[nodiscard]] QTPREFORK_EXPORT bool unsignedKey(const QString &text, quint64 most, quint64 *key);
template <class T>
[[nodiscard]] bool isEnumValue(std::underlying_type_t<T> number); // in convert.h
template <class K>
[[nodiscard]] bool keyOf(const QString &text, K *key)
{
    if constexpr (std::is_enum_v<K>) {
        std::underlying_type_t<K> number{};
        const bool ok = keyOf(text, &number) && isEnumValue<K>(number);
        *key = K(number);
        return ok;
    } else if constexpr (std::same_as<K, std::string>) {
        *key = text.toStdString();
        return true;
    } else if constexpr (std::signed_integral<K>) {
        qint64 number = 0;
        const bool ok = signedKey(text, std::numeric_limits<K>::min(), std::numeric_limits<K>::max(), &number);
        *key = K(number);
        return ok;
    } else if constexpr (std::unsigned_integral<K>) {
        quint64 number = 0;
        const bool ok = unsignedKey(text, std::numeric_limits<K>::max(), &number);
        *key = K(number);
        return ok;
    } else {
        *key = text;
        return true;
    }
}

/// entryKey() returns the key, and entryValue() the value, at which an iterator of a map of Qt or std points.
template <class Iterator>
[[nodiscard]] decltype(auto) entryKey(const Iterator &entry)
{
    if constexpr (requires { entry.key(); })
        return entry.key();
    else
        return (entry->first);
}
template <class Iterator>
[[nodiscard]] decltype(auto) entryValue(const Iterator &entry)
{
    if constexpr (requires { entry.key(); })
        return entry.value();
    else
        return (entry->second);
}

/// Adds an entry to a map. Returns false if the key is there already.
template <class T, class K, class Item>
[[nodiscard]] bool putEntry(T *map, K &&key, Item &&item)
{
    const auto before = map->size();
    if constexpr (requires { map->insert_or_assign(std::forward<K>(key), std::forward<Item>(item)); })
        map->insert_or_assign(std::forward<K>(key), std::forward<Item>(item));
    else
        map->insert(std::forward<K>(key), std::forward<Item>(item));
    return map->size() > before;
}

/// Calls @p visit with every item of a tuple, from the first on, until it returns false. Returns true if it never did.
template <class Tuple, class Visit>
bool visitItems(Tuple &tuple, Visit visit)
{
    return std::apply([&visit](auto &...items) { return (visit(items) && ...); }, tuple);
}

}

#endif
