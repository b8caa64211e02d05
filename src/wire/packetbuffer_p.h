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

/// A message as it lies in the buffer, good until the next one is asked for.
struct Packet
{
    Header header;
    QByteArrayView payload;
    QByteArray *owner
        = nullptr; ///< of a large message: holds just that, so that its end may be taken instead of copied
};

/// Cuts what a connection brings into messages. Bytes are read straight into it: small messages many at a time, a large
/// one into memory of its own, which is allocated once its length is known to be allowed.
class PacketBuffer
{
public:
    /// @p spare is where those of one thread leave their memory to each other while they are empty; without it this one
    /// keeps its own.
    explicit PacketBuffer(qsizetype maxMessageSize, std::shared_ptr<QByteArray> spare = {})
        : m_maxMessageSize(maxMessageSize)
        , m_limit(std::min(maxMessageSize, MaxHelloSize))
        , m_spare(std::move(spare))
    {
    }
    /// The other side has said hello: until then a message may be no longer than a hello.
    void greeted() { m_limit = m_maxMessageSize; }

    /// Where to read to; never empty. What was handed out by next() before is gone then.
    [[nodiscard]] std::span<char> space();
    /// So many bytes are there now; returns them.
    QByteArrayView received(qsizetype count);
    [[nodiscard]] Decoded next(Packet *packet);
    /// Of Broken.
    [[nodiscard]] QString errorString() const { return m_error; }
    /// Those behind the message that next() has just handed out.
    [[nodiscard]] QByteArrayView rest() const { return QByteArrayView(m_bytes).sliced(m_begin, m_end - m_begin); }
    /// All that next() has not handed out, of a message that has come in part too.
    [[nodiscard]] QByteArray allRest() const
    {
        const qsizetype large = m_large.isNull() || m_isLargeOut ? 0 : m_largeEnd;
        return m_large.left(large).append(rest());
    }
    /// True while there are bytes next() has not handed out.
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
