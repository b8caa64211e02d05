// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_CROSSING_H
#define QTPREFORK_DETAIL_CROSSING_H

#include <QtPrefork/detail/gadget.h>
#include <QtPrefork/detail/valueshapes.h>

#include <QtCore/QMetaType>
#include <QtCore/QObject>

#include <map>
#include <set>
#include <string_view>

QT_BEGIN_NAMESPACE
class QBitmap;
class QCursor;
class QIcon;
class QPixmap;
QT_END_NAMESPACE

/// Decides which types can never be sent, so that the compiler refuses them, and not the program at run time.
namespace Prefork::detail {

template <class T>
concept SmartPointer = requires(const T &pointer) { pointer.operator->(); }
    && (requires { typename T::element_type; } || requires(const T &pointer) { pointer.data(); });

template <class T>
inline constexpr bool isView = std::same_as<T, QStringView> || std::same_as<T, QByteArrayView>
    || std::same_as<T, QLatin1StringView> || std::same_as<T, QAnyStringView> || std::same_as<T, QUtf8StringView>;
template <class... T>
inline constexpr bool isView<std::basic_string_view<T...>> = true;

/// Qt knows how to hold one in a QVariant, as it does for what can be sent.
template <class T>
inline constexpr bool isOfModel = std::same_as<T, QModelIndex> || std::same_as<T, QPersistentModelIndex>;

/// True for a picture that belongs to the screen, or to the window system, of its process.
template <class T>
inline constexpr bool isOfScreen
    = std::same_as<T, QPixmap> || std::same_as<T, QBitmap> || std::same_as<T, QIcon> || std::same_as<T, QCursor>;

/// True for a map or a set that may have a key several times.
template <class T>
inline constexpr bool isMulti = requires(const T &map) { map.uniqueKeys(); };
template <class... T>
inline constexpr bool isMulti<std::multimap<T...>> = true;
template <class... T>
inline constexpr bool isMulti<std::multiset<T...>> = true;
template <class... T>
inline constexpr bool isMulti<std::unordered_multimap<T...>> = true;
template <class... T>
inline constexpr bool isMulti<std::unordered_multiset<T...>> = true;

template <class K>
inline constexpr bool isMapKey = std::same_as<K, QString> || std::same_as<K, std::string> || std::is_enum_v<K>
    || (std::integral<K> && !std::same_as<K, bool>);

/// True for a class that is sent field by field, that is sent with operators which a program registers, or that is sent
/// without either.
template <class T>
inline constexpr bool isSentClass = std::same_as<T, std::string> || HasMetaObject<T> || bool(QMetaTypeId2<T>::IsBuiltIn)
    || (QTypeTraits::has_ostream_operator_v<QDataStream, T> && QTypeTraits::has_istream_operator_v<QDataStream, T>);

/// Returns true if a T may be sent. Otherwise the compiler says in one sentence why not and what to do. It names the
/// type as the T of this function.
template <class T>
[[nodiscard]] constexpr bool mayCross()
{
    if constexpr (std::is_void_v<T> || std::is_null_pointer_v<T> || std::is_enum_v<T>) {
        return true;
    } else if constexpr (std::is_pointer_v<T> || std::is_member_pointer_v<T> || std::is_function_v<T>) {
        static_assert(!sizeof(T *),
                      "this type, a pointer (see T), means nothing to another process: send the value it "
                      "points to");
        return false;
    } else if constexpr (std::is_arithmetic_v<T>) {
        static_assert(sizeof(T) <= 8, "this type (see T) is wider than a number can be on its way: send a double");
        return sizeof(T) <= 8;
    } else if constexpr (std::derived_from<T, QObject>) {
        static_assert(!sizeof(T *),
                      "this type, a QObject (see T), stays in its process: send a Q_GADGET of what "
                      "matters about it");
        return false;
    } else if constexpr (SmartPointer<T>) {
        static_assert(!sizeof(T *),
                      "this type, a smart pointer (see T), means nothing to another process: send what it "
                      "points to, or a std::optional of that");
        return false;
    } else if constexpr (isView<T>) {
        static_assert(!sizeof(T *), "this type (see T) does not own its text or bytes: send a QString or a QByteArray");
        return false;
    } else if constexpr (isOfModel<T>) {
        static_assert(!sizeof(T *), "this type (see T) belongs to a model of its process: send row and column");
        return false;
    } else if constexpr (isOfScreen<T>) {
        static_assert(!sizeof(T *),
                      "this type (see T) belongs to the screen of its process: send a QImage, which "
                      "QtPrefork/GuiTypes lets cross");
        return false;
    } else if constexpr (isMulti<T>) {
        static_assert(!sizeof(T *),
                      "this type (see T) has keys several times, which no map on its way has: send a map "
                      "of lists, or a list of pairs");
        return false;
    } else if constexpr (isOptional<T> || ItemContainer<T> || isArray<T>) {
        return mayCross<typename T::value_type>();
    } else if constexpr (MapContainer<T>) {
        using Key = typename KeyTypeOf<T>::Type;
        static_assert(isMapKey<Key>,
                      "this map (see T) has keys that cannot be sent: they must be QStrings, std::strings, "
                      "integers or enumerations");
        return isMapKey<Key> && mayCross<typename T::mapped_type>();
    } else if constexpr (isTuple<T>) {
        return []<std::size_t... I>(std::index_sequence<I...>) {
            return (mayCross<std::tuple_element_t<I, T>>() && ...);
        }(std::make_index_sequence<std::tuple_size_v<T>>());
    } else if constexpr (isDuration<T>) {
        return mayCross<typename T::rep>();
    } else {
        static_assert(isSentClass<T>,
                      "this class (see T) cannot be sent: make it a Q_GADGET with a Q_PROPERTY for each "
                      "member, or give it QDataStream operators and call registerType() on both sides");
        return isSentClass<T>;
    }
}

/// A class template for values has a member of this type. The compiler then refuses a type here, in one sentence,
/// before it finds an error somewhere inside the code for its values.
template <class... T>
using MayCross = std::bool_constant<(true && ... && mayCross<T>())>;

}

#endif
