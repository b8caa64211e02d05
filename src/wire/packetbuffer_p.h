// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_PACKETBUFFER_P_H
#define QTPREFORK_PACKETBUFFER_P_H

#include "wire/codec_p.h"
#include "wire/nativepacket_p.h"

#include <algorithm>
#include <memory>
#include <span>
#include <utility>

namespace Prefork::Wire::Native {

/// This is a native message inside a PacketBuffer, valid until the next one is asked for.
struct Packet
{
    Header header;
    QByteArrayView payload;
    QByteArray *owner = nullptr; ///< of a large message: the array that holds this message only, whose end a reader may
                                 ///< take over instead of copying it; null for others
};

/// Cuts the bytes of a native connection into messages; both sides have one for each connection. The caller reads
/// straight into space(). Small messages share one block of memory; a large message gets memory of its own, which is
/// allocated only when its length is known to be allowed.
class PacketBuffer
{
public:
    /// Buffers of one thread may share @p spare: an empty one leaves its block there for the next one that needs it.
    /// Without @p spare this one keeps its block.
    explicit PacketBuffer(qsizetype maxMessageSize, std::shared_ptr<QByteArray> spare = {})
        : m_maxMessageSize(maxMessageSize)
        , m_limit(std::min(maxMessageSize, MaxHelloSize))
        , m_spare(std::move(spare))
    {
    }
    /// Says that the other side's hello has been read: until then no message may be longer than a hello.
    void greeted() { m_limit = m_maxMessageSize; }

    /// Returns where to read to; never empty. The message that next() handed out is invalid after this.
    [[nodiscard]] std::span<char> space();
    /// Says that @p count bytes were read into space(); returns a view of them.
    QByteArrayView received(qsizetype count);
    [[nodiscard]] Decoded next(Packet *packet);
    /// Returns what is wrong after Decoded::Broken.
    [[nodiscard]] QString errorString() const { return m_error; }
    /// Returns the bytes behind the message that next() has just handed out.
    [[nodiscard]] QByteArrayView rest() const { return QByteArrayView(m_bytes).sliced(m_begin, m_end - m_begin); }
    /// Returns all bytes that next() has not handed out, including those of a message that has come in part.
    [[nodiscard]] QByteArray allRest() const
    {
        const qsizetype large = m_large.isNull() || m_isLargeOut ? 0 : m_largeEnd;
        return m_large.left(large).append(rest());
    }
    /// Returns true while there are bytes next() has not handed out.
    [[nodiscard]] bool hasRest() const { return m_end > m_begin || (!m_large.isNull() && !m_isLargeOut); }

private:
    static constexpr qsizetype Capacity = 64 * 1024;
    static constexpr qsizetype LeastSpace = 4096;

    [[nodiscard]] Decoded fail(const QString &error);
    [[nodiscard]] Decoded takePreamble();
    void dropHandedOut();
    void leaveSpare();

    const qsizetype m_maxMessageSize;
    qsizetype m_limit;
    const std::shared_ptr<QByteArray> m_spare;
    QByteArray m_bytes;
    qsizetype m_begin = 0;
    qsizetype m_end = 0;
    QByteArray m_large; // null unless a large message is on its way
    qsizetype m_largeEnd = 0;
    bool m_isLargeOut = false;
    bool m_isGreeted = false;
    QString m_error;
};

}

#endif
