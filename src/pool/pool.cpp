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

Pool::Pool(const Options &options)
    : m_options(options)
    , m_random(options.seed)
{
    m_options.maxWorkers = std::max(1, m_options.maxWorkers);
    m_options.minWorkers = std::clamp(m_options.minWorkers, 0, m_options.maxWorkers);
}

CheckoutId Pool::checkout(std::optional<Duration> timeout, Time now)
{
    const CheckoutId id = ++m_lastCheckout;
    Checkout &checkout = m_checkouts[id];
    checkout.timeout = timeout.value_or(m_options.timeout);
    if (checkout.timeout < Duration::zero()) // the rest of a time that is over, which must not come to mean any time
        checkout.timeout = std::chrono::milliseconds(1);
    if (m_unavailable || isClosing()) {
        checkout.fatal = m_unavailable ? *m_unavailable : Error(Error::Shutdown, QStringLiteral("the client is closing"));
        return id;
    }
    ++m_open;
    wait(id, checkout);
    assign();
    if (checkout.waiting && m_options.maxQueued > 0 && waitingCount() > m_options.maxQueued)
        failForGood(id, Error(Error::QueueFull, QStringLiteral("%1 checkouts are waiting already").arg(m_options.maxQueued)), now);
    if (!m_options.waitForServer)
        m_retryAt = now;
    grow(now);
    return id;
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
    const auto found = m_checkouts.find(id);
    if (found == m_checkouts.end())
        return;
    found->second.releasing = true;
    if (!found->second.hasCalls())
        finishRelease(id, now);
}

void Pool::abort(CheckoutId id, const Error &error, Time now)
{
    const auto found = m_checkouts.find(id);
    if (found == m_checkouts.end() || found->second.fatal)
        return;
    failForGood(id, error, now);
    grow(now);
}

bool Pool::replied(WorkerId id, Time now)
{
    const auto busy = callOf(id);
    if (!busy)
        return false;
    prove(id);
    Checkout &checkout = m_checkouts.at(busy->first);
    ++checkout.head;
    m_actions.push_back({.kind = Action::Finish, .checkout = busy->first, .call = busy->second});
    if (checkout.hasCalls()) {
        arm(busy->first, checkout, now);
        sendNext(busy->first, checkout);
        return true;
    }
    disarm(busy->first, checkout);
    if (checkout.releasing)
        finishRelease(busy->first, now);
    return true;
}

bool Pool::failed(WorkerId id, const Error &error, Time now)
{
    const auto busy = callOf(id);
    if (!busy)
        return false;
    prove(id);
    m_checkouts.at(busy->first).tainted = true;
    failHead(busy->first, error, now);
    return true;
}

void Pool::rejected(CheckoutId id, CallId call, const Error &error, Time now)
{
    const auto found = m_checkouts.find(id);
    if (found == m_checkouts.end() || found->second.head != call || !found->second.hasCalls())
        return;
    if (found->second.firstOnWorker == call)
        found->second.firstOnWorker = 0;
    failHead(id, error, now);
}

void Pool::close(const Error &error, Time deadline, Time now)
{
    if (m_isClosed)
        return;
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

void Pool::advance(Time now)
{
    while (!m_deadlines.empty() && m_deadlines.begin()->first <= now) {
        const CheckoutId id = m_deadlines.begin()->second;
        failForGood(id, timedOut(m_checkouts.at(id).timeout), now);
    }
    reapIdle(now);
    grow(now);
    closeIfDrained(now);
}

std::optional<Time> Pool::nextWakeup() const
{
    std::optional<Time> next;
    const auto consider = [&next](Time time) { next = next ? std::min(*next, time) : time; };
    if (!m_deadlines.empty())
        consider(m_deadlines.begin()->first);
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
    for (auto entry = m_deadlines.begin(); entry != m_deadlines.end() && entry->first <= now; ++entry) {
        if (const WorkerId worker = m_checkouts.at(entry->second).worker)
            overdue.push_back(worker);
    }
    return overdue;
}

std::vector<Action> Pool::takeActions()
{
    return std::exchange(m_actions, {});
}

std::optional<std::pair<CheckoutId, CallId>> Pool::callOf(WorkerId id) const
{
    const auto worker = m_workers.find(id);
    if (worker == m_workers.end() || worker->second.state != Worker::Held)
        return {};
    const Checkout &checkout = m_checkouts.at(worker->second.checkout);
    if (checkout.sent == checkout.head)
        return {};
    return std::pair(worker->second.checkout, checkout.head);
}

WorkerId Pool::workerOf(CheckoutId id) const
{
    const auto found = m_checkouts.find(id);
    return found == m_checkouts.end() ? 0 : found->second.worker;
}

std::optional<Error> Pool::errorOf(CheckoutId id) const
{
    const auto found = m_checkouts.find(id);
    return found == m_checkouts.end() ? std::nullopt : found->second.fatal;
}

void Pool::arm(CheckoutId id, Checkout &checkout, Time now)
{
    disarm(id, checkout);
    if (checkout.timeout == Duration::zero())
        return;
    checkout.deadline = now + checkout.timeout;
    checkout.armed = true;
    m_deadlines.emplace(checkout.deadline, id);
}

void Pool::disarm(CheckoutId id, Checkout &checkout)
{
    if (std::exchange(checkout.armed, false))
        m_deadlines.erase({checkout.deadline, id});
}

void Pool::wait(CheckoutId id, Checkout &checkout)
{
    checkout.waiting = true;
    m_waiting.insert(id);
}

void Pool::sendNext(CheckoutId id, Checkout &checkout)
{
    if (checkout.worker == 0 || checkout.sent != checkout.head || !checkout.hasCalls())
        return;
    const CallId call = checkout.sent++;
    if (checkout.firstOnWorker == 0)
        checkout.firstOnWorker = call;
    m_actions.push_back(
        {.kind = Action::Send, .worker = checkout.worker, .checkout = id, .call = call, .isFirst = checkout.firstOnWorker == call});
}

void Pool::settleAll(CheckoutId id, Checkout &checkout, const Error &error)
{
    disarm(id, checkout);
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

void Pool::failForGood(CheckoutId id, const Error &error, Time now)
{
    Checkout &checkout = m_checkouts.at(id);
    checkout.fatal = error;
    --m_open;
    if (std::exchange(checkout.waiting, false))
        m_waiting.erase(id);
    if (const WorkerId worker = std::exchange(checkout.worker, 0))
        retire(worker, Farewell::Close);
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
    const Checkout checkout = m_checkouts.at(id);
    if (checkout.waiting)
        m_waiting.erase(id);
    m_checkouts.erase(id);
    if (!checkout.fatal)
        --m_open;
    if (checkout.worker != 0) {
        Worker &worker = m_workers.at(checkout.worker);
        if ((checkout.tainted && !m_options.reuseAfterError) || isLastCheckout(worker) || m_unavailable) {
            retire(checkout.worker, Farewell::Close);
        } else {
            m_actions.push_back({.kind = Action::SendDone, .worker = checkout.worker});
            makeIdle(checkout.worker, worker, now);
        }
    }
    m_actions.push_back({.kind = Action::Released, .checkout = id});
    assign();
    grow(now);
    closeIfDrained(now);
}

}
