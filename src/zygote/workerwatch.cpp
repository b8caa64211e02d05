// SPDX-License-Identifier: MIT
#include "zygote/workerwatch_p.h"

#include <algorithm>

namespace Prefork::Internal {

using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds LongestSpan
    = std::chrono::hours(24 * 365); // milliseconds::max() would not fit nanoseconds
// How soon one that is idle now is looked at again, with a limit of next to nothing.
constexpr qint64 ShortestSpan = std::chrono::nanoseconds(10ms).count();
// How long an idle worker may take to notice that its client has hung up.
constexpr qint64 NoticeSpan = std::chrono::nanoseconds(1s).count();
// Asking interrupts what a worker sleeps in, so one that is busy is asked between two calls, if there is such a moment
// to be seen.
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
    if (m_isCondemned)
        return sentence(Reason::Shutdown, limits, now);
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
        return sentence(Reason::Hung, limits, now);
    if (now >= abandonedAt)
        return sentence(Reason::Abandoned, limits, now);
    return {Order::None, std::min(hungAt, abandonedAt)};
}

WorkerWatch::Verdict WorkerWatch::sentence(Reason reason, const Limits &limits, qint64 now)
{
    m_reason = reason;
    if (limits.kill == 0)
        return kill(now);
    m_killAt = now + limits.kill;
    return {Order::Terminate, m_killAt};
}

// Again and again, for a system call may fail once, and there are processes that cannot be killed just now.
WorkerWatch::Verdict WorkerWatch::kill(qint64 now)
{
    m_killAt = now + NoticeSpan;
    return {Order::Kill, m_killAt};
}

// It may become busy at any moment: also after a hang-up, with what it has read before. One that does neither that nor
// end is stopped.
WorkerWatch::Verdict WorkerWatch::lookAtIdle(const ScoreboardPage &page, const Limits &limits, qint64 now)
{
    const quint32 protocol = page.protocol.load(std::memory_order_relaxed);
    const qint64 idleSince = page.since.load(std::memory_order_relaxed);
    if (now >= after(after(std::max(idleSince, hungUpAt(protocol)), limits.abandoned), NoticeSpan))
        return sentence(Reason::Abandoned, limits, now);
    qint64 next = after(now, limits.hung);
    const bool mayProveNative = protocol == ScoreboardPage::UnknownProtocol && m_halfClosedAt != Never;
    if (hungUpAt(protocol) != Never || mayProveNative)
        next = std::min(next, after(now, std::max(limits.abandoned, ShortestSpan)));
    return {Order::None, next};
}

// Clients without goodbyes would take the end of an idle connection for a failure, and some write without looking. So a
// worker of theirs that nothing holds is left to them for a while, whatever they do with it then.
WorkerWatch::Verdict WorkerWatch::lookAtStaying(const ScoreboardPage &page, const Limits &limits, qint64 now)
{
    if (m_isLeft)
        return now >= m_staysUntil ? sentence(Reason::Shutdown, limits, now) : Verdict{Order::None, m_staysUntil};
    if (!page.isFree())
        return {Order::None, now + BusySpan};
    if (now >= m_staysUntil)
        return sentence(Reason::Shutdown, limits, now);
    m_isLeft = true;
    return {Order::Leave, m_staysUntil};
}

// A native worker leaves by itself, for it alone knows that it is free; then the goodbye proves what never began. The
// others have no goodbye: while their server lives on they are left alone.
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
