// SPDX-License-Identifier: MIT
#ifndef BENCHMARKS_RUNNER_H
#define BENCHMARKS_RUNNER_H

#include "row.h"

#include <functional>

namespace Bench {

/// Runs rows: rounds of ours and reference by turns, each a fresh process of this program. Whatever such a process
/// leaves behind is ended before the next begins; SIGINT, SIGTERM and SIGHUP end all of them and stop the run.
class Runner
{
public:
    Runner(int rounds, bool isQuick);

    [[nodiscard]] Result run(const Row &row, const std::function<void(int round)> &progress = {}) const;
    /// The signal that stopped the run; 0 if none did.
    [[nodiscard]] static int stoppedBy();
    /// The core that pinned rows use.
    [[nodiscard]] static int pinnedCore();

private:
    [[nodiscard]] double measure(const Side &side, bool isPinned, QString *missing) const;

    int m_rounds;
    bool m_isQuick;
};

}

#endif
