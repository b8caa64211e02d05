// SPDX-License-Identifier: MIT
#include "client/clientcore_p.h"

#include "wire/jsoncodec_p.h"

#include <QtCore/QRandomGenerator>

#include <algorithm>

namespace Prefork {

using Pooling::Action;

namespace {

Pooling::Time now()
{
    return std::chrono::steady_clock::now().time_since_epoch();
}

// The longest durations there are, meant as never, would not fit nanoseconds.
Pooling::Duration bounded(std::chrono::milliseconds duration)
{
    constexpr std::chrono::milliseconds Century = std::chrono::hours(24 * 36525);
    return std::clamp(duration, -Century, Century);
}

Pooling::Options poolOptions(const ClientOptions &options)
{
    Pooling::Options pool;
    pool.minWorkers = options.minWorkers;
    pool.maxWorkers = options.maxWorkers;
    pool.timeout = bounded(options.timeout);
    pool.maxCheckouts = options.maxCheckouts;
    pool.reuseAfterError = options.reuseAfterError;
    pool.idleTimeout = bounded(options.idleTimeout);
    pool.maxQueued = options.maxQueued;
    pool.waitForServer = options.waitForServer;
    pool.seed = QRandomGenerator::system()->generate();
    return pool;
}

}

ClientCore::ClientCore(const ClientOptions &options, std::unique_ptr<Transport> transport)
    : m_options(options)
    , m_transport(std::move(transport))
    , m_encoder(std::make_unique<Wire::JsonClientCodec>(options.maxMessageSize))
    , m_pool(poolOptions(options))
{
    m_timer.setSingleShot(true);
    m_timer.setTimerType(Qt::PreciseTimer);
    connect(&m_timer, &QTimer::timeout, this, &ClientCore::onTimer);
    if (!m_transport)
        return;
    connect(m_transport.get(), &Transport::connected, this, &ClientCore::onConnected);
    connect(m_transport.get(), &Transport::failed, this, &ClientCore::onConnectFailed);
    connect(m_transport.get(), &Transport::deathExplained, this, &ClientCore::onDeathExplained);
    connect(m_transport.get(), &Transport::exhausted, this, &ClientCore::setUnavailable);
}

ClientCore::~ClientCore() = default;

void ClientCore::start()
{
    m_pool.start(now());
    perform(Settle::Later);
}

void ClientCore::setUnavailable(const QString &cause)
{
    m_pool.setUnavailable(Error(Error::Unavailable, cause), now());
    perform(Settle::Later);
}

void ClientCore::shutdown()
{
    const auto self = shared_from_this();
    m_timer.stop();
    m_pool.shutdown(Error(Error::Shutdown, QStringLiteral("the client was destroyed")), now());
    perform(Settle::Now);
}

void ClientCore::close(std::chrono::milliseconds deadline)
{
    m_pool.close(Error(Error::Shutdown, QStringLiteral("the client was closed")), now() + bounded(deadline), now());
    perform(Settle::Later);
}

void ClientCore::recycle()
{
    m_pool.recycle(now());
    perform(Settle::Later);
}

Client::State ClientCore::state() const
{
    if (m_pool.isClosed())
        return Client::Closed;
    if (m_pool.isClosing())
        return Client::Closing;
    if (!m_connections.empty())
        return Client::Connected;
    if (m_pool.isUnavailable())
        return Client::Closed;
    return m_pool.wantsWorkers() ? Client::Connecting : Client::Disconnected;
}

// From the event loop, like everything the user is told.
void ClientCore::announceState()
{
    const Client::State current = state();
    if (std::exchange(m_announcedState, current) == current)
        return;
    Q_EMIT
    stateChanged(current);
    if (current == Client::Closed && m_pool.isClosing())
        Q_EMIT
    closed();
}

CheckoutPtr ClientCore::checkout(const CheckoutOptions &options)
{
    const auto timeout = options.timeout ? std::optional(bounded(*options.timeout)) : std::nullopt;
    const Pooling::CheckoutId id = m_pool.checkout(timeout, now());
    CheckoutPtr checkout = CheckoutPrivate::create(shared_from_this(), id);
    m_checkouts.emplace(id, checkout.get());
    perform(Settle::Later);
    return checkout;
}

void ClientCore::call(Checkout &checkout)
{
    const CheckoutPrivate &d = CheckoutPrivate::of(checkout);
    if (d.isReleased) {
        const Error error(Error::Shutdown, QStringLiteral("call on a released checkout"));
        settleLater({.kind = Action::Fail, .checkout = d.poolId, .call = d.lastCall, .error = error}, &checkout);
    } else {
        [[maybe_unused]] const CallId id = m_pool.call(d.poolId, now());
        Q_ASSERT(id == d.lastCall);
    }
    perform(Settle::Later);
}

void ClientCore::release(Pooling::CheckoutId id)
{
    m_pool.release(id, now());
    perform(Settle::Later);
}

void ClientCore::abort(Pooling::CheckoutId id, const Error &error)
{
    m_pool.abort(id, error, now());
    perform(Settle::Later);
}

// Input and output happen at once, in the pool's order. Settling runs the user's code: never inside one of the user's own calls.
void ClientCore::perform(Settle when)
{
    if (std::exchange(m_isPerforming, true))
        return; // an action answered at once; the loop below sees to what follows
    for (std::vector<Action> actions = m_pool.takeActions(); !actions.empty(); actions = m_pool.takeActions()) {
        for (const Action &action : actions)
            performOne(action);
    }
    m_isPerforming = false;
    armTimer();
    if (when == Settle::Now)
        settleAll();
    else if (!m_settlements.empty() || state() != m_announcedState)
        scheduleSettling();
}

void ClientCore::scheduleSettling()
{
    if (!std::exchange(m_isSettlingScheduled, true))
        QMetaObject::invokeMethod(this, &ClientCore::settleAll, Qt::QueuedConnection);
}

void ClientCore::performOne(const Action &action)
{
    switch (action.kind) {
    case Action::Connect:
        m_transport->connectWorker(action.worker);
        break;
    case Action::Close:
        if (const ConnectionPtr connection = connectionOf(action.worker))
            drop(connection);
        else
            m_transport->forget(action.worker);
        break;
    case Action::Send:
        send(action);
        break;
    case Action::SendDone:
        if (const ConnectionPtr connection = connectionOf(action.worker)) {
            QByteArray bytes;
            connection->codec->encodeDone(&bytes);
            connection->stream->write(bytes);
        }
        break;
    case Action::Finish:
    case Action::Fail:
    case Action::Cancel:
    case Action::Released:
        settleLater(action, m_checkouts.at(action.checkout));
        break;
    }
}

void ClientCore::send(const Action &action)
{
    const QPointer<Checkout> checkout = m_checkouts.at(action.checkout);
    PendingCall *const call = checkout ? CheckoutPrivate::of(*checkout).find(action.call) : nullptr;
    const ConnectionPtr connection = connectionOf(action.worker);
    if (!call || !connection)
        return;
    if (!call->encodingError.isEmpty()) {
        const QString text = QStringLiteral("cannot send the arguments: they have %1").arg(call->encodingError);
        m_pool.rejected(action.checkout, action.call, Error(Error::BadArguments, text), now());
        return;
    }
    connection->callStart = connection->stream->bytesGiven();
    // An idle worker has nothing to say: what is there is its end.
    if (connection->ended || (action.isFirst && connection->stream->hasInput())) {
        loseWorker(connection);
        return;
    }
    connection->stream->write(call->bytes);
}

void ClientCore::settleLater(const Action &action, Checkout *checkout)
{
    if (action.kind == Action::Released)
        m_checkouts.erase(action.checkout);
    if (checkout)
        m_settlements.push_back({action, checkout, checkout->weak_from_this().lock()});
}

// Only what is due now: what the user's code adds waits for the next turn of the event loop, so that it cannot keep it from turning.
void ClientCore::settleAll()
{
    const auto self = shared_from_this();
    m_isSettlingScheduled = false;
    ++m_settling;
    for (std::size_t due = m_settlements.size(); due > 0 && !m_settlements.empty(); --due) {
        const Settlement settlement = std::move(m_settlements.front());
        m_settlements.pop_front();
        if (!m_settlements.empty())
            scheduleSettling(); // should the user's code turn an event loop of its own
        settle(settlement);
    }
    announceState();
    --m_settling;
    perform(Settle::Later);
}

void ClientCore::settle(const Settlement &settlement)
{
    Checkout *const checkout = settlement.checkout;
    if (!checkout)
        return;
    CheckoutPrivate &d = CheckoutPrivate::of(*checkout);
    switch (settlement.action.kind) {
    case Action::Finish:
        d.finish(checkout, settlement.action.call);
        break;
    case Action::Fail:
        d.fail(checkout, settlement.action.call, settlement.action.error);
        break;
    case Action::Cancel:
        for (CallId call = settlement.action.call; call < settlement.action.end; ++call)
            d.cancel(checkout, call);
        break;
    case Action::Released:
        Q_EMIT
        checkout->released();
        break;
    default:
        break;
    }
    if (settlement.checkout && d.calls.empty() && std::exchange(d.keptAlive, nullptr))
        Q_EMIT
    checkoutSettled();
}

// Left alone while it is early enough: a stream of calls must not cost a timer each.
void ClientCore::armTimer()
{
    const auto wakeup = m_pool.nextWakeup();
    if (!wakeup || (m_timerDue && *m_timerDue <= *wakeup))
        return;
    m_timerDue = wakeup;
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*wakeup - now());
    m_timer.start(std::clamp<std::chrono::milliseconds>(wait, std::chrono::milliseconds(0), std::chrono::hours(24))); // it counts in int
}

void ClientCore::onTimer()
{
    const auto self = shared_from_this();
    m_timerDue.reset();
    const Pooling::Time time = now();
    // A reply that has arrived wins over a deadline, however late we come to look.
    for (const Pooling::WorkerId worker : m_pool.overdueWorkers(time)) {
        if (const ConnectionPtr connection = connectionOf(worker))
            readAll(connection);
    }
    m_pool.advance(time);
    perform(Settle::Now);
}

}
