// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_JSONSESSION_P_H
#define QTPREFORK_JSONSESSION_P_H

#include "wire/jsoncodec_p.h"
#include "worker/session_p.h"

#include <array>

namespace Prefork::Internal {

/// Serves a client that speaks JSON, one request at a time: each reply is written before the next request is looked at.
/// Reads nothing while a method runs; only whether the client has hung up is asked then.
class JsonSession final : public Session
{
public:
    JsonSession(InterfacePrivate &interface, qsizetype maxMessageSize, ScoreboardPage *page, Channel channel,
                qint64 maxDecodedSize = DefaultMaxDecodedSize);
    std::span<char> space() override { return m_buffer; }
    bool received(qsizetype count) override;
    bool isGreeted() const override { return m_hasHeard; }
    void look(qint64 now) override;

private:
    [[nodiscard]] bool serveCall(const Wire::Request &request);
    void answer(const Wire::Request &request, QByteArray *reply);

    Wire::JsonWorkerCodec m_codec;
    qint64 m_lastLook = 0; // when it last looked at the connection
    qsizetype m_heard = 0; // bytes since the last request
    std::array<char, 65536> m_buffer;
    bool m_hasHeard = false; // whether a whole message has come
};

}

#endif
