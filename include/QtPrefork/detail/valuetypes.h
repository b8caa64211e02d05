// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_VALUETYPES_H
#define QTPREFORK_DETAIL_VALUETYPES_H

#include <QtPrefork/detail/memorycost.h>
#include <QtPrefork/detail/valueshapes.h>
#include <QtPrefork/detail/wiretype.h>
#include <QtPrefork/global.h>

#include <QtCore/QMetaType>
#include <QtCore/QVariant>

/// Finds the functions for a value of an opaque type, such as std::optional<int>, where its type is known only at run
/// time: in a property of a gadget, or in a QVariant. A program knows the opaque types that are used in a source file
/// after a header of this library was included. This may be the file that moc writes for the gadget, or any other file
/// that uses the type.
namespace Prefork::detail {

/// The functions for values of an opaque type.
struct ValueType
{
    QVariant (*toVariant)(const void *value); ///< converts as toVariant() does
    bool (*fromVariant)(const QVariant &shape, void *value, MemoryMeter *memory);
    void (*appendWireType)(QByteArray *out);
};

/// Makes a type known. This may be called before main(). Returns true.
QTPREFORK_EXPORT bool addValueType(QMetaType type, const ValueType &functions);
/// Returns the functions for values of @p type, or null if it is not an opaque type or was not made known.
[[nodiscard]] QTPREFORK_EXPORT const ValueType *valueTypeOf(QMetaType type);

template <class T>
[[nodiscard]] QVariant toVariant(const T &value);
template <class T>
[[nodiscard]] bool fromVariant(const QVariant &value, T *out, MemoryMeter *memory = nullptr);

/// An opaque type that is known as soon as the program is loaded, or the library that mentions the type.
template <class T>
struct KnownValueType
{
    static QVariant shapeOf(const void *value) { return toVariant<T>(*static_cast<const T *>(value)); }
    static bool make(const QVariant &shape, void *value, MemoryMeter *memory)
    {
        return fromVariant<T>(shape, static_cast<T *>(value), memory);
    }
    static inline const bool isKnown
        = addValueType(QMetaType::fromType<T>(), ValueType{&shapeOf, &make, &appendWireType<T>});
};

}

QT_BEGIN_NAMESPACE

/// Qt calls this when it registers an opaque type, about which it knows nothing else. The name of the function is not
/// in Qt's documentation, but nothing else will do: Q_DECLARE_METATYPE, which writes the same function, takes one type
/// and not all that fulfil a concept, and Qt's macros for templates (Q_DECLARE_METATYPE_TEMPLATE_1ARG) take no code
/// that makes a type known here. Without this function, a std::optional in a property of a gadget would be known only
/// to programs that mention its type to this library as well.
template <class T>
    requires Prefork::detail::isOpaque<T>
struct QMetaTypeId<T>
{
    enum { Defined = 1 };
    static int qt_metatype_id()
    {
        static_cast<void>(&Prefork::detail::KnownValueType<T>::isKnown); // this makes the compiler initialise it
        return QMetaType::fromType<T>().id();
    }
};

QT_END_NAMESPACE

#endif
