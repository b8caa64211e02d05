// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_REST_H
#define AUTOTESTS_REST_H

#include "helpers/processes.h"

namespace Test {

/// How restless processes are that have nothing to do but to wait and to look again now and then. Not their share of
/// the time is measured, which grows when others want the processor, but how often they go to sleep and what they use
/// up for each time they wake: that who looks too often goes to sleep too often, and who never sleeps uses up all there
/// is.
class Rest
{
public:
    explicit Rest(const QList<qint64> &pids)
        : m_pids(pids)
        , m_sleeps(sleeps())
        , m_ticks(ticks())
    {
    }
    /// Empty if they have gone to sleep at most @p mostSleeps times in all since this was made, and have not used up
    /// the processor meanwhile.
    [[nodiscard]] QString disturbance(qint64 mostSleeps) const
    {
        const qint64 slept = sleeps() - m_sleeps;
        const qint64 used = ticks() - m_ticks;
        if (slept <= mostSleeps && used <= 10 + slept / 2) // 5 ms each time are far more than needed
            return {};
        return QStringLiteral("went to sleep %1 times, where %2 would do, and used %3 ms")
            .arg(slept)
            .arg(mostSleeps)
            .arg(used * 10);
    }

private:
    template <class Measure>
    [[nodiscard]] qint64 sum(Measure measure) const
    {
        qint64 all = 0;
        for (const qint64 pid : m_pids)
            all += measure(pid);
        return all;
    }
    [[nodiscard]] qint64 sleeps() const
    {
        return sum([](qint64 pid) { return statusOf(pid, "voluntary_ctxt_switches").toLongLong(); });
    }
    [[nodiscard]] qint64 ticks() const { return sum(processorTicks); }

    QList<qint64> m_pids;
    qint64 m_sleeps;
    qint64 m_ticks;
};

}

#endif
