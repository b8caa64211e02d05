// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_UNSERVEDCONNECTIONS_P_H
#define QTPREFORK_UNSERVEDCONNECTIONS_P_H

#include "posix/poller_p.h"
#include "zygote/zygotemessages_p.h"

#include <functional>
#include <set>
#include <unordered_map>

namespace Prefork::Internal {

/// Connections that had said nothing yet when their server came to its end. To their clients they are as good as those
/// that have a worker, and so each gets one when it speaks.
class UnservedConnections
{
public:
    using Gone = std::function<void(quint64 id)>;
    struct Waiting
    {
        ZygoteMessages::Request request; ///< a silent Spawn
        Posix::Fd connection;
    };

    explicit UnservedConnections(Posix::Poller &poller)
        : m_poller(poller)
    {
    }
    [[nodiscard]] bool isEmpty() const { return m_connections.empty(); }
    /// False if it cannot be watched; the connection ends here then.
    [[nodiscard]] bool add(Waiting waiting);
    /// The connection that has spoken, of the Spawn @p id, which is the poller's number of it too; unset if it has
    /// gone.
    [[nodiscard]] std::optional<Waiting> onReadable(quint64 id, const Gone &gone);
    /// The one of the Spawn @p id is let go. False if there is none.
    bool dismiss(quint64 id);
    /// Those whose time is over are let go.
    void expire(qint64 now, const Gone &gone);
    /// When expire() has something to do; WorkerWatch::Never if it has nothing.
    [[nodiscard]] qint64 nextExpiry() const;

private:
    [[nodiscard]] std::optional<Waiting> takeOut(quint64 id);

    Posix::Poller &m_poller;
    std::unordered_map<quint64, Waiting> m_connections; // by id
    std::set<std::pair<qint64, quint64>> m_deadlines; // when whose time is over
};

}

#endif
