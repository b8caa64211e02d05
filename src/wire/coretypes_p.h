// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CORETYPES_P_H
#define QTPREFORK_CORETYPES_P_H

#include <QtPrefork/detail/memorycost.h>

#include <QtCore/QMetaType>
#include <QtCore/QVariant>

#include <array>
#include <optional>

/// The value types of Qt Core that cross without registration: how each is made of plain values, and of those again.
/// docs/values.md has the table.
namespace Prefork::detail {
class CborWriter;
class CborReader;
}

namespace Prefork::Wire {

enum class Form { Cbor, Json };

/// The plain values that @p value is made of; nothing if it is of no such type.
[[nodiscard]] std::optional<QVariant> coreShape(const QVariant &value, Form form);
/// Sets @p out, a value of type @p type, to what @p value means: a value of that type, or its shape in either form.
/// False if that means none, or would take more than is left of @p memory; nothing if @p type is no such type.
[[nodiscard]] std::optional<bool> fromCoreShape(const QVariant &value, QMetaType type, void *out,
                                                detail::MemoryMeter *memory);

/// The tag before the shape of a @p type, by which it keeps its type inside a QVariant; 0 if it has none.
[[nodiscard]] quint64 coreTag(QMetaType type);
/// The type that @p tag is for; an invalid one if there is none.
[[nodiscard]] QMetaType typeOfCoreTag(quint64 tag);
/// Writes a value of a type that has a tag, with that.
void writeCore(detail::CborWriter &writer, const QVariant &value);
/// Reads what comes behind the tag for @p type.
[[nodiscard]] bool readCore(detail::CborReader &reader, QMetaType type, QVariant *value);

/// The numbers that points, sizes, lines and rectangles are made of.
struct Geometry
{
    int count = 0; ///< 0 for a type that is none of these
    bool isFloating = false;
    std::array<qint64, 4> integers{};
    std::array<double, 4> doubles{};

    [[nodiscard]] QVariantList toList() const;
};
/// How many numbers make a @p type, and of which kind.
[[nodiscard]] Geometry geometryOf(QMetaType type);
/// Returns the numbers of the value of type @p type at @p data.
[[nodiscard]] Geometry geometryOf(QMetaType type, const void *data);
/// Sets the value of type @p type at @p data; false if a number does not fit.
[[nodiscard]] bool setGeometry(const Geometry &numbers, QMetaType type, void *data);

}

#endif
