// SPDX-License-Identifier: MIT
#include "zygote/posix_p.h"

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
#include <sys/syscall.h>
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
