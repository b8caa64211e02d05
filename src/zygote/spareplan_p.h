// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_SPAREPLAN_P_H
#define QTPREFORK_SPAREPLAN_P_H

#include <QtCore/QtGlobal>

#include <cstddef>
#include <deque>
#include <limits>
#include <vector>

namespace Prefork::Internal {

/// Decides when a zygote forks its next spare worker, and knows which spares there are. Pure: it is told what happens
/// and the time. Workers owns it, does the forks, and says what becomes of each spare. Numbers are those of the
/// workers, and times are in nanoseconds of ScoreboardPage::now().
///
/// A spare that was taken is replaced a moment later, so that its client is served first. A spare that dies soon after
/// it was forked, or a fork that fails, delays the next fork, and each further one in a row doubles the delay. Nothing
/// is lost meanwhile: connections for which there is no spare get a worker that is forked for them.
class SparePlan
{
public:
    static constexpr qint64 Never = std::numeric_limits<qint64>::max();

    /// There shall be @p wanted spares; less than 1 means none.
    explicit SparePlan(int wanted);

    /// Returns when the next spare shall be forked; a time that has passed means now. It is Never if there are enough,
    /// or if the zygote has no @p room, the number of workers that it may still fork.
    [[nodiscard]] qint64 nextFork(std::size_t room) const;
    void forked(quint64 number, qint64 now);
    void forkFailed(qint64 now);
    /// The spare has become the worker of a connection.
    void taken(quint64 number, qint64 now);
    void died(quint64 number, qint64 now);
    /// Forgets all spares, because the caller ends them, and returns their numbers. Others are forked in their place.
    [[nodiscard]] std::vector<quint64> replaceAll();
    /// Does the same, and no spare is forked any more.
    [[nodiscard]] std::vector<quint64> stop();

    /// Calls @p isFit with the numbers of the spares, the oldest first, until it returns true; returns whether it did.
    template <class IsFit>
    bool find(IsFit isFit) const
    {
        for (const Spare &spare : m_spares) {
            if (isFit(spare.number))
                return true;
        }
        return false;
    }
    [[nodiscard]] std::size_t count() const { return m_spares.size(); }

private:
    struct Spare
    {
        quint64 number;
        qint64 since;
    };
    // Removes the spare, and returns since when it was there; nothing if it is unknown.
    bool remove(quint64 number, qint64 *since);
    void delayFork(qint64 now);

    std::size_t m_wanted;
    std::deque<Spare> m_spares; // the oldest first
    qint64 m_due = 0;
    int m_failures = 0; // deaths and failed forks in a row
};

}

#endif
