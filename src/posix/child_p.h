// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POSIXCHILD_P_H
#define QTPREFORK_POSIXCHILD_P_H

#include "posix/descriptor_p.h"

#include <chrono>
#include <optional>
#include <sys/types.h>

/// These functions and classes are for child processes: how they have ended, and how to end them.
namespace Prefork::Posix {

/// From now on ended children wait to be reaped, even if a library has arranged something else.
void keepEndedChildren();
/// This says how a child has ended.
struct Death
{
    pid_t pid = 0;
    int exitCode = -1; ///< -1 if it was killed by a signal
    int signal = 0; ///< 0 if it was not; if exitCode is -1 as well, nobody knows how it ended
};

[[nodiscard]] QString describeDeath(const Death &death);
/// Returns false, with the cause in errno, if this process is not allowed to wait for children of its own, or to send
/// them signals, by any of the calls for that.
[[nodiscard]] bool maySuperviseChildren();
/// Kills a child of this process and reaps it.
void killChild(pid_t pid);
/// This is a child of this process, which nobody else should reap: it is asked about its end, sent signals, and reaped.
/// A pidfd is used where the kernel gives one, and older calls where it does not.
class ChildProcess
{
public:
    ChildProcess() = default;
    explicit ChildProcess(pid_t pid);

    [[nodiscard]] pid_t pid() const { return m_pid; }
    /// Returns a descriptor that is readable when the child has ended; -1 if there is none, and then errno had the
    /// cause when this object was made.
    [[nodiscard]] int descriptor() const { return m_descriptor.get(); }
    /// Sends @p signal. Returns false, and does nothing, if the child has been reaped.
    bool signal(int signal) const;
    /// Returns how the child has ended; nothing if it has not, or if it cannot be known yet because another process
    /// traces it. The child remains to be reaped, if the kernel has a call that looks without reaping.
    [[nodiscard]] std::optional<Death> death() const;
    /// Returns whether the child has ended according to /proc, which knows it even while another process traces the
    /// child. Returns false if /proc cannot be read.
    [[nodiscard]] bool isZombie() const;
    /// Waits for the child's end, for ever if @p timeout is unset. Returns whether it has ended.
    bool waitForEnd(std::optional<std::chrono::nanoseconds> timeout) const;
    /// Reaps the child, if it has ended. If somebody else has reaped it, nobody knows how it ended.
    std::optional<Death> reap() const;

private:
    pid_t m_pid = 0;
    Fd m_descriptor;
    mutable std::optional<Death> m_reaped; // set when its pid may belong to another process
};

/// This class has a descriptor that becomes readable when any child ends, by SIGCHLD. The zygote uses it for children
/// that have no descriptor of their own. A process has at most one at a time.
class EndedChildren
{
    Q_DISABLE_COPY_MOVE(EndedChildren)

public:
    EndedChildren() = default;
    ~EndedChildren() { close(); }
    /// Opens the descriptor. Returns false if no descriptors are left.
    [[nodiscard]] bool open();
    void close();
    [[nodiscard]] bool isOpen() const { return m_readEnd.isOpen(); }
    /// Returns a descriptor that is readable if a child has ended since the last clear().
    [[nodiscard]] int descriptor() const { return m_readEnd.get(); }
    void clear();

private:
    Fd m_readEnd;
};

}

#endif
