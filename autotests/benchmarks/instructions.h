// SPDX-License-Identifier: MIT
#ifndef BENCHMARKS_INSTRUCTIONS_H
#define BENCHMARKS_INSTRUCTIONS_H

#include "budgets.h"

#include <QtCore/QString>

#include <functional>
#include <vector>

namespace Bench {

/// This is what a counted row has cost.
struct CountedResult
{
    const CountedRow *row = nullptr;
    std::vector<double> rounds = {}; ///< instructions a call, one number for each round
    QString missing = {}; ///< why there are no numbers

    [[nodiscard]] double instructions() const; ///< the median of the rounds
    [[nodiscard]] bool isOverBudget() const;
};

/// Counts the instructions of a row by callgrind. A round runs the row's mode twice, with few calls and with many; what
/// one call costs follows from the difference.
[[nodiscard]] CountedResult countInstructions(const CountedRow &row, int rounds,
                                              const std::function<void(int round)> &progress);

[[nodiscard]] QString countedHead();
[[nodiscard]] QString countedLine(const CountedResult &result);
/// `row -> {instructions, budget, today, reach, rounds, toolchain}`. The field "today" is what a call cost when the
/// goal was set. A row without a number has null for it, and says why in "missing"; a toolchain without budgets has
/// null for these.
[[nodiscard]] QByteArray toJson(const std::vector<CountedResult> &results);

}

#endif
