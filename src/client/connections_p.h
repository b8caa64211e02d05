// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CONNECTIONS_P_H
#define QTPREFORK_CONNECTIONS_P_H

#include "client/connection_p.h"
#include "client/transport_p.h"
#include "pool/idmap_p.h"
#include "pool/pool_p.h"

namespace Prefork::Internal {

class ClientCore;

/// A client's connections: how they come and go, and what the pool is told of it.
class Connections
{
public:
    Connections(ClientCore *core, Pooling::Pool *pool, std::unique_ptr<Transport> transport);

    /// Null if there is none.
    [[nodiscard]] const ConnectionPtr *look(quint64 worker) const { return m_connections.find(worker); }
    [[nodiscard]] ConnectionPtr find(quint64 worker) const;
    [[nodiscard]] std::size_t count() const { return m_connections.size(); }
    template <class Visit>
    void forEach(Visit visit) const
    {
        for (const auto &[worker, connection] : m_connections)
            visit(connection);
    }
    /// Why the last attempt to connect has failed; empty once one has succeeded.
    [[nodiscard]] QString error() const { return m_error; }

    // The pool's orders.
    void connectWorker(quint64 worker);
    void close(quint64 worker);
    void hangUp(quint64 worker);

    /// The worker has said hello, or is of a kind that says none.
    void becomeReady(const ConnectionPtr &connection);
    /// The stream is at its end.
    void end(const ConnectionPtr &connection);
    void sayGoodbye(const ConnectionPtr &connection, const Wire::Incoming &message);
    /// The worker is gone, for the reason that is known by now.
    void lose(const ConnectionPtr &connection);
    enum class NextCall { Unsent, Sent };
    void breakOff(const ConnectionPtr &connection, const QString &problem, NextCall next = NextCall::Sent);

    /// There is an event loop that knows nothing of these connections.
    void reattach();
    /// For a client that is turned by hand: connects what can be without an event loop, and looks for deaths.
    void connectPostponed();
    void lookForDeaths();

private:
    using Loss = Pooling::Pool::Loss;

    void onConnected(quint64 worker, const std::shared_ptr<Stream> &stream);
    void onSilence(quint64 worker);
    void onConnectFailed(quint64 worker, const QString &cause, const QString &absence = {});
    void announceFailure(const QString &cause, bool isRefusal);
    void onDrained(quint64 worker);
    void onDeathExplained(quint64 worker);
    void explainLater(quint64 worker);
    void lose(const ConnectionPtr &connection, const QString &cause, const Pooling::Begun &begun,
              Loss loss = Loss::Unexpected);
    void drop(const ConnectionPtr &connection);

    ClientCore *const m_core;
    Pooling::Pool &m_pool;
    const std::unique_ptr<Transport> m_transport; // null if there is no way to a worker
    Pooling::IdMap<ConnectionPtr> m_connections;
    std::vector<quint64> m_postponed; // workers to be connected once there is an event loop
    QString m_error;
};

}

#endif
