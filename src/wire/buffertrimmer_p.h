// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_BUFFERTRIMMER_P_H
#define QTPREFORK_BUFFERTRIMMER_P_H

#include <QtCore/QByteArray>

#include <algorithm>
#include <cstring>

namespace Prefork::Wire {

/// Decides how much memory an empty buffer may keep: a small multiple of what it has held lately, because it will
/// probably need that again. The owner of a buffer that is filled and emptied many times has one beside it.
class BufferTrimmer
{
public:
    /// So many bytes are kept in any case.
    static constexpr qsizetype AlwaysKept = qsizetype(64) * 1024;

    /// Says that the buffer held @p used bytes before it became empty; returns whether @p capacity is more than it may
    /// keep.
    [[nodiscard]] bool isTooMuch(qsizetype used, qsizetype capacity)
    {
        m_usual += (used - m_usual) / UsesCounted;
        return capacity > std::max(AlwaysKept, Multiple * m_usual);
    }
    /// Empties @p buffer; returns whether memory was freed.
    bool empty(QByteArray *buffer)
    {
        if (isTooMuch(buffer->size(), buffer->capacity())) {
            *buffer = QByteArray();
            return true;
        }
        buffer->resize(0);
        return false;
    }

private:
    static constexpr qsizetype UsesCounted = 8; // the average goes over about so many uses
    static constexpr qsizetype Multiple = 4;

    qsizetype m_usual = 0;
};

/// Drops the first @p count bytes of a buffer, and frees its memory if that is out of proportion to the bytes that are
/// left.
inline void dropFront(QByteArray *buffer, qsizetype count)
{
    const qsizetype rest = buffer->size() - count;
    if (buffer->capacity() > std::max(BufferTrimmer::AlwaysKept, 4 * rest)) {
        *buffer = QByteArray(buffer->constData() + count, rest);
        return;
    }
    std::memmove(buffer->data(), buffer->constData() + count, std::size_t(rest));
    buffer->resize(rest);
}

}

#endif
