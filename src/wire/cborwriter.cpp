// SPDX-License-Identifier: MIT
#include <QtPrefork/detail/cborwriter.h>

#include <QtCore/QStringConverter>

#include <algorithm>

namespace Prefork::detail {

void CborWriter::grow(qsizetype count)
{
    if (m_cursor)
        finish();
    // Twice what there is, so that many small items cost one copy each on average.
    m_out->reserve(std::max(2 * m_out->size(), m_out->size() + std::max(count, MinimumCapacity)));
    adopt();
}

char *CborWriter::putLongHead(char *at, uchar major, quint64 argument)
{
    if (argument < 24) {
        *at = char(major | argument);
        return at + 1;
    }
    if (argument <= 0xff) {
        *at = char(major | 24);
        at[1] = char(argument);
        return at + 2;
    }
    if (argument <= 0xffff) {
        *at = char(major | 25);
        qToBigEndian(quint16(argument), at + 1);
        return at + 3;
    }
    if (argument <= 0xffffffff) {
        *at = char(major | 26);
        qToBigEndian(quint32(argument), at + 1);
        return at + 5;
    }
    *at = char(major | 27);
    qToBigEndian(argument, at + 1);
    return at + 9;
}

void CborWriter::truncate(qsizetype position)
{
    Q_ASSERT(position >= 0 && position <= this->position());
    m_cursor = m_begin + position;
    m_error = QString();
    m_decodedSize = 0; // all of it is taken back, or there is nothing yet that counts
    // A chunk has its head before it, so one that ends the part that stays is at that position, and one of the part
    // that goes is after it.
    while (m_chunks && m_chunkBytes > 0 && m_chunks->back().position > position) {
        m_chunkBytes -= m_chunks->back().bytes.size();
        m_chunks->pop_back();
    }
}

void CborWriter::fail(const QString &what)
{
    if (!hasFailed())
        m_error = what;
}

void CborWriter::failDepth()
{
    fail(QStringLiteral("a value nested deeper than %1 levels").arg(CborMaxDepth));
}

void CborWriter::writeLongBytes(const QByteArray &bytes)
{
    count(bytesCost(bytes.size()));
    if (!m_chunks)
        return writeRaw(bytes);
    m_chunks->push_back({position(), bytes});
    m_chunkBytes += bytes.size();
}

void CborWriter::writeLongText(QStringView text)
{
    // In slices, so that the room for the worst case of a long text is not three times its length.
    constexpr qsizetype Slice = 16 * 1024;
    const qsizetype start = position();
    ensure(9);
    const qsizetype guess = putLongHead(m_cursor, 0x60, quint64(text.size())) - m_cursor;
    m_cursor += guess;

    QStringEncoder encoder(QStringEncoder::Utf8, QStringConverter::Flag::Stateless);
    for (QStringView rest = text; !rest.isEmpty();) {
        QStringView slice = rest.first(std::min(Slice, rest.size()));
        if (slice.size() < rest.size() && slice.back().isHighSurrogate())
            slice.chop(1); // pairs stay together
        ensure(3 * slice.size() + 3);
        m_cursor = encoder.appendToBuffer(m_cursor, slice);
        rest = rest.sliced(slice.size());
    }
    if (encoder.hasError())
        return fail(QStringLiteral("a QString that is not Unicode text: half of a surrogate pair"));

    const qsizetype length = position() - start - guess;
    char head[9];
    const qsizetype headLength = putLongHead(head, 0x60, quint64(length)) - head;
    if (headLength != guess) {
        ensure(headLength - guess);
        std::memmove(m_begin + start + headLength, m_begin + start + guess, std::size_t(length));
        m_cursor += headLength - guess;
    }
    std::memcpy(m_begin + start, head, std::size_t(headLength));
    if (length >= LongString)
        count(textCost(length));
}

}
