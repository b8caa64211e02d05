// SPDX-License-Identifier: MIT
#include "posix/signal_p.h"

#include <cerrno>
#include <csignal>
#include <unistd.h>
#include <utility>
#include <vector>

namespace Prefork::Posix {

namespace {

int s_terminationPipe = -1;
volatile std::sig_atomic_t s_terminations = 0;
struct sigaction s_oldInterrupt;
struct sigaction s_oldTerminate;

void passOn(int signal)
{
    const int error = errno;
    const char byte = char(signal);
    [[maybe_unused]] const ssize_t written = ::write(s_terminationPipe, &byte, 1);
    errno = error;
}

void onTermination(int signal)
{
    s_terminations = s_terminations + 1;
    if (s_terminations == 2) {
        ::signal(SIGINT, SIG_DFL);
        ::signal(SIGTERM, SIG_DFL);
    }
    passOn(signal);
}

// The signals that had another effect than the default one when noteSignals() was called, if that is still true.
std::vector<int> s_noted;
bool s_isNoted = false;

// These are for the signal handler of a worker.
pid_t s_zygote = 0;
void (*s_onLeaveSignal)() = nullptr;

void onWorkerSignal(int signal, siginfo_t *info, void *)
{
    const int error = errno;
    if (signal == SIGTERM && info->si_pid == s_zygote) {
        ::signal(SIGTERM, SIG_DFL);
        ::raise(SIGTERM); // the signal comes when this handler returns
    } else {
        s_onLeaveSignal();
    }
    errno = error;
}

struct sigaction emptyAction()
{
    struct sigaction action{};
    ::sigemptyset(&action.sa_mask);
    action.sa_flags = SA_RESTART;
    return action;
}

}

const int LeaveSignal = SIGHUP;

bool hasDefaultEffect(int signal)
{
    struct sigaction now{};
    return ::sigaction(signal, nullptr, &now) != 0 || ((now.sa_flags & SA_SIGINFO) == 0 && now.sa_handler == SIG_DFL);
}

void resetSignals()
{
    if (std::exchange(s_isNoted, false)) {
        for (const int signal : s_noted)
            ::signal(signal, SIG_DFL);
        ::signal(SIGCHLD, SIG_DFL); // this library itself may have set it since (EndedChildren)
    } else {
        for (int signal = 1; signal < NSIG; ++signal)
            ::signal(signal, SIG_DFL);
    }
    struct sigaction action = emptyAction();
    action.sa_handler = [](int) { };
    ::sigaction(SIGPIPE, &action, nullptr);
}

void noteSignals()
{
    s_noted.clear();
    for (int signal = 1; signal < NSIG; ++signal) {
        if (signal != SIGPIPE && !hasDefaultEffect(signal)) // resetSignals() sets SIGPIPE in any case
            s_noted.push_back(signal);
    }
    s_isNoted = true;
}

void receiveSignals()
{
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void onLeaveSignal(pid_t zygote, void (*handler)())
{
    s_zygote = zygote;
    s_onLeaveSignal = handler;
    struct sigaction action = emptyAction();
    action.sa_sigaction = onWorkerSignal;
    action.sa_flags |= SA_SIGINFO;
#ifdef __SANITIZE_THREAD__ // ThreadSanitizer calls the handler only when the waiting system call has ended
    action.sa_flags &= ~SA_RESTART;
#endif
    ::sigaction(LeaveSignal, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
}

Fd watchSigterm()
{
    auto ends = openPipe();
    if (!ends)
        return {};
    s_terminationPipe = ends->second.take();
    struct sigaction action = emptyAction();
    action.sa_handler = passOn;
    if (::sigaction(SIGTERM, &action, nullptr) != 0)
        return {};
    return std::move(ends->first);
}

Fd watchTermination()
{
    errno = EBUSY;
    auto ends = s_terminationPipe < 0 ? openPipe() : std::nullopt;
    if (!ends)
        return {};
    s_terminationPipe = ends->second.take();
    s_terminations = 0;
    struct sigaction action = emptyAction();
    action.sa_handler = onTermination;
    ::sigaction(SIGINT, &action, &s_oldInterrupt);
    ::sigaction(SIGTERM, &action, &s_oldTerminate);
    return std::move(ends->first);
}

void unwatchTermination()
{
    if (s_terminationPipe < 0)
        return;
    ::sigaction(SIGINT, &s_oldInterrupt, nullptr);
    ::sigaction(SIGTERM, &s_oldTerminate, nullptr);
    ::close(std::exchange(s_terminationPipe, -1));
}

}
