// SPDX-License-Identifier: MIT
// Preloaded into a program: its wall clock jumps by PREFORK_CLOCK_JUMP seconds, forth and back, ten times a second.
#include <cstdlib>
#include <ctime>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

namespace {

timespec trueTime(clockid_t clock)
{
    timespec time{};
    ::syscall(SYS_clock_gettime, clock, &time);
    return time;
}

timespec wallTime()
{
    const char *const text = std::getenv("PREFORK_CLOCK_JUMP");
    const long long jump = text ? std::atoll(text) : 0;
    const timespec steady = trueTime(CLOCK_MONOTONIC);
    const long tenth = steady.tv_nsec / 100'000'000;
    timespec time = trueTime(CLOCK_REALTIME);
    time.tv_sec += (tenth % 3 - 1) * jump; // back, as it is, forward
    return time;
}

}

extern "C" {

__attribute__((visibility("default"))) int clock_gettime(clockid_t clock, timespec *time) noexcept
{
    if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)
        return int(::syscall(SYS_clock_gettime, clock, time));
    *time = wallTime();
    return 0;
}

__attribute__((visibility("default"))) time_t time(time_t *into) noexcept
{
    const time_t now = wallTime().tv_sec;
    if (into)
        *into = now;
    return now;
}

__attribute__((visibility("default"))) int gettimeofday(timeval *into, void *) noexcept
{
    const timespec now = wallTime();
    *into = {now.tv_sec, now.tv_nsec / 1000};
    return 0;
}
}
