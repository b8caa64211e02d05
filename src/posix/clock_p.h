// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POSIXCLOCK_P_H
#define QTPREFORK_POSIXCLOCK_P_H

#include <chrono>

/// The monotonic clock.
namespace Prefork::Posix {

/// The monotonic clock as of its last tick, and how far apart its ticks are.
[[nodiscard]] std::chrono::nanoseconds coarseTime();
[[nodiscard]] std::chrono::nanoseconds coarseTimeResolution();

/// The exact clock: jumps of the calendar do not concern it.
[[nodiscard]] inline std::chrono::nanoseconds now()
{
    return std::chrono::steady_clock::now().time_since_epoch();
}

/// The same for what happens all the time, at a fraction of the cost: a few milliseconds ahead of it, so that no
/// deadline counted from it comes too early.
[[nodiscard]] inline std::chrono::nanoseconds roughNow()
{
    return coarseTime() + coarseTimeResolution();
}

}

#endif
