// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CLOCK_P_H
#define QTPREFORK_CLOCK_P_H

#include "pool/pool_p.h"
#include "zygote/posix_p.h"

namespace Prefork {

/// The clock the pool is told the time from: jumps of the calendar do not concern it.
[[nodiscard]] inline Pooling::Time now()
{
    return std::chrono::steady_clock::now().time_since_epoch();
}

/// The same for what happens all the time, at a fraction of the cost: a few milliseconds ahead of it, so that no
/// deadline counted from it comes too early.
[[nodiscard]] inline Pooling::Time roughNow()
{
    return Posix::coarseTime() + Posix::coarseTimeResolution();
}

}

#endif
