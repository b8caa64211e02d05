// SPDX-License-Identifier: MIT
#include "zygote/workerwatch_p.h"

#include <algorithm>

namespace Prefork::Internal {

using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds LongestSpan
    = std::chrono::hours(24 * 365); // milliseconds::max() would overflow in nanoseconds
// This is how soon an idle worker is looked at again, however small the limits are.
constexpr qint64 ShortestSpan = std::chrono::nanoseconds(10ms).count();
// This is how long an idle worker may take to notice that its client has hung up.
constexpr qint64 NoticeSpan = std::chrono::nanoseconds(1s).count();
// The signal that asks a worker to leave interrupts system calls of a method. So a busy worker is asked between two
// calls, if such a moment is seen: it is looked at this often, and so many times.
constexpr qint64 BusySpan = std::chrono::nanoseconds(20ms).count();
constexpr int PatientLooks = 50;

qint64 inNanoseconds(std::chrono::milliseconds span)
{
    return std::chrono::nanoseconds(std::clamp(span, 0ms, LongestSpan)).count();
}

qint64 after(qint64 start, qint64 span)
{
    return start == WorkerWatch::Never || span == WorkerWatch::Never ? WorkerWatch::Never : start + span;
}

}

WorkerWatch::Limits WorkerWatch::Limits::of(const ZygoteOptions &options)
{
    Limits limits;
    limits.hung = options.hungTimeout > 0ms ? inNanoseconds(options.hungTimeout) : Never;
    limits.abandoned = options.abandonedGrace >= 0ms ? inNanoseconds(options.abandonedGrace) : Never;
    limits.kill = inNanoseconds(options.killGrace);
    return limits;
}

qint64 WorkerWatch::hungUpAt(quint32 protocol) const
{
    return protocol == ScoreboardPage::Native ? std::min(m_halfClosedAt, m_closedAt) : m_closedAt;
}

WorkerWatch::Verdict WorkerWatch::look(const ScoreboardPage &page, const Limits &limits, qint64 now)
{
    if (m_reason != Reason::None) {
        return now < m_killAt ? Verdict{Order::None, m_killAt} : kill(now);
    }
    if (m_mustEnd)
        return terminate(Reason::Shutdown, limits, now);
    Verdict verdict = lookAtWork(page, limits, now);
    if (m_departure == Departure::None || verdict.order != Order::None)
        return verdict;
    const Verdict leaving = lookAtLeaving(page, limits, now);
    verdict.order = leaving.order;
    verdict.nextLook = std::min(verdict.nextLook, leaving.nextLook);
    return verdict;
}

WorkerWatch::Verdict WorkerWatch::lookAtWork(const ScoreboardPage &page, const Limits &limits, qint64 now)
{
    if (page.state.load(std::memory_order_acquire) != ScoreboardPage::Busy)
        return lookAtIdle(page, limits, now);
    const quint32 protocol = page.protocol.load(std::memory_order_relaxed);
    const qint64 since = page.since.load(std::memory_order_relaxed);
    const qint64 hungAt = after(since, limits.hung);
    const qint64 abandonedAt = after(std::max(since, hungUpAt(protocol)), limits.abandoned);
    if (now >= hungAt)
        return terminate(Reason::Hung, limits, now);
    if (now >= abandonedAt)
        return terminate(Reason::Abandoned, limits, now);
    return {Order::None, std::min(hungAt, abandonedAt)};
}

WorkerWatch::Verdict WorkerWatch::terminate(Reason reason, const Limits &limits, qint64 now)
{
    m_reason = reason;
    if (limits.kill == 0)
        return kill(now);
    m_killAt = now + limits.kill;
    return {Order::Terminate, m_killAt};
}

// Kills, and again after a while: the system call may fail, and some processes cannot be killed at the moment.
WorkerWatch::Verdict WorkerWatch::kill(qint64 now)
{
    m_killAt = now + NoticeSpan;
    return {Order::Kill, m_killAt};
}

// An idle worker may become busy at any moment, even after a hang-up, with what it has read before. If it does neither
// that nor end, it is stopped, and must be killed.
WorkerWatch::Verdict WorkerWatch::lookAtIdle(const ScoreboardPage &page, const Limits &limits, qint64 now)
{
    const quint32 protocol = page.protocol.load(std::memory_order_relaxed);
    const qint64 idleSince = page.since.load(std::memory_order_relaxed);
    if (now >= after(after(std::max(idleSince, hungUpAt(protocol)), limits.abandoned), NoticeSpan))
        return terminate(Reason::Abandoned, limits, now);
    qint64 next = after(now, limits.hung);
    const bool mayProveNative = protocol == ScoreboardPage::UnknownProtocol && m_halfClosedAt != Never;
    if (hungUpAt(protocol) != Never || mayProveNative)
        next = std::min(next, after(now, std::max(limits.abandoned, ShortestSpan)));
    return {Order::None, next};
}

// A client without goodbyes takes the end of an idle connection for a failure, and some write without looking. So its
// worker, when free, is left to it until the time is over, even if it becomes busy again.
WorkerWatch::Verdict WorkerWatch::lookAtStaying(const ScoreboardPage &page, const Limits &limits, qint64 now)
{
    if (m_isLeftBehind)
        return now >= m_staysUntil ? terminate(Reason::Shutdown, limits, now) : Verdict{Order::None, m_staysUntil};
    if (!page.isFree())
        return {Order::None, now + BusySpan};
    if (now >= m_staysUntil)
        return terminate(Reason::Shutdown, limits, now);
    m_isLeftBehind = true;
    return {Order::LeaveBehind, m_staysUntil};
}

// A worker is asked to leave, and ends by itself, because only it knows when it is free; then the goodbye proves which
// calls never began. A worker whose client knows no goodbyes ignores that, so such a client keeps its worker while the
// server lives.
WorkerWatch::Verdict WorkerWatch::lookAtLeaving(const ScoreboardPage &page, const Limits &limits, qint64 now)
{
    const bool isNative = page.protocol.load(std::memory_order_relaxed) == ScoreboardPage::Native;
    if (m_departure == Departure::Shutdown && !isNative)
        return lookAtStaying(page, limits, now);
    if (m_isAsked)
        return {};
    const quint32 state = page.state.load(std::memory_order_acquire);
    const bool isBusy = state == ScoreboardPage::Busy && ++m_looksWhileBusy < PatientLooks;
    if (state == ScoreboardPage::Free || isBusy)
        return {Order::None, now + BusySpan};
    m_isAsked = true;
    return {Order::AskToLeave, WorkerWatch::Never};
}

}
