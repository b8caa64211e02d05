// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_UNSERVEDCONNECTIONS_P_H
#define QTPREFORK_UNSERVEDCONNECTIONS_P_H

#include "posix/poller_p.h"
#include "zygote/zygotemessages_p.h"

#include <functional>
#include <set>
#include <unordered_map>

namespace Prefork::Internal {

/// These are connections on which the client had written nothing when their server ended. The zygote keeps them for a
/// limited time, because a client cannot tell such a connection from one that has a worker: each gets a worker when its
/// client writes.
class UnservedConnections
{
public:
    using Gone = std::function<void(quint64 id)>;
    struct Waiting
    {
        ZygoteMessages::Request request; ///< a Spawn with isSilent
        Posix::Fd connection;
    };

    explicit UnservedConnections(Posix::Poller &poller)
        : m_poller(poller)
    {
    }
    [[nodiscard]] bool isEmpty() const { return m_connections.empty(); }
    /// Takes a connection; false if the poller cannot watch it: then it is closed.
    [[nodiscard]] bool add(Waiting waiting);
    /// Takes out the connection of the Spawn @p id (the poller's number for it as well), whose client has written
    /// something. If the client has hung up instead, @p gone is called and nothing is returned.
    [[nodiscard]] std::optional<Waiting> onReadable(quint64 id, const Gone &gone);
    /// Closes the connection of the Spawn @p id; false if it is not here.
    bool dismiss(quint64 id);
    /// Closes the connections whose time is over.
    void expire(qint64 now, const Gone &gone);
    /// Returns when expire() has something to do; WorkerWatch::Never if it has nothing.
    [[nodiscard]] qint64 nextExpiry() const;

private:
    [[nodiscard]] std::optional<Waiting> takeOut(quint64 id);

    Posix::Poller &m_poller;
    std::unordered_map<quint64, Waiting> m_connections; // by id
    std::set<std::pair<qint64, quint64>> m_deadlines; // when the time of which connection is over
};

}

#endif
