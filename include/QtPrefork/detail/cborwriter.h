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

/// Bytes that were not copied into a message. On the wire they come directly before the byte at @c position of the flat
/// bytes.
struct CborChunk
{
    qsizetype position; ///< in the flat bytes, which contain no chunk
    QByteArray bytes; ///< shared with the value that was written
};

/// How deep arrays and maps may be nested, for writing and reading.
constexpr int CborMaxDepth = 64;
/// Byte strings of this size and more are not copied, where this is possible.
constexpr qsizetype CborChunkSize = LongString;

/// Appends CBOR (RFC 8949) to a QByteArray, with the shortest form of every head. The caller must keep its promises:
/// beginArray(n) must be followed by n items, and beginMap(n) by n pairs of a text and an item.
///
/// Until finish(), no other code may touch or copy the array. Errors are sticky: after the first error, hasFailed()
/// stays true, and the bytes that were written are useless. truncate() removes them and the error.
class QTPREFORK_EXPORT CborWriter
{
public:
    /// Appends to @p out, which keeps its capacity between uses. With @p types, values of these types are written as
    /// tag 27. With @p chunks, byte strings of CborChunkSize or more are put there without a copy.
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

    /// Makes the array end after the bytes that were written. More bytes may be written after this.
    void finish()
    {
        // resize() would do the same, but it is a function call, and here the capacity is known to be large enough
        m_out->data_ptr().size = m_cursor - m_begin;
        *m_cursor = '\0';
    }
    /// Returns the number of flat bytes, including those that the array had before.
    [[nodiscard]] qsizetype position() const { return m_cursor - m_begin; }
    /// Removes all bytes and chunks that were written after @p position, and the error.
    void truncate(qsizetype position);
    /// Leaves room for @p count bytes, to be written through at(). Returns their position.
    qsizetype skip(qsizetype count)
    {
        ensure(count);
        m_cursor += count;
        return position() - count;
    }
    /// Returns a pointer to the bytes at @p position. It is valid until more is written.
    [[nodiscard]] char *at(qsizetype position) { return m_begin + position; }
    /// Returns how many bytes this writer has put into the chunks.
    [[nodiscard]] qsizetype chunkBytes() const { return m_chunkBytes; }
    /// The types given to the constructor; may be null.
    [[nodiscard]] const TypeRegistry *types() const { return m_types; }
    /// Returns how many bytes of memory a CborReader will take for the written values, as far as this was counted.
    /// Variants and long strings are counted by the writer. Typed containers must be counted by count().
    [[nodiscard]] qint64 decodedSize() const { return m_decodedSize; }
    /// Counts @p bytes bytes of memory, calculated with memorycost.h.
    void count(qint64 bytes) { m_decodedSize += bytes; }

    /// Returns true if something could not be written.
    [[nodiscard]] bool hasFailed() const { return !m_error.isNull(); }
    /// Returns what could not be written first, such as "a value of type QObject*" or "a value nested deeper than 64
    /// levels".
    [[nodiscard]] QString errorString() const { return m_error; }
    /// Notes that @p what cannot be written, unless there is an error already.
    void fail(const QString &what);
    /// Says that what is written next belongs to the next argument, of a call or an event. It is only for
    /// failedArgument(). nextArgument() must be called before every argument, and after the last one noArgument().
    void nextArgument() { ++m_argument; }
    void noArgument() { m_argument = 0; }
    /// Returns the argument, counted from 1, in which errorString() was found; 0 if it was not found in an argument.
    [[nodiscard]] int failedArgument() const { return m_failedArgument; }

    /// Writes an integer that is not negative.
    void writeUnsigned(quint64 value) { writeHead(0x00, value); }
    /// Writes an integer.
    void writeSigned(qint64 value)
    {
        const quint64 sign = quint64(value >> 63); // all ones for a negative value: -1 - n is ~n
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
    /// Writes undefined, which stands for an invalid QVariant.
    void writeUndefined() { writeByte(0xf7); }
    /// Writes @p text as UTF-8. Fails if it contains half of a surrogate pair, which has no form in UTF-8.
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
    /// Writes CBOR that was encoded before. Only heads and short items may be written in this way, because nothing of
    /// them is counted.
    void writeEncoded(QByteArrayView cbor) { writeRaw(cbor); }
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
    /// Writes a tag for the next item.
    void writeTag(quint64 tag) { writeHead(0xc0, tag); }

    /// Writes a value of any type, or fails. Numbers, texts, bytes, lists, maps, dates, QUrl and QUuid have forms of
    /// their own in CBOR. A registered type is written as its serialisation, and a Q_GADGET as a map of its properties.
    void writeVariant(const QVariant &value);
    /// Writes @p value as tag 0, with milliseconds and its offset from UTC, or as tag 1 if its year does not have four
    /// digits. Before this it writes which kind of time it is. An invalid value is written as null. Fails for a time
    /// zone that only this program knows.
    void writeDateTime(const QDateTime &value);
    /// Writes @p value as tag 32.
    void writeUrl(const QUrl &value);
    /// Writes @p value as tag 37.
    void writeUuid(const QUuid &value);
    /// Writes the value of type @p type at @p data as tag 27, under @p name.
    void writeRegistered(const QByteArray &name, QMetaType type, const void *data);

    /// Begins an array or a map that the caller writes itself and that may be nested without limit. Returns false, and
    /// notes an error, if the nesting is too deep. If it returns true, leave() must be called at the end.
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
    static constexpr qsizetype ShortText = 24; // shorter texts have a head of one byte

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
    bool encode(QStringView text);
    void moveBehindHead(qsizetype start, qsizetype guess);
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
    int m_argument = 0;
    int m_failedArgument = 0;
};

}

#endif
