// SPDX-License-Identifier: MIT
#include "client/settler_p.h"

#include "client/clientcore_p.h"
#include "client/freedblocks_p.h"
#include "posix/clock_p.h"

#include <QtCore/QScopedValueRollback>
#include <QtCore/QThread>

#include <algorithm>

namespace Prefork::Internal {

using Pooling::Action;
using Posix::now;

namespace {

// Returns how many calls an action settles.
qsizetype callsOf(const Action &action)
{
    switch (action.kind) {
    case Action::Finish:
    case Action::Fail:
    case Action::CancelAsked:
        return 1;
    case Action::Cancel:
        return qsizetype(action.end - action.call);
    default:
        return 0;
    }
}

}

Settler::Settler(ClientCore *core)
    : m_core(core)
{
}

void Settler::schedule()
{
    if (!m_core->turns().isByHand() && !std::exchange(m_isScheduled, true))
        QMetaObject::invokeMethod(m_core, [this] { onDue(); }, Qt::QueuedConnection);
}

void Settler::onDue()
{
    m_isScheduled = false;
    if (!m_isDeferred)
        settleAll();
}

void Settler::add(const Action &action)
{
    Caller *const caller = m_core->callers().find(action.checkout);
    if (!caller)
        return;
    if (endsUnheard(caller->checkout, action)) {
        m_core->callers().erase(action.checkout);
        return;
    }
    Settlement settlement{action, caller->checkout, {}, std::move(caller->oneShot)};
    if (settlement.checkout)
        settlement.keptAlive = settlement.checkout->weak_from_this().lock();
    if (settlement.oneShot || action.kind == Action::Released)
        m_core->callers().erase(action.checkout);
    if (settlement.oneShot || settlement.checkout)
        push(std::move(settlement));
}

void Settler::push(Settlement &&settlement)
{
    m_calls += callsOf(settlement.action);
    m_settlements.push_back(std::move(settlement));
}

void Settler::add(const Pooling::CallRef &call, std::unique_ptr<Notice> notice)
{
    Settlement settlement{};
    settlement.action.checkout = call.checkout;
    settlement.action.call = call.call;
    settlement.notice = std::move(notice);
    ++m_notices;
    m_settlements.push_back(std::move(settlement));
}

bool Settler::cancelRefused(const Pooling::CallRef &call)
{
    for (Settlement &settlement : m_settlements) {
        Action &action = settlement.action;
        if (settlement.notice || settlement.isDeletion || action.kind != Action::Fail || action.call != call.call
            || action.checkout != call.checkout)
            continue;
        const PendingCall *const pending = settlement.oneShot ? settlement.oneShot.get()
            : settlement.checkout ? CheckoutPrivate::of(*settlement.checkout).calls.find(call.call)
                                  : nullptr;
        if (!pending || !pending->unsent || pending->unsent->refusal.isEmpty())
            return false;
        action.kind = Action::CancelAsked;
        action.error.reset();
        return true;
    }
    return false;
}

bool Settler::isAbout(const Pooling::CallRef &call) const
{
    return std::any_of(m_settlements.begin(), m_settlements.end(), [&call](const Settlement &settlement) {
        const Action &action = settlement.action;
        return !settlement.notice && !settlement.isDeletion && action.checkout == call.checkout
            && action.kind != Action::Released && action.call <= call.call
            && call.call < std::max(action.end, action.call + 1);
    });
}

void Settler::add(const Action &failure, Checkout *checkout)
{
    push({failure, checkout, CheckoutPrivate::of(*checkout).keptAlive, nullptr});
    schedule();
}

void Settler::settleResult(Checkout *checkout, CallId number)
{
    CheckoutPrivate &d = CheckoutPrivate::of(*checkout);
    CheckoutPtr alive = d.keptAlive;
    {
        ++m_depth;
        PendingCall call = d.calls.take(number);
        m_core->writer().forget(call);
        finish(call, checkout);
        letGoIfSettled(checkout);
        --m_depth;
        m_core->perform(ClientCore::Settle::Later);
    }
    if (alive.use_count() == 1)
        letGo(std::move(alive));
}

// Drops the last pointer to the checkout, which has kept it alive while one of its calls settled: the checkout is
// released. If no signal is being emitted, and nobody would hear that it ends, it is also deleted at once. That saves a
// turn of the event loop.
void Settler::letGo(CheckoutPtr &&checkout)
{
    const auto restore = QScopedValueRollback(m_endsAtOnce, m_depth == 0);
    checkout.reset();
}

bool Settler::endsUnheard(const Checkout *checkout, const Action &action) const
{
    return m_endsAtOnce && action.kind == Action::Released && checkout && m_settlements.empty()
        && !CheckoutPrivate::of(*checkout).mayHearEnd.load(std::memory_order_relaxed);
}

void Settler::settleOneShot(PendingCall &call)
{
    ++m_depth;
    m_core->writer().forget(call);
    finish(call, nullptr);
    --m_depth;
    m_core->perform(ClientCore::Settle::Later);
}

// Settles only what is in the queue when this begins. What user code adds meanwhile waits for the next turn of the
// event loop, so that user code cannot keep the loop from turning. What exceeds the budget waits, too.
void Settler::settleAll()
{
    const auto self = m_core->shared_from_this();
    ReadBudget &budget = m_core->turns().budget;
    m_isScheduled = false;
    ++m_depth;
    static_cast<void>(budget.begin(now())); // one entry is settled even if the budget is used up
    for (std::size_t due = m_settlements.size(); due > 0 && !m_settlements.empty();) {
        const std::size_t before = m_settlements.size();
        Settlement settlement = take();
        due -= before - m_settlements.size();
        if (!m_settlements.empty())
            schedule(); // the user's code may turn an event loop, which goes on with the queue
        settle(settlement);
        if (!m_settlements.empty() && !m_settlesAtOnce && budget.isOver(now())) {
            defer();
            break;
        }
    }
    m_core->announce();
    --m_depth;
    m_core->perform(ClientCore::Settle::Later);
}

void Settler::defer()
{
    m_isDeferred = true;
    m_core->turns().resumeLater();
}

void Settler::resume()
{
    if (std::exchange(m_isDeferred, false))
        settleAll();
}

// Takes the first entry out of the queue. Of an entry that cancels many calls it takes one call, for each has a
// callback that may take long.
Settler::Settlement Settler::take()
{
    Settlement &front = m_settlements.front();
    const bool isOneOfMany = front.action.kind == Action::Cancel && front.action.call + 1 < front.action.end;
    Settlement taken
        = isOneOfMany ? Settlement{front.action, front.checkout, front.keptAlive, nullptr} : std::move(front);
    m_notices -= taken.notice != nullptr;
    m_calls -= isOneOfMany ? 1 : callsOf(taken.action);
    if (isOneOfMany)
        taken.action.end = ++front.action.call;
    else
        m_settlements.pop_front();
    return taken;
}

void Settler::settle(Settlement &settlement)
{
    const Action &action = settlement.action;
    if (settlement.notice) {
        deliverNotice(*settlement.notice);
        return;
    }
    if (settlement.oneShot) {
        settleCall(*settlement.oneShot, nullptr, action);
        return;
    }
    Checkout *const checkout = settlement.checkout;
    if (!checkout)
        return;
    if (settlement.isDeletion) {
        deleteCheckout(checkout, m_depth > 1);
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
    if (settlement.checkout && action.kind == Action::Released && CheckoutPrivate::of(*checkout).isDropped)
        deleteCheckout(checkout, m_depth > 1);
}

void Settler::settleCall(PendingCall &call, Checkout *checkout, const Action &action)
{
    m_core->writer().forget(call);
    if (action.kind == Action::Finish)
        finish(call, checkout);
    else if (action.kind == Action::Fail)
        failCall(call, checkout, *action.error);
    else
        cancelCall(call, checkout, action.error.value_or(Error()));
}

// The handler of a large result may still hold some of it after the callback has run.
void Settler::finish(PendingCall &call, Checkout *checkout)
{
    finishCall(call, checkout);
    if (m_isResultLarge) [[unlikely]]
        discard(call.handler->takeWaste());
}

void Settler::letGoIfSettled(Checkout *checkout)
{
    CheckoutPrivate &d = CheckoutPrivate::of(*checkout);
    if (!d.calls.isEmpty())
        return;
    const CheckoutPtr alive = std::exchange(d.keptAlive, nullptr);
    if (alive) {
        Q_EMIT m_core->checkoutSettled();
    }
}

void Settler::deleteWhenSettled(Checkout *checkout)
{
    CheckoutPrivate &d = CheckoutPrivate::of(*checkout);
    const bool isStillHeld = m_core->callers().contains(d.poolId); // its worker has not answered a ghost yet
    if (isStillHeld) {
        d.isDropped = true;
    } else if (m_settlements.empty()) {
        deleteCheckout(checkout, m_depth > 0);
    } else { // Settling is scheduled already, for the entries before this one.
        Settlement &deletion = m_settlements.emplace_back();
        deletion.checkout = checkout;
        deletion.isDeletion = true;
    }
}

// Deletes the checkout at once if no event loop runs, for then deleteLater() might never be executed, or if letGo() has
// dropped it, and if no code of the checkout can be on the stack. Otherwise it is deleted later.
void Settler::deleteCheckout(Checkout *checkout, bool mayBeRunning)
{
    constexpr std::size_t Many = 64;
    if (!mayBeRunning && (m_endsAtOnce || QThread::currentThread()->loopLevel() == 0)) {
        delete checkout;
        return;
    }
    checkout->deleteLater();
    if (m_deletedLater.size() >= Many)
        std::erase_if(m_deletedLater, [](const QPointer<Checkout> &deleted) { return deleted.isNull(); });
    m_deletedLater.emplace_back(checkout);
}

void Settler::deleteLeftovers()
{
    if (QThread::currentThread()->loopLevel() > 0 || m_depth > 0)
        return;
    for (const QPointer<Checkout> &checkout : std::exchange(m_deletedLater, {}))
        delete checkout.data();
}

void Settler::discard(std::unique_ptr<detail::Waste> waste)
{
    m_isResultLarge = false;
    if (!waste)
        return;
    constexpr std::size_t MostKept = 4; // beyond that the oldest is destroyed at once, however long that takes
    if (m_waste.size() == MostKept)
        m_waste.erase(m_waste.begin());
    m_waste.push_back(std::move(waste));
    m_core->turns().resumeLater();
}

void Settler::clearWaste()
{
    constexpr int StepsAtOnce = 2000; // values that are destroyed before the clock is asked again
    while (!m_waste.empty()) {
        int steps = StepsAtOnce;
        const bool isCleared = m_waste.back()->clear(&steps);
        joinFreedBlocks();
        if (isCleared)
            m_waste.pop_back();
        else if (m_core->turns().budget.isOver(now()))
            break;
    }
    if (!m_waste.empty())
        m_core->turns().resumeLater();
}

}
