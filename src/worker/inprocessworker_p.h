// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_INPROCESSWORKER_P_H
#define QTPREFORK_INPROCESSWORKER_P_H

#include <QtPrefork/inprocessworker.h>

#include "wire/codec_p.h"
#include "worker/session_p.h"

#include <QtCore/QMutex>

#include <atomic>
#include <optional>

namespace Prefork {

/// This class has both ends of a connection without a socket or a process: it encodes a call as a client would, gives
/// the bytes to a worker's session, and decodes what the session writes with a client's codec. A call runs in the
/// thread that makes it, and is finished when run() returns. If the session ends, the next call begins a new one.
class InProcessWorkerPrivate
{
    Q_DISABLE_COPY_MOVE(InProcessWorkerPrivate)

public:
    InProcessWorkerPrivate(InterfacePrivate &interface, Protocol protocol);
    ~InProcessWorkerPrivate();

    /// Makes a call and gives its result to @p result; throws the call's error, with its method and its back-trace.
    void run(const detail::CallTarget &target, const detail::CallArguments &arguments, detail::ResultHandler *result);
    void release();
    /// Cancels the call that runs, as a client would by a message; false if none runs. May be called in any thread.
    [[nodiscard]] bool cancel();
    /// Makes the session read the cancel at once, if one of the call's own handlers has called cancel().
    void lookIfHandling();

    detail::CallHandlers handlers;

private:
    /// This is the call that runs, and what has come of it.
    struct Running
    {
        QString method;
        detail::ResultHandler *result;
        bool isAnswered = false;
        std::optional<Error> error = std::nullopt;
    };

    void call(const detail::CallTarget &target, Wire::OutMessage *message, const Running &running);
    void mustBeIdle() const;
    void begin();
    void endSession();
    [[nodiscard]] Internal::Channel channel();
    [[nodiscard]] std::optional<QString> problemOf(const detail::CallTarget &target, const Wire::OutMessage &message);
    [[nodiscard]] bool serve(const Wire::OutMessage &message);
    void hear(QByteArrayView bytes);
    void take(Wire::Incoming &message);
    void takeResult();
    void takeNotice(const Wire::Incoming &message);

    InterfacePrivate &m_interface;
    const std::shared_ptr<detail::TypeRegistry> m_types; // a copy of the interface's
    const std::unique_ptr<Wire::ClientProtocol> m_protocol;
    Internal::ScoreboardPage m_page;
    std::unique_ptr<Wire::ClientCodec> m_codec; // null while there is no session
    std::unique_ptr<Internal::Session> m_session;
    QString m_sessionError; // why the last session ended
    std::optional<Running> m_running;
    std::atomic<Qt::HANDLE> m_handling{nullptr}; // the thread of a handler that runs; null if none does
    quint64 m_lastCall = 0;
    QMutex m_mutex; // guards what follows
    quint64 m_callToCancel = 0; // the number of the call that runs, unless it was canceled; otherwise 0
    QByteArray m_toRead; // what the session will read while a method runs
};

}

#endif
