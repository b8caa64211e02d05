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

/// Both ends of a connection that has no socket: what a client does to encode a call and to read its answer, and the
/// session of a worker, which writes into the client's codec.
class InProcessWorkerPrivate
{
    Q_DISABLE_COPY_MOVE(InProcessWorkerPrivate)

public:
    InProcessWorkerPrivate(InterfacePrivate &interface, Protocol protocol);
    ~InProcessWorkerPrivate();

    /// Makes a call, whose result is given to @p result; throws its error, with its method and its back-trace.
    void run(const detail::CallTarget &target, const detail::CallArguments &arguments, detail::ResultHandler *result);
    void release();
    /// Tells the session that the call that runs is not wanted any more; false if none does. In any thread.
    [[nodiscard]] bool cancel();
    /// Called by one of the handlers: the session hears at once what it was told.
    void lookIfHandling();

    detail::CallHandlers handlers;

private:
    /// The call that runs.
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
    const std::shared_ptr<detail::TypeRegistry> m_types; // the interface's
    const std::unique_ptr<Wire::ClientProtocol> m_protocol;
    Internal::ScoreboardPage m_page;
    std::unique_ptr<Wire::ClientCodec> m_codec; // null until there is a session
    std::unique_ptr<Internal::Session> m_session;
    QString m_sessionError; // of the last one that has ended
    std::optional<Running> m_running;
    std::atomic<Qt::HANDLE> m_handling{nullptr}; // the thread, while a handler runs
    quint64 m_lastCall = 0;
    QMutex m_mutex; // of what follows
    quint64 m_callToCancel = 0; // the number of the call that runs and was not canceled
    QByteArray m_toRead; // by the session, while a method runs
};

}

#endif
