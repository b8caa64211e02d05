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

void Pool::share(WorkerId workerId, CheckoutId checkoutId, Time now)
{
    Worker &worker = m_workers.at(workerId);
    Checkout &checkout = m_checkouts.at(checkoutId);
    const CallRecord &call = *checkout.calls.find(1);
    checkout.isBehindOthers = !worker.oneShots.empty();
    change(workerId, worker, [&] {
        worker.state = Worker::Shared;
        worker.oneShots.push_back(checkoutId);
        ++worker.checkouts;
        worker.isSlow = call.runTimeout > Duration::zero() && !isUsuallyShort(call.method);
    });
    checkout.worker = workerId;
    checkout.served = now;
    checkout.inOrder = worker.traits.answersInOrder;
    checkout.group = ++m_lastGroup | Wire::SharedGroup;
    sendNext(checkoutId, checkout, now);
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
