// SPDX-License-Identifier: MIT
#include "pool/pool_p.h"

#include <algorithm>
#include <utility>

namespace Prefork::Pooling {

CallId Pool::call(CheckoutId id, const CallOptions &options, Time now)
{
    Checkout &checkout = m_checkouts.at(id);
    const CallId call = checkout.calls.end();
    if (checkout.fatal) {
        checkout.calls.skipTo(call + 1);
        checkout.next = call + 1;
        noteEnd({id, call}, {.method = options.method, .made = now}, Observer::End::Failed, &*checkout.fatal);
        m_actions.push_back({.kind = Action::Fail, .checkout = id, .call = call, .error = *checkout.fatal});
        return call;
    }
    const CallRecord &record = add(checkout, options, now);
    if (checkout.calls.first() == call) {
        if (isOverFromTheStart(checkout, record)) {
            failForGood(id, overFromTheStart(), now);
            return call;
        }
        arm(id, checkout, now);
    }
    sendNext(id, checkout, now);
    return call;
}

std::optional<Sending> Pool::sendingNow(CheckoutId id) const
{
    const Checkout *const checkout = m_checkouts.find(id);
    if (!checkout || checkout->worker == 0 || !checkout->hasAnswer || checkout->next != checkout->calls.end()
        || checkout->rejected || hasActions())
        return {};
    const Worker &worker = m_workers.at(checkout->worker);
    if (worker.stalled || CallId(checkout->inFlight) >= window(worker))
        return {};
    return Sending{checkout->worker, checkout->group};
}

// This is the short way of arm() for the usual case, for it runs at every call. Returns false, and does nothing, in
// other cases.
inline bool Pool::armPlainly(CheckoutId id, Checkout &checkout, Time now)
{
    CallRecord &oldest = checkout.calls.front();
    if (oldest.state != CallRecord::Sent || checkout.limited > 0 || !checkout.inOrder
        || checkout.timeout == Duration::zero()) [[unlikely]]
        return false;
    checkout.armedFor = checkout.calls.first();
    checkout.timeoutAt = now + checkout.timeout;
    oldest.begun = now;
    if (checkout.timeoutAt < checkout.alarm)
        updateAlarm(id, checkout);
    return true;
}

CallId Pool::callSent(CheckoutId id, const CallOptions &options, Time now)
{
    Checkout &checkout = m_checkouts.at(id);
    const CallId call = checkout.next++;
    CallRecord &record = add(checkout, options, now);
    record.state = CallRecord::Sent;
    record.group = checkout.group;
    record.sent = now;
    ++checkout.inFlight;
    if (checkout.limited > 0) [[unlikely]] {
        if (record.runTimeout > Duration::zero())
            m_workers.at(checkout.worker).isFlushed = false;
        updateAlarm(id, checkout);
    }
    if (checkout.calls.first() == call && !armPlainly(id, checkout, now))
        arm(id, checkout, now);
    return call;
}

CallRecord &Pool::add(Checkout &checkout, const CallOptions &options, Time now)
{
    CallRecord &call = checkout.calls.append();
    call = {.state = CallRecord::Waiting, .method = options.method, .made = now};
    ++checkout.pending;
    ++m_pending;
    if (options.runTimeout != Duration::zero() || options.deadline != Duration::zero()) [[unlikely]] {
        call.runTimeout = std::max(options.runTimeout, Duration::zero());
        if (options.deadline != Duration::zero()) // a negative one is what was left of a time that is over
            call.deadline = now + std::max(options.deadline, Duration::zero());
        checkout.limited += call.hasLimit();
        m_timedRuns += call.runTimeout > Duration::zero();
    }
    return call;
}

void Pool::drop(Checkout &checkout, CallId number)
{
    const CallRecord &call = *checkout.calls.find(number);
    checkout.inFlight -= call.state != CallRecord::Waiting;
    checkout.pending -= call.state != CallRecord::Ghost;
    m_pending -= call.state != CallRecord::Ghost;
    if (checkout.limited > 0) [[unlikely]] {
        checkout.limited -= call.hasLimit();
        m_timedRuns -= call.runTimeout > Duration::zero();
    }
    checkout.calls.drop(number);
}

CallId Pool::window(const Worker &worker) const
{
    return worker.traits.pipelines ? CallId(m_options.window) : 1;
}

void Pool::sendNext(CheckoutId id, Checkout &checkout, Time now)
{
    if (checkout.worker == 0)
        return;
    Worker &worker = m_workers.at(checkout.worker);
    const CallId bar = checkout.firstRejected();
    bool hasLimits = false;
    for (; checkout.next != checkout.calls.end() && checkout.next != bar; ++checkout.next) {
        if (CallId(checkout.inFlight) >= window(worker) || (worker.stalled && checkout.inFlight > 0))
            break;
        CallRecord *const call = checkout.calls.find(checkout.next);
        if (!call)
            continue; // it was canceled
        if (isOverFromTheStart(checkout, *call))
            break; // it times out when it is the oldest
        call->state = CallRecord::Sent;
        call->group = checkout.group;
        call->sent = now;
        ++checkout.inFlight;
        hasLimits = hasLimits || call->hasLimit();
        if (call->runTimeout > Duration::zero())
            worker.isFlushed = false;
        if (checkout.calls.first() == checkout.next)
            begin(id, worker, *call, now);
        m_actions.push_back({.kind = Action::Send,
                             .worker = checkout.worker,
                             .checkout = id,
                             .call = checkout.next,
                             .group = checkout.group,
                             .isFirst = !std::exchange(checkout.hasSent, true)});
    }
    if (hasLimits)
        updateAlarm(id, checkout);
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
        sendNext(found->checkout, m_checkouts.at(found->checkout), now);
    servePending(now);
}

// Notes for the worker that it has answered the call, in whatever way. Returns the checkout of the call; null if the
// call was abandoned.
Pool::Checkout *Pool::answeredBy(WorkerId id, const CallRef &call, bool hadBegun, Time now)
{
    Worker &worker = m_workers.at(id);
    noteAnswer(worker);
    if (hadBegun)
        noteSetUp(worker);
    if (const CallRecord *const known = record(call))
        noteRun(*known, now);
    if (worker.state != Worker::Held)
        answered(id, call.checkout, now);
    if (call.checkout != 0)
        return &m_checkouts.at(call.checkout);
    servePending(now);
    return nullptr;
}

bool Pool::replied(WorkerId id, const CallRef &call, Time now)
{
    if (!isWith(id, call))
        return false;
    Checkout *const checkout = answeredBy(id, call, true, now);
    if (!checkout)
        return true;
    checkout->hasAnswer = true;
    if (const CallRecord &known = *checkout->calls.find(call.call); known.state != CallRecord::Ghost) {
        noteEnd(call, known, Observer::End::Finished);
        m_actions.push_back({.kind = Action::Finish, .checkout = call.checkout, .call = call.call});
    }
    drop(*checkout, call.call);
    continueCheckout(call.checkout, now);
    return true;
}

std::optional<Pool::PlainAnswer> Pool::plainAnswer(WorkerId id) const
{
    Worker *const worker = m_workers.find(id);
    if (!worker || !worker->traits.answersInOrder || hasActions())
        return {};
    const bool isHeld = worker->state == Worker::Held;
    if (!isHeld && !isPlainlyShared(*worker))
        return {};
    const CheckoutId checkoutId = isHeld ? worker->checkout : worker->oneShots.front();
    Checkout &checkout = m_checkouts.at(checkoutId);
    if (checkout.inFlight == 0 || checkout.releasing == isHeld || checkout.rejected)
        return {};
    CallRecord &record = checkout.calls.front();
    if (record.state != CallRecord::Sent)
        return {};
    return PlainAnswer({checkoutId, checkout.calls.first()}, id, worker, &checkout, &record);
}

void Pool::repliedPlainly(const PlainAnswer &answer, Time now)
{
    Checkout &checkout = *answer.m_checkout;
    const CheckoutId id = answer.call.checkout;
    noteAnswer(*answer.m_worker);
    noteSetUp(*answer.m_worker);
    checkout.hasAnswer = true;
    noteEnd(answer.call, *answer.m_record, Observer::End::Finished);
    if (checkout.isOneShot) {
        endPlainly(answer, now);
        return;
    }
    if (checkout.limited > 0) [[unlikely]] {
        noteRun(*answer.m_record, now);
        drop(checkout, answer.call.call);
    } else {
        --checkout.inFlight;
        --checkout.pending;
        --m_pending;
        checkout.calls.drop(answer.call.call);
    }
    if (checkout.calls.isEmpty()) {
        checkout.armedFor = 0;
        checkout.timeoutAt = Never;
        return;
    }
    if (!armPlainly(id, checkout, now))
        arm(id, checkout, now);
    if (checkout.next != checkout.calls.end())
        sendNext(id, checkout, now);
}

bool Pool::failed(WorkerId id, const CallRef &call, const Error &error, Time now)
{
    if (!isWith(id, call))
        return false;
    Worker &worker = m_workers.at(id);
    const bool dropsTheRest = worker.state == Worker::Held && worker.traits.answersInOrder;
    if (worker.state != Worker::Held && !m_options.reuseAfterError)
        change(id, worker, [&] { worker.isOutdated = true; });
    const bool isOfSetup = error.code() == Error::SetupError;
    if (isOfSetup)
        m_startProblem = error.message();
    Checkout *const checkout = answeredBy(id, call, !isOfSetup, now);
    if (!checkout)
        return true;
    checkout->hasAnswer = true;
    checkout->tainted = true;
    const CallRecord &known = *checkout->calls.find(call.call);
    const bool isGhost = known.state == CallRecord::Ghost;
    if (dropsTheRest) {
        checkout->group = ++m_lastGroup;
        failFirst(call.checkout, error, now, isGhost ? Oldest::IsCanceled : Oldest::Fails);
        return true;
    }
    if (!isGhost) {
        noteEnd(call, known, Observer::End::Failed, &error);
        m_actions.push_back({.kind = Action::Fail, .checkout = call.checkout, .call = call.call, .error = error});
    }
    drop(*checkout, call.call);
    continueCheckout(call.checkout, now);
    return true;
}

// Decides what the checkout does next, after one of its calls has settled or was answered.
void Pool::continueCheckout(CheckoutId id, Time now)
{
    Checkout &checkout = m_checkouts.at(id);
    countOpen(checkout);
    if (checkout.calls.isEmpty() && checkout.releasing) {
        finishRelease(id, now);
        return;
    }
    if (!checkout.calls.isEmpty() && checkout.calls.first() == checkout.firstRejected()) {
        failRejected(id, now);
        return;
    }
    arm(id, checkout, now);
    sendNext(id, checkout, now);
    closeIfDrained(now);
}

}
