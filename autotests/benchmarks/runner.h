// SPDX-License-Identifier: MIT
#ifndef BENCHMARKS_RUNNER_H
#define BENCHMARKS_RUNNER_H

#include "row.h"

#include <QtCore/QByteArray>
#include <QtCore/QList>

#include <functional>

namespace Bench {

/// Runs rows: rounds of ours and reference by turns, each a fresh process of this program. Whatever such a process
/// leaves behind is ended before the next begins; SIGINT, SIGTERM and SIGHUP end all of them and stop the run.
class Runner
{
public:
    Runner(int rounds, bool isQuick);

    [[nodiscard]] Result run(const Row &row, const std::function<void(int round)> &progress = {}) const;
    /// Runs a process of this program with these arguments, the first of which is the program's name, and returns the
    /// line of result that it wrote. All that it has left behind has ended then. @p wrapper is a command that runs the
    /// program, such as valgrind with its options; empty if there is none.
    [[nodiscard]] static QByteArray runProcess(const QList<QByteArray> &arguments, bool isPinned,
                                               const QList<QByteArray> &wrapper = {});
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
