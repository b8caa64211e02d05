// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_VALUETYPES_H
#define QTPREFORK_DETAIL_VALUETYPES_H

#include <QtPrefork/detail/memorycost.h>
#include <QtPrefork/detail/valueshapes.h>
#include <QtPrefork/detail/wiretype.h>
#include <QtPrefork/global.h>

#include <QtCore/QMetaType>
#include <QtCore/QVariant>

/// How a value of an opaque type, such as std::optional<int>, is found out about where its type is known at run time
/// only: as a property of a gadget, or inside a QVariant. Every program knows those types that a header of this library
/// was included before, in the file that moc writes for the gadget or in any other that uses the type.
namespace Prefork::detail {

/// What is done with a value of an opaque type.
struct ValueType
{
    QVariant (*toVariant)(const void *value); ///< its shape, as toVariant() gives it
    bool (*fromVariant)(const QVariant &shape, void *value, MemoryMeter *memory);
    void (*appendWireType)(QByteArray *out);
};

/// Makes a type known; may be called before main(). Returns true.
QTPREFORK_EXPORT bool addValueType(QMetaType type, const ValueType &functions);
/// What is done with values of @p type; null if that is not an opaque type, or nobody has made it known.
[[nodiscard]] QTPREFORK_EXPORT const ValueType *valueTypeOf(QMetaType type);

template <class T>
[[nodiscard]] QVariant toVariant(const T &value);
template <class T>
[[nodiscard]] bool fromVariant(const QVariant &value, T *out, MemoryMeter *memory = nullptr);

/// A type that is known as soon as the program, or the library that mentions it, is loaded.
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

/// Qt calls this when it registers an opaque type, of which it knows nothing else.
template <class T>
    requires Prefork::detail::isOpaque<T>
struct QMetaTypeId<T>
{
    enum { Defined = 1 };
    static int qt_metatype_id()
    {
        static_cast<void>(&Prefork::detail::KnownValueType<T>::isKnown); // which makes the compiler initialise it
        return QMetaType::fromType<T>().id();
    }
};

QT_END_NAMESPACE

#endif
