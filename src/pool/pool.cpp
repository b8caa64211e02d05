// SPDX-License-Identifier: MIT
#include "pool/pool_p.h"

#include <algorithm>
#include <utility>

namespace Prefork::Pooling {

Pool::Pool(const Options &options)
    : m_options(options)
    , m_random(options.seed)
{
    m_options.maxWorkers = std::max(1, m_options.maxWorkers);
    m_options.minWorkers = std::clamp(m_options.minWorkers, 0, m_options.maxWorkers);
    m_options.window = std::max(1, m_options.window);
    m_options.oneShotDepth = std::max(1, m_options.oneShotDepth);
}

CheckoutId Pool::checkout(std::optional<Duration> timeout, Time now)
{
    Checkout &checkout = open(m_lastCheckout + 1, timeout);
    if (!checkout.fatal)
        queueUp(m_lastCheckout, checkout, now);
    return m_lastCheckout;
}

CheckoutId Pool::oneShot(std::optional<Duration> timeout, Time now)
{
    Checkout &checkout = open(m_lastCheckout + 1, timeout);
    const CheckoutId id = m_lastCheckout;
    checkout.isOneShot = checkout.releasing = true;
    checkout.end = 2;
    if (checkout.fatal) {
        settleAll(id, checkout, *checkout.fatal);
        m_checkouts.erase(id);
        return id;
    }
    arm(id, checkout, now);
    queueUp(id, checkout, now);
    return id;
}

Pool::Checkout &Pool::open(CheckoutId id, std::optional<Duration> timeout)
{
    m_lastCheckout = id;
    Checkout &checkout = m_checkouts.emplace(id);
    checkout.timeout = timeout.value_or(m_options.timeout);
    if (checkout.timeout < Duration::zero()) // the rest of a time that is over, which must not come to mean any time
        checkout.timeout = std::chrono::milliseconds(1);
    if (m_unavailable)
        checkout.fatal = m_unavailable;
    else if (isClosing())
        checkout.fatal = Error(Error::Shutdown, QStringLiteral("the client is closing"));
    else
        ++m_open;
    return checkout;
}

void Pool::queueUp(CheckoutId id, Checkout &checkout, Time now)
{
    wait(id, checkout);
    assign();
    if (checkout.waiting && m_options.maxQueued > 0 && waitingCount() > m_options.maxQueued)
        failForGood(
            id, Error(Error::QueueFull, QStringLiteral("%1 checkouts are waiting already").arg(m_options.maxQueued)),
            now);
    if (!m_options.waitForServer)
        m_retryAt = now;
    grow(now);
}

CallId Pool::call(CheckoutId id, Time now)
{
    Checkout &checkout = m_checkouts.at(id);
    const CallId call = checkout.end++;
    if (checkout.fatal) {
        checkout.head = checkout.sent = checkout.end;
        m_actions.push_back({.kind = Action::Fail, .checkout = id, .call = call, .error = *checkout.fatal});
        return call;
    }
    if (!checkout.armed)
        arm(id, checkout, now);
    sendNext(id, checkout);
    return call;
}

void Pool::release(CheckoutId id, Time now)
{
    auto *const found = m_checkouts.find(id);
    if (!found)
        return;
    found->releasing = true;
    if (!found->hasCalls())
        finishRelease(id, now);
}

void Pool::abort(CheckoutId id, const Error &error, Time now)
{
    auto *const found = m_checkouts.find(id);
    if (!found || found->fatal)
        return;
    failForGood(id, error, now);
    grow(now);
}

void Pool::close(const Error &error, Time deadline, Time now)
{
    if (m_isClosed)
        return;
    ++m_changes;
    m_closeError = error;
    m_closeDeadline = deadline;
    closeIfDrained(now);
}

void Pool::closeIfDrained(Time now)
{
    if (!isClosing() || m_isClosed)
        return;
    if (m_open == 0 || now >= *m_closeDeadline)
        shutdown(m_closeError, now);
}

void Pool::shutdown(const Error &error, Time now)
{
    ++m_changes;
    m_isClosed = true;
    m_unavailable = error;
    std::vector<CheckoutId> open;
    for (const auto &[id, checkout] : m_checkouts) {
        if (!checkout.fatal)
            open.push_back(id);
    }
    std::sort(open.begin(), open.end());
    for (const CheckoutId id : open)
        failForGood(id, error, now);
    while (!m_workers.empty())
        retire(m_workers.begin()->first, Farewell::Close);
}

void Pool::setUnavailable(const Error &error, Time now)
{
    ++m_changes;
    m_unavailable = error;
    failWaiting(error, now);
    std::vector<WorkerId> unheld;
    for (const auto &[id, worker] : m_workers) {
        if (worker.state == Worker::Connecting || worker.state == Worker::Idle || worker.state == Worker::Resetting)
            unheld.push_back(id);
    }
    for (const WorkerId id : unheld)
        retire(id, Farewell::Close);
}

void Pool::takeActions(std::vector<Action> *actions)
{
    constexpr std::size_t Usual = 1024;
    actions->clear();
    if (actions->capacity() > Usual)
        *actions = std::vector<Action>();
    actions->swap(m_actions);
}

std::optional<BusyWith> Pool::callOf(WorkerId id) const
{
    const Worker *const worker = m_workers.find(id);
    if (!worker)
        return {};
    if (worker->state == Worker::Shared || worker->state == Worker::Parting)
        return BusyWith{worker->oneShots.front(), 1};
    if (worker->state != Worker::Held)
        return {};
    const Checkout &checkout = m_checkouts.at(worker->checkout);
    if (checkout.sent == checkout.head)
        return {};
    return BusyWith{worker->checkout, checkout.head};
}

bool Pool::isSent(CheckoutId id, CallId call) const
{
    auto *const found = m_checkouts.find(id);
    return found && call >= found->head && call < found->sent;
}

bool Pool::isShared(WorkerId id) const
{
    auto *const found = m_workers.find(id);
    return found && (found->state == Worker::Shared || found->state == Worker::Parting);
}

WorkerId Pool::workerOf(CheckoutId id) const
{
    auto *const found = m_checkouts.find(id);
    return !found ? 0 : found->worker;
}

std::optional<Error> Pool::errorOf(CheckoutId id) const
{
    auto *const found = m_checkouts.find(id);
    return !found ? std::nullopt : found->fatal;
}

void Pool::wait(CheckoutId id, Checkout &checkout)
{
    ++m_changes;
    checkout.waiting = true;
    m_waiting.insert(id);
}

void Pool::failForGood(CheckoutId id, const Error &error, Time now)
{
    Checkout &checkout = m_checkouts.at(id);
    checkout.fatal = error;
    clearAlarm(id, checkout);
    --m_open;
    if (std::exchange(checkout.waiting, false))
        m_waiting.erase(id);
    if (const WorkerId worker = std::exchange(checkout.worker, 0)) {
        if (m_workers.at(worker).state == Worker::Held)
            retire(worker, Farewell::Close);
        else
            giveUp(worker, id);
    }
    settleAll(id, checkout, error);
    if (checkout.releasing)
        finishRelease(id, now);
    closeIfDrained(now);
}

void Pool::failWaiting(const Error &error, Time now)
{
    while (!m_waiting.empty())
        failForGood(*m_waiting.begin(), error, now);
}

void Pool::finishRelease(CheckoutId id, Time now)
{
    Checkout &checkout = m_checkouts.at(id);
    if (checkout.waiting)
        m_waiting.erase(id);
    clearAlarm(id, checkout);
    if (!checkout.fatal)
        --m_open;
    leaveWorker(id, checkout, now);
    const bool isOneShot = checkout.isOneShot;
    m_checkouts.erase(id);
    if (!isOneShot)
        m_actions.push_back({.kind = Action::Released, .checkout = id});
    servePending(now);
    closeIfDrained(now);
}

void Pool::leaveWorker(CheckoutId id, Checkout &checkout, Time now)
{
    const WorkerId workerId = std::exchange(checkout.worker, 0);
    if (workerId == 0)
        return;
    Worker &worker = m_workers.at(workerId);
    if (worker.state != Worker::Held || worker.checkout != id)
        return; // a shared worker goes its own way
    if ((checkout.tainted && !m_options.reuseAfterError) || isLastCheckout(worker) || m_unavailable) {
        retire(workerId, Farewell::Close);
        return;
    }
    m_actions.push_back({.kind = Action::SendDone, .worker = workerId});
    if (worker.traits.acknowledgesRelease)
        change(workerId, worker, [&] { worker.state = Worker::Resetting; });
    else
        goesIdle(workerId, worker, now);
}

}
