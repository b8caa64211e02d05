// SPDX-License-Identifier: MIT
#include "worker/inputqueue_p.h"

#include "wire/buffertrimmer_p.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace Prefork::Internal {

namespace Native = Wire::Native;

void InputQueue::greeted(bool cancels)
{
    m_buffer.greeted();
    m_isScanning = cancels;
    if (cancels)
        scan(m_buffer.rest());
}

bool InputQueue::take(quint64 id)
{
    if (id != m_lastTaken + 1)
        return false;
    m_lastTaken = id;
    m_isCanceled = !m_canceled.empty() && m_canceled.erase(id) > 0;
    return true;
}

// Notes calls and cancels in the headers of @p bytes. A cancel with an impossible number is ignored here; it is an
// error when its message has its turn.
void InputQueue::scan(QByteArrayView bytes)
{
    m_scanner.scan(bytes, [this](const Native::Header &header) {
        if (header.kind == Native::Call) {
            ++m_lastRead;
        } else if (header.kind == Native::Cancel && header.length == 0) {
            if (header.id > m_lastTaken && header.id <= m_lastRead)
                m_canceled.insert(header.id);
            else if (header.id == m_lastTaken)
                m_isCanceled = true;
        }
    });
}

Wire::Decoded InputQueue::nextAhead(Native::Packet *packet)
{
    Wire::Decoded decoded = Wire::Decoded::Nothing;
    while (decoded == Wire::Decoded::Nothing && m_aheadBegin < m_ahead.size()) {
        const std::span<char> into = m_buffer.space();
        const qsizetype count = std::min(m_ahead.size() - m_aheadBegin, qsizetype(into.size()));
        std::memcpy(into.data(), m_ahead.constData() + m_aheadBegin, std::size_t(count));
        m_buffer.received(count);
        m_aheadBegin += count;
        decoded = m_buffer.next(packet);
    }
    if (m_aheadBegin == m_ahead.size()) {
        m_ahead = QByteArray();
        m_aheadBegin = 0;
    }
    return decoded;
}

void InputQueue::look(qint64 now)
{
    m_lastLook = now;
    if (m_hasEnded)
        return;
    if (m_isScanning && m_channel.readNow)
        readAhead();
    const bool isEndHidden = !m_isScanning || roomAhead() <= 0;
    if (isEndHidden && m_channel.hasHungUp && m_channel.hasHungUp(true))
        m_hasEnded = true;
}

// Returns how many more bytes may be read ahead. A message that began before the limit was reached is read to its end.
qsizetype InputQueue::roomAhead() const
{
    if (m_scanner.isBroken())
        return 0;
    const qsizetype room = MaxAhead - (m_ahead.size() - m_aheadBegin);
    return room > 0 ? room : m_scanner.missing();
}

void InputQueue::readAhead()
{
    std::array<char, 16 * 1024> bytes;
    qsizetype count = 1;
    for (qsizetype room = roomAhead(); room > 0 && count > 0; room = roomAhead()) {
        count = m_channel.readNow(std::span(bytes).first(std::size_t(std::min<qsizetype>(room, bytes.size()))));
        if (count < 0)
            m_hasEnded = true;
        if (count <= 0)
            return;
        if (m_aheadBegin > 0)
            Wire::dropFront(&m_ahead, std::exchange(m_aheadBegin, 0));
        m_ahead.append(bytes.data(), count);
        scan(QByteArrayView(bytes.data(), count));
    }
}

}
