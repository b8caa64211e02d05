// SPDX-License-Identifier: MIT
#include "posix/child_p.h"

#include "posix/poller_p.h"
#include "posix/retry_p.h"

#include <array>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace Prefork::Posix {

using namespace std::chrono_literals;

namespace {

int s_endedPipe = -1;

void onChildEnded(int)
{
    const int error = errno;
    [[maybe_unused]] const ssize_t written = ::write(s_endedPipe, "", 1); // if the pipe is full, it is readable anyway
    errno = error;
}

std::optional<Death> deathFrom(const siginfo_t &info, pid_t pid)
{
    if (info.si_pid != pid)
        return {};
    if (info.si_code == CLD_EXITED)
        return Death{pid, info.si_status, 0};
    return Death{pid, -1, info.si_status};
}

}

void keepEndedChildren()
{
    ::signal(SIGCHLD, SIG_DFL);
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

bool maySuperviseChildren()
{
    siginfo_t info{};
    int status = 0;
    const pid_t self = ::getpid(); // a process is no child of itself
    const bool mayWait = ::waitpid(self, &status, WNOHANG) == 0 || errno == ECHILD
        || ::waitid(P_PID, id_t(self), &info, WEXITED | WNOHANG) == 0 || errno == ECHILD;
    if (!mayWait)
        return false;
    const Fd process(int(::syscall(SYS_pidfd_open, self, 0)));
    return (process.isOpen() && ::syscall(SYS_pidfd_send_signal, process.get(), 0, nullptr, 0) == 0)
        || ::kill(self, 0) == 0;
}

void killChild(pid_t pid)
{
    ::kill(pid, SIGKILL);
    int status = 0;
    retry([&] { return ::waitpid(pid, &status, 0); });
}

ChildProcess::ChildProcess(pid_t pid)
    : m_pid(pid)
    , m_descriptor(int(::syscall(SYS_pidfd_open, pid, 0)))
{
}

bool ChildProcess::signal(int signal) const
{
    if (m_reaped)
        return false;
    if (m_descriptor.isOpen()) {
        if (::syscall(SYS_pidfd_send_signal, m_descriptor.get(), signal, nullptr, 0) == 0)
            return true;
        if (errno == ESRCH)
            return false;
    }
    // Before a child is reaped, no other process can have its pid.
    return !death() && ::kill(m_pid, signal) == 0;
}

std::optional<Death> ChildProcess::death() const
{
    if (m_reaped)
        return m_reaped;
    siginfo_t info{};
    if (retry([&] { return ::waitid(P_PID, id_t(m_pid), &info, WEXITED | WNOHANG | WNOWAIT); }) == 0)
        return deathFrom(info, m_pid);
    if (errno != ECHILD && (reap() || errno != ECHILD)) // here reaping is the only way to know
        return m_reaped;
    return Death{m_pid, -1, 0}; // somebody else has reaped it
}

bool ChildProcess::isZombie() const
{
    const QByteArray path = QByteArrayLiteral("/proc/") + QByteArray::number(m_pid) + QByteArrayLiteral("/stat");
    const Fd file(::open(path.constData(), O_RDONLY | O_CLOEXEC));
    std::array<char, 128> text{}; // the state comes behind the name, which is short, and may contain brackets too
    if (!file.isOpen() || readSome(file.get(), text).status != Transfer::Done)
        return false;
    const std::string_view stat(text.data(), text.size());
    const std::size_t state = stat.rfind(") ");
    return state != stat.npos && stat.substr(state).starts_with(") Z");
}

bool ChildProcess::waitForEnd(std::optional<std::chrono::nanoseconds> timeout) const
{
    constexpr std::chrono::nanoseconds Pause = 5ms; // how often to check if no descriptor tells of its end
    const auto start = std::chrono::steady_clock::now();
    for (;;) {
        std::array watches{Watch{m_descriptor.get()}};
        std::optional<std::chrono::nanoseconds> left;
        if (timeout)
            left = std::max<std::chrono::nanoseconds>(0ns, start + *timeout - std::chrono::steady_clock::now());
        if (m_descriptor.isOpen())
            waitFor(watches, left);
        else if (!death())
            waitFor({}, std::min(Pause, left.value_or(Pause)));
        if (watches.front().readable || death())
            return true;
        if (left == 0ns)
            return false;
    }
}

std::optional<Death> ChildProcess::reap() const
{
    if (m_reaped)
        return m_reaped;
    int status = 0;
    errno = 0;
    const pid_t pid = retry([&] { return ::waitpid(m_pid, &status, WNOHANG); });
    if (pid == m_pid) {
        m_reaped = WIFSIGNALED(status) ? Death{pid, -1, WTERMSIG(status)} : Death{pid, WEXITSTATUS(status), 0};
    } else if (pid < 0 && errno != ECHILD) {
        siginfo_t info{};
        if (retry([&] { return ::waitid(P_PID, id_t(m_pid), &info, WEXITED | WNOHANG); }) == 0)
            m_reaped = deathFrom(info, m_pid);
    }
    return m_reaped;
}

bool EndedChildren::open()
{
    auto ends = openPipe();
    if (!ends)
        return false;
    m_readEnd = std::move(ends->first);
    s_endedPipe = ends->second.take();
    struct sigaction action{};
    action.sa_handler = onChildEnded;
    action.sa_flags = SA_RESTART | SA_NOCLDSTOP;
    ::sigemptyset(&action.sa_mask);
    ::sigaction(SIGCHLD, &action, nullptr);
    return true;
}

void EndedChildren::close()
{
    if (!isOpen())
        return;
    ::signal(SIGCHLD, SIG_DFL);
    ::close(std::exchange(s_endedPipe, -1));
    m_readEnd.reset();
}

void EndedChildren::clear()
{
    std::array<char, 512> bytes;
    while (readSome(m_readEnd.get(), bytes).status == Transfer::Done) { }
}

}
