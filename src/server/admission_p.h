// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ADMISSION_P_H
#define QTPREFORK_ADMISSION_P_H

#include "zygote/setupbackoff_p.h"

#include <chrono>
#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

namespace Prefork::Internal {

/// Decides which connection is given a worker when, and which have to wait for a place: pure, told what happens and the
/// time. First come first served, but for users who have all they may have.
class Admission
{
public:
    /// A moment of the caller's monotonic clock.
    using Time = SetupBackOff::Time;
    using Id = quint64;
    static constexpr qint64 Nobody = -1; ///< a user one cannot tell from others; has no cap

    struct Limits
    {
        int maxWorkers = 0; ///< 0 = any number
        int maxPerUser = 0; ///< 0 = any number
        int spawnRate = 0; ///< a second; 0 = any
    };
    using Start = SetupBackOff::Start;
    /// A place that is missing: a worker of @c user has to leave, or any.
    struct Shortage
    {
        std::optional<qint64> user;
    };

    explicit Admission(const Limits &limits);

    /// False: it is turned away, for its user's queue is full.
    [[nodiscard]] bool arrive(Id connection, qint64 user);
    /// A waiting connection has gone.
    void leave(Id connection);
    /// The worker of a connection has ended, or never came.
    void end(Id connection, Start start, Time now);
    /// The connection that is to have a worker now, which is counted from here on. @p hasRoom: the zygote takes
    /// another.
    [[nodiscard]] std::optional<Id> next(bool hasRoom, Time now);
    /// The places missing for those who wait, in their order.
    [[nodiscard]] std::vector<Shortage> shortages(bool hasRoom) const;
    /// When next() may have something for reasons of time alone, if it has nothing now; later than @p now.
    [[nodiscard]] std::optional<Time> nextAt(Time now) const;

    [[nodiscard]] qsizetype waitingCount() const { return qsizetype(m_waiting.size()); }
    [[nodiscard]] qsizetype workerCount() const { return qsizetype(m_admitted.size()); }
    /// Whether no more connections should be accepted for now: they wait as well where they are.
    [[nodiscard]] bool isFull() const { return waitingCount() >= MaxWaiting; }
    /// Workers in a row that ended before their setup was done.
    [[nodiscard]] int badStarts() const { return m_setups.badStarts(); }
    /// The connection of the worker by which others wait to see whether setups still fail.
    [[nodiscard]] std::optional<Id> probe() const { return m_setups.probe(); }
    void probeWorks(Time now) { m_setups.probeWorks(now); }
    void probeSucceeded() { m_setups.probeSucceeded(); }

    static constexpr qsizetype MaxWaiting = 64;
    static constexpr qsizetype MaxWaitingPerUser = 16; ///< of a user who has all workers it may have

private:
    struct Waiting
    {
        Id connection = 0;
        qint64 user = Nobody;
    };
    [[nodiscard]] bool isAtCap(qint64 user) const;
    [[nodiscard]] bool isAtCap() const;
    void refill(Time now);

    const Limits m_limits;
    std::deque<Waiting> m_waiting;
    std::unordered_map<Id, qint64> m_admitted; // and their users
    std::unordered_map<qint64, int> m_perUser;
    double m_tokens;
    Time m_refilledAt{};
    SetupBackOff m_setups;
};

}

#endif
