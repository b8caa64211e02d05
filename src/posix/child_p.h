// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POSIXCHILD_P_H
#define QTPREFORK_POSIXCHILD_P_H

#include "posix/descriptor_p.h"

#include <chrono>
#include <optional>
#include <sys/types.h>

/// Children: how they end, and how they are ended.
namespace Prefork::Posix {

/// Ended children wait to be reaped, whatever some library has arranged.
void keepEndedChildren();
struct Death
{
    pid_t pid = 0;
    int exitCode = -1; ///< -1 when killed by a signal
    int signal = 0; ///< and if this is 0 too, nobody knows
};

[[nodiscard]] QString describeDeath(const Death &death);
/// False, with the cause in errno, if there is no call by which this process may wait for children of its own, or none
/// by which it may send them signals.
[[nodiscard]] bool maySuperviseChildren();
/// Ends a child of ours, and reaps it.
void killChild(pid_t pid);
/// A child of ours that nobody else reaps. Kernels and filters that know no descriptors of processes are made do with.
class ChildProcess
{
public:
    ChildProcess() = default;
    explicit ChildProcess(pid_t pid);

    [[nodiscard]] pid_t pid() const { return m_pid; }
    /// Readable from its end on; -1 if there is none to be had, with the cause in errno when this was made.
    [[nodiscard]] int descriptor() const { return m_descriptor.get(); }
    /// Does nothing to one that has been reaped.
    bool signal(int signal) const;
    /// How it has ended; unset if it has not, or if nobody may know yet because another process traces it. It stays to
    /// be reaped, as far as the kernel allows to look without doing so.
    [[nodiscard]] std::optional<Death> death() const;
    /// Whether it has ended according to /proc, which says so even while another process traces it; false if /proc says
    /// nothing.
    [[nodiscard]] bool isZombie() const;
    /// Waits for its end, for ever if @p timeout is unset. Whether it has ended.
    bool waitForEnd(std::optional<std::chrono::nanoseconds> timeout) const;
    /// Reaps it, if it has ended. One that somebody else has reaped has ended in a way that nobody knows.
    std::optional<Death> reap() const;

private:
    pid_t m_pid = 0;
    Fd m_descriptor;
    mutable std::optional<Death> m_reaped; // from when on its pid may be another's
};

/// Says on a descriptor that children have ended, for those of whom no other one says it. There is one at a time in a
/// process.
class EndedChildren
{
    Q_DISABLE_COPY_MOVE(EndedChildren)

public:
    EndedChildren() = default;
    ~EndedChildren() { close(); }
    /// False if there are no descriptors for it.
    [[nodiscard]] bool open();
    void close();
    [[nodiscard]] bool isOpen() const { return m_readEnd.isOpen(); }
    /// Readable when a child has ended since the last clear().
    [[nodiscard]] int descriptor() const { return m_readEnd.get(); }
    void clear();

private:
    Fd m_readEnd;
};

}

#endif
