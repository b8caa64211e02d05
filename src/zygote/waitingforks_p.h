// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_WAITINGFORKS_P_H
#define QTPREFORK_WAITINGFORKS_P_H

#include "posix/descriptor_p.h"
#include "zygote/zygotemessages_p.h"

#include <deque>
#include <functional>

namespace Prefork::Internal {

/// Connections for which there can be no worker just now. Their clients wait; who hangs up is let go.
class WaitingForks
{
public:
    /// Takes the connection, or leaves it and says why not, as Workers::spawn().
    using Spawn = std::function<std::optional<QString>(const ZygoteMessages::Request &request, Posix::Fd &connection)>;
    using Gone = std::function<void(quint64 id)>;

    [[nodiscard]] bool isEmpty() const { return m_waiting.empty(); }
    /// @p now: as ScoreboardPage::now(), like all times here. @p cause: why it has to wait.
    void add(const ZygoteMessages::Request &request, Posix::Fd connection, const QString &cause, qint64 now);
    /// The one of the Spawn @p id waits no longer. False if none does.
    bool dismiss(quint64 id);
    /// Nobody waits any longer. Returns who has.
    std::vector<quint64> dismissAll();
    /// The worker for the one of the Spawn @p id is to leave when it is free. False if none waits.
    bool drain(quint64 id);
    /// Tries again, if it is time.
    void act(qint64 now, const Spawn &spawn, const Gone &gone);
    /// When act() has something to do; WorkerWatch::Never if it has nothing.
    [[nodiscard]] qint64 nextAct() const;
    /// The program is gone: only those may wait on whose clients had a connection when their server came to its end.
    void orphan();

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
