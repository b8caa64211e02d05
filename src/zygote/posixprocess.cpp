// SPDX-License-Identifier: MIT
#include "zygote/posix_p.h"

#include "zygote/posixretry_p.h"

#include <algorithm>
#include <array>
#include <bsd/unistd.h>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <malloc.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace Prefork::Posix {

namespace {

// setproctitle() writes over argv, so it must see it before anything else does.
[[gnu::constructor]] void captureArguments(int argc, char **argv, char **environment)
{
    setproctitle_init(argc, argv, environment);
}

// From here on exit() ends like exitNow(): no handlers or static destructors of the parent's program run in a worker.
void makeExitImmediate()
{
    ::on_exit([](int status, void *) { exitNow(status); }, nullptr);
    ::at_quick_exit([] { exitNow(1); });
}

void closeOthers(std::vector<int> keep)
{
    keep.erase(std::remove_if(keep.begin(), keep.end(), [](int descriptor) { return descriptor <= 2; }), keep.end());
    std::sort(keep.begin(), keep.end());
    unsigned first = 3;
    const auto closeUpTo = [&first](unsigned last) {
        if (first > last || ::syscall(SYS_close_range, first, last, 0) == 0)
            return;
        // Filters for system calls do not know it, or refuse it: what stayed open would keep the connections of others.
        for (const int descriptor : openDescriptors()) {
            if (unsigned(descriptor) >= first && unsigned(descriptor) <= last)
                ::close(descriptor);
        }
    };
    for (const int descriptor : keep) {
        closeUpTo(unsigned(descriptor) - 1);
        first = unsigned(descriptor) + 1;
    }
    closeUpTo(UINT_MAX);
}

}

void occupyStandardDescriptors()
{
    for (int descriptor = 0; descriptor <= 2; ++descriptor) {
        if (::fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF)
            continue;
        if (const int null = ::open("/dev/null", O_RDWR); null > descriptor)
            ::close(null); // somebody else was faster
    }
}

void outliveBrokenPipes()
{
    struct sigaction now
    {
    };
    if (::sigaction(SIGPIPE, nullptr, &now) == 0 && (now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == SIG_DFL)
        ::signal(SIGPIPE, SIG_IGN);
}

pid_t forkProcess()
{
    flushStdio();
    // The parent's handlers know nothing of the child, so they must not run there.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, &before);
    const pid_t pid = ::fork();
    const int error = errno;
    if (pid != 0)
        ::sigprocmask(SIG_SETMASK, &before, nullptr);
    errno = error;
    return pid;
}

void exitNow(int status)
{
    flushStdio();
    ::_exit(status);
}

pid_t processId()
{
    return ::getpid();
}

uid_t userId()
{
    return ::geteuid();
}

void releaseFreeMemory()
{
#ifdef __GLIBC__
    ::malloc_trim(0);
#endif
}

int threadCount()
{
    DIR *const tasks = ::opendir("/proc/self/task");
    if (!tasks)
        return 1;
    int count = 0;
    while (const dirent *entry = ::readdir(tasks))
        count += entry->d_name[0] != '.';
    ::closedir(tasks);
    return count;
}

Fd openPidFd(pid_t pid)
{
    return Fd(int(::syscall(SYS_pidfd_open, pid, 0)));
}

void killChild(pid_t pid)
{
    ::kill(pid, SIGKILL);
    int status = 0;
    retry([&] { return ::waitpid(pid, &status, 0); });
}

bool signalProcess(int pidFd, int signal)
{
    return ::syscall(SYS_pidfd_send_signal, pidFd, signal, nullptr, 0) == 0;
}

std::optional<Death> deathOf(pid_t pid)
{
    siginfo_t info{};
    if (retry([&] { return ::waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT); }) != 0)
        return errno == ECHILD ? std::optional(Death{pid, -1, 0}) : std::nullopt; // somebody else has waited for it
    if (info.si_pid != pid)
        return {};
    if (info.si_code == CLD_EXITED)
        return Death{pid, info.si_status, 0};
    return Death{pid, -1, info.si_status};
}

std::optional<Death> reap(pid_t pid)
{
    int status = 0;
    if (retry([&] { return ::waitpid(pid, &status, WNOHANG); }) != pid)
        return {};
    Death death;
    death.pid = pid;
    if (WIFSIGNALED(status))
        death.signal = WTERMSIG(status);
    else
        death.exitCode = WEXITSTATUS(status);
    return death;
}

QString describeDeath(const Death &death)
{
    if (death.signal == 0 && death.exitCode < 0)
        return QStringLiteral("ended in a way that was hidden from its zygote");
    if (death.signal == 0)
        return QStringLiteral("exited with status %1").arg(death.exitCode);
    const char *const name = ::sigabbrev_np(death.signal);
    const QString signal = name ? QStringLiteral("SIG%1").arg(QLatin1StringView(name)) : QString::number(death.signal);
    return QStringLiteral("was killed by %1").arg(signal);
}

quint64 liftDescriptorLimit()
{
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    limitDescriptors(limit.rlim_max);
    return limit.rlim_cur;
}

quint64 descriptorLimit()
{
    rlimit limit{};
    return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 0;
}

void limitDescriptors(quint64 count)
{
    rlimit limit{};
    if (count == 0 || ::getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = std::min<rlim_t>(count, limit.rlim_max);
    ::setrlimit(RLIMIT_NOFILE, &limit);
}

void leadSession()
{
    ::setsid();
}

void leadGroup(pid_t pid)
{
    ::setpgid(pid, pid);
}

void killGroup(pid_t leader)
{
    ::kill(-leader, SIGKILL);
}

bool signalGroup(pid_t leader, int signal)
{
    return ::getpgid(leader) == leader && ::kill(-leader, signal) == 0;
}

void beginProcess(std::vector<int> keep)
{
    makeExitImmediate();
    resetSignals();
    closeOthers(std::move(keep));
}

void keepEndedChildren()
{
    ::signal(SIGCHLD, SIG_DFL);
}

std::vector<int> openDescriptors()
{
    std::vector<int> descriptors;
    DIR *const directory = ::opendir("/proc/self/fd");
    if (!directory)
        return descriptors;
    while (const dirent *entry = ::readdir(directory)) {
        const int descriptor = std::atoi(entry->d_name);
        if (entry->d_name[0] != '.' && descriptor != ::dirfd(directory))
            descriptors.push_back(descriptor);
    }
    ::closedir(directory);
    std::sort(descriptors.begin(), descriptors.end());
    return descriptors;
}

QString describeDescriptor(int descriptor)
{
    std::array<char, 4096> target{};
    const QByteArray link = QByteArrayLiteral("/proc/self/fd/") + QByteArray::number(descriptor);
    const ssize_t length = ::readlink(link.constData(), target.data(), target.size());
    return length > 0 ? QString::fromLocal8Bit(target.data(), length) : QStringLiteral("unknown");
}

void setTitle(const QByteArray &title)
{
    setproctitle("-%s", title.constData());
}

void flushStdio()
{
    std::fflush(nullptr);
}

}
