// SPDX-License-Identifier: MIT
#include "client/clientcore_p.h"

#include "posix/clock_p.h"

#include <algorithm>

namespace Prefork::Internal {

using Posix::now;
using Pooling::Action;

PendingCall *ClientCore::Caller::find(CallId call)
{
    if (oneShot)
        return &*oneShot;
    return checkout ? CheckoutPrivate::of(*checkout).calls.find(call) : nullptr;
}

// Input and output happen at once, in the pool's order. Settling runs the user's code: never inside one of the user's
// own calls.
void ClientCore::perform(Settle when)
{
    if (std::exchange(m_isPerforming, true))
        return; // an action answered at once; the loop below sees to what follows
    while (m_pool.hasActions()) {
        m_pool.takeActions(&m_actions);
        for (const Action &action : m_actions)
            performOne(action);
        m_hasRejected = false;
    }
    m_isPerforming = false;
    bool hasNews = !m_settlements.empty();
    if (std::exchange(m_changesSeen, m_pool.changes()) != m_pool.changes()) {
        armTimer();
        hasNews = hasNews || state() != m_announcedState;
    }
    if (hasNews && when == Settle::Now)
        settleAll();
    else if (hasNews)
        scheduleSettling();
}

void ClientCore::scheduleSettling()
{
    if (!m_isTurnedByHand && !std::exchange(m_isSettlingScheduled, true))
        QMetaObject::invokeMethod(this, &ClientCore::onSettlingDue, Qt::QueuedConnection);
}

void ClientCore::onSettlingDue()
{
    m_isSettlingScheduled = false;
    if (!m_isSettlingDeferred)
        settleAll();
}

void ClientCore::performOne(const Action &action)
{
    switch (action.kind) {
    case Action::Connect:
        watchTurns();
        if (m_dispatcher || (m_isTurnedByHand && m_transport->connectsAtOnce()))
            m_transport->connectWorker(action.worker);
        else
            m_postponed.push_back(action.worker);
        break;
    case Action::Close:
        if (const ConnectionPtr connection = connectionOf(action.worker))
            drop(connection);
        else if (std::erase(m_postponed, action.worker) == 0)
            m_transport->forget(action.worker);
        break;
    case Action::HangUp:
        if (const ConnectionPtr connection = connectionOf(action.worker)) {
            connection->stream->hangUp();
            countBacklog(*connection);
        }
        break;
    case Action::Send:
        send(action);
        break;
    case Action::SendDone:
        sendDone(action);
        break;
    case Action::Finish:
    case Action::Fail:
    case Action::Cancel:
    case Action::Released:
        settleLater(action);
        break;
    }
}

void ClientCore::send(const Action &action)
{
    if (m_hasRejected && !m_pool.isSent(action.checkout, action.call))
        return;
    Caller *const caller = m_callers.find(action.checkout);
    PendingCall *const call = caller ? caller->find(action.call) : nullptr;
    const ConnectionPtr connection = connectionOf(action.worker);
    if (!call || !connection)
        return;
    UnsentCall &unsent = *call->unsent;
    if (unsent.message.size() == 0)
        return; // refused after the pool had ordered this; the order to give its worker up comes next
    std::optional<QString> problem;
    if (unsent.signature)
        problem = connection->codec->mismatch(unsent.literal, *unsent.signature);
    const qsizetype size = unsent.message.size() - connection->traits.headerSize;
    if (!problem && unsent.message.decodedSize > detail::decodedBound(size, connection->traits.maxDecodedSize))
        problem = QStringLiteral("cannot send the arguments: they have %1 there")
                      .arg(detail::decodedSizeError(size, connection->traits.maxDecodedSize));
    if (!problem && size > connection->traits.maxMessageSize)
        problem
            = QStringLiteral("cannot send the arguments: they make a message larger than the %1 bytes the worker takes")
                  .arg(connection->traits.maxMessageSize);
    if (problem) {
        m_hasRejected = true;
        m_pool.rejected(action.checkout, action.call, Error(Error::BadArguments, *problem), now());
        return;
    }
    // A worker that cannot say goodbye, and is idle, has nothing to say: what is there is its end.
    const bool isAtEnd = !connection->traits.pipelines && action.isFirst && connection->stream->hasInput();
    if (connection->inFlight() == 0)
        connection->flightStart = connection->stream->bytesGiven();
    ++connection->lastSent;
    if (connection->ended || isAtEnd) {
        loseWorker(connection);
        return;
    }
    connection->codec->address(&unsent.message, connection->lastSent, action.group);
    m_unsentBytes -= call->takeSize();
    write(connection, unsent.message);
}

void ClientCore::write(const ConnectionPtr &connection, const Wire::OutMessage &message)
{
    Stream &stream = *connection->stream;
    if (message.chunks.empty()) {
        stream.append(message.bytes);
    } else {
        Wire::forEachPiece(
            message.bytes, message.chunks, [&stream](QByteArrayView bytes) { stream.append(bytes); },
            [&stream](const QByteArray &bytes) { stream.appendShared(bytes); });
    }
    countBacklog(*connection);
    markDirty(connection);
    stallIfFull(*connection);
}

void ClientCore::stallIfFull(const Connection &connection)
{
    if (connection.stream->bytesToWrite() > m_options.maxInFlightBytes)
        m_pool.setStalled(connection.worker, true, now());
}

void ClientCore::countBacklog(Connection &connection)
{
    const qint64 backlog = connection.dropped ? 0 : connection.stream->bytesToWrite();
    m_streamBytes += backlog - std::exchange(connection.backlog, backlog);
}

void ClientCore::sendDone(const Action &action)
{
    const ConnectionPtr connection = connectionOf(action.worker);
    if (!connection)
        return;
    QByteArray bytes;
    connection->codec->encodeDone(connection->lastSent, &bytes);
    connection->stream->append(bytes);
    markDirty(connection);
}

// Everything that is to be said to a worker in one turn of the event loop goes in one piece.
void ClientCore::markDirty(const ConnectionPtr &connection)
{
    if (std::exchange(connection->isDirty, true))
        return;
    m_dirty.push_back(connection);
    watchTurns();
    if (!m_dispatcher && !m_isTurnedByHand)
        QMetaObject::invokeMethod(this, &ClientCore::flushDirty, Qt::QueuedConnection);
}

void ClientCore::findDispatcher()
{
    m_dispatcher = QAbstractEventDispatcher::instance(thread());
    if (!m_dispatcher)
        return;
    connect(m_dispatcher, &QAbstractEventDispatcher::aboutToBlock, this, &ClientCore::onTurn);
    connect(m_dispatcher, &QAbstractEventDispatcher::awake, this, &ClientCore::onTurn);
    connect(m_dispatcher, &QObject::destroyed, this, &ClientCore::onLoopGone);
    moveIn();
}

// The client may be older than the application, or have seen others come and go: what this event loop must watch is
// told to it.
void ClientCore::moveIn()
{
    for (const auto &[worker, connection] : m_connections) {
        connection->stream->reattach();
        if (connection->ended)
            QTimer::singleShot(ExplanationLimit, this, [this, ended = worker] { onDeathExplained(ended); });
    }
    if (m_transport)
        m_transport->reattach();
    for (const quint64 worker : std::exchange(m_postponed, {}))
        m_transport->connectWorker(worker);
    if (!m_deferred.empty() || m_isSettlingDeferred)
        resumeLater();
    if (!m_callers.empty())
        m_cancelTimer.start(CancelInterval);
    if (!m_settlements.empty())
        scheduleSettling();
    armTimer();
}

// What is posted waits for the next event loop of this thread, if there ever is one.
void ClientCore::onLoopGone()
{
    m_dispatcher = nullptr;
    for (QTimer *const timer : {&m_timer, &m_resumeTimer, &m_cancelTimer})
        timer->stop();
    m_timerDue.reset();
    QMetaObject::invokeMethod(this, &ClientCore::watchTurns, Qt::QueuedConnection);
}

void ClientCore::onTurn()
{
    m_budget.turn();
    if (m_taking) [[unlikely]]
        readOnInside();
    flushDirty();
}

void ClientCore::flushDirty()
{
    while (!m_dirty.empty()) {
        m_flushing.swap(m_dirty);
        for (const ConnectionPtr &connection : m_flushing) {
            connection->isDirty = false;
            if (connection->dropped)
                continue;
            connection->stream->flush();
            countBacklog(*connection);
            const quint64 sent = connection->stream->bytesSent();
            m_writtenBytes += qint64(sent - std::exchange(connection->reportedSent, sent));
            if (connection->stream->bytesToWrite() <= m_options.maxInFlightBytes)
                m_pool.setStalled(connection->worker, false, now());
        }
        m_flushing.clear();
        if (m_pool.hasActions()) // there is room again
            perform(Settle::Later);
    }
    if (m_reportsWrites.load(std::memory_order_relaxed) && m_writtenBytes > 0)
        scheduleSettling();
}

void ClientCore::settleLater(const Action &action)
{
    Caller *const caller = m_callers.find(action.checkout);
    if (!caller)
        return;
    Settlement settlement{action, caller->checkout, {}, std::move(caller->oneShot)};
    if (settlement.checkout)
        settlement.keptAlive = settlement.checkout->weak_from_this().lock();
    if (settlement.oneShot || action.kind == Action::Released)
        m_callers.erase(action.checkout);
    if (settlement.oneShot || settlement.checkout)
        m_settlements.push_back(std::move(settlement));
}

// What settleLater() and settleAll() do, without the queue, for a call the pool finished plainly.
void ClientCore::settleResult(const Pooling::BusyWith &settled)
{
    const Caller *const caller = m_callers.find(settled.checkout);
    Checkout *const checkout = caller ? caller->checkout.data() : nullptr;
    if (!checkout)
        return;
    ++m_settling;
    CheckoutPrivate &d = CheckoutPrivate::of(*checkout);
    const CheckoutPtr alive = d.keptAlive;
    PendingCall call = d.calls.take(settled.call);
    m_unsentBytes -= call.takeSize();
    finishCall(call, checkout);
    if (m_isResultLarge) [[unlikely]]
        discardRest(call);
    letGoIfSettled(checkout);
    --m_settling;
    perform(Settle::Later);
}

// Only what is due now: what the user's code adds waits for the next turn of the event loop, so that it cannot keep it
// from turning; and so does what there is no time for.
void ClientCore::settleAll()
{
    const auto self = shared_from_this();
    m_isSettlingScheduled = false;
    ++m_settling;
    static_cast<void>(m_budget.begin(now())); // there is always time for one
    for (std::size_t due = m_settlements.size(); due > 0 && !m_settlements.empty();) {
        const std::size_t before = m_settlements.size();
        Settlement settlement = takeSettlement();
        due -= before - m_settlements.size();
        if (!m_settlements.empty())
            scheduleSettling(); // should the user's code turn an event loop of its own
        settle(settlement);
        if (!m_settlements.empty() && !m_settlesAtOnce && m_budget.isOver(now())) {
            deferSettling();
            break;
        }
    }
    announceState();
    if (const qint64 written = std::exchange(m_writtenBytes, 0);
        m_reportsWrites.load(std::memory_order_relaxed) && written > 0) {
        Q_EMIT bytesWritten(written);
    }
    --m_settling;
    perform(Settle::Later);
}

void ClientCore::deferSettling()
{
    m_isSettlingDeferred = true;
    resumeLater();
}

// Canceled calls are taken one at a time, for each has a callback that may take long.
ClientCore::Settlement ClientCore::takeSettlement()
{
    Settlement &front = m_settlements.front();
    const bool isOneOfMany = front.action.kind == Action::Cancel && front.action.call + 1 < front.action.end;
    Settlement taken
        = isOneOfMany ? Settlement{front.action, front.checkout, front.keptAlive, nullptr} : std::move(front);
    if (isOneOfMany)
        taken.action.end = ++front.action.call;
    else
        m_settlements.pop_front();
    return taken;
}

namespace {

// Outside an event loop nobody might come to delete it later, and when nobody is settling, nothing of it can be
// running.
void deleteCheckout(Checkout *checkout, bool mayBeRunning)
{
    if (QThread::currentThread()->loopLevel() == 0 && !mayBeRunning)
        delete checkout;
    else
        checkout->deleteLater();
}

}

void ClientCore::settle(Settlement &settlement)
{
    const Action &action = settlement.action;
    if (settlement.oneShot) {
        settleCall(*settlement.oneShot, nullptr, action);
        return;
    }
    Checkout *const checkout = settlement.checkout;
    if (!checkout)
        return;
    if (settlement.isDeletion) {
        deleteCheckout(checkout, m_settling > 1);
        return;
    }
    if (action.kind == Action::Released) {
        Q_EMIT checkout->released();
    } else {
        PendingCall call = CheckoutPrivate::of(*checkout).calls.take(action.call);
        settleCall(call, checkout, action);
    }
    if (settlement.checkout)
        letGoIfSettled(checkout);
}

// What the handler of a large result still holds when that has been handed over.
void ClientCore::discardRest(const PendingCall &call)
{
    discard(call.handler->takeWaste());
}

void ClientCore::deleteWhenSettled(Checkout *checkout)
{
    if (m_settlements.empty())
        deleteCheckout(checkout, m_settling > 0);
    else
        m_settlements.push_back(
            {{}, checkout, {}, nullptr, true}); // Settling is scheduled already, for the entries before it.
}

void ClientCore::settleCall(PendingCall &call, Checkout *checkout, const Action &action)
{
    m_unsentBytes -= call.takeSize();
    if (action.kind == Action::Finish) {
        finishCall(call, checkout);
        if (m_isResultLarge) [[unlikely]]
            discardRest(call);
    } else if (action.kind == Action::Fail) {
        failCall(call, checkout, action.error);
    } else {
        cancelCall(call, checkout);
    }
}

void ClientCore::letGoIfSettled(Checkout *checkout)
{
    CheckoutPrivate &d = CheckoutPrivate::of(*checkout);
    if (!d.calls.isEmpty())
        return;
    const CheckoutPtr alive = std::exchange(d.keptAlive, nullptr);
    if (alive) {
        Q_EMIT checkoutSettled();
    }
}

// Left alone while it is early enough: a stream of calls must not cost a timer each.
void ClientCore::armTimer()
{
    const auto wakeup = m_pool.nextWakeup();
    if (!wakeup || !m_dispatcher || (m_timerDue && *m_timerDue <= *wakeup))
        return;
    m_timerDue = wakeup;
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*wakeup - now());
    m_timer.start(std::clamp<std::chrono::milliseconds>(wait, std::chrono::milliseconds(0),
                                                        std::chrono::hours(24))); // it counts in int
}

void ClientCore::onTimer()
{
    const auto self = shared_from_this();
    m_timerDue.reset();
    const Pooling::Time time = now();
    // A reply that has arrived wins over a deadline, however late we come to look and however much there is to read.
    std::vector<Pooling::WorkerId> unread;
    static_cast<void>(m_budget.begin(time));
    for (const Pooling::WorkerId worker : m_pool.overdueWorkers(time)) {
        const ConnectionPtr connection = connectionOf(worker);
        if (connection && !connection->isDeferred)
            readSome(connection, Reading::Everything);
        if (connection && connection->isDeferred)
            unread.push_back(worker);
    }
    m_pool.advance(time, unread);
    perform(Settle::Now);
    armTimer(); // even if it came too early for anything to change
    flushDirty();
}

}
