// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_MEMORYCOST_H
#define QTPREFORK_DETAIL_MEMORYCOST_H

#include <QtPrefork/global.h>
#include <QtPrefork/protocol.h>

#include <QtCore/QByteArray>
#include <QtCore/QString>

#include <algorithm>
#include <concepts>
#include <string>

/// Calculates how much memory decoded values take, in bytes. The numbers are rather too high than too low. They are
/// known before the values are made, and to the side that writes them as well as to the side that reads them. Memory
/// blocks are calculated as the GNU C library allocates them, and containers as Qt 6 and the GNU C++ library make them.
namespace Prefork::detail {

/// How many bytes of memory each byte of a message may take.
constexpr qint64 DecodedRatio = 64;
/// How many bytes a message may take besides, so that small messages may contain anything.
constexpr qint64 DecodedAllowance = 4 * 1024 * 1024;
/// Texts and byte strings of this size or more, in bytes, are counted where they are read or written. Shorter ones are
/// counted by the container that holds them.
constexpr qint64 LongString = 64 * 1024;

/// Returns how many bytes of memory the values of a message of @p size bytes may take.
[[nodiscard]] constexpr qint64 decodedBound(qint64 size, qint64 maxDecodedSize)
{
    return size >= maxDecodedSize / DecodedRatio ? maxDecodedSize
                                                 : std::min(DecodedRatio * size + DecodedAllowance, maxDecodedSize);
}
/// Returns why a message is refused: what is wrong with it, and which option allows more.
[[nodiscard]] QTPREFORK_EXPORT QString decodedSizeError(qint64 size, qint64 maxDecodedSize);
[[nodiscard]] QTPREFORK_EXPORT QString messageSizeError(qint64 size, qint64 maxMessageSize);

/// Returns what a memory block of @p bytes bytes takes, which must not be 0.
[[nodiscard]] constexpr qint64 blockCost(qint64 bytes)
{
    constexpr qint64 Mapped = 128 * 1024; // a block of this size may have pages of its own
    return std::max<qint64>(32, (bytes + 23) & ~qint64(15)) + (bytes >= Mapped ? 4096 : 0);
}
/// Returns what a text of @p length bytes of UTF-8 takes besides its QString. bytesCost() returns what a byte string of
/// @p length bytes takes besides its QByteArray.
[[nodiscard]] constexpr qint64 textCost(qint64 length)
{
    return length <= 0 ? 0 : blockCost(16 + 2 * (length + 3));
}
[[nodiscard]] constexpr qint64 bytesCost(qint64 length)
{
    return blockCost(16 + length + 9);
}

/// What a QDateTime takes at most besides itself.
constexpr qint64 DateTimeCost = blockCost(40);
/// What a QTimeZone of the operating system takes besides itself.
constexpr qint64 TimeZoneCost = blockCost(512);
/// Returns what a QUrl of @p length characters takes besides itself. It consists of at most seven texts.
[[nodiscard]] constexpr qint64 urlCost(qint64 length)
{
    return blockCost(200) + 32 + std::min(16 * length, 2 * length + 400);
}
/// How many bytes of memory are counted for each byte of a registered type's serialisation. What its `operator>>`
/// really takes is not known, but it is hardly ever more.
constexpr qint64 RegisteredRatio = 8;

template <class T>
concept ContiguousContainer = requires(const T &t) { t.capacity(); };
template <class T>
concept IndexedContainer = requires(T &t) { t[0]; };

template <class T>
concept BucketContainer = requires(T &t) { t.bucket_count(); };

/// Returns what @p count nodes of @p bytes bytes take in a container of type @p T, which has a node for each item and
/// finds items by a key.
template <class T>
[[nodiscard]] constexpr qint64 nodesCost(qint64 count, qint64 bytes)
{
    if (count == 0)
        return 0;
    if constexpr (ContiguousContainer<T>) // such as QHash: tables that are half empty, with room for at least 48 nodes
        return 320 + std::max<qint64>(48, 2 * count) * bytes + 8 * count;
    else if constexpr (BucketContainer<T>) // such as std::unordered_map: it also has a table, which grows by doubling
        return blockCost(256 + 32 * count) + count * blockCost(2 * sizeof(void *) + bytes);
    else // QMap, and std::map, which is in it
        return blockCost(56) + count * blockCost(4 * sizeof(void *) + bytes);
}

/// Returns what a list or a set of type @p T with @p count items takes besides itself. What the items take besides
/// themselves is not included.
template <class T>
[[nodiscard]] constexpr qint64 sequenceCost(qint64 count)
{
    constexpr qint64 Item = sizeof(typename T::value_type);
    if constexpr (requires { typename T::key_type; })
        return nodesCost<T>(count, Item + qint64(alignof(typename T::value_type))); // QSet: unused values
    else if constexpr (ContiguousContainer<T>)
        return count == 0 ? 0 : blockCost(16 + count * Item);
    else if constexpr (IndexedContainer<T>) // such as std::deque: a table, and at least one piece of 512 bytes
        return 768 + count * (Item + Item / 8 + (Item > 256 ? 32 : 1));
    else
        return count * blockCost(2 * sizeof(void *) + Item);
}

template <class T>
struct KeyTypeOf
{
    using Type = QString;
};
template <class T>
    requires requires { typename T::key_type; }
struct KeyTypeOf<T>
{
    using Type = typename T::key_type;
};

/// Returns the same for a map of type @p T. What keys and values take besides themselves is not included.
template <class T>
[[nodiscard]] constexpr qint64 mapCost(qint64 count)
{
    struct Node
    {
        typename KeyTypeOf<T>::Type key;
        typename T::mapped_type value;
    };
    return nodesCost<T>(count, qint64(sizeof(Node)));
}

/// Counts the memory that is taken while a message is decoded.
class MemoryMeter
{
public:
    /// Makes a meter for a message of @p size bytes.
    MemoryMeter(qint64 size, qint64 maxDecodedSize)
        : m_size(size)
        , m_maxDecodedSize(maxDecodedSize)
        , m_left(decodedBound(size, maxDecodedSize))
    {
    }
    /// Counts @p bytes bytes, before they are allocated. Returns false if this is too much.
    [[nodiscard]] bool charge(qint64 bytes)
    {
        m_left -= bytes;
        return m_left >= 0;
    }
    /// Returns true if charge() has returned false.
    [[nodiscard]] bool isOverrun() const { return m_left < 0; }
    /// Returns how many bytes may still be taken.
    [[nodiscard]] qint64 left() const { return m_left; }
    /// Returns how many bytes were counted.
    [[nodiscard]] qint64 taken() const { return decodedBound(m_size, m_maxDecodedSize) - m_left; }
    /// Returns a text that says what is too much.
    [[nodiscard]] QString errorString() const { return decodedSizeError(m_size, m_maxDecodedSize); }

private:
    qint64 m_size;
    qint64 m_maxDecodedSize;
    qint64 m_left;
};

/// Returns what an item of a container takes besides itself, if it is a text or a byte string that takes @p length
/// bytes of a message. Other items are counted by the code that reads and writes them.
template <class T>
[[nodiscard]] constexpr qint64 stringCost(qint64 length)
{
    if constexpr (std::same_as<T, QString>)
        return length < LongString ? textCost(length - 1) : 0;
    else if constexpr (std::same_as<T, QByteArray>)
        return length < LongString ? bytesCost(length) : 0;
    else if constexpr (std::same_as<T, std::string>)
        return length < 16 ? 0 : blockCost(length);
    else
        return 0;
}

}

#endif
