// SPDX-License-Identifier: MIT
#include "wire/packetbuffer_p.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace Prefork::Wire::Native {

std::span<char> PacketBuffer::space()
{
    dropHandedOut();
    if (!m_large.isNull())
        return {m_large.data() + m_largeEnd, std::size_t(m_large.size() - m_largeEnd)};
    if (m_bytes.isNull() && m_spare)
        m_bytes.swap(*m_spare);
    if (m_bytes.isNull())
        m_bytes = QByteArray(Capacity, Qt::Uninitialized);
    if (m_begin == m_end) {
        m_begin = m_end = 0;
    } else if (Capacity - m_end < LeastSpace) {
        std::memmove(m_bytes.data(), m_bytes.constData() + m_begin, std::size_t(m_end - m_begin));
        m_end -= std::exchange(m_begin, 0);
    }
    return {m_bytes.data() + m_end, std::size_t(Capacity - m_end)};
}

QByteArrayView PacketBuffer::received(qsizetype count)
{
    qsizetype &end = m_large.isNull() ? m_end : m_largeEnd;
    const char *const bytes = (m_large.isNull() ? m_bytes : m_large).constData() + end;
    end += count;
    return {bytes, count};
}

Decoded PacketBuffer::next(Packet *packet)
{
    if (!m_error.isEmpty())
        return Decoded::Broken;
    dropHandedOut();
    if (!m_isGreeted) {
        if (const Decoded greeting = takePreamble(); greeting != Decoded::Message)
            return greeting;
    }
    if (!m_large.isNull()) {
        if (m_largeEnd < m_large.size())
            return Decoded::Nothing;
        m_isLargeOut = true;
        packet->header = Header::read(m_large.constData());
        packet->payload = QByteArrayView(m_large).sliced(Header::Size);
        packet->owner = &m_large;
        return Decoded::Message;
    }
    const qsizetype available = m_end - m_begin;
    if (available < Header::Size) {
        if (available == 0)
            leaveSpare();
        return Decoded::Nothing;
    }
    const char *const start = m_bytes.constData() + m_begin;
    packet->header = Header::read(start);
    if (!packet->header.isClean)
        return fail(QStringLiteral("malformed message header"));
    if (packet->header.length > quint64(m_limit))
        return fail(detail::messageSizeError(packet->header.length, m_limit));
    const qsizetype total = Header::Size + qsizetype(packet->header.length);
    if (total > Capacity - LeastSpace) {
        m_large = QByteArray(total, Qt::Uninitialized);
        m_largeEnd = std::min(available, total);
        std::memcpy(m_large.data(), start, std::size_t(m_largeEnd));
        m_begin += m_largeEnd;
        return next(packet); // the large message may be whole already
    }
    if (available < total)
        return Decoded::Nothing;
    packet->payload = QByteArrayView(start + Header::Size, packet->header.length);
    packet->owner = nullptr;
    m_begin += total;
    return Decoded::Message;
}

void PacketBuffer::dropHandedOut()
{
    if (std::exchange(m_isLargeOut, false))
        m_large = QByteArray();
}

void PacketBuffer::leaveSpare()
{
    if (!m_spare || m_bytes.isNull())
        return;
    m_spare->swap(m_bytes);
    m_bytes = QByteArray(); // one spare is enough
    m_begin = m_end = 0;
}

Decoded PacketBuffer::takePreamble()
{
    const qsizetype available = std::min(m_end - m_begin, Preamble.size());
    if (available == 0)
        return Decoded::Nothing;
    if (QByteArrayView(m_bytes).sliced(m_begin, available) != Preamble.first(available))
        return fail(QStringLiteral("the other side does not speak the native protocol"));
    if (available < Preamble.size())
        return Decoded::Nothing;
    m_begin += available;
    m_isGreeted = true;
    return Decoded::Message;
}

Decoded PacketBuffer::fail(const QString &error)
{
    m_error = error;
    return Decoded::Broken;
}

}
