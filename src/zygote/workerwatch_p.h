// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_WORKERWATCH_P_H
#define QTPREFORK_WORKERWATCH_P_H

#include <QtPrefork/zygote.h>

#include "worker/scoreboardpage_p.h"

#include <limits>

namespace Prefork::Internal {

/// Decides when a worker has to go, from its page, the state of its connection and the time; does nothing itself. All
/// times are nanoseconds of ScoreboardPage::now().
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
        Leave, ///< it may stay for now: it is asked to leave as well, should its client prove to know goodbyes, and its
               ///< program be told
        Terminate,
        Kill,
    };
    /// Why a worker has to go.
    enum class Reason { None, Hung, Abandoned, Shutdown };
    /// Why a worker is wanted to leave as soon as nobody would miss it.
    enum class Departure {
        None,
        Room, ///< another client waits for its place
        Drain, ///< its server is gone, or will be; clients without goodbyes may keep it
        Shutdown, ///< its server comes to its end; clients without goodbyes may keep it until a certain time
    };
    struct Verdict
    {
        Order order = Order::None;
        qint64 nextLook = Never; ///< nothing can become due before, unless the client hangs up
    };

    /// The client writes no more; whether it still reads, only its protocol tells.
    void onHalfClosed(qint64 now) { m_halfClosedAt = std::min(m_halfClosedAt, now); }
    /// The client is gone for good.
    void onClosed(qint64 now) { m_closedAt = std::min(m_closedAt, now); }
    void wantGone(Departure departure) { m_departure = std::max(m_departure, departure); }
    /// Of Departure::Shutdown; without it there is no such time.
    void mayStayUntil(qint64 time) { m_staysUntil = time; }
    /// It has to go now, whatever it does.
    void condemn() { m_isCondemned = true; }
    [[nodiscard]] Verdict look(const ScoreboardPage &page, const Limits &limits, qint64 now);

    /// Why the worker was told to go.
    [[nodiscard]] Reason reason() const { return m_reason; }
    [[nodiscard]] Departure departure() const { return m_departure; }
    /// When its client hung up; Never if it has not.
    [[nodiscard]] qint64 hungUpAt(quint32 protocol) const;

private:
    [[nodiscard]] Verdict sentence(Reason reason, const Limits &limits, qint64 now);
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
    bool m_isCondemned = false;
    qint64 m_staysUntil = 0;
    bool m_isAsked = false; // to leave
    bool m_isLeft = false; // where it is
    int m_looksWhileBusy = 0;
};

}

#endif
