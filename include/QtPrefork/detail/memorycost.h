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

/// What decoded values take in memory, in bytes, a little too much rather than too little: known before they are made,
/// and to the side that writes them as to the side that reads them. Blocks are those of the GNU C library, containers
/// those of Qt 6 and of the GNU C++ library.
namespace Prefork::detail {

/// Bytes of memory that each byte of a message may become.
constexpr qint64 DecodedRatio = 64;
/// What a message may take besides, so that small ones may hold what they like. In bytes.
constexpr qint64 DecodedAllowance = 4 * 1024 * 1024;
/// Texts and byte strings from this size on are counted where they are read or written; shorter ones by the container
/// around them.
constexpr qint64 LongString = 64 * 1024;

/// How much the values of a message of @p size bytes may take in memory.
[[nodiscard]] constexpr qint64 decodedBound(qint64 size, qint64 maxDecodedSize)
{
    return size >= maxDecodedSize / DecodedRatio ? maxDecodedSize
                                                 : std::min(DecodedRatio * size + DecodedAllowance, maxDecodedSize);
}
/// Why a message is refused: what is wrong with it, and which option allows more.
[[nodiscard]] QTPREFORK_EXPORT QString decodedSizeError(qint64 size, qint64 maxDecodedSize);
[[nodiscard]] QTPREFORK_EXPORT QString messageSizeError(qint64 size, qint64 maxMessageSize);

/// A block of memory of @p bytes bytes, which are not 0.
[[nodiscard]] constexpr qint64 blockCost(qint64 bytes)
{
    constexpr qint64 Mapped = 128 * 1024; // such blocks may have pages of their own
    return std::max<qint64>(32, (bytes + 23) & ~qint64(15)) + (bytes >= Mapped ? 4096 : 0);
}
/// What a text of @p length bytes of UTF-8 keeps besides its QString, or such a byte string besides its QByteArray.
[[nodiscard]] constexpr qint64 textCost(qint64 length)
{
    return length <= 0 ? 0 : blockCost(16 + 2 * (length + 3));
}
[[nodiscard]] constexpr qint64 bytesCost(qint64 length)
{
    return blockCost(16 + length + 9);
}

/// What a QDateTime keeps at most.
constexpr qint64 DateTimeCost = blockCost(40);
/// What a QTimeZone keeps besides, of the zones of the operating system.
constexpr qint64 TimeZoneCost = blockCost(512);
/// What a QUrl of @p length characters keeps, which are seven texts at most.
[[nodiscard]] constexpr qint64 urlCost(qint64 length)
{
    return blockCost(200) + 32 + std::min(16 * length, 2 * length + 400);
}
/// What operator>> of a registered type makes of a byte is not known; it is hardly ever more than this.
constexpr qint64 RegisteredRatio = 8;

template <class T>
concept ContiguousContainer = requires(const T &t) { t.capacity(); };
template <class T>
concept IndexedContainer = requires(T &t) { t[0]; };

template <class T>
concept BucketContainer = requires(T &t) { t.bucket_count(); };

/// What @p count nodes of @p bytes bytes keep in a container of type @p T that has one for each item, and finds them by
/// a key.
template <class T>
[[nodiscard]] constexpr qint64 nodesCost(qint64 count, qint64 bytes)
{
    if (count == 0)
        return 0;
    if constexpr (ContiguousContainer<T>) // like QHash: tables that are half empty, the least of which has room for 48
        return 320 + std::max<qint64>(48, 2 * count) * bytes + 8 * count;
    else if constexpr (BucketContainer<T>) // like std::unordered_map: it has a table besides, which grows by doubling
        return blockCost(256 + 32 * count) + count * blockCost(2 * sizeof(void *) + bytes);
    else // like QMap, and std::map, which is in it
        return blockCost(56) + count * blockCost(4 * sizeof(void *) + bytes);
}

/// What a list or set of type @p T with @p count items keeps besides itself, but for what the items keep.
template <class T>
[[nodiscard]] constexpr qint64 sequenceCost(qint64 count)
{
    constexpr qint64 Item = sizeof(typename T::value_type);
    if constexpr (requires { typename T::key_type; })
        return nodesCost<T>(count, Item + qint64(alignof(typename T::value_type))); // a QSet's have a value of no use
    else if constexpr (ContiguousContainer<T>)
        return count == 0 ? 0 : blockCost(16 + count * Item);
    else if constexpr (IndexedContainer<T>) // like std::deque: a table and pieces of 512 bytes, of which it always has
                                            // one
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

/// The same for a map of type @p T, but for what keys and values keep.
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

/// What may still be taken while a message is decoded.
class MemoryMeter
{
public:
    /// For a message of @p size bytes.
    MemoryMeter(qint64 size, qint64 maxDecodedSize)
        : m_size(size)
        , m_maxDecodedSize(maxDecodedSize)
        , m_left(decodedBound(size, maxDecodedSize))
    {
    }
    /// To be called before so many bytes are taken: false if that is too much.
    [[nodiscard]] bool charge(qint64 bytes)
    {
        m_left -= bytes;
        return m_left >= 0;
    }
    [[nodiscard]] bool isOverrun() const { return m_left < 0; }
    [[nodiscard]] qint64 left() const { return m_left; }
    [[nodiscard]] qint64 taken() const { return decodedBound(m_size, m_maxDecodedSize) - m_left; }
    /// What is too much then.
    [[nodiscard]] QString errorString() const { return decodedSizeError(m_size, m_maxDecodedSize); }

private:
    qint64 m_size;
    qint64 m_maxDecodedSize;
    qint64 m_left;
};

/// What an item of a container keeps if it is a text or a byte string that takes @p length bytes of a message; of
/// others, those that read and write them know.
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
