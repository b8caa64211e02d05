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

/// Decides which connection of a server gets a worker and when, and which connections wait: by the caps on workers, the
/// cap for each user, the rate of forks, and the back-off while setups fail. The order is first come first served, but
/// users who have all workers they may have are passed over. ServerWorkers owns it. It does no I/O and has no clock: it
/// is told what happens and the time, and it knows connections by number only.
class Admission
{
public:
    /// This is a moment of the caller's monotonic clock.
    using Time = SetupBackOff::Time;
    using Id = quint64;
    static constexpr qint64 Nobody = -1; ///< stands for users that cannot be told apart (TCP); it has no cap

    struct Limits
    {
        int maxWorkers = 0; ///< 0 = any number
        int maxPerUser = 0; ///< 0 = any number
        int spawnRate = 0; ///< a second; 0 = any
    };
    using Start = SetupBackOff::Start;
    /// This is a place that a waiting connection lacks: one worker has to leave, of @c user if that is set.
    struct Shortage
    {
        std::optional<qint64> user;
    };

    explicit Admission(const Limits &limits);

    /// A connection has arrived and waits. Returns false if it must be refused, for too many of its user wait already.
    [[nodiscard]] bool arrive(Id connection, qint64 user);
    /// A waiting connection has gone.
    void leave(Id connection);
    /// The worker of a connection has ended, or could not be forked.
    void end(Id connection, Start start, Time now);
    /// Returns the connection that must be given a worker now, and counts that worker from here on. @p hasRoom tells
    /// whether the zygote takes another worker.
    [[nodiscard]] std::optional<Id> next(bool hasRoom, Time now);
    /// Returns the places that waiting connections lack, in the order of the connections.
    [[nodiscard]] std::vector<Shortage> shortages(bool hasRoom) const;
    /// Returns when to call next() again although nothing else happens, because only time is missing: a moment after
    /// @p now, or nothing.
    [[nodiscard]] std::optional<Time> nextAt(Time now) const;

    [[nodiscard]] qsizetype waitingCount() const { return qsizetype(m_waiting.size()); }
    [[nodiscard]] qsizetype workerCount() const { return qsizetype(m_admitted.size()); }
    /// Returns whether the server should accept no more connections for now; they then wait in the backlog.
    [[nodiscard]] bool isFull() const { return waitingCount() >= MaxWaiting; }
    /// Returns how many workers in a row have ended before their setup was done.
    [[nodiscard]] int badStarts() const { return m_setups.badStarts(); }
    /// While setups fail, one worker is the probe: others wait to see how its setup goes. Returns its connection.
    [[nodiscard]] std::optional<Id> probe() const { return m_setups.probe(); }
    /// The setup of the probe has begun; it has succeeded.
    void probeWorks(Time now) { m_setups.probeWorks(now); }
    void probeSucceeded() { m_setups.probeSucceeded(); }

    static constexpr qsizetype MaxWaiting = 64;
    static constexpr qsizetype MaxWaitingPerUser = 16; ///< for a user who has all workers it may have

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
    std::unordered_map<Id, qint64> m_admitted; // connections that have a worker, with their users
    std::unordered_map<qint64, int> m_perUser; // how many workers each user has
    double m_tokens; // token bucket of the fork rate: each fork takes one token
    Time m_refilledAt{};
    SetupBackOff m_setups;
};

}

#endif
