// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_CBORREADER_H
#define QTPREFORK_DETAIL_CBORREADER_H

#include <QtPrefork/detail/cborwriter.h>
#include <QtPrefork/detail/memorycost.h>
#include <QtPrefork/global.h>

#include <QtCore/QByteArray>
#include <QtCore/QString>

#include <utility>

namespace Prefork::detail {

/// Reads CBOR (RFC 8949) from a source that is not trusted.
///
/// All functions that read return true, or false for one of two reasons. Either the next item is of another kind or
/// does not fit: then nothing was consumed, and another function may be tried. Or the bytes are malformed: then
/// isBroken() stays true, and nothing can be read any more.
///
/// Some bytes that CBOR allows count as malformed: texts that are not UTF-8 (which CBOR calls well-formed but invalid),
/// map keys that are not texts or occur twice, simple values other than false, true, null and undefined, nesting deeper
/// than CborMaxDepth, and tags with another content than they are defined for.
///
/// Other bytes are refused: they are well-formed, but this program cannot have their value. Then isRefused() is true,
/// too. Refused are negative integers below -2^63, dates and times that are not known here, values of a type that is
/// not registered, and values that would take more memory than decodedBound() allows. Only the `operator>>` of a
/// registered type may take more.
class QTPREFORK_EXPORT CborReader
{
public:
    /// The kind of the next item, which is a data type of CBOR. End is the end of the bytes, and Invalid is an item
    /// that no function accepts.
    enum Kind { Unsigned, Negative, Bytes, Text, Array, Map, Tag, Simple, Float, End, Invalid };

    /// These are the constants of decodedBound().
    static constexpr qint64 MemoryRatio = DecodedRatio;
    static constexpr qint64 MemoryAllowance = DecodedAllowance;

    /// Reads @p bytes, which must outlive the reader. @p types are the registered types that tag 27 may name. Decoded
    /// values take at most @p maxDecodedSize bytes of memory.
    ///
    /// If @p bytes end where @p owner does, and no copy of @p owner exists, a byte string of CborChunkSize or more at
    /// the end is taken out of it and not copied. @p owner is then empty, and its memory belongs to the value that was
    /// read.
    explicit CborReader(QByteArrayView bytes, const TypeRegistry *types = nullptr, QByteArray *owner = nullptr,
                        qint64 maxDecodedSize = DefaultMaxDecodedSize)
        : m_begin(reinterpret_cast<const uchar *>(bytes.data()))
        , m_at(m_begin)
        , m_end(m_begin + bytes.size())
        , m_types(types)
        , m_owner(owner)
        , m_maxDecodedSize(maxDecodedSize)
    {
    }
    Q_DISABLE_COPY_MOVE(CborReader)

    /// Returns the kind of the next item. The item may be incomplete.
    [[nodiscard]] Kind peek() const { return m_at == m_end ? (m_broken ? Invalid : End) : kindOf(*m_at); }
    /// Returns true if all bytes were read.
    [[nodiscard]] bool atEnd() const { return m_at == m_end && !m_broken; }
    /// Returns how many bytes were read.
    [[nodiscard]] qsizetype position() const { return m_at - m_begin; }
    /// Goes back to an earlier position() and returns true. Returns false if the reader is broken. If the bytes in
    /// between were taken out of the owner, the reader becomes broken.
    bool seek(qsizetype position);
    /// Returns true if the bytes are malformed or refused.
    [[nodiscard]] bool isBroken() const { return m_broken; }
    /// Returns true if the bytes are well-formed, but this program cannot have their value. The connection may go on.
    [[nodiscard]] bool isRefused() const { return m_denial != Denial::None; }
    /// Returns true if the value was refused because its type is not among types(), or by refuseBecause().
    [[nodiscard]] bool lacksType() const { return m_denial == Denial::Type || isTold(); }
    /// Returns how the bytes are malformed, in one printable line. If isRefused(), it returns which value this program
    /// cannot have.
    [[nodiscard]] QString errorString() const { return m_error; }
    /// Makes the reader broken, for a reason that was found outside. Returns false.
    bool fail(const QString &error);
    /// Refuses the bytes because of @p what, such as "an integer below -2^63". Returns false.
    bool refuse(const QString &what);
    /// Refuses the bytes for a reason that was found outside. errorString() then is @p why, a whole sentence. Returns
    /// false.
    bool refuseBecause(const QString &why);
    /// Returns true if refuseBecause() was called.
    [[nodiscard]] bool isTold() const { return m_denial == Denial::Told; }
    /// The types given to the constructor; may be null.
    [[nodiscard]] const TypeRegistry *types() const { return m_types; }

    /// Reads an integer that is not negative.
    [[nodiscard]] bool readUnsigned(quint64 *value)
    {
        if (m_at < m_end && *m_at < 24) {
            *value = *m_at++;
            return true;
        }
        return readArgument(0, value);
    }
    /// Reads an integer that fits a qint64.
    [[nodiscard]] bool readSigned(qint64 *value)
    {
        if (m_at < m_end && *m_at < 24) {
            *value = *m_at++;
            return true;
        }
        return readLongSigned(value);
    }
    /// Reads a number written as a float of any width.
    [[nodiscard]] bool readDouble(double *value);
    /// Reads true or false.
    [[nodiscard]] bool readBool(bool *value)
    {
        if (m_at == m_end || (*m_at | 1) != 0xf5)
            return m_at == m_end ? truncated() : false;
        *value = *m_at++ == 0xf5;
        return true;
    }
    /// Reads null.
    [[nodiscard]] bool readNull()
    {
        if (m_at == m_end || *m_at != 0xf6)
            return m_at == m_end ? truncated() : false;
        ++m_at;
        return true;
    }
    /// Reads a text.
    [[nodiscard]] bool readText(QString *value)
    {
        const qsizetype length = shortLength(0x60);
        if (length > 0) {
            QString text(length, Qt::Uninitialized);
            char16_t *const to = reinterpret_cast<char16_t *>(text.data());
            uchar bits = 0;
            for (qsizetype i = 0; i < length; ++i) {
                bits |= m_at[1 + i];
                to[i] = m_at[1 + i];
            }
            if (bits < 0x80) {
                m_at += 1 + length;
                *value = std::move(text);
                return true;
            }
        }
        return readLongText(value);
    }
    /// Reads a text of known length without a copy. The view is valid as long as the bytes are.
    [[nodiscard]] bool readUtf8(QByteArrayView *value)
    {
        const qsizetype length = shortLength(0x60);
        if (length >= 0) {
            const uchar *const text = m_at + 1;
            uchar bits = 0;
            for (qsizetype i = 0; i < length; ++i)
                bits |= text[i];
            if (bits < 0x80) {
                *value = QByteArrayView(text, length);
                m_at = text + length;
                return true;
            }
        }
        return readLongUtf8(value);
    }
    /// Reads a byte string.
    [[nodiscard]] bool readBytes(QByteArray *value);
    /// Reads the beginning of an array of known length. @p count items follow.
    [[nodiscard]] bool readArray(quint64 *count)
    {
        const qsizetype length = shortLength(0x80);
        if (length < 0)
            return readCount(4, 1, count);
        ++m_at;
        *count = quint64(length);
        return true;
    }
    /// Reads the beginning of a map of known length. @p count pairs follow.
    [[nodiscard]] bool readMap(quint64 *count)
    {
        if (m_at < m_end && *m_at == 0xa0) {
            ++m_at;
            *count = 0;
            return true;
        }
        return readCount(5, 2, count);
    }
    /// Reads a tag. The item that it is about follows.
    [[nodiscard]] bool readTag(quint64 *tag) { return readArgument(6, tag); }
    /// Reads one item of any kind. Integers become qlonglong or, if they are larger, qulonglong. Arrays become
    /// QVariantList, and maps QVariantMap. Tags 0 and 1 become QDateTime, tag 32 QUrl, tag 37 QUuid, and tag 27 a
    /// registered type. Other tags are ignored.
    [[nodiscard]] bool readVariant(QVariant *value);
    /// Reads @p count items of any kind. If there are fewer, the reader becomes broken.
    [[nodiscard]] QList<QVariant> readVariants(quint64 count);
    /// Skips one item of any kind. It is checked as if it were read, except for keys that occur twice and for the
    /// meaning of tags and numbers.
    [[nodiscard]] bool skip();

    /// Counts @p bytes bytes of memory, calculated with memorycost.h. Call it before memory is allocated for a value.
    /// Returns false if this is too much, and the reader is then broken. The functions that read variants and long
    /// strings do this themselves.
    [[nodiscard]] bool charge(qint64 bytes)
    {
        m_memoryLeft -= bytes;
        return m_memoryLeft >= 0 || chargeMore();
    }
    /// Returns how much memory may still be taken, in bytes.
    [[nodiscard]] qint64 memoryLeft()
    {
        if (!m_hasBudget)
            static_cast<void>(chargeMore());
        return m_memoryLeft;
    }
    /// Returns the same as a MemoryMeter, which counts for itself.
    [[nodiscard]] MemoryMeter meter()
    {
        MemoryMeter meter(m_end - m_begin, m_maxDecodedSize);
        static_cast<void>(meter.charge(meter.left() - memoryLeft()));
        return meter;
    }
    /// Sets memoryLeft() back to an earlier value, because the values that were made since then were destroyed.
    void setMemoryLeft(qint64 bytes) { m_memoryLeft = bytes; }

    /// While a Trial exists, byte strings are copied and not taken out of the owner of the bytes, so that seek() can go
    /// back before them. It is for reading values that may turn out to be useless.
    class Trial
    {
        Q_DISABLE_COPY_MOVE(Trial)

    public:
        explicit Trial(CborReader &reader)
            : m_reader(reader)
            , m_owner(std::exchange(reader.m_owner, nullptr))
        {
        }
        ~Trial() { m_reader.m_owner = m_owner; }

    private:
        CborReader &m_reader;
        QByteArray *const m_owner;
    };

    /// Begins an array or a map that the caller reads itself and that may be nested without limit. Returns false if the
    /// nesting is too deep, and the reader is then broken. If it returns true, leave() must be called at the end.
    [[nodiscard]] bool enter();
    /// The end of what enter() began.
    void leave() { --m_depth; }

private:
    friend class VariantStepper;
    // Why bytes are refused that may be well-formed.
    enum class Denial : quint8 { None, Value, Type, Told };
    struct Head
    {
        uchar major = 0;
        bool isIndefinite = false;
        quint64 argument = 0;
        const uchar *after = nullptr;
    };

    static constexpr Kind kindOf(uchar initial)
    {
        const int major = initial >> 5;
        const int info = initial & 31;
        if (major == 7)
            return info >= 20 && info <= 23 ? Simple : info >= 25 && info <= 27 ? Float : Invalid;
        return info < 28 || (info == 31 && major >= 2 && major <= 5) ? Kind(major) : Invalid;
    }
    // Returns the argument of a head of one byte with the given major type, if at least as many bytes follow it.
    // Otherwise returns -1.
    [[nodiscard]] qsizetype shortLength(uchar major) const
    {
        if (m_at == m_end)
            return -1;
        const qsizetype length = qsizetype(*m_at) - major;
        return length >= 0 && length < 24 && length < m_end - m_at ? length : -1;
    }

    bool truncated();
    bool parseHead(Head *head);
    bool readArgument(uchar major, quint64 *argument);
    bool readCount(uchar major, int itemsEach, quint64 *count);
    bool readLongSigned(qint64 *value);
    bool readLongText(QString *value);
    bool readLongUtf8(QByteArrayView *value);
    bool fitsRest(const Head &head, quint64 bytesEach);
    bool measureString(const Head &head, qsizetype *length);
    QByteArrayView nextPiece(Head *head, bool *isLast);
    bool appendUtf8(QByteArrayView bytes, QString *text);
    bool skipString(const Head &head);
    bool skipItems(const Head &head);

    bool failForLackOf(QByteArrayView typeName);
    bool deny(Denial denial, const QString &why);
    bool chargeMore();
    bool beginContainer(Head *head);
    bool beginItem(bool isMap, bool isIndefinite, QString *key);
    bool readStringItem(Kind kind, QVariant *value);
    bool readList(QVariant *value);
    bool readMapping(QVariant *value);
    bool readTagged(QVariant *value);
    bool readDateTime(QVariant *value);
    bool readEpoch(QVariant *value);
    bool readUrl(QVariant *value);
    bool readUuid(QVariant *value);
    bool readRegistered(QVariant *value);
    bool atBreak();

    const uchar *m_begin;
    const uchar *m_at;
    const uchar *m_end;
    const TypeRegistry *m_types;
    QByteArray *m_owner;
    qint64 m_maxDecodedSize;
    qint64 m_memoryLeft = 0; // it is set when it is first needed
    int m_depth = 0;
    bool m_hasBudget = false;
    Denial m_denial = Denial::None;
    bool m_broken = false;
    bool m_taken = false;
    QString m_error;
};

}

#endif
