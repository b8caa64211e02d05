// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_WAITINGFORKS_P_H
#define QTPREFORK_WAITINGFORKS_P_H

#include "posix/descriptor_p.h"
#include "zygote/zygotemessages_p.h"

#include <deque>
#include <functional>

namespace Prefork::Internal {

/// These are connections in the zygote that wait for a worker because a fork has failed, or there is no free page. The
/// oldest is tried again after a while; a connection whose client hangs up is closed.
class WaitingForks
{
public:
    /// Forks a worker for the connection and takes it, or leaves it and returns why there can be none:
    /// Workers::spawn().
    using Spawn = std::function<std::optional<QString>(const ZygoteMessages::Request &request, Posix::Fd &connection)>;
    using Gone = std::function<void(quint64 id)>;

    [[nodiscard]] bool isEmpty() const { return m_waiting.empty(); }
    /// Adds a connection. @p cause says why it has to wait. All times are in the time of ScoreboardPage::now().
    void add(const ZygoteMessages::Request &request, Posix::Fd connection, const QString &cause, qint64 now);
    /// Closes the connection of the Spawn @p id; false if it is not here.
    bool dismiss(quint64 id);
    /// Closes all connections; returns the ids of their Spawns.
    std::vector<quint64> dismissAll();
    /// Says that the worker that the Spawn @p id will get has to leave when it is free; false if that connection is not
    /// here.
    bool drain(quint64 id);
    /// Tries again, if it is time: closes connections whose client has gone, then forks for the others while that
    /// succeeds.
    void act(qint64 now, const Spawn &spawn, const Gone &gone);
    /// Returns when act() has something to do; WorkerWatch::Never if it has nothing.
    [[nodiscard]] qint64 nextAct() const;
    /// Closes, when the program is gone, all connections but those of UnservedConnections, whose clients had a
    /// connection when their server ended.
    void onProgramGone();

private:
    struct Waiting
    {
        ZygoteMessages::Request request;
        Posix::Fd connection;
    };
    void letGo(const Gone &gone);

    std::deque<Waiting> m_waiting;
    qint64 m_nextTry = 0;
    qint64 m_pause = 0;
};

}

#endif
