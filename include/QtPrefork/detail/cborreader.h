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

/// Reads CBOR (RFC 8949) that may come from anyone.
///
/// Everything that reads returns true, or false for one of two reasons: the next item is of another kind or does not
/// fit, then nothing was consumed and another reading may be tried; or the bytes are malformed, then isBroken() stays
/// true and nothing can be read any more.
///
/// Taken for malformed although CBOR allows it: texts that are not UTF-8 (it calls them well-formed but invalid), map
/// keys that are not texts or occur twice, simple values other than false, true, null and undefined, nesting deeper
/// than CborMaxDepth, and tags without the content they are defined for.
///
/// Refused, which is another thing, for the bytes are fine and isRefused() is true too: negative integers below -2^63,
/// date and times that are not known here, values of a type that is not registered, and what would take more memory
/// than decodedBound() says. Only a registered type's operator>> may take more.
class QTPREFORK_EXPORT CborReader
{
public:
    /// What comes next: a data type of CBOR, of which some simple values are called Float. End is the end of the bytes,
    /// and Invalid what no reading accepts.
    enum Kind { Unsigned, Negative, Bytes, Text, Array, Map, Tag, Simple, Float, End, Invalid };

    /// See decodedBound().
    static constexpr qint64 MemoryRatio = DecodedRatio;
    static constexpr qint64 MemoryAllowance = DecodedAllowance;

    /// Reads @p bytes, which must outlive the reader. @p types are those tag 27 may bring. If @p bytes end where @p
    /// owner does, and no copy of @p owner exists, a byte string of CborChunkSize or more that comes last is taken out
    /// of it instead of copied; @p owner is then empty, and its memory lives on in what was read. What is read takes @p
    /// maxDecodedSize bytes of memory at most.
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

    /// What comes next. Whether it is complete is another question.
    [[nodiscard]] Kind peek() const { return m_at == m_end ? (m_broken ? Invalid : End) : kindOf(*m_at); }
    /// True if all bytes were read.
    [[nodiscard]] bool atEnd() const { return m_at == m_end && !m_broken; }
    /// How many bytes were read.
    [[nodiscard]] qsizetype position() const { return m_at - m_begin; }
    /// Goes back to an earlier position(). False, and broken, if the bytes between were taken out of the owner; false
    /// when broken.
    bool seek(qsizetype position);
    /// True if the bytes are malformed, or refused.
    [[nodiscard]] bool isBroken() const { return m_broken; }
    /// True if nothing is wrong with the bytes, but what they mean cannot be had here: whoever sent them may go on.
    [[nodiscard]] bool isRefused() const { return m_denial != Denial::None; }
    /// True if it is a value of a type that is not among types() that is refused, or refuseBecause() said so.
    [[nodiscard]] bool lacksType() const { return m_denial == Denial::Type || isTold(); }
    /// How they are malformed, in one printable line; when isRefused(), what they have that cannot be had here.
    [[nodiscard]] QString errorString() const { return m_error; }
    /// Declares the bytes malformed, for a reason found outside. Returns false.
    bool fail(const QString &error);
    /// Refuses the bytes, which have @p what: "an integer below -2^63". Returns false.
    bool refuse(const QString &what);
    /// Refuses the bytes for a reason found outside, a whole sentence, which errorString() then is. Returns false.
    bool refuseBecause(const QString &why);
    [[nodiscard]] bool isTold() const { return m_denial == Denial::Told; }
    /// The types given to the constructor; may be null.
    [[nodiscard]] const TypeRegistry *types() const { return m_types; }

    /// Reads an integer without a sign.
    [[nodiscard]] bool readUnsigned(quint64 *value)
    {
        if (m_at < m_end && *m_at < 24) {
            *value = *m_at++;
            return true;
        }
        return readArgument(0, value);
    }
    /// Reads an integer that fits.
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
    /// Reads a text of known length, in place: the view is good as long as the bytes are.
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
    /// Reads the beginning of an array of known length; @p count items follow.
    [[nodiscard]] bool readArray(quint64 *count)
    {
        const qsizetype length = shortLength(0x80);
        if (length < 0)
            return readCount(4, 1, count);
        ++m_at;
        *count = quint64(length);
        return true;
    }
    /// Reads the beginning of a map of known length; @p count pairs follow.
    [[nodiscard]] bool readMap(quint64 *count)
    {
        if (m_at < m_end && *m_at == 0xa0) {
            ++m_at;
            *count = 0;
            return true;
        }
        return readCount(5, 2, count);
    }
    /// Reads a tag; what it says about follows.
    [[nodiscard]] bool readTag(quint64 *tag) { return readArgument(6, tag); }
    /// Reads any one item. Integers become qlonglong, above its range qulonglong; arrays QVariantList and maps
    /// QVariantMap; tags 0 and 1 QDateTime, 32 QUrl, 37 QUuid, 27 a registered type; other tags are ignored.
    [[nodiscard]] bool readVariant(QVariant *value);
    /// Reads that many, of which there may be fewer: the reader is broken then.
    [[nodiscard]] QList<QVariant> readVariants(quint64 count);
    /// Passes over any one item. It is checked like a read one, but for keys that occur twice and for what tags and
    /// numbers mean.
    [[nodiscard]] bool skip();

    /// To be called before memory is taken for what is read into, of so many bytes by memorycost.h: false, and broken,
    /// if that is too much. Readings of variants and of long strings do so themselves.
    [[nodiscard]] bool charge(qint64 bytes)
    {
        m_memoryLeft -= bytes;
        return m_memoryLeft >= 0 || chargeMore();
    }
    /// How much memory may still be taken, in bytes.
    [[nodiscard]] qint64 memoryLeft()
    {
        if (!m_hasBudget)
            static_cast<void>(chargeMore());
        return m_memoryLeft;
    }
    /// The same as a meter of its own.
    [[nodiscard]] MemoryMeter meter()
    {
        MemoryMeter meter(m_end - m_begin, m_maxDecodedSize);
        static_cast<void>(meter.charge(meter.left() - memoryLeft()));
        return meter;
    }
    /// Sets that back to an earlier memoryLeft(), for what was made since was thrown away.
    void setMemoryLeft(qint64 bytes) { m_memoryLeft = bytes; }

    /// While one lives, byte strings are copied out of the owner of the bytes, so that seek() may go back before them:
    /// for readings of which the outcome may turn out to be of no use.
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

    /// To be called before reading into an array or map of the caller's own that may be nested without end: false, and
    /// broken, if it is too deep. Its end is leave(), if true was returned.
    [[nodiscard]] bool enter();
    /// The end of what enter() began.
    void leave() { --m_depth; }

private:
    friend class VariantStepper;
    // Why bytes that may be fine are refused.
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
    // The argument of a head of one byte with the given major type, if as many bytes follow it; else -1.
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
    qint64 m_memoryLeft = 0; // nothing until it is first asked for
    int m_depth = 0;
    bool m_hasBudget = false;
    Denial m_denial = Denial::None;
    bool m_broken = false;
    bool m_taken = false;
    QString m_error;
};

}

#endif
