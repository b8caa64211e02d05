// SPDX-License-Identifier: MIT
#include "budgets.h"

#include <QtCore/QtGlobal>

#include <array>
#include <cstring>
#include <gnu/libc-version.h>

namespace Bench {

namespace {

constexpr std::array Rows{
    CountedRow{"client_pipelined", "client: callbacks, 64 in flight", "pipelined", 0, CountedRow::Client, 3276, 1500},
    CountedRow{"client_payload1k", "client: the same with strings of 1 kB", "pipelined", 1000, CountedRow::Client, 6539,
               3900},
    CountedRow{"client_sequential", "client: one call at a time", "sequential", 0, CountedRow::Client, 7986, 5300},
    CountedRow{"client_future", "client: future().then(), 64 in flight", "future", 0, CountedRow::Client, 9144, 7400},
    CountedRow{"client_oneshot", "client: calls without a checkout, 4 in flight", "oneshot", 0, CountedRow::Client,
               7761, 3500},
    CountedRow{"client_checkout", "client: checkout, call, release", "checkout", 0, CountedRow::Client, 16630, 8500},
    CountedRow{"worker_small", "worker: small calls, 64 in flight", "rounds", 0, CountedRow::Worker, 1622, 900},
    CountedRow{"worker_payload1k", "worker: the same with strings of 1 kB", "rounds", 1000, CountedRow::Worker, 5850,
               3600},
};

#ifdef NDEBUG
constexpr bool IsRelease = true;
#else
constexpr bool IsRelease = false;
#endif

struct Budget
{
    const char *row;
    double instructions;
};

struct Budgets
{
    const char *toolchain;
    std::array<Budget, Rows.size()> rows;
};

// These are the costs at the time when they were last changed on purpose. When a call has become cheaper, lower them.
constexpr std::array Kept{
    Budgets{"GCC 12.2.0, Qt 6.4.2, glibc 2.36",
            {{{"client_pipelined", 2378},
              {"client_payload1k", 4150},
              {"client_sequential", 7241},
              {"client_future", 8116},
              {"client_oneshot", 4607},
              {"client_checkout", 12182},
              {"worker_small", 1495},
              {"worker_payload1k", 3424}}}},
};

}

std::span<const CountedRow> countedRows()
{
    return Rows;
}

QByteArray toolchain()
{
#if defined(__clang__)
    const QByteArray compiler = "Clang " __clang_version__;
#else
    const QByteArray compiler = "GCC " + QByteArray::number(__GNUC__) + '.' + QByteArray::number(__GNUC_MINOR__) + '.'
        + QByteArray::number(__GNUC_PATCHLEVEL__);
#endif
    return compiler + ", Qt " + qVersion() + ", glibc " + ::gnu_get_libc_version();
}

std::optional<double> budgetOf(const CountedRow &row)
{
    for (const Budgets &kept : Kept) {
        if (!IsRelease || toolchain() != kept.toolchain)
            continue;
        for (const Budget &budget : kept.rows) {
            if (!std::strcmp(budget.row, row.name))
                return budget.instructions;
        }
    }
    return std::nullopt;
}

}
