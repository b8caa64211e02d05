// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_GADGET_H
#define QTPREFORK_DETAIL_GADGET_H

#include <QtPrefork/detail/memorycost.h>
#include <QtPrefork/global.h>

#include <QtCore/QMetaObject>
#include <QtCore/QMetaProperty>
#include <QtCore/QMetaType>
#include <QtCore/QVariant>

#include <concepts>
#include <optional>

/// A Q_GADGET is sent as a map of its fields. Its fields are those of its properties that are stored and readable. A
/// gadget without fields has nothing to send, and does not count as a gadget here.
namespace Prefork::detail {

class CborReader;
class CborWriter;

/// A class that may be a Q_GADGET: it, or a base class of it, has a meta-object. Only isGadget() knows for certain.
template <class T>
concept HasMetaObject = requires {
    { T::staticMetaObject } -> std::convertible_to<const QMetaObject &>;
};

/// Returns true if @p type itself, and not only a base class of it, is a Q_GADGET with fields.
[[nodiscard]] QTPREFORK_EXPORT bool isGadget(QMetaType type);
template <class T>
[[nodiscard]] bool isGadget()
{
    return isGadget(QMetaType::fromType<T>());
}
/// Returns true if this property of a gadget is sent.
[[nodiscard]] QTPREFORK_EXPORT bool isField(const QMetaProperty &property);
/// Returns true if a byte string with any content fits a field of type @p type.
[[nodiscard]] QTPREFORK_EXPORT bool takesBytes(QMetaType type);
/// Returns true if a gadget of type @p meta has fields.
[[nodiscard]] QTPREFORK_EXPORT bool hasFields(const QMetaObject &meta);

/// Returns the fields of @p gadget by name.
[[nodiscard]] QTPREFORK_EXPORT QVariantMap gadgetToMap(const QMetaObject &meta, const void *gadget);
/// Sets the fields of @p gadget that are in @p value. Returns false if @p value is not a map, has a field that the
/// gadget does not have, or has a field whose value does not fit. Some fields may be set then. Fields that cannot be
/// written are skipped. Also returns false if the values would take more than is left of @p memory.
[[nodiscard]] QTPREFORK_EXPORT bool gadgetFromVariant(const QVariant &value, const QMetaObject &meta, void *gadget,
                                                      MemoryMeter *memory = nullptr);
/// Converts @p value to @p type, which is known only at run time, by the rules of fromVariant(). This is for a boolean,
/// a number, a QString and a QByteArray. For any other type, it returns nothing.
[[nodiscard]] QTPREFORK_EXPORT std::optional<bool> convertBasic(const QVariant &value, QMetaType type, QVariant *out);
/// Converts @p value to any @p type, which is known only at run time, by the rules of fromVariant().
[[nodiscard]] QTPREFORK_EXPORT bool convertVariant(const QVariant &value, QMetaType type, QVariant *out,
                                                   MemoryMeter *memory = nullptr);

/// Writes the fields of @p gadget as a map.
QTPREFORK_EXPORT void writeGadget(CborWriter &writer, const QMetaObject &meta, const void *gadget);
/// Reads what writeGadget() has written, by the rules of gadgetFromVariant(). Returns false for the same reasons as the
/// functions of CborReader, but some bytes may have been consumed.
[[nodiscard]] QTPREFORK_EXPORT bool readGadget(CborReader &reader, const QMetaObject &meta, void *gadget);

}

#endif
