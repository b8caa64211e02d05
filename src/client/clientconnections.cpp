// SPDX-License-Identifier: MIT
#include "client/clientcore_p.h"

#include "wire/jsoncodec_p.h"

#include <QtCore/QLoggingCategory>
#include <QtCore/QMetaEnum>

#include <array>

namespace Prefork {

using namespace std::chrono_literals;

namespace {

Q_LOGGING_CATEGORY(lcClient, "prefork.client", QtWarningMsg)

// How long a death may stay unexplained before the checkout hears of it all the same.
constexpr auto ExplanationLimit = 100ms;
// How long one connection's replies, and what their callbacks do, may keep the event loop from turning.
constexpr auto ReadBudget = 2ms;

Pooling::Time now()
{
    return std::chrono::steady_clock::now().time_since_epoch();
}

Error::Code codeOf(const Wire::Reply &reply)
{
    bool known = false;
    const int code = QMetaEnum::fromType<Error::Code>().keyToValue(reply.code.toLatin1().constData(), &known);
    if (known && (code == Error::SetupError || code == Error::BadArguments || code == Error::NoSuchMethod))
        return Error::Code(code);
    if (reply.code.isEmpty() && reply.message.startsWith(QStringLiteral("setup exception: ")))
        return Error::SetupError;
    return Error::WorkerError;
}

}

ClientCore::ConnectionPtr ClientCore::connectionOf(quint64 worker) const
{
    const auto found = m_connections.find(worker);
    return found == m_connections.end() ? nullptr : found->second;
}

void ClientCore::onConnected(quint64 worker, const std::shared_ptr<Stream> &stream)
{
    m_connectionError.clear();
    auto codec = std::make_unique<Wire::JsonClientCodec>(m_options.maxMessageSize);
    m_connections.emplace(worker, std::make_shared<Connection>(worker, stream, std::move(codec)));
    connect(stream.get(), &Stream::readyRead, this, [this, worker] { onReadyRead(worker); });
    m_pool.connected(worker, now());
    perform(Settle::Later);
}

void ClientCore::onConnectFailed(quint64 worker, const QString &cause)
{
    qCDebug(lcClient).noquote() << cause;
    m_connectionError = cause;
    m_pool.connectFailed(worker, Error(Error::Unavailable, cause), now());
    perform(Settle::Later);
    // This may be inside one of the user's calls, even inside the client's constructor.
    QMetaObject::invokeMethod(
        this, [this, cause] { announceFailure(cause); }, Qt::QueuedConnection);
}

void ClientCore::announceFailure(const QString &cause)
{
    const auto self = shared_from_this();
    Q_EMIT
    connectionFailed(cause);
}

void ClientCore::onReadyRead(quint64 worker)
{
    const auto self = shared_from_this();
    if (const ConnectionPtr connection = connectionOf(worker))
        readAll(connection);
}

void ClientCore::readAll(const ConnectionPtr &connection)
{
    std::array<char, 65536> buffer;
    const Pooling::Time start = now();
    bool hasReplied = false;
    // With a reply its call's deadline is over, so that what is left in the socket may wait for the next turn of the event loop.
    while (!connection->dropped && !connection->ended && !(hasReplied && now() - start > ReadBudget)) {
        const Posix::Transfer transfer = connection->stream->read(buffer);
        if (transfer.status == Posix::Transfer::WouldBlock)
            return;
        if (transfer.status != Posix::Transfer::Done) {
            onEnded(connection);
            return;
        }
        connection->codec->feed({buffer.data(), transfer.bytes});
        hasReplied = decodeAll(connection) || hasReplied;
    }
}

// Whether there was a whole reply.
bool ClientCore::decodeAll(const ConnectionPtr &connection)
{
    Wire::Reply reply;
    bool hasReplied = false;
    while (!connection->dropped) {
        switch (connection->codec->next(&reply)) {
        case Wire::Decoded::Nothing:
            return hasReplied;
        case Wire::Decoded::Broken:
            protocolError(connection, connection->codec->errorString());
            return hasReplied;
        case Wire::Decoded::Message:
            break;
        }
        if (!take(connection, reply))
            return hasReplied;
        hasReplied = true;
        if (connection->codec->hasRest()) { // no reply to the next call, which is not yet on its way
            protocolError(connection, QStringLiteral("a reply nobody asked for"), NextCall::Unsent);
            return hasReplied;
        }
        perform(Settle::Now);
    }
    return hasReplied;
}

bool ClientCore::take(const ConnectionPtr &connection, const Wire::Reply &reply)
{
    const auto busy = m_pool.callOf(connection->worker);
    if (!busy) {
        protocolError(connection, QStringLiteral("a reply nobody asked for"));
        return false;
    }
    if (reply.kind == Wire::Reply::Failure)
        return m_pool.failed(connection->worker, Error(codeOf(reply), reply.message, reply.data), now());
    const QPointer<Checkout> checkout = m_checkouts.at(busy->first);
    PendingCall *const call = checkout ? CheckoutPrivate::of(*checkout).find(busy->second) : nullptr;
    if (call) {
        call->result = reply.value;
        if (!call->handler->coerce(&call->result)) {
            protocolError(connection,
                          QStringLiteral("the result of %1 is of the wrong type: %2").arg(call->method, detail::describe(reply.value)));
            return false;
        }
    }
    return m_pool.replied(connection->worker, now());
}

void ClientCore::onEnded(const ConnectionPtr &connection)
{
    connection->ended = true;
    connection->stream->setReading(false);
    if (!m_transport->explainsDeaths() || m_transport->causeOfDeath(connection->worker)) {
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

void ClientCore::loseWorker(const ConnectionPtr &connection)
{
    const QString cause = m_transport->causeOfDeath(connection->worker).value_or(QString());
    const bool unsent = connection->isCallUnsent() || m_transport->wasNeverThere(connection->worker);
    drop(connection);
    const Error error(Error::WorkerLost, QStringLiteral("worker connection suddenly died"));
    m_pool.lost(connection->worker, cause.isEmpty() ? error : error.withDetail(QStringLiteral("the worker %1").arg(cause)), unsent, now());
}

void ClientCore::protocolError(const ConnectionPtr &connection, const QString &what, NextCall next)
{
    qCWarning(lcClient).noquote() << "a worker broke the protocol:" << what;
    drop(connection);
    m_pool.lost(connection->worker, Error(Error::ProtocolError, QStringLiteral("protocol error: %1").arg(what)), next == NextCall::Unsent,
                now());
    perform(Settle::Now);
}

void ClientCore::drop(const ConnectionPtr &connection)
{
    connection->dropped = true;
    connection->stream->disconnect(this);
    connection->stream->close();
    m_transport->forget(connection->worker);
    // Perhaps we are inside one of its signals.
    QMetaObject::invokeMethod(
        this, [stream = connection->stream] { Q_UNUSED(stream) }, Qt::QueuedConnection);
    m_connections.erase(connection->worker);
}

}
