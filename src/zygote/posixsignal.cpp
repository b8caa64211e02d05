// SPDX-License-Identifier: MIT
#include "zygote/posix_p.h"

#include <array>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

namespace Prefork::Posix {

namespace {

int s_terminationPipe = -1;
volatile std::sig_atomic_t s_terminations = 0;
struct sigaction s_oldInterrupt;
struct sigaction s_oldTerminate;

void onTermination(int signal)
{
    const int error = errno;
    s_terminations = s_terminations + 1;
    if (s_terminations == 2) {
        ::signal(SIGINT, SIG_DFL);
        ::signal(SIGTERM, SIG_DFL);
    }
    const char byte = char(signal);
    [[maybe_unused]] const ssize_t written = ::write(s_terminationPipe, &byte, 1);
    errno = error;
}

}

Fd watchTermination()
{
    std::array<int, 2> ends{};
    errno = EBUSY;
    if (s_terminationPipe >= 0 || ::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0)
        return {};
    s_terminationPipe = ends[1];
    s_terminations = 0;
    struct sigaction action
    {
    };
    action.sa_handler = onTermination;
    action.sa_flags = SA_RESTART;
    ::sigemptyset(&action.sa_mask);
    ::sigaction(SIGINT, &action, &s_oldInterrupt);
    ::sigaction(SIGTERM, &action, &s_oldTerminate);
    return Fd(ends[0]);
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
