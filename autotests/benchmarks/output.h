// SPDX-License-Identifier: MIT
#ifndef BENCHMARKS_OUTPUT_H
#define BENCHMARKS_OUTPUT_H

#include "row.h"

#include <QtCore/QByteArray>

#include <vector>

namespace Bench {

[[nodiscard]] QString tableHead();
[[nodiscard]] QString tableLine(const Result &result);
/// `row -> {ours, reference, ratio, unit, rounds, …}`; a row without numbers has null for them, and says why in
/// "missing".
[[nodiscard]] QByteArray toJson(const std::vector<Result> &results);

}

#endif
