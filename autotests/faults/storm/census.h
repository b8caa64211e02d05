// SPDX-License-Identifier: MIT
#ifndef STORM_CENSUS_H
#define STORM_CENSUS_H

#include "monkey.h"

#include <map>
#include <set>

namespace Storm {

/// What /proc says of processes at rest.
struct Possessions
{
    qint64 descriptors = 0;
    /// In kB: what is resident and the process's own. The ledger is shared and grows, and the pages of program files
    /// come in when their code runs for the first time.
    qint64 memory = 0;
};
[[nodiscard]] Possessions possessionsOf(std::span<const pid_t> processes);

/// Finds the dead whom nobody buries.
class ZombieWatch
{
public:
    static constexpr std::chrono::milliseconds Interval{200};
    /// A parent that is itself denied the processor for so long has not forgotten them.
    static constexpr std::chrono::milliseconds Patience{15000};

    /// Looks at the children of these. To be called at each Interval.
    void look(std::span<const pid_t> parents);
    /// Those that were seen dead for longer than that.
    [[nodiscard]] int count() const { return int(m_found.size()); }
    /// Whether nobody was dead at the last look.
    [[nodiscard]] bool isNobodyDead() const { return m_dead.empty(); }

private:
    using Process = std::pair<pid_t, QByteArray>; // with when it began
    struct Sightings
    {
        Clock::time_point first;
        int count = 0;
    };
    std::map<Process, Sightings> m_dead;
    std::set<Process> m_found;
};

}

#endif
