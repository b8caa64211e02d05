// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_CBORWRITER_H
#define QTPREFORK_DETAIL_CBORWRITER_H

#include <QtPrefork/detail/memorycost.h>
#include <QtPrefork/global.h>

#include <QtCore/QByteArray>
#include <QtCore/QMetaType>
#include <QtCore/QString>
#include <QtCore/QtEndian>

#include <bit>
#include <cstring>
#include <vector>

QT_BEGIN_NAMESPACE
class QDateTime;
class QUrl;
class QUuid;
class QVariant;
QT_END_NAMESPACE

namespace Prefork::detail {

class TypeRegistry;

/// Bytes that were not copied into a message: on the wire they come right before the byte at @c position of the flat
/// bytes.
struct CborChunk
{
    qsizetype position; ///< in the flat bytes, which hold no chunk
    QByteArray bytes; ///< shared with what was written
};

/// How deep arrays and maps may be nested in each other, in both directions.
constexpr int CborMaxDepth = 64;
/// From this many bytes on, a byte string is passed on without a copy where that is possible.
constexpr qsizetype CborChunkSize = LongString;

/// Appends CBOR (RFC 8949) to a QByteArray, in the shortest form of every head. What it writes is as well-formed as the
/// caller's counts: after beginArray(n) come n items, after beginMap(n) n pairs of a text and an item.
///
/// Until finish() the array must be neither touched nor copied by others. Errors are sticky: after the first one
/// hasFailed() stays true and what was written is worthless; truncate() takes it back.
class QTPREFORK_EXPORT CborWriter
{
public:
    /// Appends to @p out, which keeps its capacity between uses. With @p types, their values are written as tag 27.
    /// With @p chunks, byte strings of CborChunkSize or more go there by reference.
    explicit CborWriter(QByteArray *out, const TypeRegistry *types = nullptr, std::vector<CborChunk> *chunks = nullptr)
        : m_out(out)
        , m_types(types)
        , m_chunks(chunks)
    {
        if (out->isDetached())
            adopt();
        else
            grow(MinimumCapacity);
    }
    ~CborWriter() { finish(); }
    Q_DISABLE_COPY_MOVE(CborWriter)

    /// Makes the array end after what was written. More may be written after it.
    void finish()
    {
        // resize() would do the same, but it is a call, and here the room is known to be there
        m_out->data_ptr().size = m_cursor - m_begin;
        *m_cursor = '\0';
    }
    /// How many flat bytes there are, with those the array held before.
    [[nodiscard]] qsizetype position() const { return m_cursor - m_begin; }
    /// Takes back all bytes and chunks written after @p position, and a failure.
    void truncate(qsizetype position);
    /// Leaves @p count bytes to be filled in through at(); returns their position.
    qsizetype skip(qsizetype count)
    {
        ensure(count);
        m_cursor += count;
        return position() - count;
    }
    /// The bytes at @p position; the pointer is good until more is written.
    [[nodiscard]] char *at(qsizetype position) { return m_begin + position; }
    /// How many bytes this writer has put into the chunks.
    [[nodiscard]] qsizetype chunkBytes() const { return m_chunkBytes; }
    /// The types given to the constructor; may be null.
    [[nodiscard]] const TypeRegistry *types() const { return m_types; }
    /// How many bytes of memory a CborReader will take for what was written, as far as that was counted: variants and
    /// long strings are, typed containers have to be, by count().
    [[nodiscard]] qint64 decodedSize() const { return m_decodedSize; }
    /// Counts @p bytes of memory, by memorycost.h.
    void count(qint64 bytes) { m_decodedSize += bytes; }

    /// True if something could not be written.
    [[nodiscard]] bool hasFailed() const { return !m_error.isNull(); }
    /// What could not be written first: "a value of type QObject*", "a value nested deeper than 64 levels", …
    [[nodiscard]] QString errorString() const { return m_error; }
    /// Notes that @p what cannot be written, if it is the first such thing.
    void fail(const QString &what);

    /// Writes an integer without a sign.
    void writeUnsigned(quint64 value) { writeHead(0x00, value); }
    /// Writes an integer.
    void writeSigned(qint64 value)
    {
        const quint64 sign = quint64(value >> 63); // all ones for a negative one: -1 - n is ~n
        writeHead(uchar(sign & 0x20), quint64(value) ^ sign);
    }
    /// Writes all 64 bits of @p value, whatever they are.
    void writeDouble(double value)
    {
        ensure(9);
        *m_cursor = char(0xfb);
        qToBigEndian(std::bit_cast<quint64>(value), m_cursor + 1);
        m_cursor += 9;
    }
    /// Writes true or false.
    void writeBool(bool value) { writeByte(value ? 0xf5 : 0xf4); }
    /// Writes null.
    void writeNull() { writeByte(0xf6); }
    /// Writes undefined, which a QVariant is that holds nothing.
    void writeUndefined() { writeByte(0xf7); }
    /// Writes @p text as UTF-8, or fails: half of a surrogate pair has no form there.
    void writeText(QStringView text)
    {
        const qsizetype length = text.size();
        if (length < ShortText) {
            ensure(ShortText);
            char *const to = m_cursor + 1;
            const char16_t *const from = text.utf16();
            char16_t bits = 0;
            for (qsizetype i = 0; i < length; ++i) {
                bits |= from[i];
                to[i] = char(from[i]);
            }
            if (bits < 0x80) {
                *m_cursor = char(0x60 + length);
                m_cursor = to + length;
                return;
            }
        }
        writeLongText(text);
    }
    /// Writes a text that is known to be UTF-8.
    void writeUtf8(QByteArrayView text)
    {
        writeHead(0x60, quint64(text.size()));
        writeRaw(text);
    }
    /// Writes a byte string.
    void writeBytes(const QByteArray &bytes)
    {
        writeHead(0x40, quint64(bytes.size()));
        if (bytes.size() >= CborChunkSize)
            writeLongBytes(bytes);
        else
            writeRaw(bytes);
    }
    /// Begins an array of @p count items.
    void beginArray(quint64 count) { writeHead(0x80, count); }
    /// Begins a map of @p count pairs.
    void beginMap(quint64 count) { writeHead(0xa0, count); }
    /// Gives the next item a tag.
    void writeTag(quint64 tag) { writeHead(0xc0, tag); }

    /// Writes any value, or fails. Numbers, texts and bytes, lists and maps, dates, QUrl and QUuid have forms of their
    /// own in CBOR; a registered type goes as its serialisation, a Q_GADGET as a map of its properties.
    void writeVariant(const QVariant &value);
    /// Writes @p value as tag 0, with milliseconds and its offset from UTC, or as tag 1 if its year has not four
    /// digits, and before that what kind it is; an invalid one as null. Fails for time zones that only this program
    /// knows.
    void writeDateTime(const QDateTime &value);
    /// Writes @p value as tag 32.
    void writeUrl(const QUrl &value);
    /// Writes @p value as tag 37.
    void writeUuid(const QUuid &value);
    /// Writes the value of type @p type at @p data as tag 27 under @p name.
    void writeRegistered(const QByteArray &name, QMetaType type, const void *data);

    /// To be called before an array or map of the caller's own that may be nested without end: false, and a failure, if
    /// it is too deep. Its end is leave(), if true was returned.
    [[nodiscard]] bool enter()
    {
        if (m_depth == CborMaxDepth) {
            failDepth();
            return false;
        }
        ++m_depth;
        return true;
    }
    /// The end of what enter() began.
    void leave() { --m_depth; }

private:
    static constexpr qsizetype MinimumCapacity = 240;
    static constexpr qsizetype ShortText = 24; // shorter ones have a head of one byte

    void adopt()
    {
        m_begin = m_out->data();
        m_cursor = m_begin + m_out->size();
        m_end = m_cursor + m_out->data_ptr().freeSpaceAtEnd();
    }
    void ensure(qsizetype count)
    {
        if (m_end - m_cursor < count) [[unlikely]]
            grow(count);
    }
    void writeByte(uchar byte)
    {
        ensure(1);
        *m_cursor++ = char(byte);
    }
    void writeHead(uchar major, quint64 argument)
    {
        ensure(9);
        if (argument < 24) [[likely]]
            *m_cursor++ = char(major | argument);
        else
            m_cursor = putLongHead(m_cursor, major, argument);
    }
    void writeRaw(QByteArrayView bytes)
    {
        ensure(bytes.size());
        if (!bytes.isEmpty())
            std::memcpy(m_cursor, bytes.data(), std::size_t(bytes.size()));
        m_cursor += bytes.size();
    }

    static char *putLongHead(char *at, uchar major, quint64 argument);
    void grow(qsizetype count);
    void writeLongBytes(const QByteArray &bytes);
    void writeLongText(QStringView text);
    void failDepth();

    QByteArray *m_out;
    const TypeRegistry *m_types;
    std::vector<CborChunk> *m_chunks;
    char *m_begin = nullptr;
    char *m_cursor = nullptr;
    char *m_end = nullptr;
    qsizetype m_chunkBytes = 0;
    qint64 m_decodedSize = 0;
    int m_depth = 0;
    QString m_error;
};

}

#endif
