// SPDX-License-Identifier: MIT
#include "posix/clock_p.h"

#include <ctime>

namespace Prefork::Posix {

std::chrono::nanoseconds coarseTime()
{
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::chrono::nanoseconds coarseTimeResolution()
{
    static const std::chrono::nanoseconds resolution = [] {
        timespec time{};
        ::clock_getres(CLOCK_MONOTONIC_COARSE, &time);
        return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
    }();
    return resolution;
}

}
