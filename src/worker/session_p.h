// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_SESSION_P_H
#define QTPREFORK_SESSION_P_H

#include "wire/codec_p.h"
#include "worker/scoreboard_p.h"

#include <functional>
#include <memory>

namespace Prefork {
class InterfacePrivate;
}

namespace Prefork::Worker {

/// A worker's side of its one connection, without the connection: requests in, the interface run, replies out.
class Session
{
public:
    /// Writes all bytes, however long that takes; false when they cannot be delivered.
    using Write = std::function<bool(QByteArrayView bytes)>;

    Session(InterfacePrivate &interface, std::unique_ptr<Wire::WorkerCodec> codec, ScoreboardPage *page, Write write);

    /// Serves every whole request in @p bytes, one after the other. False ends the connection: errorString() says why, or is empty when
    /// nobody is there to hear replies.
    [[nodiscard]] bool serve(QByteArrayView bytes);
    [[nodiscard]] QString errorString() const { return m_error; }

private:
    [[nodiscard]] bool serveCall(const Wire::Request &request);
    [[nodiscard]] bool serveDone();
    void answer(const QVariantList &items, QByteArray *reply);
    void ensureSetUp();
    [[nodiscard]] bool send(const QByteArray &reply);

    InterfacePrivate &m_interface;
    std::unique_ptr<Wire::WorkerCodec> m_codec;
    ScoreboardPage *m_page;
    Write m_write;
    bool m_isSetUp = false;
    QString m_error;
};

}

#endif
