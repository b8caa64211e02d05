// SPDX-License-Identifier: MIT
#ifndef STORM_FAMILY_H
#define STORM_FAMILY_H

#include <QtCore/QByteArray>
#include <QtCore/QList>

#include <chrono>
#include <optional>
#include <sys/types.h>
#include <vector>

/// The processes below the storm's own. What they leave behind becomes its child.
namespace Storm {

using Clock = std::chrono::steady_clock;

class Descriptor
{
    Q_DISABLE_COPY(Descriptor)

public:
    explicit Descriptor(int descriptor = -1)
        : m_descriptor(descriptor)
    {
    }
    Descriptor(Descriptor &&other) noexcept;
    Descriptor &operator=(Descriptor &&other) noexcept;
    ~Descriptor();
    [[nodiscard]] bool isOpen() const { return m_descriptor >= 0; }
    [[nodiscard]] int get() const { return m_descriptor; }

private:
    int m_descriptor;
};

struct Ended
{
    pid_t pid = 0;
    int code = 0; ///< as in siginfo_t: how
    int status = 0; ///< exit code or signal

    [[nodiscard]] bool isNormal() const;
    [[nodiscard]] QString text() const;
};

/// Makes this process the parent of all orphans below it, and notes SIGINT, SIGTERM and SIGHUP for stopSignal() instead
/// of ending.
void leadFamily();
/// The signal that says that this is to end; 0 as long as none does.
[[nodiscard]] int stopSignal();

/// Starts this program again. It ends when this process does, and has the ledger.
[[nodiscard]] pid_t startRole(const QList<QByteArray> &arguments, int ledger);
/// One child that has ended, reaped now.
[[nodiscard]] std::optional<Ended> reapChild();
[[nodiscard]] bool hasChildren();
/// Kills and reaps children, and what becomes a child thereby, until there are none.
void endFamily();

[[nodiscard]] std::vector<pid_t> childrenOf(pid_t parent);

/// A process that cannot be mistaken for a later one of the same number: closed if @p pid is no living child of @p
/// parent.
[[nodiscard]] Descriptor openChild(pid_t pid, pid_t parent);
/// False if it has ended.
bool sendSignal(const Descriptor &process, int signal);
[[nodiscard]] bool hasEnded(const Descriptor &process);

}

#endif
