// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POSIXCLOCK_P_H
#define QTPREFORK_POSIXCLOCK_P_H

#include <chrono>

/// These functions read the monotonic clock.
namespace Prefork::Posix {

/// Returns the monotonic clock at its last tick, and the time between two ticks.
[[nodiscard]] std::chrono::nanoseconds coarseTime();
[[nodiscard]] std::chrono::nanoseconds coarseTimeResolution();

/// Returns the exact monotonic clock; changes of the calendar time do not affect it.
[[nodiscard]] inline std::chrono::nanoseconds now()
{
    return std::chrono::steady_clock::now().time_since_epoch();
}

/// Returns nearly the same time at a fraction of the cost, for what happens very often. It is up to a few milliseconds
/// ahead, so that no deadline counted from it comes too early.
[[nodiscard]] inline std::chrono::nanoseconds roughNow()
{
    return coarseTime() + coarseTimeResolution();
}

}

#endif
