// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_PLAINTYPES_H
#define QTPREFORK_DETAIL_PLAINTYPES_H

#include <QtCore/QByteArray>
#include <QtCore/QDateTime>
#include <QtCore/QHash>
#include <QtCore/QList>
#include <QtCore/QMap>
#include <QtCore/QSet>
#include <QtCore/QString>
#include <QtCore/QUrl>
#include <QtCore/QUuid>

#include <concepts>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace Prefork::detail {

/// True for the types that are written and read without any code of the user's. A type whose values may be of any type
/// at run time does not count as plain.
template <class T>
inline constexpr bool isPlainType
    = std::is_arithmetic_v<T> || std::is_enum_v<T> || std::same_as<T, QString> || std::same_as<T, QByteArray>
    || std::same_as<T, std::string> || std::same_as<T, QDateTime> || std::same_as<T, QUrl> || std::same_as<T, QUuid>;
template <class T>
inline constexpr bool isPlainType<QList<T>> = isPlainType<T>;
template <class T>
inline constexpr bool isPlainType<std::vector<T>> = isPlainType<T>;
template <class K, class T>
inline constexpr bool isPlainType<QMap<K, T>> = isPlainType<T>;
template <class K, class T>
inline constexpr bool isPlainType<QHash<K, T>> = isPlainType<T>;
template <class T>
inline constexpr bool isPlainType<QSet<T>> = isPlainType<T>;
template <class T>
inline constexpr bool isPlainType<std::optional<T>> = isPlainType<T>;
template <class T, class U>
inline constexpr bool isPlainType<std::pair<T, U>> = isPlainType<T> && isPlainType<U>;
template <class... T>
inline constexpr bool isPlainType<std::tuple<T...>> = (isPlainType<T> && ...);

}

#endif
