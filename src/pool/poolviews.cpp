// SPDX-License-Identifier: MIT
// This is what an observer of the pool is told, and what it may ask.
#include "pool/pool_p.h"

#include <algorithm>

namespace Prefork::Pooling {

void Pool::setObserver(Observer *observer, bool wantsExactTimes)
{
    m_observer = observer;
    m_timedRuns += int(wantsExactTimes) - int(std::exchange(m_wantsExactTimes, wantsExactTimes));
}

std::vector<WorkerView> Pool::views() const
{
    std::vector<WorkerView> views;
    views.reserve(m_workers.size());
    for (const auto &[id, worker] : m_workers)
        views.push_back(view(id, worker));
    std::sort(views.begin(), views.end(), [](const WorkerView &a, const WorkerView &b) { return a.worker < b.worker; });
    return views;
}

WorkerView Pool::view(WorkerId id, const Worker &worker) const
{
    WorkerView view{.worker = id};
    switch (worker.state) {
    case Worker::Connecting:
        return view;
    case Worker::Idle:
        view.state = WorkerView::Idle;
        return view;
    case Worker::Resetting:
        view.state = WorkerView::Resetting;
        return view;
    case Worker::HungUp:
        view.state = WorkerView::HungUp;
        break;
    case Worker::Held:
    case Worker::Shared:
        view.state = WorkerView::Held;
        break;
    }
    if (worker.state == Worker::Held) {
        const Checkout &checkout = m_checkouts.at(worker.checkout);
        view.isBusy = checkout.inFlight > 0;
        if (view.isBusy)
            view.ref = {worker.checkout, oldestSent(checkout)};
    } else {
        view.isBusy = !worker.oneShots.empty();
        if (view.isBusy)
            view.ref = {worker.oneShots.front(), 1};
    }
    view.call = view.isBusy ? record(view.ref) : nullptr;
    return view;
}

// If the worker answers in any order, a call that waits may be older than one that was sent.
CallId Pool::oldestSent(const Checkout &checkout)
{
    CallId oldest = 0;
    checkout.calls.forEach([&oldest](CallId number, const CallRecord &call) {
        if (oldest == 0 && call.state != CallRecord::Waiting)
            oldest = number;
    });
    return oldest;
}

// A checkout of the worker has failed with the error. The observer is told only if the worker was given up for it, and
// not if the worker serves other one-shots on.
void Pool::noteGivenUp(WorkerId id, const Error &error)
{
    if (!m_observer || error.code() == Error::Shutdown)
        return;
    const Worker *const worker = m_workers.find(id);
    if (!worker || worker->state == Worker::HungUp)
        m_observer->workerDied(id, error);
}

}
