// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ZYGOTEPROCESS_P_H
#define QTPREFORK_ZYGOTEPROCESS_P_H

#include <QtPrefork/zygote.h>

#include "zygote/posix_p.h"
#include "zygote/scoreboard_p.h"
#include "zygote/zygotemessages_p.h"

#include <deque>
#include <vector>

namespace Prefork {

class InterfacePrivate;

/// The zygote's side: everything between fork and the end of its last worker.
class ZygoteProcess
{
public:
    ZygoteProcess(InterfacePrivate &interface, const ZygoteOptions &options, Scoreboard &scoreboard, Posix::Fd control);
    [[noreturn]] void run();

private:
    struct Child
    {
        quint64 id = 0;
        quint64 number = 0;
        pid_t pid = 0;
        Posix::Fd pidFd;
        std::size_t slot = 0;
        bool hung = false;
    };

    [[nodiscard]] QString becomeZygote();
    [[nodiscard]] QString undeclaredDescriptor() const;
    void serve();
    void takeRequests();
    void spawn(const ZygoteMessages::Spawn &request, Posix::Fd connection);
    void refuse(quint64 id, const QString &cause);
    void reapEnded(std::span<const Posix::Watch> watches);
    [[nodiscard]] std::optional<std::chrono::nanoseconds> killHung();
    void tell(const ZygoteMessages::Event &event);
    void flushEvents();

    InterfacePrivate &m_interface;
    const ZygoteOptions m_options;
    Scoreboard &m_scoreboard;
    Posix::Fd m_control;
    std::vector<Child> m_children;
    std::deque<ZygoteMessages::Event> m_unsent; // while the program does not read
    quint64 m_lastNumber = 0;
};

}

#endif
