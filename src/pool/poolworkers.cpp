// SPDX-License-Identifier: MIT
#include "pool/pool_p.h"

#include <algorithm>

namespace Prefork::Pooling {

void Pool::start(Time now)
{
    grow(now);
}

void Pool::connected(WorkerId id, const Wire::WorkerTraits &traits, Time now)
{
    auto *const found = m_workers.find(id);
    if (!found)
        return;
    found->traits = traits;
    m_connectProblem.clear();
    makeIdle(id, *found, now);
    servePending(now);
}

void Pool::connectFailed(WorkerId id, const Error &error, Time now)
{
    if (!m_workers.contains(id))
        return;
    retire(id, Disconnect::Done);
    m_connectProblem = error.detail().isEmpty() ? error.message() : error.detail();
    backOff(now);
    if (!m_options.waitForServer)
        failWaiting(error.withDetail({}), now);
    servePending(now);
}

bool Pool::released(WorkerId id, Time now)
{
    auto *const found = m_workers.find(id);
    if (!found || found->state != Worker::Resetting)
        return false;
    if (isLastCheckout(*found))
        retire(id, Disconnect::Needed);
    else
        makeIdle(id, *found, now);
    servePending(now);
    return true;
}

void Pool::lost(WorkerId id, const Error &error, const Begun &begun, Time now, Loss loss)
{
    auto *const found = m_workers.find(id);
    if (!found)
        return;
    const Worker worker = *found;
    if (m_observer)
        m_observer->workerDied(id, error);
    retire(id, Disconnect::Done);
    // This comes first, for what follows may connect another worker.
    if (loss == Loss::ForRoom)
        m_unreplaced = std::min(m_unreplaced + 1, m_options.minWorkers);
    // One that died in a method has worked. Setups that fail are no concern of the pool: servers and zygotes fork more
    // slowly then.
    if (!worker.hasEverAnswered && !begun.isAnyKnown() && worker.state != Worker::Connecting)
        backOff(now);
    if (!worker.isSetUp && loss != Loss::ForRoom)
        m_startProblem = error.detail();
    if (worker.state == Worker::Held)
        retry(worker.checkout, error, mayHaveBegun(m_checkouts.at(worker.checkout), begun), now);
    for (std::size_t i = 0; i < worker.oneShots.size(); ++i) {
        const CheckoutId oneShot = worker.oneShots[i];
        if (oneShot == 0 || !m_checkouts.contains(oneShot))
            continue;
        const bool isNamed = std::any_of(begun.named.begin(), begun.named.end(),
                                         [oneShot](const CallRef &call) { return call.checkout == oneShot; });
        retry(oneShot, error, isNamed || qsizetype(i) < begun.oldest, now);
    }
    servePending(now);
}

void Pool::recycle(Time now)
{
    while (!m_idle.empty())
        retire(m_idle.first().worker, Disconnect::Needed);
    for (auto &[id, worker] : m_workers) {
        if (worker.state != Worker::Connecting && worker.state != Worker::HungUp)
            change(id, worker, [&worker = worker] { worker.isOutdated = true; });
    }
    grow(now);
}

void Pool::reconnect(Time now)
{
    std::vector<WorkerId> connecting;
    for (const auto &[id, worker] : m_workers) {
        if (worker.state == Worker::Connecting)
            connecting.push_back(id);
    }
    for (const WorkerId id : connecting)
        retire(id, Disconnect::Needed);
    recycle(now);
}

void Pool::servePending(Time now)
{
    assign(now);
    grow(now);
}

void Pool::noteAnswer(Worker &worker)
{
    worker.hasEverAnswered = true;
    m_failures = 0;
}

// A method has run in the worker.
void Pool::noteSetUp(Worker &worker)
{
    if (worker.isSetUp)
        return;
    worker.isSetUp = true;
    m_startProblem.clear();
}

// Returns the worker that the checkout may have now; 0 = none.
WorkerId Pool::workerFor(const Checkout &checkout) const
{
    if (!m_idle.empty())
        return m_idle.last().worker;
    return checkout.isOneShot && mayShare(checkout) ? m_shareable.first().second : 0;
}

void Pool::give(WorkerId workerId, CheckoutId id, Checkout &checkout, Time now)
{
    const Worker &worker = m_workers.at(workerId);
    if (worker.state == Worker::Idle)
        m_idle.erase(IdleEntry{worker.idleKey});
    if (checkout.isOneShot && worker.traits.isShareable())
        share(workerId, id, now);
    else
        hold(workerId, id, now);
}

void Pool::assign(Time now)
{
    while (!m_waiting.empty()) {
        const CheckoutId id = m_waiting.first().second;
        Checkout &checkout = m_checkouts.at(id);
        const WorkerId worker = workerFor(checkout);
        if (worker == 0)
            return;
        stopWaiting(id, checkout);
        give(worker, id, checkout, now);
    }
}

void Pool::hold(WorkerId workerId, CheckoutId checkoutId, Time now)
{
    Worker &worker = m_workers.at(workerId);
    change(workerId, worker, [&] {
        worker.state = Worker::Held;
        worker.checkout = checkoutId;
        ++worker.checkouts;
    });
    Checkout &checkout = m_checkouts.at(checkoutId);
    checkout.worker = workerId;
    checkout.served = now;
    checkout.inOrder = worker.traits.answersInOrder;
    checkout.group = ++m_lastGroup;
    sendNext(checkoutId, checkout, now);
}

void Pool::makeIdle(WorkerId id, Worker &worker, Time now)
{
    change(id, worker, [&] {
        worker.state = Worker::Idle;
        worker.checkout = 0;
        worker.oneShots.clear();
        worker.isSlow = false;
    });
    worker.idleKey = ++m_lastIdleKey;
    m_idle.insert({worker.idleKey, id, now});
    if (mayReap())
        ++m_changes;
}

void Pool::retire(WorkerId id, Disconnect disconnect)
{
    auto *const found = m_workers.find(id);
    updateTotals(id, contribution(*found), {});
    if (found->state == Worker::Idle)
        m_idle.erase(IdleEntry{found->idleKey});
    m_workers.erase(id);
    if (disconnect == Disconnect::Needed)
        m_actions.push_back({.kind = Action::Close, .worker = id});
}

Pool::Contribution Pool::contribution(const Worker &worker) const
{
    Contribution result;
    result.connecting = worker.state == Worker::Connecting ? 1 : 0;
    const auto shots = qsizetype(worker.oneShots.size());
    const bool isLast = isLastCheckout(worker);
    const bool isShared = worker.state == Worker::Shared;
    if (isShared)
        result.sharedLoad = sharedLoad(worker, shots);
    const bool isUsed = worker.state != Worker::Connecting && worker.state != Worker::Idle;
    if (worker.state == Worker::HungUp || (isUsed && isLast))
        return result;
    result.supply = 1;
    result.load = isShared ? shots : worker.state == Worker::Held ? 1 : 0;
    return result;
}

void Pool::updateTotals(WorkerId id, const Contribution &before, const Contribution &after)
{
    m_connecting += after.connecting - before.connecting;
    m_supply += after.supply - before.supply;
    m_load += after.load - before.load;
    // If only the load changes, little else does: when an idle worker may be let go, or a worker be connected again.
    if (after.connecting != before.connecting || after.supply != before.supply || m_failures > 0 || mayReap())
        ++m_changes;
    updateShareable(id, before.sharedLoad, after.sharedLoad);
}

void Pool::updateShareable(WorkerId id, qsizetype before, qsizetype after)
{
    if (before == after)
        return;
    if (before == Contribution::NotShareable)
        m_shareable.insert({after, id});
    else if (after == Contribution::NotShareable)
        m_shareable.erase({before, id});
    else
        m_shareable.change({before, id}, {after, id});
}

// This is the short way of change() if nothing of a shared worker has changed but its number of one-shots, which was
// @p before.
void Pool::changeLoad(WorkerId id, Worker &worker, qsizetype before)
{
    const auto after = qsizetype(worker.oneShots.size());
    m_load += after - before;
    if (m_failures > 0 || mayReap())
        ++m_changes;
    updateShareable(id, sharedLoad(worker, before), sharedLoad(worker, after));
}

qsizetype Pool::sharedLoad(const Worker &worker, qsizetype oneShots) const
{
    return !worker.isSlow && oneShots < m_options.oneShotDepth && !worker.stalled && !isLastCheckout(worker)
        ? oneShots
        : Contribution::NotShareable;
}

bool Pool::isLastCheckout(const Worker &worker) const
{
    return worker.isOutdated || (m_options.maxCheckouts > 0 && worker.checkouts >= m_options.maxCheckouts);
}

qsizetype Pool::demand() const
{
    return std::max<qsizetype>(m_options.minWorkers - m_unreplaced, m_load + waitingCount());
}

bool Pool::wantsMore() const
{
    return !m_unavailable && workerCount() < m_options.maxWorkers && m_supply < demand();
}

void Pool::grow(Time now)
{
    const int atOnce = m_failures > 0 ? 1 : m_options.maxConnecting;
    while (wantsMore() && m_connecting < atOnce && (m_failures == 0 || now >= m_retryAt)) {
        if (m_unreplaced > 0 && m_load + waitingCount() > m_options.minWorkers - m_unreplaced)
            --m_unreplaced; // a checkout needs the worker that was not replaced
        const WorkerId id = ++m_lastWorker;
        updateTotals(id, {}, contribution(m_workers.emplace(id)));
        m_actions.push_back({.kind = Action::Connect, .worker = id});
    }
}

void Pool::backOff(Time now)
{
    ++m_changes;
    m_failures = std::min(m_failures + 1, 16);
    const Duration full = std::min(m_options.lastRetry, m_options.firstRetry * (1 << (m_failures - 1)));
    const double share = std::uniform_real_distribution<double>(0.5, 1)(m_random);
    m_retryAt = now + std::chrono::duration_cast<Duration>(full * share);
}

bool Pool::mayReap() const
{
    return m_options.idleTimeout > Duration::zero() && !m_idle.empty() && m_supply > demand();
}

void Pool::reapIdle(Time now)
{
    while (mayReap() && m_idle.first().since + m_options.idleTimeout <= now)
        retire(m_idle.first().worker, Disconnect::Needed);
}

}
