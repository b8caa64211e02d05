// SPDX-License-Identifier: MIT
#include "client/clientcore_p.h"

#include "posix/clock_p.h"
#include "wire/goodbye_p.h"

#include <QtCore/QLoggingCategory>

namespace Prefork::Internal {

using Posix::now;
using namespace std::chrono_literals;

namespace {

Q_LOGGING_CATEGORY(lcClient, "prefork.client", QtWarningMsg)

// How long a worker may take to say hello before it is doubted that it ever will.
constexpr auto HelloLimit = 1s;

}

ClientCore::ConnectionPtr ClientCore::connectionOf(quint64 worker) const
{
    const ConnectionPtr *const found = m_connections.find(worker);
    return found ? *found : nullptr;
}

void ClientCore::onConnected(quint64 worker, const std::shared_ptr<Stream> &stream)
{
    const auto connection = std::make_shared<Connection>(worker, stream, m_protocol->makeCodec());
    m_connections.emplace(worker, connection);
    connect(stream.get(), &Stream::readyRead, this, [this, worker] { onReadyRead(worker); });
    connect(stream.get(), &Stream::drained, this, [this, worker] { onDrained(worker); });
    QByteArray greeting;
    if (!connection->codec->greet(&greeting)) {
        becomeReady(connection);
        return;
    }
    stream->append(greeting);
    stream->flush();
    if (m_dispatcher)
        QTimer::singleShot(HelloLimit, this, [this, worker] { onSilence(worker); });
}

void ClientCore::becomeReady(const ConnectionPtr &connection)
{
    m_connectionError.clear();
    connection->isReady = true;
    connection->traits = connection->codec->traits();
    m_pool.connected(connection->worker, connection->traits, now());
    perform(Settle::Later);
}

// A server that is stopped or busy may still come round, so this is no more than a doubt.
void ClientCore::onSilence(quint64 worker)
{
    const ConnectionPtr connection = connectionOf(worker);
    if (!connection || connection->isReady)
        return;
    const QString cause
        = QStringLiteral("connected, but heard no hello: the server is busy, or does not speak the native protocol");
    m_connectionError = cause;
    announceFailure(cause, true);
}

void ClientCore::onConnectFailed(quint64 worker, const QString &cause)
{
    qCDebug(lcClient).noquote() << cause;
    m_connectionError = cause;
    m_pool.connectFailed(worker, Error(Error::Unavailable, cause), now());
    perform(Settle::Later);
    // This may be inside one of the user's calls, even inside the client's constructor.
    QMetaObject::invokeMethod(this, [this, cause] { announceFailure(cause, false); }, Qt::QueuedConnection);
}

void ClientCore::announceFailure(const QString &cause, bool isRefusal)
{
    const auto self = shared_from_this();
    Q_EMIT connectionFailed(cause);
    if (isRefusal)
        Q_EMIT protocolRefused();
}

void ClientCore::onDrained(quint64 worker)
{
    const auto self = shared_from_this();
    const ConnectionPtr connection = connectionOf(worker);
    if (!connection)
        return;
    markDirty(connection);
    flushDirty();
}

void ClientCore::onEnded(const ConnectionPtr &connection)
{
    connection->ended = true;
    connection->stream->setReading(false);
    if (!m_dispatcher)
        m_transport->look();
    if (!m_dispatcher || !m_transport->explainsDeaths() || m_transport->causeOfDeath(connection->worker)) {
        loseWorker(connection);
        perform(Settle::Now);
        return;
    }
    QTimer::singleShot(ExplanationLimit, this, [this, worker = connection->worker] { onDeathExplained(worker); });
}

void ClientCore::onDeathExplained(quint64 worker)
{
    const auto self = shared_from_this();
    const ConnectionPtr connection = connectionOf(worker);
    if (!connection || !connection->ended)
        return;
    loseWorker(connection);
    perform(Settle::Now);
}

void ClientCore::onGoodbye(const ConnectionPtr &connection, const Wire::Incoming &message)
{
    const auto loss
        = message.reason == Wire::RoomReason ? Pooling::Pool::Loss::ForRoom : Pooling::Pool::Loss::Unexpected;
    loseWorker(connection, message.cause, connection->mayHaveBegun(message.id), loss);
    perform(Settle::Now);
}

void ClientCore::loseWorker(const ConnectionPtr &connection)
{
    const QString cause = m_transport->causeOfDeath(connection->worker).value_or(QString());
    loseWorker(connection, cause, m_transport->wasNeverThere(connection->worker) ? 0 : connection->mayHaveBegun());
}

void ClientCore::loseWorker(const ConnectionPtr &connection, const QString &cause, qsizetype begun,
                            Pooling::Pool::Loss loss)
{
    drop(connection);
    if (!connection->isReady) {
        const QString why = cause.isEmpty()
            ? QStringLiteral(
                  "it hung up before it said hello: it may not speak the native protocol, or not allow this user")
            : QStringLiteral("the worker %1").arg(cause);
        onConnectFailed(connection->worker, why);
        if (cause.isEmpty())
            announceFailure(why, true);
        return;
    }
    const Error error(Error::WorkerLost, QStringLiteral("worker connection suddenly died"));
    m_pool.lost(connection->worker,
                cause.isEmpty() ? error : error.withDetail(QStringLiteral("the worker %1").arg(cause)), begun, now(),
                loss);
}

void ClientCore::protocolError(const ConnectionPtr &connection, const QString &what, NextCall next)
{
    qCWarning(lcClient).noquote() << "a worker broke the protocol:" << what;
    drop(connection);
    if (!connection->isReady) {
        onConnectFailed(connection->worker, what);
        announceFailure(what, true);
        return;
    }
    const qsizetype begun = next == NextCall::Unsent ? 0 : std::max<qsizetype>(1, connection->mayHaveBegun());
    m_pool.lost(connection->worker, Error(Error::ProtocolError, QStringLiteral("protocol error: %1").arg(what)), begun,
                now());
    perform(Settle::Now);
}

void ClientCore::drop(const ConnectionPtr &connection)
{
    connection->dropped = true;
    connection->stream->disconnect(this);
    connection->stream->close();
    countBacklog(*connection);
    m_transport->forget(connection->worker);
    // Perhaps we are inside one of its signals.
    QMetaObject::invokeMethod(this, [stream = connection->stream] { Q_UNUSED(stream) }, Qt::QueuedConnection);
    m_connections.erase(connection->worker);
}

}
