// SPDX-License-Identifier: MIT
#ifndef BENCHMARKS_ROW_H
#define BENCHMARKS_ROW_H

#include <QtCore/QString>

#include <optional>
#include <span>
#include <vector>

namespace Bench {

struct Side
{
    const char *mode; ///< none: the parameter is the value
    qint64 parameter = 0;
    qint64 quickParameter = parameter;
};

struct Goal
{
    enum Of { Ratio, Ours };
    enum Bound { AtMost, AtLeast };
    Of of;
    Bound bound;
    double value;
};

struct Row
{
    const char *name;
    const char *what;
    const char *against;
    const char *unit;
    Side ours;
    Side reference;
    std::optional<Goal> goal = std::nullopt;
    bool isPinned
        = false; ///< all processes of a mode on one core, where switching between them costs the same each time
};

[[nodiscard]] std::span<const Row> rows();

/// One row, measured.
struct Result
{
    const Row *row = nullptr;
    std::vector<double> ours = {}; ///< one a round
    std::vector<double> reference = {};
    QString missing = {}; ///< why there are no numbers

    [[nodiscard]] bool isThere() const { return missing.isEmpty(); }
    [[nodiscard]] double oursMedian() const;
    [[nodiscard]] double referenceMedian() const;
    /// Of each round, ours by reference: what disturbs a round disturbs both.
    [[nodiscard]] std::vector<double> ratios() const;
    [[nodiscard]] double ratio() const;
    /// Whether the goal is met, if there is one.
    [[nodiscard]] std::optional<bool> holds() const;
};

}

#endif
