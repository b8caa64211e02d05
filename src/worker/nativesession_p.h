// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_NATIVESESSION_P_H
#define QTPREFORK_NATIVESESSION_P_H

#include "wire/packetbuffer_p.h"
#include "worker/session_p.h"

namespace Prefork::Internal {

/// Serves a client of the native protocol.
///
/// Replies may be held back to be written together, a few, but only before a method that was quick the last time and
/// never slow; else they are written before the next call begins. A method that was slow then, or did not come back, is
/// not trusted again by any worker. After an error, what else has come of the same fate group is dropped unheard.
class NativeSession final : public Session
{
public:
    NativeSession(InterfacePrivate &interface, qsizetype maxMessageSize, ScoreboardPage *page, Write write,
                  TryWrite tryWrite = {}, qint64 maxDecodedSize = DefaultMaxDecodedSize);
    std::span<char> space() override { return m_buffer.space(); }
    bool received(qsizetype count) override;
    bool isGreeted() const override { return m_isGreeted; }

private:
    [[nodiscard]] bool isToLeave() const;
    [[nodiscard]] bool take(const Wire::Native::Packet &packet);
    [[nodiscard]] bool afterPacket();
    [[nodiscard]] bool serveHello(const Wire::Native::Packet &packet);
    [[nodiscard]] bool serveCall(const Wire::Native::Packet &packet);
    [[nodiscard]] bool serveRelease(quint64 id);
    void run(MethodEntry *entry, const QString &name, detail::CborReader &arguments, quint64 count,
             detail::CborWriter &result);
    void begin(MethodEntry *entry, QByteArrayView title, quint64 id);
    void end(MethodEntry &runs);
    void setUpOnce();
    void encodeFailure(const Error &error, quint64 id);
    [[nodiscard]] bool mayHold(const MethodEntry &next) const;
    [[nodiscard]] bool flush();

    const TryWrite m_tryWrite;
    const qsizetype m_maxMessageSize;
    const qint64 m_maxDecodedSize;
    Wire::Native::PacketBuffer m_buffer;
    QByteArray m_replies; // held back
    Wire::Thrift m_thrift; // of those
    std::vector<detail::CborChunk> m_chunks; // that belong in between
    int m_held = 0;
    bool m_isGreeted = false;
    qsizetype m_replyLimit = 0; // bytes of a message it accepts
    qint64 m_replyDecodedSize = DefaultMaxDecodedSize; // what they may become there
    quint64 m_deadGroup = 0; // that had an error last
    qint64 m_now = 0; // when the last thing ended; it is when the next begins
    const void *m_titled = nullptr; // the method the scoreboard shows
};

}

#endif
