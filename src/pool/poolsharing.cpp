// SPDX-License-Identifier: MIT
#include "pool/pool_p.h"

#include <algorithm>

namespace Prefork::Pooling {

// While further workers can be connected, a one-shot waits for a worker of its own rather than share one, for the calls
// before it may take long.
bool Pool::mayShare(const Checkout &oneShot) const
{
    const CallRecord &call = *oneShot.calls.find(1);
    if (call.runTimeout > Duration::zero() && !isUsuallyShort(call.method))
        return false;
    return !m_shareable.empty() && m_connecting == 0 && (m_failures > 0 || workerCount() >= m_options.maxWorkers);
}

// The worker was given to the one-shot.
void Pool::join(WorkerId workerId, const Worker &worker, Checkout &checkout, Time now)
{
    checkout.isBehindOthers = worker.oneShots.size() > 1;
    checkout.worker = workerId;
    checkout.served = now;
    checkout.inOrder = worker.traits.answersInOrder;
    checkout.group = ++m_lastGroup | Wire::SharedGroup;
}

void Pool::share(WorkerId workerId, CheckoutId checkoutId, Time now)
{
    Worker &worker = m_workers.at(workerId);
    Checkout &checkout = m_checkouts.at(checkoutId);
    const CallRecord &call = *checkout.calls.find(1);
    change(workerId, worker, [&] {
        worker.state = Worker::Shared;
        worker.oneShots.push_back(checkoutId);
        ++worker.checkouts;
        worker.isSlow = call.runTimeout > Duration::zero() && !isUsuallyShort(call.method);
    });
    join(workerId, worker, checkout, now);
    sendNext(checkoutId, checkout, now);
}

// Besides what keeps oneShot() from sending at once, limits of the call's own are unusual, and so is it if a further
// worker is wanted now or afterwards.
std::optional<Sending> Pool::sendingOneShotNow(const CallOptions &call) const
{
    if (hasActions() || !m_waiting.empty() || m_unavailable || isClosing() || m_options.maxCheckouts > 0
        || call.runTimeout != Duration::zero() || call.deadline != Duration::zero()
        || m_options.timeout < Duration::zero())
        return {};
    const bool isFull = workerCount() >= m_options.maxWorkers;
    if (!isFull && m_supply < std::max(demand(), m_load + 1))
        return {};
    const bool isIdle = !m_idle.empty();
    if (!isIdle && (m_shareable.empty() || m_connecting > 0 || (m_failures == 0 && !isFull)))
        return {};
    const WorkerId id = isIdle ? m_idle.last().worker : m_shareable.first().second;
    const Worker &worker = m_workers.at(id);
    if (!worker.traits.isShareable() || !worker.traits.answersInOrder || worker.stalled)
        return {};
    return Sending{id, (m_lastGroup + 1) | Wire::SharedGroup};
}

CheckoutId Pool::oneShotSent(const Sending &sending, const CheckoutOptions &options, const CallOptions &call, Time now)
{
    Checkout &checkout = open(options);
    const CheckoutId id = m_lastCheckout;
    checkout.isOneShot = checkout.releasing = checkout.hasSent = true;
    checkout.next = 2;
    checkout.inFlight = 1;
    CallRecord &record = add(checkout, call, now);
    record.state = CallRecord::Sent;
    record.group = sending.group;
    record.sent = now;
    Worker &worker = m_workers.at(sending.worker);
    const auto before = qsizetype(worker.oneShots.size());
    ++worker.checkouts;
    if (worker.state == Worker::Shared) {
        worker.oneShots.push_back(id);
        changeLoad(sending.worker, worker, before);
    } else {
        m_idle.erase(IdleEntry{worker.idleKey});
        change(sending.worker, worker, [&worker, id] {
            worker.state = Worker::Shared;
            worker.oneShots.push_back(id);
        });
    }
    join(sending.worker, worker, checkout, now);
    arm(id, checkout, now);
    if (!m_options.waitForServer)
        m_retryAt = now;
    return id;
}

// Tells whether nothing happens when the worker answers a one-shot but that the one-shot ends: no other checkout waits
// for the worker, and it stays.
bool Pool::isPlainlyShared(const Worker &worker) const
{
    return worker.state == Worker::Shared && worker.oneShots.front() != 0 && m_waiting.empty() && !isClosing()
        && !m_unavailable && !isLastCheckout(worker) && !wantsMore();
}

// Does for a one-shot what repliedPlainly() does for other calls: it ends.
void Pool::endPlainly(const PlainAnswer &answer, Time now)
{
    const CheckoutId id = answer.call.checkout;
    Worker &worker = *answer.m_worker;
    noteRun(*answer.m_record, now);
    drop(*answer.m_checkout, answer.call.call);
    countOpen(*answer.m_checkout);
    clearAlarm(id, *answer.m_checkout);
    m_checkouts.erase(id);
    const auto before = qsizetype(worker.oneShots.size());
    if (before == 1) {
        makeIdle(answer.m_workerId, worker, now);
        return;
    }
    worker.oneShots.pop_front();
    changeLoad(answer.m_workerId, worker, before);
    beginFirst(worker, now);
}

// Takes back share() for a one-shot that was not written after all.
void Pool::unshare(WorkerId workerId, CheckoutId checkoutId, Time now)
{
    Worker &worker = m_workers.at(workerId);
    m_checkouts.at(checkoutId).worker = 0;
    change(workerId, worker, [&] {
        worker.oneShots.erase(std::find(worker.oneShots.begin(), worker.oneShots.end(), checkoutId));
        --worker.checkouts;
    });
    endSharingIfDone(workerId, worker, now);
}

// The checkout waits for its one-shot's answer no more. If the worker has an older one-shot to answer, it is told that
// this one was canceled, so that this one does not begin. Otherwise the client hangs up: the worker says how far it
// came and ends, and its other one-shots move to another worker.
void Pool::abandonOneShot(WorkerId workerId, CheckoutId checkoutId)
{
    Worker &worker = m_workers.at(workerId);
    const bool isBehind
        = worker.traits.answersInOrder && worker.oneShots.front() != checkoutId && worker.oneShots.front() != 0;
    std::replace(worker.oneShots.begin(), worker.oneShots.end(), checkoutId, CheckoutId(0));
    if (std::all_of(worker.oneShots.begin(), worker.oneShots.end(), [](CheckoutId id) { return id == 0; })) {
        retire(workerId, Disconnect::Needed);
        return;
    }
    if (worker.state == Worker::HungUp)
        return;
    if (worker.traits.cancels && isBehind) {
        if (const CallRecord *const call = record({checkoutId, 1}); call && call->state == CallRecord::Sent)
            m_actions.push_back({.kind = Action::SendCancel, .worker = workerId, .checkout = checkoutId, .call = 1});
        return;
    }
    change(workerId, worker, [&] { worker.state = Worker::HungUp; });
    m_actions.push_back({.kind = Action::HangUp, .worker = workerId});
}

void Pool::answered(WorkerId workerId, CheckoutId checkoutId, Time now)
{
    Worker &worker = m_workers.at(workerId);
    if (checkoutId != 0)
        m_checkouts.at(checkoutId).worker = 0;
    change(workerId, worker, [&] {
        if (worker.oneShots.front() == checkoutId)
            worker.oneShots.pop_front();
        else
            worker.oneShots.erase(std::find(worker.oneShots.begin(), worker.oneShots.end(), checkoutId));
    });
    endSharingIfDone(workerId, worker, now);
    if (const Worker *const still = m_workers.find(workerId))
        beginFirst(*still, now);
}

void Pool::endSharingIfDone(WorkerId workerId, Worker &worker, Time now)
{
    const bool isAwaited
        = std::any_of(worker.oneShots.begin(), worker.oneShots.end(), [](CheckoutId id) { return id != 0; });
    if (isAwaited)
        return;
    if (worker.state == Worker::HungUp || isLastCheckout(worker) || m_unavailable)
        retire(workerId, Disconnect::Needed);
    else if (worker.oneShots.empty()) // abandoned one-shots, too, must be answered before the worker is idle
        makeIdle(workerId, worker, now);
}

}
