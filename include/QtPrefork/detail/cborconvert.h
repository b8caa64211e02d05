// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_CBORCONVERT_H
#define QTPREFORK_DETAIL_CBORCONVERT_H

#include <QtPrefork/detail/cborreader.h>
#include <QtPrefork/detail/cborwriter.h>
#include <QtPrefork/detail/convert.h>
#include <QtPrefork/detail/crossing.h>
#include <QtPrefork/detail/gadget.h>
#include <QtPrefork/detail/typeregistry.h>
#include <QtPrefork/detail/wiretype.h>

#include <QtCore/QDateTime>
#include <QtCore/QUrl>
#include <QtCore/QUuid>

#include <algorithm>
#include <iterator>

/// Writes typed parameters and results as CBOR and reads them again, without a QVariant in between. Instead of a value
/// of the right type, a peer may write any value that convert.h accepts for it.
namespace Prefork::detail {

template <class T>
void toCbor(CborWriter &writer, const T &value);

/// Writes an item of a container, and counts the memory that it will take.
template <class T>
void itemToCbor(CborWriter &writer, const T &item)
{
    if constexpr (std::same_as<T, QByteArray>)
        writer.count(stringCost<T>(item.size()));
    [[maybe_unused]] const qsizetype before = writer.position();
    toCbor<T>(writer, item);
    if constexpr (std::same_as<T, QString> || std::same_as<T, std::string>)
        writer.count(stringCost<T>(writer.position() - before));
}

/// Writes @p value. CborWriter::hasFailed() tells whether this worked.
template <class T>
void toCbor(CborWriter &writer, const T &value)
{
    if constexpr (std::same_as<T, QVariant>) {
        writer.writeVariant(value);
    } else if constexpr (std::same_as<T, bool>) {
        writer.writeBool(value);
    } else if constexpr (std::is_enum_v<T>) {
        if constexpr (std::unsigned_integral<std::underlying_type_t<T>>)
            writer.writeUnsigned(quint64(value));
        else
            writer.writeSigned(qint64(value));
    } else if constexpr (std::signed_integral<T>) {
        writer.writeSigned(qint64(value));
    } else if constexpr (std::unsigned_integral<T>) {
        writer.writeUnsigned(value);
    } else if constexpr (std::floating_point<T>) {
        writer.writeDouble(double(value));
    } else if constexpr (std::same_as<T, QString>) {
        writer.writeText(value);
    } else if constexpr (std::same_as<T, QByteArray>) {
        writer.writeBytes(value);
    } else if constexpr (std::same_as<T, std::string>) {
        const QUtf8StringView text(value.data(), qsizetype(value.size()));
        if (text.isValidUtf8())
            writer.writeUtf8(text);
        else
            writer.fail(QStringLiteral("a std::string that is not UTF-8 text"));
    } else if constexpr (ItemContainer<T>) {
        if (!writer.enter())
            return;
        const qint64 count = qint64(std::distance(value.begin(), value.end()));
        writer.beginArray(quint64(count));
        writer.count(sequenceCost<T>(count));
        for (const auto &item : value)
            itemToCbor<typename T::value_type>(writer, item);
        writer.leave();
    } else if constexpr (MapContainer<T>) {
        if (!writer.enter())
            return;
        writer.beginMap(quint64(value.size()));
        writer.count(mapCost<T>(qint64(value.size())));
        for (auto entry = value.begin(); entry != value.end(); ++entry) {
            itemToCbor<QString>(writer, keyText(entryKey(entry)));
            itemToCbor<typename T::mapped_type>(writer, entryValue(entry));
        }
        writer.leave();
    } else if constexpr (isOptional<T>) {
        using Value = typename T::value_type;
        if (!value)
            return writer.writeNull();
        if constexpr (isNeverNull<Value>)
            return itemToCbor<Value>(writer, *value);
        if (!writer.enter())
            return;
        writer.beginArray(1);
        itemToCbor<Value>(writer, *value);
        writer.leave();
    } else if constexpr (isTuple<T> || isArray<T>) {
        if (!writer.enter())
            return;
        writer.beginArray(std::tuple_size_v<T>);
        if constexpr (isArray<T>) {
            for (const auto &item : value)
                itemToCbor(writer, item);
        } else {
            visitItems(value, [&writer](const auto &item) {
                itemToCbor(writer, item);
                return true;
            });
        }
        writer.leave();
    } else if constexpr (isDuration<T>) {
        toCbor<typename T::rep>(writer, value.count());
    } else if constexpr (std::same_as<T, QDateTime>) {
        writer.writeDateTime(value);
    } else if constexpr (std::same_as<T, QUrl>) {
        writer.writeUrl(value);
    } else if constexpr (std::same_as<T, QUuid>) {
        writer.writeUuid(value);
    } else {
        const QMetaType type = QMetaType::fromType<T>();
        if (const QByteArray *const name = writer.types() ? writer.types()->nameOf(type) : nullptr)
            return writer.writeRegistered(*name, type, &value);
        if constexpr (HasMetaObject<T>) {
            if (isGadget<T>())
                return writeGadget(writer, T::staticMetaObject, &value);
        }
        writer.writeVariant(QVariant::fromValue(value));
    }
}

template <class T>
[[nodiscard]] bool fromCbor(CborReader &reader, T *out);

/// Returns how much memory an item of a container keeps, besides its place in the container and the memory that was
/// counted when it was read. @p length is the number of bytes that were read for it.
template <class T>
[[nodiscard]] qint64 keptByItem(const T &item, qsizetype length)
{
    if constexpr (std::same_as<T, QByteArray>)
        return stringCost<T>(item.size());
    else
        return stringCost<T>(length);
}

/// Reads an item of a container, and counts its memory.
template <class T>
[[nodiscard]] bool itemFromCbor(CborReader &reader, T *out)
{
    const qsizetype start = reader.position();
    return fromCbor(reader, out) && reader.charge(keptByItem(*out, reader.position() - start));
}

/// Reads the key of an entry of a map, and counts its memory.
[[nodiscard]] inline bool readKey(CborReader &reader, QString *key)
{
    const qsizetype start = reader.position();
    return reader.readText(key) && reader.charge(stringCost<QString>(reader.position() - start));
}

/// Makes the reader fail, because a map has a key twice.
inline bool failTwice(CborReader &reader, const QString &key)
{
    return reader.fail(QStringLiteral("the map key '%1' occurs twice").arg(key));
}

template <class T>
[[nodiscard]] bool readItems(CborReader &reader, T *out)
{
    quint64 count = 0;
    if (!reader.readArray(&count) || !reader.charge(sequenceCost<T>(qint64(count))) || !reader.enter())
        return false;
    if constexpr (requires { out->reserve(1); })
        out->reserve(typename T::size_type(count));
    bool ok = true;
    for (quint64 i = 0; ok && i < count; ++i) {
        typename T::value_type item{};
        ok = itemFromCbor(reader, &item) && putItem(out, std::move(item));
    }
    reader.leave();
    return ok;
}

template <class T>
[[nodiscard]] bool readEntries(CborReader &reader, T *out)
{
    quint64 count = 0;
    if (!reader.readMap(&count) || !reader.charge(mapCost<T>(qint64(count))) || !reader.enter())
        return false;
    bool ok = true;
    for (quint64 i = 0; ok && i < count; ++i) {
        QString text;
        typename KeyTypeOf<T>::Type key{};
        typename T::mapped_type item{};
        ok = readKey(reader, &text) && keyOf(text, &key) && itemFromCbor(reader, &item);
        if (ok && !putEntry(out, std::move(key), std::move(item)))
            ok = failTwice(reader, text);
    }
    reader.leave();
    return ok;
}

template <class T>
[[nodiscard]] bool readOptional(CborReader &reader, T *out)
{
    if (reader.readNull()) {
        out->reset();
        return true;
    }
    if (reader.isBroken())
        return false;
    if constexpr (isNeverNull<typename T::value_type>) {
        return itemFromCbor(reader, &out->emplace());
    } else {
        quint64 count = 0;
        if (!reader.readArray(&count) || count != 1 || !reader.enter())
            return false;
        const bool ok = itemFromCbor(reader, &out->emplace());
        reader.leave();
        return ok;
    }
}

/// Reads a tuple, a pair or an array. It must have exactly as many items as the type.
template <class T>
[[nodiscard]] bool readTuple(CborReader &reader, T *out)
{
    quint64 count = 0;
    if (!reader.readArray(&count) || count != std::tuple_size_v<T> || !reader.enter())
        return false;
    const auto take = [&reader](auto &item) { return itemFromCbor(reader, &item); };
    bool ok = false;
    if constexpr (isArray<T>)
        ok = std::all_of(out->begin(), out->end(), take);
    else
        ok = visitItems(*out, take);
    reader.leave();
    return ok;
}

/// Reads only what toCbor() writes for a T. If it returns false, some bytes may have been consumed.
template <class T>
[[nodiscard]] bool readExactly(CborReader &reader, T *out)
{
    if constexpr (std::same_as<T, bool>) {
        return reader.readBool(out);
    } else if constexpr (std::is_enum_v<T>) {
        std::underlying_type_t<T> number{};
        const bool ok = readExactly(reader, &number) && isEnumValue<T>(number);
        *out = T(number);
        return ok;
    } else if constexpr (std::signed_integral<T>) {
        qint64 number = 0;
        const bool ok = reader.readSigned(&number) && number >= std::numeric_limits<T>::min()
            && number <= std::numeric_limits<T>::max();
        *out = T(number);
        return ok;
    } else if constexpr (std::unsigned_integral<T>) {
        quint64 number = 0;
        const bool ok = reader.readUnsigned(&number) && number <= std::numeric_limits<T>::max();
        *out = T(number);
        return ok;
    } else if constexpr (std::floating_point<T>) {
        double number = 0;
        return reader.readDouble(&number) && toWidth(number, out);
    } else if constexpr (std::same_as<T, QString>) {
        return reader.readText(out);
    } else if constexpr (std::same_as<T, QByteArray>) {
        return reader.readBytes(out);
    } else if constexpr (std::same_as<T, std::string>) {
        QByteArrayView text;
        const bool ok = reader.readUtf8(&text);
        out->assign(text.data(), std::size_t(text.size()));
        return ok;
    } else if constexpr (ItemContainer<T>) {
        return readItems(reader, out);
    } else if constexpr (MapContainer<T>) {
        return readEntries(reader, out);
    } else if constexpr (isOptional<T>) {
        return readOptional(reader, out);
    } else if constexpr (isTuple<T> || isArray<T>) {
        return readTuple(reader, out);
    } else if constexpr (isDuration<T>) {
        typename T::rep count{};
        const bool ok = readExactly(reader, &count);
        *out = T(count);
        return ok;
    } else if constexpr (std::same_as<T, QDateTime>) {
        *out = QDateTime();
        return reader.readNull(); // an invalid QDateTime is written as null
    } else if constexpr (HasMetaObject<T>) {
        return isGadget<T>() && readGadget(reader, T::staticMetaObject, out);
    } else {
        return false;
    }
}

/// Reads a T, or any value that convert.h accepts for a T. If another value comes next, it returns false and has
/// consumed nothing. If it returns false, @p out has no useful value.
template <class T>
[[nodiscard]] bool fromCbor(CborReader &reader, T *out)
{
    if constexpr (std::same_as<T, QVariant>) {
        return reader.readVariant(out);
    } else {
        constexpr bool TakesMemory = Composite<T> || HasMetaObject<T>;
        const qsizetype start = reader.position();
        qint64 memoryLeft = 0;
        if constexpr (TakesMemory)
            memoryLeft = reader.memoryLeft();
        if (readExactly(reader, out))
            return true;
        *out = T();
        if (reader.isBroken())
            return false;
        QVariant value;
        if constexpr (TakesMemory)
            reader.setMemoryLeft(memoryLeft);
        else
            memoryLeft = reader.memoryLeft();
        const CborReader::Trial trial(reader);
        if (!reader.seek(start) || !reader.readVariant(&value))
            return false;
        MemoryMeter meter = reader.meter();
        const bool ok = fromVariant(value, out, &meter);
        const qint64 taken = reader.memoryLeft() - meter.left();
        if (meter.isOverrun())
            return reader.charge(taken);
        reader.setMemoryLeft(memoryLeft - taken); // the variant will be destroyed
        if (!ok)
            reader.seek(start);
        return ok;
    }
}

}

#endif
