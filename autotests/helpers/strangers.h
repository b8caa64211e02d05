// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_STRANGERS_H
#define AUTOTESTS_STRANGERS_H

#include "helpers/calls.h"

#include <cerrno>
#include <csignal>
#include <grp.h>
#include <optional>
#include <sys/wait.h>
#include <unistd.h>

namespace Test {

inline constexpr uid_t Nobody = 65534;

[[nodiscard]] inline bool isRoot()
{
    return ::geteuid() == 0;
}

/// While it lives this process acts on files as nobody; needs root.
class ActingAsNobody
{
    Q_DISABLE_COPY_MOVE(ActingAsNobody)

public:
    ActingAsNobody()
    {
        m_isDone = ::setegid(Nobody) == 0 && ::seteuid(Nobody) == 0;
        Q_ASSERT(m_isDone);
    }
    ~ActingAsNobody()
    {
        m_isDone = ::seteuid(0) == 0 && ::setegid(0) == 0;
        Q_ASSERT(m_isDone);
    }

private:
    bool m_isDone = false;
};

/// A child of this program that does one thing, of system calls only. Killed and reaped when this is destroyed.
class Stranger
{
    Q_DISABLE_COPY_MOVE(Stranger)

public:
    enum As { Self, OtherUser };
    /// What @p act returns is the child's exit status; as OtherUser, nobody's, it needs root.
    template <class Act>
    Stranger(As as, Act act)
    {
        m_pid = ::fork();
        if (m_pid != 0)
            return;
        if (as == OtherUser
            && (::setgroups(0, nullptr) != 0 || ::setresgid(Nobody, Nobody, Nobody) != 0
                || ::setresuid(Nobody, Nobody, Nobody) != 0))
            ::_exit(99);
        ::_exit(act());
    }
    ~Stranger()
    {
        if (hasEnded())
            return;
        ::kill(m_pid, SIGKILL);
        static_cast<void>(reaped());
    }

    [[nodiscard]] bool hasEnded()
    {
        int status = 0;
        if (!m_status && ::waitpid(m_pid, &status, WNOHANG) == m_pid)
            m_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        return m_status.has_value();
    }
    /// Its exit status, for which the event loop runs on; -1 if it was killed or does not end.
    [[nodiscard]] int status()
    {
        QTimer tick; // nothing else tells of its end
        tick.start(5);
        return waitUntil([this] { return hasEnded(); }) ? *m_status : -1;
    }
    /// The same with the event loop at a stand.
    [[nodiscard]] int statusAtOnce()
    {
        const int status = reaped();
        m_status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        return *m_status;
    }

private:
    // Another child's end may interrupt the wait, as it does that of waitForInput().
    [[nodiscard]] int reaped() const
    {
        int status = 0;
        while (::waitpid(m_pid, &status, 0) < 0 && errno == EINTR) { }
        return status;
    }

    pid_t m_pid = -1;
    std::optional<int> m_status;
};

}

#endif
