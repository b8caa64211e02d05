// SPDX-License-Identifier: MIT
#include "client/clientcore_p.h"

#include "posix/clock_p.h"
#include "posix/poller_p.h"

#include <algorithm>

namespace Prefork::Internal {

using Pooling::Action;
using Posix::now;

// Orders to connect, write and close are carried out here, in the pool's order; what settles goes to the Settler.
void ClientCore::performAll(Settle when)
{
    if (std::exchange(m_isPerforming, true))
        return; // an action has led back here at once; the loop of the outer call carries out what it has ordered
    while (m_pool.hasActions()) {
        m_pool.takeActions(&m_actions);
        for (const Action &action : m_actions)
            performOne(action);
        m_writer.endOrders();
    }
    m_isPerforming = false;
    bool hasNews = !m_settler.isEmpty();
    if (std::exchange(m_changesSeen, m_pool.changes()) != m_pool.changes()) {
        m_turns.wakeAt(m_pool.nextWakeup());
        hasNews = hasNews || state() != m_announcedState;
    }
    if (hasNews && when == Settle::Now)
        m_settler.settleAll();
    else if (hasNews)
        m_settler.schedule();
}

void ClientCore::performOne(const Action &action)
{
    switch (action.kind) {
    case Action::Connect:
        m_connections.connectWorker(action.worker);
        break;
    case Action::Close:
        m_connections.close(action.worker);
        break;
    case Action::HangUp:
        m_connections.hangUp(action.worker);
        break;
    case Action::Send:
        m_writer.send(action);
        break;
    case Action::SendCancel:
        m_writer.sendCancel(action);
        break;
    case Action::SendDone:
        m_writer.sendDone(action);
        break;
    case Action::Finish:
    case Action::Fail:
    case Action::Cancel:
    case Action::CancelAsked:
    case Action::Released:
        m_settler.add(action);
        break;
    }
}

bool ClientCore::flush()
{
    const bool hasWritten = m_writer.flush();
    if (m_writer.hasReport())
        m_settler.schedule();
    return hasWritten;
}

// Like all signals these are emitted from the event loop, never inside one of the user's calls.
void ClientCore::announce()
{
    const Client::State current = state();
    if (std::exchange(m_announcedState, current) != current) {
        Q_EMIT stateChanged(current);
        if (current == Client::Closed && m_pool.isClosing()) {
            Q_EMIT closed();
        }
    }
    if (const qint64 written = m_writer.takeReport(); written > 0) {
        Q_EMIT bytesWritten(written);
    }
}

void ClientCore::onLoopFound()
{
    m_connections.reattach();
    if (m_reader.isDeferred() || m_settler.isDeferred())
        m_turns.resumeLater();
    if (!m_callers.empty())
        m_turns.watchFuturesIn(Turns::FutureInterval);
    if (!m_settler.isEmpty())
        m_settler.schedule();
    m_turns.wakeAt(m_pool.nextWakeup());
}

// The event loop has turned: goes on with what was deferred until then.
void ClientCore::onResume()
{
    const auto self = shared_from_this();
    m_turns.budget.renew(now());
    if (m_reader.isDeferred()) // a callback below may turn an event loop, in which reading must go on too
        m_turns.resumeLater();
    m_settler.resume();
    m_reader.resume();
    if (m_reader.isDeferred() || m_settler.isDeferred())
        m_turns.resumeLater();
    else
        m_turns.stopResuming();
    m_settler.clearWaste();
    flush();
}

void ClientCore::onTimer()
{
    const auto self = shared_from_this();
    m_turns.forgetTimer();
    const Pooling::Time time = now();
    const std::vector<Pooling::WorkerId> unread = m_reader.readOverdue(time);
    m_pool.advance(time, unread);
    perform(Settle::Now);
    m_turns.wakeAt(m_pool.nextWakeup()); // needed even if the timer came too early for the pool to change
    flush();
}

template <class Visit>
void ClientCore::forEachPending(Visit visit) const
{
    for (const auto &[id, caller] : m_callers) {
        if (caller.oneShot)
            visit(Pooling::CallRef{id, caller.oneShot->id}, *caller.oneShot);
        if (!caller.checkout)
            continue;
        CheckoutPrivate::of(*caller.checkout).calls.forEach([&visit, id = id](CallId number, const PendingCall &call) {
            visit(Pooling::CallRef{id, number}, call);
        });
    }
}

// Gives a QFutureWatcher to calls whose future may be canceled. A watcher costs as much as a whole call, and most calls
// are short; so a call gets one only after it has been unsettled for a while. Very many calls may be that old, so only
// some get one at a time.
void ClientCore::onFutureTimer()
{
    constexpr int MostAtOnce = 256; // each takes a few microseconds
    const Pooling::Time madeBefore = now() - Turns::FutureInterval;
    int left = MostAtOnce;
    bool hasMore = false;
    forEachPending([&](const Pooling::CallRef &ref, const PendingCall &call) {
        if (!call.handler->hasFuture() || call.handler->isWatched())
            return;
        const Pooling::CallRecord *const record = m_pool.record(ref);
        if (left > 0 && record && record->made <= madeBefore) {
            --left;
            call.handler->watch(this, [this, ref] { cancel(ref); });
        } else {
            hasMore = true;
        }
    });
    if (hasMore)
        m_turns.watchFuturesIn(left > 0 ? Turns::FutureInterval : std::chrono::milliseconds(0));
}

// Cancels calls whose futures were canceled. Without an event loop no QFutureWatcher would tell.
void ClientCore::cancelByFutures()
{
    std::vector<Pooling::CallRef> canceled;
    forEachPending([&canceled](const Pooling::CallRef &ref, const PendingCall &call) {
        if (call.handler->hasFuture() && call.handler->isCanceled())
            canceled.push_back(ref);
    });
    for (const Pooling::CallRef &call : canceled)
        cancel(call);
}

void ClientCore::turnByHand(std::chrono::nanoseconds longest)
{
    const auto self = shared_from_this();
    const auto byHand = m_turns.turnByHand();
    m_turns.onTurn();
    m_connections.connectPostponed();
    flush();
    cancelByFutures();
    if (m_reader.isDeferred() || m_settler.isDeferred())
        onResume();
    else if (!m_settler.isEmpty())
        m_settler.settleAll();
    else
        waitByHand(longest);
    if (const auto wakeup = m_pool.nextWakeup(); wakeup && *wakeup <= now())
        onTimer();
}

void ClientCore::waitByHand(std::chrono::nanoseconds longest)
{
    std::vector<Posix::Watch> watches;
    std::vector<ConnectionPtr> watched;
    m_connections.forEach([&](const ConnectionPtr &connection) {
        watches.push_back(
            {.descriptor = connection->stream->descriptor(), .wantsWrite = connection->stream->waitsToWrite()});
        watched.push_back(connection);
    });
    const auto wakeup = m_pool.nextWakeup();
    constexpr std::chrono::milliseconds PollInterval(50); // deaths of workers and canceled futures wake nobody here
    Pooling::Duration wait = std::min<Pooling::Duration>(longest, PollInterval);
    if (wakeup)
        wait = std::clamp<Pooling::Duration>(*wakeup - now(), Pooling::Duration(0), wait);
    Posix::waitFor(watches, wait);
    for (std::size_t i = 0; i < watches.size(); ++i) {
        if (watches[i].writable && !watched[i]->dropped)
            watched[i]->stream->onWritable();
        if (watches[i].readable)
            m_reader.onReadyRead(watched[i]->worker);
    }
    m_connections.pollTransport();
}

}
