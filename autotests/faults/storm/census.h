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
    qint64 memory = 0; ///< kB, without what is shared: the ledger grows
};
[[nodiscard]] Possessions possessionsOf(std::span<const pid_t> processes);

/// Finds the dead whom nobody buries.
class ZombieWatch
{
public:
    /// Looks at the children of these. To be called several times a second.
    void look(std::span<const pid_t> parents);
    /// Those that were seen dead for longer than a second.
    [[nodiscard]] int count() const { return int(m_found.size()); }

private:
    using Process = std::pair<pid_t, QByteArray>; // with when it began
    std::map<Process, Clock::time_point> m_dead;
    std::set<Process> m_found;
};

}

#endif
