// SPDX-License-Identifier: MIT
#include "pool/pool_p.h"

#include <algorithm>
#include <utility>

namespace Prefork::Pooling {

namespace {

Error canceledAfter(const Error &error)
{
    return Error(Error::Canceled, QStringLiteral("it was not run, for the call before it has failed"))
        .withDetail(error.message());
}

}

// Removes all calls of the checkout. The oldest unsettled call settles with the error, the others as canceled after it.
// If the error belongs to a ghost (Oldest::IsCanceled), all unsettled calls settle as canceled.
void Pool::settleAll(CheckoutId id, Checkout &checkout, const Error &error, Oldest oldest)
{
    Action cancel{.kind = Action::Cancel, .checkout = id};
    const auto endRun = [&] {
        if (cancel.end > cancel.call) {
            cancel.error = canceledAfter(error);
            m_actions.push_back(cancel);
        }
    };
    bool isFirst = oldest == Oldest::Fails;
    const Error canceled = m_observer ? canceledAfter(error) : Error();
    checkout.calls.forEach([&](CallId number, const CallRecord &call) {
        if (call.state == CallRecord::Ghost)
            return;
        noteEnd({id, number}, call, isFirst ? Observer::End::Failed : Observer::End::Canceled,
                isFirst ? &error : &canceled);
        if (std::exchange(isFirst, false)) {
            m_actions.push_back({.kind = Action::Fail, .checkout = id, .call = number, .error = error});
        } else if (number == cancel.end) {
            ++cancel.end;
        } else {
            endRun();
            cancel.call = number;
            cancel.end = number + 1;
        }
    });
    endRun();
    while (!checkout.calls.isEmpty())
        drop(checkout, checkout.calls.first());
    checkout.next = checkout.calls.end();
    checkout.rejected.reset();
    checkout.armedFor = 0;
    checkout.timeoutAt = Never;
}

void Pool::failFirst(CheckoutId id, const Error &error, Time now, Oldest oldest)
{
    Checkout &checkout = m_checkouts.at(id);
    settleAll(id, checkout, error, oldest);
    if (checkout.releasing)
        finishRelease(id, now);
}

void Pool::rejected(CheckoutId id, CallId call, const Error &error, Time now)
{
    auto *const found = m_checkouts.find(id);
    const CallRecord *const known = found ? found->calls.find(call) : nullptr;
    if (!known || known->state == CallRecord::Ghost)
        return;
    if (!found->rejected)
        found->rejected = std::make_unique<std::map<CallId, Error>>();
    found->rejected->emplace(call, error);
    takeBack(*found, call);
    if (found->calls.first() == call) // otherwise it fails after the calls before it have settled
        failRejected(id, now);
}

bool Pool::postponed(CheckoutId id, CallId call, Time now)
{
    if (!record({id, call}))
        return true;
    Checkout &checkout = m_checkouts.at(id);
    const WorkerId workerId = checkout.worker;
    Worker &worker = m_workers.at(workerId);
    const bool isOldest = worker.state == Worker::Held
        ? checkout.calls.first() == call
        : worker.state != Worker::Shared || worker.oneShots.front() == id;
    if (isOldest)
        return false;
    change(workerId, worker, [&] { worker.stalled = true; });
    takeBack(checkout, call);
    if (worker.state == Worker::Shared) {
        unshare(workerId, id, now);
        checkout.inOrder = true;
        if (m_unavailable) { // no worker will ever be free for it
            failForGood(id, Error(*m_unavailable), now);
            return true;
        }
        wait(id, checkout);
        servePending(now);
    }
    return true;
}

void Pool::failRejected(CheckoutId id, Time now)
{
    Checkout &checkout = m_checkouts.at(id);
    if (checkout.worker != 0 && m_workers.at(checkout.worker).state == Worker::Shared)
        unshare(checkout.worker, id, now);
    failFirst(id, Error(checkout.rejected->begin()->second), now);
}

// Puts the sent calls from number @p from on back to waiting, for they were not written after all.
void Pool::takeBack(Checkout &checkout, CallId from)
{
    for (CallId number = from; number < checkout.next; ++number) {
        CallRecord *const call = checkout.calls.find(number);
        if (call && call->state == CallRecord::Ghost)
            drop(checkout, number); // its worker never got it and will not answer it
        if (!call || call->state != CallRecord::Sent)
            continue;
        call->state = CallRecord::Waiting;
        call->begun = Never;
        call->hasSaidBegun = false;
        --checkout.inFlight;
    }
    checkout.next = std::min(checkout.next, from);
    checkout.hasSent = checkout.hasAnswer || checkout.inFlight > 0;
}

// Tells whether any call of the checkout may have begun. A ghost counts only if the worker named it: how many bytes
// were written, or which call began last, tells nothing about a ghost.
bool Pool::mayHaveBegun(const Checkout &checkout, const Begun &begun)
{
    qsizetype older = 0;
    bool hasBegun = checkout.hasAnswer;
    checkout.calls.forEach([&](CallId number, const CallRecord &call) {
        if (call.state == CallRecord::Waiting)
            return;
        const bool isNamed = std::any_of(begun.named.begin(), begun.named.end(),
                                         [number](const CallRef &named) { return named.call == number; });
        const bool isCounted = older++ < begun.oldest && call.state == CallRecord::Sent;
        hasBegun = hasBegun || isNamed || isCounted;
    });
    return hasBegun;
}

// Decides about a checkout whose worker was lost. If none of its calls can have begun, it waits for another worker and
// sends all of them again; otherwise it fails.
void Pool::retry(CheckoutId id, const Error &error, bool begun, Time now)
{
    Checkout &checkout = m_checkouts.at(id);
    checkout.worker = 0;
    checkout.inOrder = true;
    dropGhosts(checkout);
    if (begun || m_unavailable) {
        failForGood(id, begun ? error : *m_unavailable, now);
        return;
    }
    checkout.hasAnswer = checkout.tainted = false;
    takeBack(checkout, checkout.calls.first());
    if (checkout.calls.isEmpty() && checkout.releasing) {
        finishRelease(id, now);
        return;
    }
    arm(id, checkout, now);
    wait(id, checkout);
}

}
