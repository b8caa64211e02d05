// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_WRITER_P_H
#define QTPREFORK_WRITER_P_H

#include <QtPrefork/client.h>

#include "client/connection_p.h"
#include "pool/pool_p.h"

#include <atomic>
#include <vector>

namespace Prefork {
class CheckoutPrivate;
}

namespace Prefork::Internal {

class ClientCore;
struct PendingCall;

/// What a client writes, and when: everything that is to be said to a worker in one turn of the event loop goes in one
/// piece at its end.
class Writer
{
public:
    Writer(ClientCore *core, Pooling::Pool *pool, const ClientOptions &options);

    /// Writes @p call, which will be the last of its checkout's, straight into the write buffer, if it can go now and
    /// nothing else is in the way; else false and nothing has happened.
    [[nodiscard]] bool callAtOnce(const CheckoutPrivate &checkout, const detail::CallTarget &target,
                                  const detail::CallArguments &arguments, const Pooling::CallOptions &options,
                                  PendingCall &call);
    /// Takes account of a call that is encoded and waits for its turn. What speaks against it, if too much waits.
    [[nodiscard]] std::optional<Error> accept(PendingCall &call);
    /// The call has settled: what of it was not written will not be.
    void forget(PendingCall &call);

    // The pool's orders.
    void send(const Pooling::Action &action);
    void sendDone(const Pooling::Action &action);
    void sendCancel(const Pooling::Action &action);

    /// The stream of @p connection has taken something that is to leave at the end of this turn.
    void markDirty(const ConnectionPtr &connection);
    /// The end of the turn. Returns whether the kernel has taken anything.
    bool flush();
    void countBacklog(Connection &connection);
    /// The orders being carried out may concern a call that was rejected meanwhile.
    void noteRejection() { m_hasTakenBack = true; }
    void endOrders() { m_hasTakenBack = false; }

    [[nodiscard]] qint64 bytesToWrite() const { return m_unsentBytes + m_streamBytes; }
    /// From now on takeReport() has something to tell. In any thread.
    void reportWrites() { m_reportsWrites.store(true, std::memory_order_relaxed); }
    /// Bytes handed to the kernel that nobody has been told of, if anybody wants to know.
    [[nodiscard]] bool hasReport() const;
    [[nodiscard]] qint64 takeReport();

private:
    [[nodiscard]] std::optional<QString> problemOf(const Connection &connection, const PendingCall &call) const;
    void write(const ConnectionPtr &connection, const Wire::OutMessage &message);
    void noteFuture(Pooling::CheckoutId checkout, const PendingCall &call);
    void cancelUnwritten();
    [[nodiscard]] bool isFull(const Connection &connection) const;
    void stallIfFull(const Connection &connection);

    ClientCore *const m_core;
    Pooling::Pool &m_pool;
    const qint64 m_maxBytesToWrite;
    const qint64 m_maxInFlightBytes;
    std::vector<ConnectionPtr> m_dirty; // to be flushed at the end of the turn
    std::vector<ConnectionPtr> m_flushing; // being flushed, in memory that is used again
    std::vector<Pooling::CallRef> m_newFutures; // of calls that streams have taken in this turn
    bool m_hasTakenBack = false; // the pool, a call that the orders being carried out may still name
    qint64 m_unsentBytes = 0; // of calls no stream has yet
    qint64 m_streamBytes = 0; // of calls in streams, not yet handed to the kernel
    std::atomic<bool> m_reportsWrites = false;
    qint64 m_writtenBytes = 0; // handed to the kernel and not announced yet
};

}

#endif
