// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_THRIFT_P_H
#define QTPREFORK_THRIFT_P_H

#include <QtCore/QByteArray>

#include <algorithm>
#include <cstring>

namespace Prefork::Wire {

/// Judges how much memory a buffer may keep that is empty again: a small multiple of what it has held lately, for so
/// much will be needed again.
class Thrift
{
public:
    /// Kept in any case, in bytes.
    static constexpr qsizetype Least = qsizetype(64) * 1024;

    /// The buffer held @p used bytes before it became empty. Whether @p capacity is more than it may keep.
    [[nodiscard]] bool isTooMuch(qsizetype used, qsizetype capacity)
    {
        m_usual += (used - m_usual) / Memory;
        return capacity > std::max(Least, Multiple * m_usual);
    }
    /// Empties @p buffer; returns whether it gave memory back.
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
    static constexpr qsizetype Memory = 8; // so many uses count
    static constexpr qsizetype Multiple = 4;

    qsizetype m_usual = 0;
};

/// Drops the first @p count bytes of a buffer that is used on, together with memory that is out of proportion to the
/// rest.
inline void dropFront(QByteArray *buffer, qsizetype count)
{
    const qsizetype rest = buffer->size() - count;
    if (buffer->capacity() > std::max(Thrift::Least, 4 * rest)) {
        *buffer = QByteArray(buffer->constData() + count, rest);
        return;
    }
    std::memmove(buffer->data(), buffer->constData() + count, std::size_t(rest));
    buffer->resize(rest);
}

}

#endif
