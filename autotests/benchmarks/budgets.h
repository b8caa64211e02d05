// SPDX-License-Identifier: MIT
#ifndef BENCHMARKS_BUDGETS_H
#define BENCHMARKS_BUDGETS_H

#include <QtCore/QByteArray>

#include <optional>
#include <span>

namespace Bench {

/// This is a row of `prefork-bench --instructions`. It says how many instructions one call of a kind costs the client
/// or the worker.
struct CountedRow
{
    enum Process { Client, Worker };
    const char *name;
    const char *what;
    const char *mode; ///< the name of a counted mode
    qint64 parameter; ///< of the mode
    Process process;
    double before; ///< what a call cost before there were budgets
    double reach; ///< the goal
};

[[nodiscard]] std::span<const CountedRow> countedRows();

/// A row may cost more than its budget by this factor, for counts of the same program differ a little.
inline constexpr double BudgetTolerance = 1.06;

/// Returns what this program was built with and runs on: compiler, Qt and C library. Budgets are kept for each such
/// text, because the same source costs different numbers of instructions elsewhere.
[[nodiscard]] QByteArray toolchain();
/// Returns the budget of a row for this toolchain; nothing if none is kept, or if this is no release build.
[[nodiscard]] std::optional<double> budgetOf(const CountedRow &row);

}

#endif
