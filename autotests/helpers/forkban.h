// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_FORKBAN_H
#define AUTOTESTS_FORKBAN_H

#include <QtCore/QtGlobal>

#include <algorithm>
#include <csignal>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace Test {

/// Root may always fork, so the program becomes somebody whom limits apply to.
inline void leaveRoot()
{
    constexpr uid_t Nobody = 65534;
    if (::geteuid() != 0)
        return;
    if (::setresgid(Nobody, Nobody, Nobody) != 0 || ::setresuid(Nobody, Nobody, Nobody) != 0)
        qFatal("cannot become somebody else than root");
    ::prctl(PR_SET_DUMPABLE, 1); // or its own /proc/self/fd would be root's
}

inline void limitProcesses(rlim_t count)
{
    rlimit limit{};
    ::getrlimit(RLIMIT_NPROC, &limit);
    limit.rlim_cur = std::min(count, limit.rlim_max);
    ::setrlimit(RLIMIT_NPROC, &limit);
}

/// This process may have no further one until it gets SIGUSR1. For a zygote's preload.
inline void forbidFork()
{
    limitProcesses(0);
    std::signal(SIGUSR1, [](int) { limitProcesses(RLIM_INFINITY); });
}

}

#endif
