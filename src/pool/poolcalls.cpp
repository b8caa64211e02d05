// SPDX-License-Identifier: MIT
#include "pool/pool_p.h"

#include <algorithm>
#include <utility>

namespace Prefork::Pooling {

namespace {

QString seconds(Duration duration)
{
    return QString::number(std::chrono::duration<double>(duration).count(), 'g', 6);
}

Error timedOut(Duration timeout)
{
    return Error(Error::Timeout, QStringLiteral("timed out after %1 seconds").arg(seconds(timeout)));
}

}

std::optional<Sending> Pool::sendingNow(CheckoutId id) const
{
    const Checkout *const checkout = m_checkouts.find(id);
    if (!checkout || checkout->worker == 0 || checkout->bar != 0 || checkout->sent != checkout->end || hasActions())
        return {};
    const bool sawAnswer = checkout->firstOnWorker != 0 && checkout->firstOnWorker < checkout->head;
    const Worker &worker = m_workers.at(checkout->worker);
    if (!sawAnswer || worker.stalled || checkout->sent - checkout->head >= window(worker))
        return {};
    return Sending{checkout->worker, checkout->group};
}

CallId Pool::callSent(CheckoutId id, Time now)
{
    Checkout &checkout = m_checkouts.at(id);
    if (!checkout.armed)
        arm(id, checkout, now);
    ++checkout.sent;
    return checkout.end++;
}

CallId Pool::window(const Worker &worker) const
{
    return worker.traits.pipelines ? CallId(m_options.window) : 1;
}

bool Pool::replied(WorkerId id, Time now)
{
    const auto busy = callOf(id);
    if (!busy)
        return false;
    Worker &worker = m_workers.at(id);
    prove(worker);
    if (worker.state != Worker::Held)
        answered(id, now);
    if (busy->checkout != 0)
        settleHead(busy->checkout, m_checkouts.at(busy->checkout), now);
    else
        servePending(now);
    return true;
}

std::optional<BusyWith> Pool::repliedPlainly(WorkerId id, Time now)
{
    Worker *const worker = m_workers.find(id);
    if (!worker || worker->state != Worker::Held || hasActions())
        return {};
    Checkout &checkout = m_checkouts.at(worker->checkout);
    if (checkout.sent == checkout.head || checkout.bar != 0 || checkout.releasing)
        return {};
    prove(*worker);
    const BusyWith settled{worker->checkout, checkout.head++};
    checkout.armed = false;
    if (checkout.hasCalls()) {
        arm(worker->checkout, checkout, now);
        if (checkout.sent != checkout.end)
            sendNext(worker->checkout, checkout);
    }
    return settled;
}

bool Pool::failed(WorkerId id, const Error &error, Time now)
{
    const auto busy = callOf(id);
    if (!busy)
        return false;
    Worker &worker = m_workers.at(id);
    prove(worker);
    if (worker.state != Worker::Held) {
        if (!m_options.reuseAfterError)
            change(id, worker, [&] { worker.isOutdated = true; });
        answered(id, now);
    }
    if (busy->checkout == 0) {
        servePending(now);
        return true;
    }
    Checkout &checkout = m_checkouts.at(busy->checkout);
    checkout.tainted = true;
    checkout.group = ++m_lastGroup;
    failHead(busy->checkout, error, now);
    return true;
}

void Pool::rejected(CheckoutId id, CallId call, const Error &error, Time now)
{
    auto *const found = m_checkouts.find(id);
    if (!found || call < found->head || call >= found->end)
        return;
    Checkout &checkout = *found;
    if (checkout.bar != 0 && checkout.bar <= call)
        return;
    checkout.bar = call;
    checkout.barError = error;
    checkout.sent = std::min(checkout.sent, call);
    if (checkout.firstOnWorker >= call)
        checkout.firstOnWorker = 0;
    if (checkout.head == call) // else it is after those before it have settled
        failBarred(id, now);
}

void Pool::failBarred(CheckoutId id, Time now)
{
    Checkout &checkout = m_checkouts.at(id);
    if (checkout.worker != 0 && m_workers.at(checkout.worker).state == Worker::Shared)
        unshare(checkout.worker, id, now);
    failHead(id, checkout.barError, now);
}

void Pool::advance(Time now, const std::vector<WorkerId> &unread)
{
    expire(now, unread);
    reapIdle(now);
    grow(now);
    closeIfDrained(now);
}

std::optional<Time> Pool::nextWakeup() const
{
    std::optional<Time> next;
    const auto consider = [&next](Time time) { next = next ? std::min(*next, time) : time; };
    if (!m_alarms.empty())
        consider(m_alarms.begin()->first);
    if (m_failures > 0 && m_connecting == 0 && wantsMore())
        consider(m_retryAt);
    if (isClosing() && !m_isClosed)
        consider(*m_closeDeadline);
    if (mayReap())
        consider(m_idle.begin()->second.since + m_options.idleTimeout);
    return next;
}

std::vector<WorkerId> Pool::overdueWorkers(Time now) const
{
    std::vector<WorkerId> overdue;
    for (auto alarm = m_alarms.begin(); alarm != m_alarms.end() && alarm->first <= now; ++alarm) {
        const Checkout &checkout = m_checkouts.at(alarm->second);
        if (checkout.armed && checkout.deadline <= now && checkout.worker != 0)
            overdue.push_back(checkout.worker);
    }
    return overdue;
}

void Pool::arm(CheckoutId id, Checkout &checkout, Time now)
{
    checkout.armed = checkout.timeout != Duration::zero();
    if (!checkout.armed)
        return;
    checkout.deadline = now + checkout.timeout;
    if (!checkout.hasAlarm || checkout.deadline < checkout.alarm) {
        clearAlarm(id, checkout);
        setAlarm(id, checkout);
    }
}

void Pool::setAlarm(CheckoutId id, Checkout &checkout)
{
    ++m_changes;
    checkout.hasAlarm = true;
    checkout.alarm = checkout.deadline;
    m_alarms.emplace(checkout.alarm, id);
}

void Pool::clearAlarm(CheckoutId id, Checkout &checkout)
{
    if (!std::exchange(checkout.hasAlarm, false))
        return;
    ++m_changes;
    m_alarms.erase({checkout.alarm, id});
}

void Pool::expire(Time now, const std::vector<WorkerId> &unread)
{
    std::vector<CheckoutId> due;
    for (auto alarm = m_alarms.begin(); alarm != m_alarms.end() && alarm->first <= now;) {
        const CheckoutId id = alarm->second;
        Checkout &checkout = m_checkouts.at(id);
        if (checkout.armed && checkout.deadline <= now) {
            if (checkout.worker == 0 || std::find(unread.begin(), unread.end(), checkout.worker) == unread.end())
                due.push_back(id);
            ++alarm;
            continue;
        }
        ++m_changes;
        alarm = m_alarms.erase(alarm);
        checkout.hasAlarm = false;
        if (checkout.armed)
            setAlarm(id, checkout);
    }
    for (const CheckoutId id : due) {
        auto *const found = m_checkouts.find(id);
        if (found && !found->fatal)
            failForGood(id, timedOut(found->timeout), now);
    }
}

void Pool::sendNext(CheckoutId id, Checkout &checkout)
{
    if (checkout.worker == 0)
        return;
    const Worker &worker = m_workers.at(checkout.worker);
    while (checkout.sent != checkout.end && checkout.sent != checkout.bar
           && checkout.sent - checkout.head < window(worker) && (!worker.stalled || checkout.sent == checkout.head)) {
        const CallId call = checkout.sent++;
        if (checkout.firstOnWorker == 0)
            checkout.firstOnWorker = call;
        m_actions.push_back({.kind = Action::Send,
                             .worker = checkout.worker,
                             .checkout = id,
                             .call = call,
                             .group = checkout.group,
                             .isFirst = checkout.firstOnWorker == call});
    }
}

void Pool::setStalled(WorkerId id, bool stalled, Time now)
{
    auto *const found = m_workers.find(id);
    if (!found || found->stalled == stalled)
        return;
    change(id, *found, [&] { found->stalled = stalled; });
    if (stalled)
        return;
    if (found->state == Worker::Held)
        sendNext(found->checkout, m_checkouts.at(found->checkout));
    servePending(now);
}

void Pool::settleHead(CheckoutId id, Checkout &checkout, Time now)
{
    m_actions.push_back({.kind = Action::Finish, .checkout = id, .call = checkout.head++});
    if (checkout.head == checkout.bar) {
        failBarred(id, now);
        return;
    }
    if (checkout.hasCalls()) {
        arm(id, checkout, now);
        sendNext(id, checkout);
        return;
    }
    checkout.armed = false;
    if (checkout.releasing)
        finishRelease(id, now);
}

void Pool::settleAll(CheckoutId id, Checkout &checkout, const Error &error)
{
    checkout.armed = false;
    checkout.bar = 0;
    if (!checkout.hasCalls())
        return;
    m_actions.push_back({.kind = Action::Fail, .checkout = id, .call = checkout.head, .error = error});
    if (checkout.end - checkout.head > 1)
        m_actions.push_back({.kind = Action::Cancel, .checkout = id, .call = checkout.head + 1, .end = checkout.end});
    checkout.head = checkout.sent = checkout.end;
}

void Pool::failHead(CheckoutId id, const Error &error, Time now)
{
    Checkout &checkout = m_checkouts.at(id);
    settleAll(id, checkout, error);
    if (checkout.releasing)
        finishRelease(id, now);
}

// After its worker was lost: once more from the start if nothing of it can have begun, else it has failed.
void Pool::retry(CheckoutId id, const Error &error, bool begun, Time now)
{
    Checkout &checkout = m_checkouts.at(id);
    checkout.worker = 0;
    if (begun || m_unavailable) {
        failForGood(id, begun ? error : *m_unavailable, now);
        return;
    }
    checkout.sent = checkout.head;
    checkout.firstOnWorker = 0;
    wait(id, checkout);
}

}
