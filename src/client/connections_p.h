// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CONNECTIONS_P_H
#define QTPREFORK_CONNECTIONS_P_H

#include "client/connection_p.h"
#include "client/transport_p.h"
#include "pool/idmap_p.h"
#include "pool/pool_p.h"

namespace Prefork::Internal {

class ClientCore;

/// Makes and ends the connections of a client, on the pool's orders and as workers come and go, and tells the pool what
/// becomes of them. ClientCore owns it. It owns the Connection objects and the Transport that makes their streams. It
/// neither reads calls' answers (Reader does) nor writes calls (Writer does).
class Connections
{
public:
    Connections(ClientCore *core, Pooling::Pool *pool, std::unique_ptr<Transport> transport);

    /// Returns null if the worker has no connection. find() does the same, and keeps the connection alive.
    [[nodiscard]] const ConnectionPtr *lookUp(quint64 worker) const { return m_connections.find(worker); }
    [[nodiscard]] ConnectionPtr find(quint64 worker) const;
    [[nodiscard]] std::size_t count() const { return m_connections.size(); }
    template <class Visit>
    void forEach(Visit visit) const
    {
        for (const auto &[worker, connection] : m_connections)
            visit(connection);
    }
    /// Says why the last attempt to connect failed; empty once one has succeeded.
    [[nodiscard]] QString error() const { return m_error; }
    /// Returns the process id of a worker; 0 if it is not known.
    [[nodiscard]] qint64 processIdOf(quint64 worker) const;

    // These carry out the pool's orders.
    void connectWorker(quint64 worker);
    void close(quint64 worker);
    void hangUp(quint64 worker);

    /// The worker has said hello, or its protocol has no hello: the pool may use it now.
    void becomeReady(const ConnectionPtr &connection);
    /// The stream is at its end. The worker is lost as soon as the transport can say why it died.
    void onEndOfStream(const ConnectionPtr &connection);
    /// The worker, or its zygote, has said goodbye.
    void onGoodbye(const ConnectionPtr &connection, const Wire::Incoming &message);
    /// Tells the pool that the worker is lost, for the reason that is known by now.
    void lose(const ConnectionPtr &connection);
    /// Tells whether the call that the pool has given to the worker next was written already.
    enum class NextCall { Unsent, Sent };
    /// Ends the connection because the worker broke the protocol; @p problem says how.
    void breakOff(const ConnectionPtr &connection, const QString &problem, NextCall next = NextCall::Sent);

    /// Registers all streams with an event loop that is new to them.
    void reattach();
    /// connectPostponed() and pollTransport() are for a client that is turned by hand. The first connects the workers
    /// that can be connected without an event loop, the second looks for deaths of workers.
    void connectPostponed();
    void pollTransport();
    /// Says that workers which are connected from now on shall not be old ones.
    void renewTransport();

private:
    using Loss = Pooling::Pool::Loss;

    void onConnected(quint64 worker, const std::shared_ptr<Stream> &stream);
    void onHelloOverdue(quint64 worker);
    void onConnectFailed(quint64 worker, const QString &cause, const QString &absence = {});
    void announceFailure(const QString &cause, bool isRefusal);
    void warnOfOutage(const QString &cause, Pooling::Time since);
    void onDrained(quint64 worker);
    void onDeathExplained(quint64 worker);
    void explainLater(quint64 worker);
    void lose(const ConnectionPtr &connection, const QString &cause, const Pooling::Begun &begun,
              Loss loss = Loss::Unexpected);
    void drop(const ConnectionPtr &connection);

    ClientCore *const m_core;
    Pooling::Pool &m_pool;
    const std::unique_ptr<Transport> m_transport; // null if no worker can ever be connected
    Pooling::IdMap<ConnectionPtr> m_connections;
    std::vector<quint64> m_postponed; // workers that will be connected once there is an event loop
    QString m_error;
    /// This is the time since which no attempt to connect has succeeded, if one has failed.
    std::optional<Pooling::Time> m_failingSince;
    bool m_hasWarned = false; // of the attempts that have failed since then
};

}

#endif
