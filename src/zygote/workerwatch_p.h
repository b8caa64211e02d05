// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_WORKERWATCH_P_H
#define QTPREFORK_WORKERWATCH_P_H

#include <QtPrefork/zygote.h>

#include "worker/scoreboardpage_p.h"

#include <limits>

namespace Prefork::Internal {

/// Decides when one worker has to leave, be terminated or be killed: from its page, the state of its connection and the
/// time. It does nothing itself: Workers has one for each worker, tells it what happens, and carries out the order that
/// look() returns. All times are nanoseconds of ScoreboardPage::now().
class WorkerWatch
{
public:
    static constexpr qint64 Never = std::numeric_limits<qint64>::max();

    struct Limits
    {
        qint64 hung = Never;
        qint64 abandoned = Never;
        qint64 kill = 0;
        static Limits of(const ZygoteOptions &options);
    };
    enum class Order {
        None,
        AskToLeave,
        LeaveBehind, ///< the worker may stay until its time is over: it is asked to leave, in case its client knows
                     ///< goodbyes after all, and the program is told not to wait for it
        Terminate,
        Kill,
    };
    /// The reasons why a worker must end now.
    enum class Reason { None, Hung, Abandoned, Shutdown };
    /// The reasons why a worker shall leave as soon as it is free.
    enum class Departure {
        None,
        Room, ///< another client waits for its place
        Drain, ///< its server is gone or will be; a client without goodbyes may keep it
        Shutdown, ///< its server ends; a client without goodbyes may keep it until a certain time
    };
    struct Verdict
    {
        Order order = Order::None;
        qint64 nextLook = Never; ///< look() need not be called before this time, unless the client hangs up
    };

    /// The client has shut its writing side. Whether it still reads depends on its protocol.
    void onHalfClosed(qint64 now) { m_halfClosedAt = std::min(m_halfClosedAt, now); }
    /// The client is gone for good.
    void onClosed(qint64 now) { m_closedAt = std::min(m_closedAt, now); }
    void wantGone(Departure departure) { m_departure = std::max(m_departure, departure); }
    /// Says until when a worker with Departure::Shutdown may stay; without this call it may not.
    void mayStayUntil(qint64 time) { m_staysUntil = time; }
    /// The worker must end now, whatever it is doing.
    void endNow() { m_mustEnd = true; }
    [[nodiscard]] Verdict look(const ScoreboardPage &page, const Limits &limits, qint64 now);

    /// Returns why the worker was told to end.
    [[nodiscard]] Reason reason() const { return m_reason; }
    [[nodiscard]] Departure departure() const { return m_departure; }
    /// Returns when its client hung up; Never if it has not.
    [[nodiscard]] qint64 hungUpAt(quint32 protocol) const;

private:
    [[nodiscard]] Verdict terminate(Reason reason, const Limits &limits, qint64 now);
    [[nodiscard]] Verdict kill(qint64 now);
    [[nodiscard]] Verdict lookAtWork(const ScoreboardPage &page, const Limits &limits, qint64 now);
    [[nodiscard]] Verdict lookAtIdle(const ScoreboardPage &page, const Limits &limits, qint64 now);
    [[nodiscard]] Verdict lookAtStaying(const ScoreboardPage &page, const Limits &limits, qint64 now);
    [[nodiscard]] Verdict lookAtLeaving(const ScoreboardPage &page, const Limits &limits, qint64 now);

    qint64 m_halfClosedAt = Never;
    qint64 m_closedAt = Never;
    qint64 m_killAt = Never;
    Reason m_reason = Reason::None;
    Departure m_departure = Departure::None;
    bool m_mustEnd = false;
    qint64 m_staysUntil = 0;
    bool m_isAsked = false; // whether it was asked to leave
    bool m_isLeftBehind = false; // whether it was left behind with its client
    int m_looksWhileBusy = 0;
};

}

#endif
