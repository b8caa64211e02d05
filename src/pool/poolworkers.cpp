// SPDX-License-Identifier: MIT
#include "pool/pool_p.h"

#include <algorithm>

namespace Prefork::Pooling {

void Pool::start(Time now)
{
    grow(now);
}

void Pool::connected(WorkerId id, Time now)
{
    const auto found = m_workers.find(id);
    if (found == m_workers.end())
        return;
    --m_connecting;
    makeIdle(id, found->second, now);
    assign();
    grow(now);
}

void Pool::connectFailed(WorkerId id, const Error &error, Time now)
{
    if (!m_workers.contains(id))
        return;
    retire(id, Farewell::Gone);
    backOff(now);
    if (!m_options.waitForServer)
        failWaiting(error, now);
    grow(now);
}

void Pool::lost(WorkerId id, const Error &error, bool unsent, Time now)
{
    const auto found = m_workers.find(id);
    if (found == m_workers.end())
        return;
    const Worker worker = found->second;
    retire(id, Farewell::Gone);
    if (worker.state == Worker::Held) {
        Checkout &checkout = m_checkouts.at(worker.checkout);
        checkout.worker = 0;
        const bool neverBegan = checkout.firstOnWorker == 0 || (unsent && checkout.firstOnWorker == checkout.head);
        if (neverBegan) {
            checkout.sent = checkout.head;
            checkout.firstOnWorker = 0;
            wait(worker.checkout, checkout);
        } else {
            failForGood(worker.checkout, error, now);
        }
    }
    if (!worker.proven && worker.state != Worker::Connecting)
        backOff(now);
    assign();
    grow(now);
}

void Pool::setUnavailable(const Error &error, Time now)
{
    m_unavailable = error;
    failWaiting(error, now);
    std::vector<WorkerId> unheld;
    for (const auto &[id, worker] : m_workers) {
        if (worker.state != Worker::Held)
            unheld.push_back(id);
    }
    for (const WorkerId id : unheld)
        retire(id, Farewell::Close);
}

void Pool::recycle(Time now)
{
    while (!m_idle.empty())
        retire(m_idle.begin()->second.worker, Farewell::Close);
    for (auto &[id, worker] : m_workers) {
        if (worker.state != Worker::Held || isLastCheckout(worker))
            continue;
        worker.isOutdated = true;
        ++m_onLastCheckout;
    }
    grow(now);
}

void Pool::prove(WorkerId id)
{
    m_workers.at(id).proven = true;
    m_failures = 0;
}

void Pool::assign()
{
    while (!m_waiting.empty() && !m_idle.empty())
        hold(m_idle.rbegin()->second.worker, *m_waiting.begin());
}

void Pool::hold(WorkerId workerId, CheckoutId checkoutId)
{
    Worker &worker = m_workers.at(workerId);
    m_idle.erase(worker.idleKey);
    worker.state = Worker::Held;
    worker.checkout = checkoutId;
    ++worker.checkouts;
    ++m_held;
    if (isLastCheckout(worker))
        ++m_onLastCheckout;

    Checkout &checkout = m_checkouts.at(checkoutId);
    m_waiting.erase(checkoutId);
    checkout.waiting = false;
    checkout.worker = workerId;
    sendNext(checkoutId, checkout);
}

void Pool::makeIdle(WorkerId id, Worker &worker, Time now)
{
    if (worker.state == Worker::Held)
        --m_held;
    worker.state = Worker::Idle;
    worker.checkout = 0;
    worker.idleKey = ++m_lastIdleKey;
    m_idle.emplace(worker.idleKey, IdleEntry{id, now});
}

void Pool::retire(WorkerId id, Farewell farewell)
{
    const Worker worker = m_workers.at(id);
    switch (worker.state) {
    case Worker::Connecting:
        --m_connecting;
        break;
    case Worker::Idle:
        m_idle.erase(worker.idleKey);
        break;
    case Worker::Held:
        --m_held;
        if (isLastCheckout(worker))
            --m_onLastCheckout;
        break;
    }
    m_workers.erase(id);
    if (farewell == Farewell::Close)
        m_actions.push_back({.kind = Action::Close, .worker = id});
}

bool Pool::isLastCheckout(const Worker &worker) const
{
    return worker.isOutdated || (m_options.maxCheckouts > 0 && worker.checkouts >= m_options.maxCheckouts);
}

// Workers that will be there for a next checkout.
qsizetype Pool::supply() const
{
    return m_connecting + idleCount() + m_held - m_onLastCheckout;
}

qsizetype Pool::demand() const
{
    return std::max<qsizetype>(m_options.minWorkers, m_held - m_onLastCheckout + waitingCount());
}

bool Pool::wantsMore() const
{
    return !m_unavailable && workerCount() < m_options.maxWorkers && supply() < demand();
}

void Pool::grow(Time now)
{
    const int atOnce = m_failures > 0 ? 1 : m_options.maxConnecting;
    while (wantsMore() && m_connecting < atOnce && (m_failures == 0 || now >= m_retryAt)) {
        const WorkerId id = ++m_lastWorker;
        m_workers.emplace(id, Worker());
        ++m_connecting;
        m_actions.push_back({.kind = Action::Connect, .worker = id});
    }
}

void Pool::backOff(Time now)
{
    m_failures = std::min(m_failures + 1, 16);
    const Duration full = std::min(m_options.lastRetry, m_options.firstRetry * (1 << (m_failures - 1)));
    const double share = std::uniform_real_distribution<double>(0.5, 1)(m_random);
    m_retryAt = now + std::chrono::duration_cast<Duration>(full * share);
}

bool Pool::mayReap() const
{
    return m_options.idleTimeout > Duration::zero() && !m_idle.empty() && supply() > demand();
}

void Pool::reapIdle(Time now)
{
    while (mayReap() && m_idle.begin()->second.since + m_options.idleTimeout <= now)
        retire(m_idle.begin()->second.worker, Farewell::Close);
}

}
