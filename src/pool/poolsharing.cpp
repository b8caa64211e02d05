// SPDX-License-Identifier: MIT
#include "pool/pool_p.h"

#include <algorithm>

namespace Prefork::Pooling {

// While there may be more workers a one-shot had better wait for its own: it may be long.
bool Pool::mayShare(const Checkout &oneShot) const
{
    const CallRecord &call = *oneShot.calls.find(1);
    if (call.runTimeout > Duration::zero() && !isUsuallyShort(call.method))
        return false;
    return !m_roomy.empty() && m_connecting == 0 && (m_failures > 0 || workerCount() >= m_options.maxWorkers);
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
    checkout.worker = workerId;
    checkout.inOrder = worker.traits.answersInOrder;
    checkout.group = ++m_lastGroup | Wire::SharedGroup;
    sendNext(checkoutId, checkout, now);
}

// It was never sent after all.
void Pool::unshare(WorkerId workerId, CheckoutId checkoutId, Time now)
{
    Worker &worker = m_workers.at(workerId);
    m_checkouts.at(checkoutId).worker = 0;
    change(workerId, worker, [&] {
        worker.oneShots.erase(std::find(worker.oneShots.begin(), worker.oneShots.end(), checkoutId));
        --worker.checkouts;
    });
    goesOn(workerId, worker, now);
}

// Its answer is waited for only as long as another's is. If it waits behind another in its worker, it will not begin.
// Else the worker is told that nobody listens, and says how far it came: the others on it go elsewhere.
void Pool::giveUp(WorkerId workerId, CheckoutId checkoutId)
{
    Worker &worker = m_workers.at(workerId);
    const bool isBehind
        = worker.traits.answersInOrder && worker.oneShots.front() != checkoutId && worker.oneShots.front() != 0;
    std::replace(worker.oneShots.begin(), worker.oneShots.end(), checkoutId, CheckoutId(0));
    if (std::all_of(worker.oneShots.begin(), worker.oneShots.end(), [](CheckoutId id) { return id == 0; })) {
        retire(workerId, Farewell::Close);
        return;
    }
    if (worker.state == Worker::Parting)
        return;
    if (worker.traits.cancels && isBehind) {
        if (const CallRecord *const call = record({checkoutId, 1}); call && call->state == CallRecord::Sent)
            m_actions.push_back({.kind = Action::SendCancel, .worker = workerId, .checkout = checkoutId, .call = 1});
        return;
    }
    change(workerId, worker, [&] { worker.state = Worker::Parting; });
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
    goesOn(workerId, worker, now);
    if (const Worker *const still = m_workers.find(workerId))
        beginFirst(*still, now);
}

void Pool::goesOn(WorkerId workerId, Worker &worker, Time now)
{
    const bool isAwaited
        = std::any_of(worker.oneShots.begin(), worker.oneShots.end(), [](CheckoutId id) { return id != 0; });
    if (isAwaited)
        return;
    if (worker.state == Worker::Parting || isLastCheckout(worker) || m_unavailable)
        retire(workerId, Farewell::Close);
    else if (worker.oneShots.empty()) // else it has still to say of some that they did not begin
        goesIdle(workerId, worker, now);
}

}
