// SPDX-License-Identifier: MIT
#include <QtPrefork/detail/cborwriter.h>

#include "wire/ascii_p.h"

#include <QtCore/QStringConverter>

#include <algorithm>

namespace Prefork::detail {

void CborWriter::grow(qsizetype count)
{
    if (m_cursor)
        finish();
    // Doubling the capacity makes many small items cost one copy each on average.
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
    m_decodedSize = 0; // either everything is taken back, or nothing was counted yet
    // The head of a chunk lies before the chunk's position. So the last chunk of the part that stays may be at the new
    // end exactly, and the chunks of the part that goes are behind it.
    while (m_chunks && m_chunkBytes > 0 && m_chunks->back().position > position) {
        m_chunkBytes -= m_chunks->back().bytes.size();
        m_chunks->pop_back();
    }
}

void CborWriter::fail(const QString &what)
{
    if (hasFailed())
        return;
    m_error = what;
    m_failedArgument = m_argument;
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
    const qsizetype start = position();
    ensure(9 + text.size());
    const qsizetype guess = putLongHead(m_cursor, 0x60, quint64(text.size())) - m_cursor;
    m_cursor += guess;
    const qsizetype ascii = Wire::copyAscii(text.utf16(), text.size(), m_cursor);
    m_cursor += ascii;
    qsizetype length = ascii;
    if (ascii < text.size()) {
        if (!encode(text.sliced(ascii)))
            return fail(QStringLiteral("a QString that is not Unicode text: half of a surrogate pair"));
        length = position() - start - guess;
        moveBehindHead(start, guess);
    }
    if (length >= LongString)
        count(textCost(length));
}

// Appends @p text as UTF-8. Returns false if it is not Unicode text.
bool CborWriter::encode(QStringView text)
{
    // The text is encoded in slices: for all of it at once, three times its length would have to be reserved.
    constexpr qsizetype Slice = 16 * 1024;
    QStringEncoder encoder(QStringEncoder::Utf8, QStringConverter::Flag::Stateless);
    for (QStringView rest = text; !rest.isEmpty();) {
        QStringView slice = rest.first(std::min(Slice, rest.size()));
        if (slice.size() < rest.size() && slice.back().isHighSurrogate())
            slice.chop(1); // a surrogate pair stays together
        ensure(3 * slice.size() + 3);
        m_cursor = encoder.appendToBuffer(m_cursor, slice);
        rest = rest.sliced(slice.size());
    }
    return !encoder.hasError();
}

// Writes the head of a text that has turned out to be longer than was guessed. There is room for a head of @p guess
// bytes at @p start, and the text is behind it.
void CborWriter::moveBehindHead(qsizetype start, qsizetype guess)
{
    const qsizetype length = position() - start - guess;
    char head[9];
    const qsizetype headLength = putLongHead(head, 0x60, quint64(length)) - head;
    if (headLength != guess) {
        ensure(headLength - guess);
        std::memmove(m_begin + start + headLength, m_begin + start + guess, std::size_t(length));
        m_cursor += headLength - guess;
    }
    std::memcpy(m_begin + start, head, std::size_t(headLength));
}

}
