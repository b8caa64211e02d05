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
QT_END_NAMESPACE

/// Which shape the values of a type have on the wire, and the few things in which types of one shape differ. The table
/// for users is docs/values.md.
namespace Prefork::detail {

template <class T>
inline constexpr bool isOptional = false;
template <class T>
inline constexpr bool isOptional<std::optional<T>> = true;

/// A tuple has items of several types, whose number is known to the compiler.
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

/// Looks like a container, and is sent as one piece.
template <class T>
inline constexpr bool isWhole = std::same_as<T, QString> || std::same_as<T, QByteArray> || std::same_as<T, std::string>
    || std::same_as<T, QCborArray>;

template <class T>
concept SequenceContainer = requires(T t, typename T::value_type v) {
    t.begin();
    t.end();
    t.push_back(v);
} && !isWhole<T>;

/// What has QStrings for keys and is used as Qt's maps are.
template <class T>
concept StringKeyedMap = requires(T t, QString k, typename T::mapped_type v) {
    { t.begin().key() } -> std::convertible_to<QString>;
    t.insert(k, v);
};

template <class T>
concept SetContainer = isSet<T>;
/// Any other map: one of std's, or one whose keys are numbers, enumerations or std::strings.
template <class T>
concept KeyedMap = isMap<T> && !StringKeyedMap<T>;

/// An array on the wire whose length anything may have.
template <class T>
concept ItemContainer = (SequenceContainer<T> || SetContainer<T>) && !StringKeyedMap<T> && !KeyedMap<T>;
template <class T>
concept MapContainer = StringKeyedMap<T> || KeyedMap<T>;

/// What may hold much, so that its memory is counted.
template <class T>
concept Composite = ItemContainer<T> || MapContainer<T> || isOptional<T> || isTuple<T> || isArray<T>;

/// Types that Qt's meta-type system can neither look into nor make, so that in a gadget or a QVariant it is for
/// valuetypes.h to know them.
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

/// True if a T is never null on the wire. Of another one an optional goes as an array of one, lest an empty optional
/// and one with a null in it be the same.
template <class T>
inline constexpr bool isNeverNull
    = std::is_arithmetic_v<T> || std::is_enum_v<T> || std::same_as<T, QString> || std::same_as<T, QByteArray>
    || std::same_as<T, std::string> || ItemContainer<T> || MapContainer<T> || isTuple<T> || isArray<T> || isDuration<T>;

/// Adds @p item; false if it is in the set already.
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

/// The text that stands for a key on the wire.
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

/// A key of @p text, which must be written as keyText() writes it: two texts never mean one key.
[[nodiscard]] QTPREFORK_EXPORT bool signedKey(const QString &text, qint64 least, qint64 most, qint64 *key);
[[nodiscard]] QTPREFORK_EXPORT bool unsignedKey(const QString &text, quint64 most, quint64 *key);
template <class K>
[[nodiscard]] bool keyOf(const QString &text, K *key)
{
    if constexpr (std::is_enum_v<K>) {
        std::underlying_type_t<K> number{};
        const bool ok = keyOf(text, &number);
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

/// Key and value of what an iterator of a map of Qt's or of std's points at.
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

/// Adds an entry to a map; false if the key is there already.
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

/// Calls @p visit with every item of a tuple, from the first on, as long as it returns true.
template <class Tuple, class Visit>
bool visitItems(Tuple &tuple, Visit visit)
{
    return std::apply([&visit](auto &...items) { return (visit(items) && ...); }, tuple);
}

}

#endif
