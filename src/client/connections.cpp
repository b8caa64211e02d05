// SPDX-License-Identifier: MIT
#include "client/connections_p.h"

#include "client/clientcore_p.h"
#include "posix/clock_p.h"
#include "wire/callproblems_p.h"
#include "wire/goodbye_p.h"

#include <QtCore/QLoggingCategory>

namespace Prefork::Internal {

using namespace std::chrono_literals;
using Posix::now;
using Settle = ClientCore::Settle;

namespace {

Q_LOGGING_CATEGORY(lcClient, "prefork.client", QtWarningMsg)
Q_LOGGING_CATEGORY(lcOutage, "prefork.client.outage", QtWarningMsg)

// After this time without a hello the user is told that the other end may never say hello.
constexpr auto HelloLimit = 1s;

// After this time without a worker the log says why calls wait.
constexpr auto OutageLimit = 1s;

// After this time a lost worker is reported even if the zygote has not said why it died.
constexpr auto ExplanationLimit = 100ms;

}

Connections::Connections(ClientCore *core, Pooling::Pool *pool, std::unique_ptr<Transport> transport)
    : m_core(core)
    , m_pool(*pool)
    , m_transport(std::move(transport))
{
    if (!m_transport)
        return;
    const Transport *const from = m_transport.get();
    QObject::connect(from, &Transport::connected, core,
                     [this](quint64 worker, const std::shared_ptr<Stream> &stream) { onConnected(worker, stream); });
    QObject::connect(from, &Transport::failed, core,
                     [this](quint64 worker, const QString &cause, const QString &absence) {
                         onConnectFailed(worker, cause, absence);
                     });
    QObject::connect(from, &Transport::deathExplained, core, [this](quint64 worker) { onDeathExplained(worker); });
    QObject::connect(from, &Transport::exhausted, core, &ClientCore::setUnavailable);
}

ConnectionPtr Connections::find(quint64 worker) const
{
    const ConnectionPtr *const found = lookUp(worker);
    return found ? *found : nullptr;
}

qint64 Connections::processIdOf(quint64 worker) const
{
    const ConnectionPtr *const found = lookUp(worker);
    if (found && (*found)->traits.processId != 0)
        return (*found)->traits.processId;
    return m_transport ? m_transport->processIdOf(worker) : 0;
}

void Connections::connectWorker(quint64 worker)
{
    const Turns &turns = m_core->turns();
    m_core->turns().watch();
    if (turns.hasLoop() || (turns.isByHand() && m_transport->connectsAtOnce()))
        m_transport->connectWorker(worker);
    else
        m_postponed.push_back(worker);
}

void Connections::connectPostponed()
{
    if (!m_transport || (!m_core->turns().hasLoop() && !m_transport->connectsAtOnce()))
        return;
    for (const quint64 worker : std::exchange(m_postponed, {}))
        m_transport->connectWorker(worker);
}

void Connections::close(quint64 worker)
{
    if (const ConnectionPtr connection = find(worker))
        drop(connection);
    else if (std::erase(m_postponed, worker) == 0)
        m_transport->forget(worker);
}

void Connections::hangUp(quint64 worker)
{
    const ConnectionPtr connection = find(worker);
    if (!connection)
        return;
    connection->stream->hangUp();
    m_core->writer().countBacklog(*connection);
}

void Connections::reattach()
{
    for (const auto &[worker, connection] : m_connections) {
        connection->stream->reattach();
        if (connection->ended)
            explainLater(worker);
    }
    if (m_transport)
        m_transport->reattach();
    connectPostponed();
}

void Connections::pollTransport()
{
    if (m_transport)
        m_transport->poll();
}

void Connections::renewTransport()
{
    if (m_transport)
        m_transport->renew();
}

void Connections::onConnected(quint64 worker, const std::shared_ptr<Stream> &stream)
{
    const auto connection = std::make_shared<Connection>(worker, stream, m_core->makeCodec());
    m_connections.emplace(worker, connection);
    QObject::connect(stream->readNotifier(), &QSocketNotifier::activated, m_core,
                     [this, worker] { m_core->reader().onReadyRead(worker); });
    QObject::connect(stream.get(), &Stream::drained, m_core, [this, worker] { onDrained(worker); });
    QByteArray greeting;
    if (!connection->codec->greet(&greeting)) {
        becomeReady(connection);
        return;
    }
    stream->append(greeting);
    stream->flush();
    if (m_core->turns().hasLoop())
        QTimer::singleShot(HelloLimit, m_core, [this, worker] { onHelloOverdue(worker); });
}

void Connections::becomeReady(const ConnectionPtr &connection)
{
    m_error.clear();
    m_failingSince.reset();
    m_hasWarned = false;
    connection->isReady = true;
    connection->traits = connection->codec->traits();
    m_pool.connected(connection->worker, connection->traits, now());
    m_core->perform(Settle::Later);
}

// The connection stays, for a server that is stopped or busy may still answer.
void Connections::onHelloOverdue(quint64 worker)
{
    const ConnectionPtr connection = find(worker);
    if (!connection || connection->isReady)
        return;
    const QString cause
        = QStringLiteral("connected, but heard no hello: the server is busy, or does not speak the native protocol");
    m_error = cause;
    warnOfOutage(cause, now() - HelloLimit);
    announceFailure(cause, true);
}

void Connections::onConnectFailed(quint64 worker, const QString &cause, const QString &absence)
{
    qCDebug(lcClient).noquote() << cause;
    m_error = cause;
    warnOfOutage(cause, now());
    m_pool.connectFailed(worker, Error(Error::Unavailable, cause).withDetail(absence), now());
    m_core->perform(Settle::Later);
    // This may be inside one of the user's calls, even inside the client's constructor.
    QMetaObject::invokeMethod(m_core, [this, cause] { announceFailure(cause, false); }, Qt::QueuedConnection);
}

// A client may be older than its server, so a short outage, or one that nobody waits for, is not worth a line.
void Connections::warnOfOutage(const QString &cause, Pooling::Time since)
{
    if (!m_failingSince)
        m_failingSince = since;
    if (m_hasWarned || m_pool.waitingCount() == 0 || now() - *m_failingSince < OutageLimit)
        return;
    m_hasWarned = true;
    qCWarning(lcOutage).noquote() << cause + QStringLiteral("; calls wait for it until their time-outs");
}

void Connections::announceFailure(const QString &cause, bool isRefusal)
{
    const auto self = m_core->shared_from_this();
    Q_EMIT m_core->connectionFailed(cause);
    if (isRefusal) {
        Q_EMIT m_core->protocolRefused();
    }
}

void Connections::onDrained(quint64 worker)
{
    const auto self = m_core->shared_from_this();
    const ConnectionPtr connection = find(worker);
    if (!connection)
        return;
    m_core->writer().markDirty(connection);
    m_core->flush();
}

void Connections::onEndOfStream(const ConnectionPtr &connection)
{
    connection->ended = true;
    connection->stream->setReading(false);
    const bool hasLoop = m_core->turns().hasLoop();
    if (!hasLoop)
        m_transport->poll();
    if (!hasLoop || !m_transport->explainsDeaths() || m_transport->causeOfDeath(connection->worker)) {
        lose(connection);
        m_core->perform(Settle::Now);
        return;
    }
    explainLater(connection->worker);
}

void Connections::explainLater(quint64 worker)
{
    QTimer::singleShot(ExplanationLimit, m_core, [this, worker] { onDeathExplained(worker); });
}

void Connections::onDeathExplained(quint64 worker)
{
    const auto self = m_core->shared_from_this();
    const ConnectionPtr connection = find(worker);
    if (!connection || !connection->ended)
        return;
    lose(connection);
    m_core->perform(Settle::Now);
}

void Connections::onGoodbye(const ConnectionPtr &connection, const Wire::Incoming &message)
{
    const Loss loss = message.reason == Wire::RoomReason ? Loss::ForRoom : Loss::Unexpected;
    Pooling::Begun begun{.oldest = connection->mayHaveBegun(message.id), .isKnown = true};
    for (const quint64 number : message.begun) {
        if (const quint64 next = connection->lastAnswered + 1; number >= next) {
            if (const auto call = m_pool.callBehind(connection->worker, number - next))
                begun.named.push_back(*call);
        }
    }
    lose(connection, message.cause, begun, loss);
    m_core->perform(Settle::Now);
}

void Connections::lose(const ConnectionPtr &connection)
{
    const QString cause = m_transport->causeOfDeath(connection->worker).value_or(QString());
    lose(connection, cause,
         {.oldest = m_transport->wasNeverThere(connection->worker) ? 0 : connection->mayHaveBegun()});
}

void Connections::lose(const ConnectionPtr &connection, const QString &cause, const Pooling::Begun &begun, Loss loss)
{
    drop(connection);
    if (!connection->isReady) {
        const QString why = cause.isEmpty()
            ? QStringLiteral(
                  "it hung up before it said hello: it may not speak the native protocol, or not allow this user")
            : QStringLiteral("the worker %1").arg(cause);
        if (!cause.isEmpty())
            m_core->observers().workerDied(connection->worker, Wire::workerLost(cause));
        onConnectFailed(connection->worker, why);
        if (cause.isEmpty())
            announceFailure(why, true);
        return;
    }
    Error error = Wire::workerLost(cause);
    // JSON has no message with which a server could say why it hangs up, so the text names what is possible.
    if (cause.isEmpty() && connection->lastAnswered == 0 && m_core->protocol() == Protocol::Json)
        error = error.withDetail(
            QStringLiteral("the server hung up before its first answer: the worker may have crashed, or the server may "
                           "not allow JSON or this user; its log says which"));
    m_pool.lost(connection->worker, error, begun, now(), loss);
}

void Connections::breakOff(const ConnectionPtr &connection, const QString &problem, NextCall next)
{
    qCWarning(lcClient).noquote() << "a worker broke the protocol:" << problem;
    drop(connection);
    if (!connection->isReady) {
        onConnectFailed(connection->worker, problem);
        announceFailure(problem, true);
        return;
    }
    const qsizetype begun = next == NextCall::Unsent ? 0 : std::max<qsizetype>(1, connection->mayHaveBegun());
    m_pool.lost(connection->worker, Wire::brokenProtocol(problem), {.oldest = begun}, now());
    m_core->perform(Settle::Now);
}

void Connections::drop(const ConnectionPtr &connection)
{
    connection->dropped = true;
    connection->stream->disconnect(m_core);
    connection->stream->readNotifier()->disconnect(m_core);
    connection->stream->close();
    m_core->writer().countBacklog(*connection);
    m_transport->forget(connection->worker);
    // This function may run inside a signal of the stream, so the stream is kept until the next turn.
    QMetaObject::invokeMethod(m_core, [stream = connection->stream] { Q_UNUSED(stream) }, Qt::QueuedConnection);
    m_connections.erase(connection->worker);
}

}
