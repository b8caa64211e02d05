// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_INLET_P_H
#define QTPREFORK_INLET_P_H

#include "wire/headerscanner_p.h"
#include "wire/packetbuffer_p.h"
#include "worker/channel_p.h"

#include <set>

namespace Prefork::Internal {

/// What a native client says, message by message, and what is known of messages whose turn has not come: which calls
/// are not wanted any more. While a method runs one may look what has arrived; that is kept, up to a bound, and handed
/// out later. Times are those of ScoreboardPage::now().
class Inlet
{
public:
    /// How much is read while a method runs, and besides that a message to its end.
    static constexpr qsizetype MaxAhead = 256 * 1024;
    Inlet(const Channel &channel, qsizetype maxMessageSize)
        : m_channel(channel)
        , m_buffer(maxMessageSize)
        , m_scanner(maxMessageSize)
    {
    }

    /// Where to read to while no method runs, and that so many bytes have come.
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
    /// The client's hello was just handed out; whether calls can be canceled on this connection.
    void greeted(bool cancels);

    /// The next call has its turn. Whether its number is the one that it must have.
    [[nodiscard]] bool take(quint64 id);
    [[nodiscard]] quint64 lastTaken() const { return m_lastTaken; }
    /// Whether the call that was taken last is not wanted any more, as far as was read.
    [[nodiscard]] bool isCanceled() const { return m_isCanceled; }

    [[nodiscard]] bool isLookDue(qint64 now) const { return now - m_lastLook >= LookEvery; }
    /// Reads what has come, if calls can be canceled, and sees whether more can come.
    void look(qint64 now);
    /// Whether look() would read anything.
    [[nodiscard]] bool hasRoom() const { return m_isScanning && !m_hasEnded && roomAhead() > 0; }
    /// Whether the client was seen to have hung up.
    [[nodiscard]] bool hasEnded() const { return m_hasEnded; }
    /// It was seen so elsewhere.
    void setEnded() { m_hasEnded = true; }

private:
    void scan(QByteArrayView bytes);
    [[nodiscard]] Wire::Decoded nextAhead(Wire::Native::Packet *packet);
    [[nodiscard]] qsizetype roomAhead() const;
    void readAhead();

    const Channel &m_channel;
    Wire::Native::PacketBuffer m_buffer;
    Wire::Native::HeaderScanner m_scanner;
    QByteArray m_ahead; // read while a method ran
    qsizetype m_aheadBegin = 0; // what of it has gone to m_buffer
    bool m_isScanning = false;
    bool m_hasEnded = false;
    bool m_isCanceled = false; // the call taken last
    quint64 m_lastRead = 0; // number of the last call that was read
    quint64 m_lastTaken = 0; // of the last that had its turn
    std::set<quint64> m_canceled; // of those between the two
    qint64 m_lastLook = 0;
};

}

#endif
