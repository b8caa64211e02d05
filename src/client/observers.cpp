// SPDX-License-Identifier: MIT
#include "client/observers_p.h"

#include "client/clientcore_p.h"
#include "client/count_p.h"
#include "client/onlooker_p.h"
#include "posix/clock_p.h"

#include <algorithm>

namespace Prefork::Internal {

using Posix::now;
using Views::EndedCall;
using Views::SeenWorker;

Observers::Observers(ClientCore *core, Pooling::Pool *pool)
    : m_core(core)
    , m_pool(*pool)
{
}

void Observers::attach(Onlooker *onlooker)
{
    m_onlookers.push_back(onlooker);
    update();
}

void Observers::detach(Onlooker *onlooker)
{
    std::erase(m_onlookers, onlooker);
    onlooker->m_client = nullptr;
    onlooker->m_core = nullptr;
    update();
}

void Observers::letGo()
{
    while (!m_onlookers.empty()) {
        Onlooker *const onlooker = m_onlookers.back();
        detach(onlooker);
        onlooker->clientGone();
    }
}

void Observers::update()
{
    m_logsCalls = std::any_of(m_onlookers.begin(), m_onlookers.end(), [](const Onlooker *onlooker) {
        return onlooker->interest() == Onlooker::Interest::Calls;
    });
    m_pool.setObserver(m_onlookers.empty() ? nullptr : this, m_logsCalls);
    m_isOn.store(!m_onlookers.empty() || m_watchesCounts.load(std::memory_order_relaxed), std::memory_order_relaxed);
}

// In another thread the counts cannot be read. Then turn() reads them, and changes are told from there on.
void Observers::watchCounts()
{
    if (m_core->isInThread() && !m_told)
        m_told = counts();
    m_watchesCounts.store(true, std::memory_order_relaxed);
    m_isOn.store(true, std::memory_order_relaxed);
}

Observers::Counts Observers::counts() const
{
    return {toCount(m_pool.workerCount()), toCount(m_pool.idleCount()), toCount(m_pool.waitingCount()),
            toCount(m_core->pendingCallCount())};
}

std::vector<SeenWorker> Observers::workers() const
{
    std::vector<SeenWorker> workers;
    for (const Pooling::WorkerView &view : m_pool.views())
        workers.push_back(seen(view));
    return workers;
}

SeenWorker Observers::seen(const Pooling::WorkerView &view) const
{
    using Pooling::WorkerView;
    SeenWorker seen{.worker = view.worker, .pid = m_core->connections().processIdOf(view.worker)};
    if (const ConnectionPtr *const connection = m_core->connections().lookUp(view.worker))
        seen.callsServed = qint64((*connection)->lastAnswered - (*connection)->neverRan);
    switch (view.state) {
    case WorkerView::Connecting:
        break;
    case WorkerView::Idle:
        seen.state = WorkerModel::Idle;
        break;
    case WorkerView::Held:
        seen.state = view.isBusy ? WorkerModel::Running : WorkerModel::Held;
        break;
    case WorkerView::Resetting:
        seen.state = WorkerModel::Releasing;
        break;
    case WorkerView::HungUp:
        seen.state = WorkerModel::Leaving;
        break;
    }
    if (view.call) {
        seen.method = methodOf(view.ref, view.call->method);
        seen.since = view.call->begun == Pooling::Never ? view.call->sent : view.call->begun;
    }
    return seen;
}

// The pool has numbers for a limited number of methods. The names of further ones are found in the calls.
QString Observers::methodOf(const Pooling::CallRef &ref, Pooling::MethodId method) const
{
    if (method != 0)
        return m_pool.methodName(method);
    const PendingCall *const call = m_core->callers().find(ref.checkout, ref.call);
    return call ? call->method() : QString();
}

void Observers::callEnded(const Pooling::CallRef &ref, const Pooling::CallRecord &call, End end, const Error *error)
{
    if (!m_logsCalls)
        return;
    EndedCall ended{.method = methodOf(ref, call.method)};
    ended.hasBegun = call.begun != Pooling::Never;
    ended.made = call.made;
    ended.begun = call.begun;
    announce(ended, end, error);
}

void Observers::callRefused(const QString &method, const Error &error)
{
    if (!m_logsCalls)
        return;
    EndedCall ended{.method = method};
    ended.made = now();
    announce(ended, End::Failed, &error);
}

void Observers::announce(EndedCall &call, End end, const Error *error)
{
    call.settled = now();
    call.outcome = end == End::Finished ? EndedCall::Finished
        : end == End::Failed            ? EndedCall::Failed
                                        : EndedCall::Canceled;
    if (error) {
        call.errorCode = error->code();
        const QString message = Views::shortened(error->message());
        call.errorText = error->detail().isEmpty()
            ? message
            : Views::shortened(QStringLiteral("%1: %2").arg(message, Views::shortened(error->detail())));
    } else if (end == End::Canceled) {
        call.errorCode = Error::Canceled;
    }
    for (Onlooker *const onlooker : m_onlookers)
        onlooker->callEnded(call);
}

void Observers::workerDied(Pooling::WorkerId worker, const Error &error)
{
    for (Onlooker *const onlooker : m_onlookers)
        onlooker->workerDied(worker, error);
}

// This runs inside a signal of the event dispatcher, where no code of the user should run. So tell() is posted.
void Observers::turn()
{
    if (m_isPosted)
        return;
    bool isDue = false;
    if (m_watchesCounts.load(std::memory_order_relaxed)) {
        if (!m_told)
            m_told = counts();
        isDue = *m_told != counts();
    }
    for (Onlooker *const onlooker : m_onlookers)
        isDue = isDue || onlooker->isDue();
    if (!isDue)
        return;
    if (m_core->turns().isByHand()) {
        tell();
        return;
    }
    m_isPosted = true;
    QMetaObject::invokeMethod(m_core, [this] { tell(); }, Qt::QueuedConnection);
}

void Observers::tell()
{
    const auto self = m_core->shared_from_this();
    m_isPosted = false;
    tellCounts();
    const std::vector<Onlooker *> onlookers = m_onlookers;
    for (Onlooker *const onlooker : onlookers) {
        if (std::find(m_onlookers.begin(), m_onlookers.end(), onlooker)
            != m_onlookers.end()) // a slot may have removed it
            onlooker->tell();
    }
}

void Observers::tellCounts()
{
    if (!m_told)
        return;
    const Counts current = counts();
    const Counts before = std::exchange(*m_told, current);
    constexpr std::array Signals{&ClientCore::workerCountChanged, &ClientCore::idleWorkerCountChanged,
                                 &ClientCore::waitingCheckoutCountChanged, &ClientCore::pendingCallCountChanged};
    for (std::size_t i = 0; i < current.size(); ++i) {
        if (current[i] != before[i]) {
            Q_EMIT(m_core->*Signals[i])(current[i]);
        }
    }
}

}
