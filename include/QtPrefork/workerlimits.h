// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_WORKERLIMITS_H
#define QTPREFORK_WORKERLIMITS_H

#include <QtPrefork/global.h>

#include <chrono>
#include <optional>

QT_BEGIN_NAMESPACE
class QDebug;
QT_END_NAMESPACE

namespace Prefork {

/// Limits of a worker process, and the user that it runs as. Every worker is put under its limits directly after it was
/// forked, before setup. It cannot raise them again, unless it runs as root.
///
/// A limit that is unset keeps the value that the program has. A zygote tries the limits on a child of its own first.
/// If a limit cannot be applied, the zygote is not valid, and Zygote::errorString() names the limit. If a worker cannot
/// apply a limit later, it logs this and ends before its first call. Each worker has these limits for itself: they do
/// not limit the sum of all workers.
///
/// **Threads.** Each thread may have its own copies of a value. Several threads must not use one object at the same
/// time.
struct WorkerLimits
{
    /// The largest size of the address space, in bytes (RLIMIT_AS). Mapped files and libraries count too, so add some
    /// hundred megabytes for them. Beyond this limit, std::bad_alloc is thrown, which becomes the error of the call.
    /// Code that does not handle the exception aborts (SIGABRT). Do not use this limit with AddressSanitizer, which
    /// maps terabytes.
    std::optional<qint64> addressSpace = {};
    /// The most processor time of a worker in its whole life, in seconds (RLIMIT_CPU); at least 1. When it is used up,
    /// the worker is killed by SIGXCPU or, if it ignores this signal, a second later by SIGKILL. Its call gets
    /// WorkerLost. Use ClientOptions::maxCheckouts to replace workers before that.
    std::optional<std::chrono::seconds> cpuTime = {};
    /// The limit for descriptors (RLIMIT_NOFILE); at least 4. The number of every descriptor is less than this limit.
    /// Beyond this limit, opening a file fails with EMFILE. Descriptors 0-2, the connection, and those that preload has
    /// kept open count too. If it is unset, workers have the limit that the program had before its zygote raised its
    /// own.
    std::optional<int> openFiles = {};
    /// The largest size of a core dump, in bytes (RLIMIT_CORE). 0 means that no core is dumped. SIGXCPU and SIGXFSZ
    /// cause a core dump, too. A kernel that pipes core dumps to a program ignores this limit.
    std::optional<qint64> coreSize = {};
    /// The largest size of a file, in bytes (RLIMIT_FSIZE). If a worker writes beyond it, it is killed by SIGXFSZ or,
    /// if it ignores this signal, writing fails with EFBIG. Standard output and error count too if they are files: a
    /// long log would kill every worker that writes to it.
    std::optional<qint64> fileSize = {};
    /// The nice value (see nice(1)), from -20 to 19. It is absolute, not relative to the program's value. A higher
    /// value needs no privilege. A worker cannot lower it again without a privilege (CAP_SYS_NICE, RLIMIT_NICE).
    std::optional<int> nice = {};
    /// The value that is written to /proc/PID/oom_score_adj, from -1000 to 1000. When memory runs out, a process with a
    /// higher value is killed sooner. 0 means that the worker keeps the value of the program. A higher value needs no
    /// privilege. With a few hundred, the kernel kills a worker, which can be replaced, and not the server or the
    /// client's program.
    int oomScoreAdjust = 0;
    /// Whether programs that a worker executes are kept from gaining privileges (PR_SET_NO_NEW_PRIVS). If this is true,
    /// setuid programs such as sudo and su fail, and file capabilities have no effect.
    bool noNewPrivileges = true;
    /// The user id of workers: the real, the effective and the saved one. It needs root, and groupId must be set too.
    /// At its start, each worker checks that it cannot get the privileges back. Descriptors from preload stay open. The
    /// zygote and the server go on to run as root. The environment (HOME, USER) and the current directory do not
    /// change. Such a worker dumps no core, and its /proc/self belongs to root.
    std::optional<quint32> userId = {};
    /// The group id of workers. They have no other groups. It needs root.
    std::optional<quint32> groupId = {};
};

QTPREFORK_EXPORT QDebug operator<<(QDebug debug, const WorkerLimits &limits);

}

#endif
