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

/// What a worker process may use up, and as whom it runs. Every worker is put under its limits right after it is
/// forked, before setup; it cannot leave them again, unless it runs as root, who may raise them.
///
/// What is unset stays as the program has it. A zygote tries the limits on a child of its own first: one that cannot be
/// applied makes it invalid, and Zygote::errorString() names it. A worker that later cannot apply one says so in the
/// log and ends before its first call. Limits are each worker's own, not their sum's.
///
/// **Threads.** A value: each thread may have copies of its own; one object is not for several at once.
struct WorkerLimits
{
    /// Bytes of address space (RLIMIT_AS), mapped files and libraries included, so leave room for some hundred
    /// megabytes. Beyond it std::bad_alloc is thrown, which a method's caller gets as an error; code that cannot do
    /// with it aborts (SIGABRT). Not for programs under AddressSanitizer, which map terabytes.
    std::optional<qint64> addressSpace = {};
    /// Seconds of processor time in a worker's whole life (RLIMIT_CPU); at least 1. Then it is killed by SIGXCPU and,
    /// if it ignores that, a second later by SIGKILL: its call gets WorkerLost. See ClientOptions::maxCheckouts for
    /// workers that are to be replaced in time.
    std::optional<std::chrono::seconds> cpuTime = {};
    /// Descriptors (RLIMIT_NOFILE) are numbered below this; at least 4. Beyond it opening fails with EMFILE.
    /// Descriptors 0-2, the connection and those kept from preload count. Unset, workers have the limit the program had
    /// before its zygote lifted its own.
    std::optional<int> openFiles = {};
    /// Bytes of a core dump (RLIMIT_CORE); 0 = none. SIGXCPU and SIGXFSZ dump one too. A kernel that pipes core dumps
    /// to a program does not ask.
    std::optional<qint64> coreSize = {};
    /// Bytes to which a file may grow (RLIMIT_FSIZE). Writing beyond it kills the worker with SIGXFSZ; a worker that
    /// ignores that signal gets EFBIG. Standard output and error count too if they are files: a long log would kill
    /// every worker that adds to it.
    std::optional<qint64> fileSize = {};
    /// The scheduling priority (see nice(1)), -20 to 19, not relative to the program's. Raising it needs no privilege;
    /// a worker cannot lower it again without one (CAP_SYS_NICE, RLIMIT_NICE).
    std::optional<int> nice = {};
    /// How much sooner (up to 1000) or later (-1000) than others a worker is killed when memory runs out
    /// (/proc/PID/oom_score_adj); 0 = as the program. Raising it needs no privilege. With a few hundred the kernel
    /// takes a worker, which can be replaced, and not the server or the program in which the client lives.
    int oomScoreAdjust = 0;
    /// Whether what a worker executes can gain no privileges (PR_SET_NO_NEW_PRIVS): neither setuid programs, so that
    /// sudo and su fail, nor file capabilities.
    bool noNewPrivileges = true;
    /// The user as whom workers run, in all three of its user ids; needs root, and groupId. That nothing can be
    /// regained is tried at each start. Descriptors from preload stay open; the zygote and the server stay root. The
    /// environment (HOME, USER) and the current directory stay as they are, a core is not dumped, and /proc/self
    /// belongs to root.
    std::optional<quint32> userId = {};
    /// The group as which workers run, their only one; needs root.
    std::optional<quint32> groupId = {};
};

QTPREFORK_EXPORT QDebug operator<<(QDebug debug, const WorkerLimits &limits);

}

#endif
