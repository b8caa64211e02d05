// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_WIRETYPE_H
#define QTPREFORK_DETAIL_WIRETYPE_H

#include <QtPrefork/detail/valueshapes.h>
#include <QtPrefork/global.h>

#include <QtCore/QByteArray>
#include <QtCore/QMetaType>

namespace Prefork::detail {

/// Appends the wire type of @p type, as the template appendWireType() does.
QTPREFORK_EXPORT void appendWireType(QByteArray *out, QMetaType type);

/// Appends the wire type of T, which is compared with the wire type that a peer has:
/// - `b` boolean, `i` integer or enumeration, `d` floating-point number, `s` text, `y` bytes,
/// - `h` QChar, `t` QDateTime, `u` QUrl, `g` QUuid, `Q<name>` another value type of Qt, `v` any type, `n` nothing,
/// - `l<…>` list, `e<…>` set, `m<…>` map with texts as keys, `m<i:…>` map with numbers as keys,
/// - `o<…>` optional, `O<…>` optional whose value may be null,
/// - `p<…;…>` tuple or pair, `aN<…>` array of N items, `c<…;1/1000>` duration,
/// - `{Name;field:type;…}` Q_GADGET, `R<name>` registered type.
template <class T>
void appendWireType(QByteArray *out)
{
    if constexpr (std::is_void_v<T>) {
        out->append('n');
    } else if constexpr (std::same_as<T, std::string>) {
        out->append('s');
    } else if constexpr (ItemContainer<T>) {
        appendWireType<typename T::value_type>(&out->append(SetContainer<T> ? "e<" : "l<"));
        out->append('>');
    } else if constexpr (MapContainer<T>) {
        out->append("m<");
        if constexpr (KeyedMap<T>) {
            if constexpr (std::integral<typename T::key_type> || std::is_enum_v<typename T::key_type>)
                out->append("i:");
        }
        appendWireType<typename T::mapped_type>(out);
        out->append('>');
    } else if constexpr (isOptional<T>) {
        appendWireType<typename T::value_type>(&out->append(isNeverNull<typename T::value_type> ? "o<" : "O<"));
        out->append('>');
    } else if constexpr (isTuple<T>) {
        out->append("p<");
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            ((out->append(I == 0 ? "" : ";"), appendWireType<std::tuple_element_t<I, T>>(out)), ...);
        }(std::make_index_sequence<std::tuple_size_v<T>>());
        out->append('>');
    } else if constexpr (isArray<T>) {
        out->append('a').append(QByteArray::number(qulonglong(std::tuple_size_v<T>)));
        appendWireType<typename T::value_type>(&out->append('<'));
        out->append('>');
    } else if constexpr (isDuration<T>) {
        appendWireType<typename T::rep>(&out->append("c<"));
        out->append(';').append(QByteArray::number(qlonglong(T::period::num)));
        out->append('/').append(QByteArray::number(qlonglong(T::period::den))).append('>');
    } else if constexpr (std::integral<T> && !std::same_as<T, bool>) {
        out->append('i');
    } else if constexpr (std::floating_point<T>) {
        out->append('d');
    } else {
        appendWireType(out, QMetaType::fromType<T>());
    }
}

}

#endif
