// SPDX-License-Identifier: MIT
#include "posix/process_p.h"

#include "posix/nulldescriptors_p.h"
#include "posix/signal_p.h"

#include <algorithm>
#include <bsd/unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <dirent.h>
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

namespace Prefork::Posix {

namespace {

int s_argumentCount = 0;
char **s_arguments = nullptr;

[[gnu::constructor]] void noteArguments(int argc, char **argv)
{
    s_argumentCount = argc;
    s_arguments = argv;
}

}

void occupyStandardDescriptors()
{
    for (int descriptor = 0; descriptor <= 2; ++descriptor) {
        if (::fcntl(descriptor, F_GETFD) >= 0 || errno != EBADF)
            continue;
        if (Fd nothing = openNullDevice(); nothing.get() == descriptor) // otherwise another thread has taken the number
            ::fcntl(nothing.take(), F_SETFD, 0); // executed programs inherit it
    }
}

void outliveBrokenPipes()
{
    if (hasDefaultEffect(SIGPIPE))
        ::signal(SIGPIPE, SIG_IGN);
}

void inChildren(void (*call)())
{
    ::pthread_atfork(nullptr, nullptr, call);
}

pid_t forkProcess() noexcept
{
    flushStdio();
    // The parent's signal handlers know nothing of the child, so they must not run there.
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

void exitAtOnce()
{
    ::on_exit([](int status, void *) { exitNow(status); }, nullptr);
    ::at_quick_exit([] { exitNow(1); });
}

void exitNow(int status)
{
    flushStdio();
    ::_exit(status);
}

void endWithParent(pid_t parent)
{
    if (::prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && ::getppid() != parent)
        exitNow(0); // it had ended before
}

void outliveParent()
{
    ::prctl(PR_SET_PDEATHSIG, 0);
}

pid_t processId()
{
    return ::getpid();
}

uid_t userId()
{
    return ::geteuid();
}

void tidyFreeMemory()
{
    constexpr std::size_t Much = 64 * 1024; // less than what is mapped on its own
    void *volatile const memory = std::malloc(Much); // volatile: otherwise the compiler would leave both calls out
    std::free(memory);
}

void releaseFreeMemory()
{
#ifdef __GLIBC__
    ::malloc_trim(0);
#endif
}

int threadCount()
{
    int count = 0;
    if (DIR *const tasks = ::opendir("/proc/self/task")) {
        while (const dirent *entry = ::readdir(tasks))
            count += entry->d_name[0] != '.';
        ::closedir(tasks);
    }
    if (count > 0)
        return count;
    // unshare(CLONE_THREAD) changes nothing in a process with one thread, and fails in one with several.
    return ::unshare(CLONE_THREAD) != 0 && errno == EINVAL ? 2 : 1;
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
    exitAtOnce();
    resetSignals();
    std::sort(keep.begin(), keep.end());
    closeAllBut(keep);
}

void prepareTitles()
{
    if (char **const arguments = std::exchange(s_arguments, nullptr))
        setproctitle_init(s_argumentCount, arguments, environ);
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
