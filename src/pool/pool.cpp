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

CheckoutId Pool::checkout(const CheckoutOptions &options, Time now)
{
    Checkout &checkout = open(options);
    if (!checkout.fatal)
        queueUp(m_lastCheckout, checkout, now);
    return m_lastCheckout;
}

CheckoutId Pool::oneShot(const CheckoutOptions &options, const CallOptions &call, Time now)
{
    Checkout &checkout = open(options);
    const CheckoutId id = m_lastCheckout;
    checkout.isOneShot = checkout.releasing = true;
    if (const CallRecord &record = add(checkout, call, now); !checkout.fatal && isOverFromTheStart(checkout, record)) {
        checkout.fatal = overFromTheStart();
        countOpen(checkout);
    }
    if (checkout.fatal) {
        settleAll(id, checkout, *checkout.fatal);
        m_checkouts.erase(id);
        return id;
    }
    arm(id, checkout, now);
    queueUp(id, checkout, now);
    return id;
}

Pool::Checkout &Pool::open(const CheckoutOptions &options)
{
    Checkout &checkout = m_checkouts.emplace(++m_lastCheckout);
    checkout.priority = options.priority;
    checkout.timeout = options.timeout.value_or(m_options.timeout);
    checkout.isTimeoutImplied = m_options.isTimeoutImplied && !options.timeout;
    if (m_unavailable)
        checkout.fatal = m_unavailable;
    else if (isClosing())
        checkout.fatal = Error(Error::Shutdown, QStringLiteral("the client is closing"));
    countOpen(checkout);
    return checkout;
}

void Pool::countOpen(Checkout &checkout)
{
    const bool counts = !checkout.fatal && (!checkout.releasing || checkout.pending > 0);
    if (std::exchange(checkout.countsAsOpen, counts) != counts)
        m_open += counts ? 1 : -1;
}

void Pool::queueUp(CheckoutId id, Checkout &checkout, Time now)
{
    const WorkerId worker = m_waiting.empty() ? workerFor(checkout) : 0;
    if (worker != 0)
        give(worker, id, checkout, now);
    else
        wait(id, checkout);
    if (checkout.waiting && m_options.maxQueued > 0 && waitingCount() > m_options.maxQueued)
        failForGood(id,
                    Error(Error::QueueFull,
                          QStringLiteral("as many checkouts wait already as ClientOptions::maxQueued allows (%1)")
                              .arg(m_options.maxQueued)),
                    now);
    if (!m_options.waitForServer)
        m_retryAt = now;
    grow(now);
}

void Pool::release(CheckoutId id, Time now)
{
    auto *const found = m_checkouts.find(id);
    if (!found)
        return;
    found->releasing = true;
    countOpen(*found);
    if (found->calls.isEmpty())
        finishRelease(id, now);
    else
        closeIfDrained(now);
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
        retire(m_workers.begin()->first, Disconnect::Needed);
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
        retire(id, Disconnect::Needed);
}

void Pool::takeActions(std::vector<Action> *actions)
{
    constexpr std::size_t Usual = 1024;
    actions->clear();
    if (actions->capacity() > Usual)
        *actions = std::vector<Action>();
    actions->swap(m_actions);
}

std::optional<CallRef> Pool::callOf(WorkerId id) const
{
    const Worker *const worker = m_workers.find(id);
    if (!worker || !worker->traits.answersInOrder)
        return {};
    if (worker->state == Worker::Shared || worker->state == Worker::HungUp)
        return CallRef{worker->oneShots.front(), 1};
    if (worker->state != Worker::Held)
        return {};
    const Checkout &checkout = m_checkouts.at(worker->checkout);
    if (checkout.inFlight == 0)
        return {};
    return CallRef{worker->checkout, checkout.calls.first()};
}

std::optional<CallRef> Pool::callBehind(WorkerId id, quint64 distance) const
{
    const std::optional<CallRef> next = callOf(id);
    const Worker *const worker = m_workers.find(id);
    if (!next || worker->state != Worker::Held)
        return next && distance < worker->oneShots.size() ? std::optional(CallRef{worker->oneShots[distance], 1})
                                                          : std::nullopt;
    std::optional<CallRef> found;
    m_checkouts.at(worker->checkout).calls.forEach([&](CallId number, const CallRecord &call) {
        if (call.state != CallRecord::Waiting && distance-- == 0)
            found = CallRef{worker->checkout, number};
    });
    return found;
}

bool Pool::isWith(WorkerId id, const CallRef &call) const
{
    const Worker *const worker = m_workers.find(id);
    if (!worker)
        return false;
    if (worker->state == Worker::Shared || worker->state == Worker::HungUp)
        return worker->oneShots.front() == call.checkout
            || std::find(worker->oneShots.begin(), worker->oneShots.end(), call.checkout) != worker->oneShots.end();
    if (worker->state != Worker::Held || worker->checkout != call.checkout)
        return false;
    const CallRecord *const known = record(call);
    return known && known->state != CallRecord::Waiting;
}

const CallRecord *Pool::record(const CallRef &call) const
{
    const Checkout *const checkout = m_checkouts.find(call.checkout);
    return checkout ? checkout->calls.find(call.call) : nullptr;
}

bool Pool::awaitsFlush(WorkerId id) const
{
    auto *const found = m_workers.find(id);
    return found && !found->isFlushed;
}

bool Pool::isShared(WorkerId id) const
{
    auto *const found = m_workers.find(id);
    return found && (found->state == Worker::Shared || found->state == Worker::HungUp);
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
    m_waiting.insert({-checkout.priority, id});
}

void Pool::stopWaiting(CheckoutId id, Checkout &checkout)
{
    if (!std::exchange(checkout.waiting, false))
        return;
    ++m_changes;
    m_waiting.erase({-checkout.priority, id});
}

void Pool::failForGood(CheckoutId id, const Error &error, Time now)
{
    Checkout &checkout = m_checkouts.at(id);
    checkout.fatal = error;
    countOpen(checkout);
    clearAlarm(id, checkout);
    stopWaiting(id, checkout);
    if (const WorkerId worker = std::exchange(checkout.worker, 0)) {
        if (m_workers.at(worker).state == Worker::Held)
            retire(worker, Disconnect::Needed);
        else
            abandonOneShot(worker, id);
        noteGivenUp(worker, error);
    }
    settleAll(id, checkout, error);
    if (checkout.releasing)
        finishRelease(id, now);
    closeIfDrained(now);
}

void Pool::failWaiting(const Error &error, Time now)
{
    while (!m_waiting.empty())
        failForGood(m_waiting.first().second, error, now);
}

void Pool::finishRelease(CheckoutId id, Time now)
{
    Checkout &checkout = m_checkouts.at(id);
    stopWaiting(id, checkout);
    clearAlarm(id, checkout);
    countOpen(checkout);
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
        return; // answered() and abandonOneShot() see to shared workers
    if ((checkout.tainted && !m_options.reuseAfterError) || isLastCheckout(worker) || m_unavailable) {
        retire(workerId, Disconnect::Needed);
        return;
    }
    m_actions.push_back({.kind = Action::SendDone, .worker = workerId});
    if (worker.traits.acknowledgesRelease)
        change(workerId, worker, [&] { worker.state = Worker::Resetting; });
    else
        makeIdle(workerId, worker, now);
}

}
