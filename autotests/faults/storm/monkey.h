// SPDX-License-Identifier: MIT
#ifndef STORM_MONKEY_H
#define STORM_MONKEY_H

#include "family.h"
#include "ledger.h"
#include "requests.h"

#include <QtCore/QMap>

namespace Storm {

/// Kills workers: some from outside, some by requests that make them end themselves.
class Monkey
{
public:
    Monkey(Ledger &ledger, quint64 seed, quint64 kills)
        : m_ledger(ledger)
        , m_random(seed)
        , m_wanted(kills)
    {
    }

    /// Kills as many as are due. @p progress is the share of the requests that are done, from 0 to 1.
    void act(std::span<const pid_t> zygotes, double progress, Clock::duration elapsed);
    /// Lets those go on, or end, that are stopped and whose time has come; with @p all, whether it has or not.
    void release(bool all = false);

    /// Deaths caused so far; those that only wait to happen included.
    [[nodiscard]] quint64 kills() const;
    [[nodiscard]] bool isDone() const { return kills() >= m_wanted; }
    [[nodiscard]] QMap<QString, quint64> killsBy() const;
    [[nodiscard]] quint64 pauses() const { return m_pauses; }

private:
    struct Stopped
    {
        Descriptor process;
        Clock::time_point until;
        bool goesOn = false;
    };
    struct Victim
    {
        pid_t pid = 0;
        pid_t zygote = 0;
    };

    [[nodiscard]] quint64 due(double progress, Clock::duration elapsed) const;
    [[nodiscard]] std::optional<Victim> choose(std::span<const pid_t> zygotes);
    void strike(std::span<const pid_t> zygotes);
    void stop(Descriptor process, bool goesOn);

    Ledger &m_ledger;
    Random m_random;
    quint64 m_wanted;
    QMap<QString, quint64> m_strikes;
    quint64 m_struck = 0;
    quint64 m_pauses = 0;
    std::vector<Stopped> m_stopped;
};

}

#endif
