// SPDX-License-Identifier: MIT
#include "pool/pool_p.h"

#include <algorithm>
#include <utility>

namespace Prefork::Pooling {

bool Pool::cancel(CheckoutId id, CallId call, Time now)
{
    Checkout *const checkout = m_checkouts.find(id);
    const CallRecord *const known = checkout ? checkout->calls.find(call) : nullptr;
    if (!known || known->state == CallRecord::Ghost)
        return false;
    if (known->state == CallRecord::Waiting) {
        cancelUnsent(id, *checkout, call, now);
        return true;
    }
    const Worker &worker = m_workers.at(checkout->worker);
    if (worker.traits.cancels && worker.state != Worker::HungUp)
        makeGhost(id, *checkout, call, now);
    else
        cancelByForce(id, *checkout, call, now);
    return true;
}

void Pool::cancelUnsent(CheckoutId id, Checkout &checkout, CallId call, Time now)
{
    noteEnd({id, call}, *checkout.calls.find(call), Observer::End::Canceled);
    m_actions.push_back({.kind = Action::CancelAsked, .checkout = id, .call = call});
    if (checkout.rejected && checkout.rejected->erase(call) == 1 && checkout.rejected->empty())
        checkout.rejected.reset();
    drop(checkout, call);
    continueCheckout(id, now);
}

// The worker of the call cannot be told that the call was canceled, so the whole checkout fails and drops its worker.
void Pool::cancelByForce(CheckoutId id, Checkout &checkout, CallId call, Time now)
{
    noteEnd({id, call}, *checkout.calls.find(call), Observer::End::Canceled);
    m_actions.push_back({.kind = Action::CancelAsked, .checkout = id, .call = call});
    drop(checkout, call);
    failForGood(id,
                Error(Error::Aborted,
                      QStringLiteral("a call was canceled that its worker had, and its worker cannot be told of that")),
                now);
    grow(now);
}

void Pool::makeGhost(CheckoutId id, Checkout &checkout, CallId call, Time now)
{
    CallRecord &record = *checkout.calls.find(call);
    noteEnd({id, call}, record, Observer::End::Canceled);
    m_actions.push_back({.kind = Action::SendCancel, .worker = checkout.worker, .checkout = id, .call = call});
    m_actions.push_back({.kind = Action::CancelAsked, .checkout = id, .call = call});
    record.state = CallRecord::Ghost;
    --checkout.pending;
    --m_pending;
    checkout.limited -= record.hasLimit();
    m_timedRuns -= record.runTimeout > Duration::zero();
    record.runTimeout = Duration::zero();
    record.deadline = Never;
    if (!checkout.inOrder)
        startGrace(checkout, record, now);
    if (checkout.armedFor == call)
        checkout.armedFor = 0;
    continueCheckout(id, now);
}

bool Pool::gaveUp(WorkerId id, const CallRef &call, bool hadBegun, Time now)
{
    if (!isWith(id, call))
        return false;
    const CallRecord *const known = record(call);
    if (known && known->state != CallRecord::Ghost)
        return false;
    Worker &worker = m_workers.at(id);
    if (hadBegun && worker.state != Worker::Held && !m_options.reuseAfterError)
        change(id, worker, [&] { worker.isOutdated = true; });
    Checkout *const checkout = answeredBy(id, call, hadBegun, now);
    if (!checkout)
        return true;
    checkout->tainted = checkout->tainted || hadBegun;
    checkout->hasAnswer = checkout->hasAnswer || hadBegun;
    drop(*checkout, call.call);
    continueCheckout(call.checkout, now);
    return true;
}

// Forgets the ghosts of a checkout whose worker was lost: nobody will answer them.
void Pool::dropGhosts(Checkout &checkout)
{
    std::vector<CallId> ghosts;
    checkout.calls.forEach([&](CallId number, const CallRecord &call) {
        if (call.state == CallRecord::Ghost)
            ghosts.push_back(number);
    });
    for (const CallId ghost : ghosts)
        drop(checkout, ghost);
}

// Starts the time (cancelGrace) within which the worker has to answer a ghost. It is called when the worker has no
// older call, or when its order of answers is not known.
void Pool::startGrace(Checkout &checkout, CallRecord &ghost, Time now)
{
    if (ghost.deadline != Never || m_options.cancelGrace < Duration::zero())
        return;
    ghost.deadline = now + m_options.cancelGrace;
    ++checkout.limited;
}

// The worker has not answered a ghost in time.
void Pool::endGrace(CheckoutId id, CallId ghost, Time now)
{
    Checkout &checkout = m_checkouts.at(id);
    QString method = methodName(checkout.calls.find(ghost)->method);
    method = method.isEmpty() ? QStringLiteral("call") : QStringLiteral("'%1'").arg(method);
    const QString cause = QStringLiteral("killed, for the canceled %1 did not end within %2 s")
                              .arg(method)
                              .arg(std::chrono::duration<double>(m_options.cancelGrace).count());
    const Error error = Error(Error::WorkerLost, QStringLiteral("worker connection suddenly died")).withDetail(cause);
    if (const WorkerId worker = checkout.worker; m_workers.at(worker).state != Worker::Held) {
        checkout.worker = 0;
        abandonOneShot(worker, id); // other one-shots on this worker move to another one
        noteGivenUp(worker, error);
        dropGhosts(checkout);
        finishRelease(id, now);
        return;
    }
    failForGood(id, error, now);
    grow(now);
}

}
