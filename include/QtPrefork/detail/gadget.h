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

/// How a Q_GADGET crosses the wire: as a map of its fields, which are its properties that are stored and readable. A
/// gadget without fields has nothing to send and does not count as one.
namespace Prefork::detail {

class CborReader;
class CborWriter;

/// May be a Q_GADGET: it, or a base class of it, has a meta-object. Only isGadget() knows for certain.
template <class T>
concept HasMetaObject = requires {
    { T::staticMetaObject } -> std::convertible_to<const QMetaObject &>;
};

/// True if @p type is a Q_GADGET with fields, has not just a base class that is one.
[[nodiscard]] QTPREFORK_EXPORT bool isGadget(QMetaType type);
template <class T>
[[nodiscard]] bool isGadget()
{
    return isGadget(QMetaType::fromType<T>());
}
/// True if a gadget's property crosses the wire.
[[nodiscard]] QTPREFORK_EXPORT bool isField(const QMetaProperty &property);
/// True if a byte string fits a field of type @p type, whatever it holds.
[[nodiscard]] QTPREFORK_EXPORT bool takesBytes(QMetaType type);
/// True if a gadget of type @p meta has fields.
[[nodiscard]] QTPREFORK_EXPORT bool hasFields(const QMetaObject &meta);

/// The fields of @p gadget by name.
[[nodiscard]] QTPREFORK_EXPORT QVariantMap gadgetToMap(const QMetaObject &meta, const void *gadget);
/// Sets the fields of @p gadget that are in @p value, a map. False if it is none, has a field unknown here, or one
/// whose value does not fit; some fields may be set then. Fields that cannot be written are passed over. With @p
/// memory, false too if more would be taken.
[[nodiscard]] QTPREFORK_EXPORT bool gadgetFromVariant(const QVariant &value, const QMetaObject &meta, void *gadget,
                                                      MemoryMeter *memory = nullptr);
/// @p value as the type @p type, a boolean, a number, QString or QByteArray, by the rules of fromVariant() chosen at
/// run time; nothing for any other type.
[[nodiscard]] QTPREFORK_EXPORT std::optional<bool> convertBasic(const QVariant &value, QMetaType type, QVariant *out);
/// @p value as the type @p type, whatever it is, by the rules of fromVariant() chosen at run time.
[[nodiscard]] QTPREFORK_EXPORT bool convertVariant(const QVariant &value, QMetaType type, QVariant *out,
                                                   MemoryMeter *memory = nullptr);

/// Writes the fields of @p gadget as a map.
QTPREFORK_EXPORT void writeGadget(CborWriter &writer, const QMetaObject &meta, const void *gadget);
/// Reads what writeGadget() wrote, with the rules of gadgetFromVariant(). False like the readings of CborReader, but
/// for what was consumed.
[[nodiscard]] QTPREFORK_EXPORT bool readGadget(CborReader &reader, const QMetaObject &meta, void *gadget);

}

#endif
