// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_INPUTQUEUE_P_H
#define QTPREFORK_INPUTQUEUE_P_H

#include "wire/headerscanner_p.h"
#include "wire/packetbuffer_p.h"
#include "worker/channel_p.h"

#include <set>

namespace Prefork::Internal {

/// This is the queue of a native client's messages, which its NativeSession owns: bytes go in, messages come out in
/// their order. It knows from the headers alone, long before their turn, which calls the client has canceled. While a
/// method runs, look() reads what has arrived, up to a limit, and keeps it for later; nothing is served out of order.
/// Times are those of ScoreboardPage::now().
class InputQueue
{
public:
    /// So many bytes are read while a method runs, and after that only the rest of a message that has begun.
    static constexpr qsizetype MaxAhead = 256 * 1024;
    InputQueue(const Channel &channel, qsizetype maxMessageSize)
        : m_channel(channel)
        , m_buffer(maxMessageSize)
        , m_scanner(maxMessageSize)
    {
    }

    /// Returns where to read to while no method runs. received() then says how many bytes have come, and when.
    [[nodiscard]] std::span<char> space() { return m_buffer.space(); }
    void received(qsizetype count, qint64 now)
    {
        const QByteArrayView bytes = m_buffer.received(count);
        m_lastLook = now;
        if (m_isScanning)
            scan(bytes);
    }
    [[nodiscard]] Wire::Decoded next(Wire::Native::Packet *packet)
    {
        const Wire::Decoded decoded = m_buffer.next(packet);
        return decoded == Wire::Decoded::Nothing && m_aheadBegin < m_ahead.size() ? nextAhead(packet) : decoded;
    }
    [[nodiscard]] QString errorString() const { return m_buffer.errorString(); }
    /// Says that the client's hello was just handed out, and whether calls can be canceled on this connection.
    void greeted(bool cancels);

    /// Says that the next call has its turn; false if @p id is not the number that it must have.
    [[nodiscard]] bool take(quint64 id);
    [[nodiscard]] quint64 lastTaken() const { return m_lastTaken; }
    /// Returns whether the call that was taken last is canceled, as far as the client's bytes were read.
    [[nodiscard]] bool isCanceled() const { return m_isCanceled; }

    [[nodiscard]] bool isLookDue(qint64 now) const { return now - m_lastLook >= LookEvery; }
    /// Reads what has come, if calls can be canceled on this connection, and finds out whether the client has hung up.
    void look(qint64 now);
    /// Returns whether look() would read anything.
    [[nodiscard]] bool hasRoom() const { return m_isScanning && !m_hasEnded && roomAhead() > 0; }
    /// Returns whether the client is known to have hung up.
    [[nodiscard]] bool hasEnded() const { return m_hasEnded; }
    /// Says that a write has shown that the client has hung up.
    void setEnded() { m_hasEnded = true; }

private:
    void scan(QByteArrayView bytes);
    [[nodiscard]] Wire::Decoded nextAhead(Wire::Native::Packet *packet);
    [[nodiscard]] qsizetype roomAhead() const;
    void readAhead();

    const Channel &m_channel;
    Wire::Native::PacketBuffer m_buffer;
    Wire::Native::HeaderScanner m_scanner;
    QByteArray m_ahead; // bytes that were read while a method ran
    qsizetype m_aheadBegin = 0; // how many of them have gone to m_buffer
    bool m_isScanning = false;
    bool m_hasEnded = false;
    bool m_isCanceled = false; // whether the call taken last is canceled
    quint64 m_lastRead = 0; // number of the last call whose header was read
    quint64 m_lastTaken = 0; // number of the last call that had its turn
    std::set<quint64> m_canceled; // the canceled calls between the two
    qint64 m_lastLook = 0;
};

}

#endif
