// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CORETYPES_P_H
#define QTPREFORK_CORETYPES_P_H

#include <QtPrefork/detail/memorycost.h>

#include <QtCore/QMetaType>
#include <QtCore/QVariant>

#include <array>
#include <optional>

/// These are the value types of Qt Core that cross without registration. Each has a *shape*: the plain values (numbers,
/// texts, bytes, lists) that it is written as, and made of again when it is read. docs/values.md has the table.
namespace Prefork::detail {
class CborWriter;
class CborReader;
}

namespace Prefork::Wire {

enum class Form { Cbor, Json };

/// Returns the shape of @p value; nothing if it is of none of these types.
[[nodiscard]] std::optional<QVariant> coreShape(const QVariant &value, Form form);
/// Sets @p out, a value of type @p type, from @p value, which is a value of that type or its shape in either form.
/// Returns nothing if @p type is none of these types, and false if @p value is no such shape, or the value would take
/// more than is left of @p memory.
[[nodiscard]] std::optional<bool> fromCoreShape(const QVariant &value, QMetaType type, void *out,
                                                detail::MemoryMeter *memory);

/// Returns the CBOR tag before the shape of a @p type, by which a value inside a QVariant keeps its type; 0 if it has
/// none.
[[nodiscard]] quint64 coreTag(QMetaType type);
/// Returns the type that @p tag stands for; an invalid type if there is none.
[[nodiscard]] QMetaType typeOfCoreTag(quint64 tag);
/// Writes the tag and the shape of a value whose type has a tag.
void writeCore(detail::CborWriter &writer, const QVariant &value);
/// Reads the shape behind the tag for @p type.
[[nodiscard]] bool readCore(detail::CborReader &reader, QMetaType type, QVariant *value);

/// These are the numbers that a point, size, line or rectangle is made of.
struct Geometry
{
    int count = 0; ///< 0 for any other type
    bool isFloating = false;
    std::array<qint64, 4> integers{};
    std::array<double, 4> doubles{};

    [[nodiscard]] QVariantList toList() const;
};
/// Returns how many numbers a @p type has, and of which kind; the numbers themselves are 0.
[[nodiscard]] Geometry geometryOf(QMetaType type);
/// Returns the numbers of the value of type @p type at @p data.
[[nodiscard]] Geometry geometryOf(QMetaType type, const void *data);
/// Sets the value of type @p type at @p data; false if a number does not fit.
[[nodiscard]] bool setGeometry(const Geometry &numbers, QMetaType type, void *data);

}

#endif
