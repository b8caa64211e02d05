// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ZYGOTEPROCESS_P_H
#define QTPREFORK_ZYGOTEPROCESS_P_H

#include <QtPrefork/zygote.h>

#include "posix/blanks_p.h"
#include "posix/poller_p.h"
#include "zygote/unservedconnections_p.h"
#include "zygote/waitingforks_p.h"
#include "zygote/workers_p.h"

#include <deque>

namespace Prefork {
class InterfacePrivate;
}

namespace Prefork::Internal {

/// The zygote's side: everything between fork and the end of its last worker, on one loop.
class ZygoteProcess
{
public:
    ZygoteProcess(InterfacePrivate &interface, const ZygoteOptions &options, Scoreboard &scoreboard, Posix::Fd control);
    /// Returns the exit code of its process.
    int run();

private:
    [[nodiscard]] QString prepare();
    [[nodiscard]] QString becomeZygote();
    [[nodiscard]] QString preload() const;
    [[nodiscard]] QString descriptorProblem() const;
    [[nodiscard]] QString openPoller();
    [[nodiscard]] quint32 capacity();
    void serve();
    void takeRequests();
    void take(const ZygoteMessages::Request &request, Posix::Fd connection);
    void tryWaitingForks();
    void receiveGuest(const ZygoteMessages::Request &request, Posix::Fd connection);
    void onGuest(quint64 id);
    void provide(const ZygoteMessages::Request &request, Posix::Fd connection);
    [[nodiscard]] bool isDone() const;
    [[nodiscard]] std::optional<std::chrono::nanoseconds> patience() const;
    void onProgramGone();
    void onTermination();
    void tell(const ZygoteMessages::Event &event);
    void flushEvents();

    InterfacePrivate &m_interface;
    const ZygoteOptions m_options;
    Posix::Fd m_control;
    Posix::Blanks m_blanks;
    std::vector<int> m_openBefore; // preload: of tools that let nobody close it
    Posix::Fd m_termination; // readable when SIGTERM has come
    bool m_isEnding = false; // for it has
    Posix::Poller m_poller;
    std::deque<ZygoteMessages::Event> m_unsent; // while the program does not read
    bool m_awaitsRoom = false;
    WaitingForks m_waiting;
    UnservedConnections m_silent;
    Workers m_workers;
};

}

#endif
