// SPDX-License-Identifier: MIT
#include "pool/pool_p.h"

#include <algorithm>
#include <utility>

namespace Prefork::Pooling {

namespace {

double seconds(Duration duration)
{
    return std::chrono::duration<double>(duration).count();
}

QString inSeconds(Duration duration)
{
    const QString number = QString::number(seconds(duration), 'g', 6);
    return number == QLatin1StringView("1") ? QStringLiteral("1 second") : QStringLiteral("%1 seconds").arg(number);
}

QString briefly(Duration duration)
{
    return QString::number(std::max(seconds(duration), 0.0), 'g', 3);
}

QString waitedForOthers(Duration duration)
{
    return QStringLiteral("waited for the calls before it for %1 s").arg(briefly(duration));
}

QString ranFor(const QString &method, Duration duration)
{
    const QString time = briefly(duration);
    return method.isEmpty() ? QStringLiteral("it ran for %1 s").arg(time)
                            : QStringLiteral("'%1' ran for %2 s").arg(method, time);
}

}

void Pool::advance(Time now, const std::vector<WorkerId> &unread)
{
    expire(now, unread);
    reapIdle(now);
    grow(now);
    closeIfDrained(now);
}

std::optional<Time> Pool::nextWakeup() const
{
    std::optional<Time> next;
    const auto consider = [&next](Time time) { next = next ? std::min(*next, time) : time; };
    if (const std::optional<Time> alarm = m_alarms.first())
        consider(*alarm);
    if (m_failures > 0 && m_connecting == 0 && wantsMore())
        consider(m_retryAt);
    if (isClosing() && !m_isClosed)
        consider(*m_closeDeadline);
    if (mayReap())
        consider(m_idle.first().since + m_options.idleTimeout);
    return next;
}

std::vector<WorkerId> Pool::overdueWorkers(Time now) const
{
    std::vector<WorkerId> overdue;
    for (const CheckoutId id : m_alarms.due(now)) {
        const Checkout &checkout = m_checkouts.at(id);
        if (checkout.worker != 0 && dueTime(checkout) <= now)
            overdue.push_back(checkout.worker);
    }
    return overdue;
}

// Returns the call that the checkout's time-out, or a ghost's grace, counts for: the oldest one. Where answers come in
// any order, ghosts are passed over if there is another call, for they keep no other call waiting. Returns 0 if the
// checkout has no call.
CallId Pool::timedCall(const Checkout &checkout) const
{
    if (checkout.calls.isEmpty())
        return 0;
    const CallId oldest = checkout.calls.first();
    if (checkout.inOrder)
        return oldest;
    CallId holder = 0;
    checkout.calls.forEach([&holder](CallId number, const CallRecord &call) {
        if (holder == 0 && call.state != CallRecord::Ghost)
            holder = number;
    });
    return holder != 0 ? holder : oldest;
}

// Starts the checkout's time-out again if timedCall() is another call than before.
void Pool::arm(CheckoutId id, Checkout &checkout, Time now)
{
    const CallId holder = timedCall(checkout);
    if (std::exchange(checkout.armedFor, holder) != holder) {
        checkout.timeoutAt = Never;
        if (holder == 0)
            return;
        CallRecord &call = *checkout.calls.find(holder);
        const bool hasTimeout = checkout.timeout != Duration::zero()
            && !(checkout.isTimeoutImplied && call.runTimeout > Duration::zero());
        if (call.state != CallRecord::Ghost && hasTimeout)
            checkout.timeoutAt = now + checkout.timeout;
        if (call.state != CallRecord::Waiting)
            begin(id, m_workers.at(checkout.worker), call, now);
    }
    updateAlarm(id, checkout);
}

// The call has become its checkout's oldest. If it is also its worker's oldest, it may begin now. Its time then starts
// to run, unless the worker is going to say when the call begins, or the call has not been written yet.
void Pool::begin(CheckoutId id, const Worker &worker, CallRecord &call, Time now)
{
    if (!worker.traits.answersInOrder || (worker.state != Worker::Held && worker.oneShots.front() != id))
        return;
    if (call.state == CallRecord::Ghost)
        startGrace(m_checkouts.at(id), call, now);
    else if ((worker.isSetUp || !worker.traits.tellsBegun) && (worker.isFlushed || call.runTimeout == Duration::zero()))
        call.begun = now;
}

// Calls begin() for the worker's oldest call, after something has ended that may have kept that call from beginning.
void Pool::beginFirst(const Worker &worker, Time now)
{
    const CheckoutId id = worker.state == Worker::Held ? worker.checkout
        : worker.oneShots.empty()                      ? 0
                                                       : worker.oneShots.front();
    Checkout *const checkout = m_checkouts.find(id);
    if (!checkout || checkout->inFlight == 0)
        return;
    CallRecord &oldest = *checkout->calls.find(checkout->calls.first());
    if (oldest.begun == Never)
        begin(id, worker, oldest, now);
    updateAlarm(id, *checkout);
}

void Pool::flushed(WorkerId id, Time now)
{
    Worker *const worker = m_workers.find(id);
    if (!worker)
        return;
    worker->isFlushed = true;
    beginFirst(*worker, now);
}

void Pool::begun(WorkerId id, const CallRef &ref, Time now)
{
    Worker *const worker = m_workers.find(id);
    if (!worker || !isWith(id, ref))
        return;
    noteSetUp(*worker);
    Checkout *const checkout = m_checkouts.find(ref.checkout);
    if (!checkout)
        return;
    CallRecord &call = *checkout->calls.find(ref.call);
    if (std::exchange(call.hasSaidBegun, true)) // a worker that says so again does not get more time
        return;
    call.begun = now;
    updateAlarm(ref.checkout, *checkout);
}

void Pool::noticeArrived(WorkerId id, const CallRef &ref, Time now)
{
    if (const CallRecord *const call = record(ref); call && call->begun == Never)
        begun(id, ref, now);
}

Time Pool::dueTime(const Checkout &checkout) const
{
    Time due = checkout.timeoutAt;
    if (checkout.limited == 0) [[likely]]
        return due;
    checkout.calls.forEach([&](CallId number, const CallRecord &call) {
        if (number != checkout.armedFor && (checkout.inOrder || call.state == CallRecord::Waiting))
            return;
        due = std::min(due, call.deadline);
        if (call.runTimeout > Duration::zero() && call.begun != Never)
            due = std::min(due, call.begun + call.runTimeout);
    });
    return due;
}

// An alarm that comes early enough is not moved: when it comes, expire() finds out whether anything is due.
void Pool::updateAlarm(CheckoutId id, Checkout &checkout)
{
    const Time due = dueTime(checkout);
    if (due >= checkout.alarm)
        return;
    clearAlarm(id, checkout);
    setAlarm(id, checkout, due);
}

void Pool::setAlarm(CheckoutId id, Checkout &checkout, Time when)
{
    const std::optional<Time> first = m_alarms.first();
    m_changes += !first || when < *first;
    checkout.alarm = when;
    checkout.alarmNumber = m_alarms.add(when, id);
}

void Pool::clearAlarm(CheckoutId id, Checkout &checkout)
{
    if (checkout.alarm != Never)
        m_alarms.remove(std::exchange(checkout.alarm, Never), id, checkout.alarmNumber);
}

void Pool::expire(Time now, const std::vector<WorkerId> &unread)
{
    std::vector<CheckoutId> due;
    for (const CheckoutId id : m_alarms.due(now)) {
        Checkout &checkout = m_checkouts.at(id);
        const Time next = dueTime(checkout);
        if (next <= now) {
            if (checkout.worker == 0 || std::find(unread.begin(), unread.end(), checkout.worker) == unread.end())
                due.push_back(id);
            continue;
        }
        clearAlarm(id, checkout);
        if (next != Never)
            setAlarm(id, checkout, next);
    }
    for (const CheckoutId id : due) {
        auto *const found = m_checkouts.find(id);
        if (!found || found->fatal || dueTime(*found) > now)
            continue;
        if (const CallId ghost = overdueGhost(*found, now); ghost != 0)
            endGrace(id, ghost, now);
        else
            failForGood(id, overdueError(id, *found, now), now);
    }
}

CallId Pool::overdueGhost(const Checkout &checkout, Time now) const
{
    CallId overdue = 0;
    checkout.calls.forEach([&](CallId number, const CallRecord &call) {
        if (call.state == CallRecord::Ghost && call.deadline <= now)
            overdue = number;
    });
    return overdue;
}

Error Pool::overdueError(CheckoutId id, const Checkout &checkout, Time now) const
{
    Duration limit = checkout.timeout;
    QString detail;
    checkout.calls.forEach([&](CallId number, const CallRecord &call) {
        const bool hasRunOut
            = call.begun != Never && call.runTimeout > Duration::zero() && call.begun + call.runTimeout <= now;
        const bool isLate = call.deadline <= now;
        if (!detail.isNull() || (number != checkout.armedFor && call.state != CallRecord::Sent))
            return;
        if (hasRunOut) {
            limit = call.runTimeout;
            detail = ranFor(methodName(call.method), call.runTimeout);
        } else if (isLate) {
            limit = call.deadline - call.made;
            detail = call.begun == Never ? whyNotBegun(id, checkout, now) : longestPhase(checkout, number, now);
        }
    });
    if (detail.isNull()) {
        const CallRecord *const oldest = checkout.calls.find(checkout.armedFor);
        detail = oldest && oldest->begun != Never ? ranFor(methodName(oldest->method), now - oldest->begun)
                                                  : whyNotBegun(id, checkout, now);
    }
    if (limit <= Duration::zero())
        return overFromTheStart();
    return Error(Error::Timeout, QStringLiteral("timed out after %1").arg(inSeconds(limit))).withDetail(detail);
}

// Tells whether the call was made with a negative time limit. Such a limit is what was left of a time that is over. It
// must not mean "no limit", and the worker must not begin the call.
bool Pool::isOverFromTheStart(const Checkout &checkout, const CallRecord &call)
{
    return checkout.timeout < Duration::zero() || call.deadline <= call.made;
}

Error Pool::overFromTheStart()
{
    return Error(Error::Timeout, QStringLiteral("timed out at once: a negative time limit is over already"))
        .withDetail(QStringLiteral("it was not sent"));
}

// For an error text: says where a call that has begun spent most of its time.
QString Pool::longestPhase(const Checkout &checkout, CallId number, Time now) const
{
    const CallRecord &call = *checkout.calls.find(number);
    // Also a call that has not been sent may wait for calls before it: those of its own checkout, if its worker is
    // given one call at a time, or if the window is full.
    const Time served = std::max(call.made, checkout.served);
    const Duration waited = served - call.made; // until it had a worker
    const Duration begunAfter = call.begun - served; // until its worker had answered the calls before it, or was set up
    const Duration ran = now - call.begun;
    if (ran >= waited && ran >= begunAfter)
        return ranFor(methodName(call.method), ran);
    if (waited > begunAfter)
        return QStringLiteral("waited for a worker for %1 s").arg(briefly(waited));
    const bool isFirst = checkout.isOneShot ? !checkout.isBehindOthers : number == 1;
    return isFirst ? QStringLiteral("its worker took %1 s to begin it: setup takes long, or nothing could be written")
                         .arg(briefly(begunAfter))
                   : waitedForOthers(begunAfter);
}

// For an error text: says why there is no worker although the client could connect.
QString Pool::whyNoneIsReady() const
{
    const bool isConnecting = m_connecting > 0;
    if (!m_startProblem.isEmpty())
        return (isConnecting ? QStringLiteral("no worker was ready, and the last one had failed: %1")
                             : QStringLiteral("no worker was there, and the last one had failed: %1"))
            .arg(m_startProblem);
    if (isConnecting)
        return QStringLiteral("no worker was ready: the server had not answered yet; it may be full or busy, or speak "
                              "another protocol");
    return QStringLiteral("no worker was there: the client waits before it connects once more");
}

// For an error text: says why the checkout's oldest call has not begun.
QString Pool::whyNotBegun(CheckoutId id, const Checkout &checkout, Time now) const
{
    constexpr int MostCounted = 1000;
    if (checkout.isOneShot && isShared(checkout.worker) && m_workers.at(checkout.worker).oneShots.front() != id)
        return waitedForOthers(now - checkout.calls.find(checkout.armedFor)->sent);
    if (checkout.worker != 0)
        return QStringLiteral("its worker had not begun it: setup takes long, or nothing could be written");
    if (!m_connectProblem.isEmpty())
        return m_connectProblem;
    int before = 0;
    for (auto other = m_waiting.begin(); other != m_waiting.end() && other->second != id && before < MostCounted;
         ++other)
        ++before;
    if (before == 0 && m_connecting == workerCount())
        return whyNoneIsReady();
    if (before == 0)
        return QStringLiteral("all workers were busy");
    if (before == 1)
        return QStringLiteral("waited in line behind 1 checkout");
    return QStringLiteral("waited in line behind %1 checkouts")
        .arg(before == MostCounted ? QStringLiteral("%1 or more").arg(before) : QString::number(before));
}

}
