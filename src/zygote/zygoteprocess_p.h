// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ZYGOTEPROCESS_P_H
#define QTPREFORK_ZYGOTEPROCESS_P_H

#include <QtPrefork/zygote.h>

#include "posix/nulldescriptors_p.h"
#include "posix/poller_p.h"
#include "zygote/unservedconnections_p.h"
#include "zygote/waitingforks_p.h"
#include "zygote/workers_p.h"

#include <deque>

namespace Prefork {
class InterfacePrivate;
}

namespace Prefork::Internal {

/// This is the zygote process: everything between its fork and the end of its last worker, on one loop without Qt's
/// event loop. It prepares the process, runs preload, takes the program's requests, and lets Workers, WaitingForks and
/// UnservedConnections do what is due.
class ZygoteProcess
{
public:
    ZygoteProcess(InterfacePrivate &interface, const ZygoteOptions &options, Scoreboard &scoreboard, Posix::Fd control);
    /// Runs until the zygote may end; returns the exit code.
    int run();

private:
    [[nodiscard]] QString prepare();
    [[nodiscard]] QString becomeZygote();
    void prepareForWorkers();
    [[nodiscard]] QString preload() const;
    [[nodiscard]] QString descriptorProblem() const;
    [[nodiscard]] QString openPoller();
    [[nodiscard]] quint32 capacity();
    void serve();
    void takeRequests();
    void take(const ZygoteMessages::Request &request, Posix::Fd connection);
    void provideAgain();
    void tryWaitingForks();
    void keepSilent(const ZygoteMessages::Request &request, Posix::Fd connection);
    void onSilentReadable(quint64 id);
    void provide(const ZygoteMessages::Request &request, Posix::Fd connection);
    [[nodiscard]] bool isDone() const;
    [[nodiscard]] std::optional<std::chrono::nanoseconds> timeToWait() const;
    void onProgramGone();
    void onTermination();
    void tell(const ZygoteMessages::ZygoteEvent &event);
    void flushEvents();

    InterfacePrivate &m_interface;
    const ZygoteOptions m_options;
    Posix::Fd m_control;
    Posix::NullDescriptors m_nullDescriptors;
    std::vector<int> m_openBefore; // descriptors open before preload: some tools do not let theirs be closed
    Posix::Fd m_termination; // readable if SIGTERM has come
    bool m_isEnding = false; // SIGTERM has come
    Posix::Poller m_poller;
    std::deque<ZygoteMessages::ZygoteEvent> m_unsent; // events that wait because the program does not read
    bool m_awaitsRoom = false;
    WaitingForks m_waiting;
    UnservedConnections m_silent;
    Workers m_workers;
};

}

#endif
