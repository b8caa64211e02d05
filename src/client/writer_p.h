// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_WRITER_P_H
#define QTPREFORK_WRITER_P_H

#include <QtPrefork/client.h>

#include "client/connection_p.h"
#include "client/pendingcall_p.h"
#include "pool/pool_p.h"

#include <atomic>
#include <vector>

namespace Prefork {
class CheckoutPrivate;
}

namespace Prefork::Internal {

class ClientCore;

/// Writes calls, cancels and releases to the workers, on the pool's orders. Everything for a worker is collected in its
/// stream during a turn of the event loop, and is handed to the kernel in one piece at the end of the turn. The Writer
/// counts the bytes that wait, stalls workers that take no more, and refuses calls above maxBytesToWrite. ClientCore
/// owns it.
class Writer
{
public:
    Writer(ClientCore *core, Pooling::Pool *pool, const ClientOptions &options);

    /// Writes a call, as the last one of its checkout, straight into a stream's write buffer, if the pool would send it
    /// at once and nothing else speaks against that. Returns its number on the connection; otherwise returns 0 and does
    /// nothing. The arguments must be plain.
    [[nodiscard]] quint64 callAtOnce(Pooling::CheckoutId checkout, const detail::CallTarget &target,
                                     const detail::CallArguments &arguments, const Pooling::CallOptions &options);
    /// Does the same for a one-shot: makes it, and returns its checkout, or 0. The call is kept in @p copy, for it may
    /// have to be sent again. The number of the call on its connection is put into @p number.
    [[nodiscard]] Pooling::CheckoutId oneShotAtOnce(const detail::CallTarget &target,
                                                    const detail::CallArguments &arguments,
                                                    const Pooling::CheckoutOptions &options,
                                                    const Pooling::CallOptions &call, UnsentCall *copy,
                                                    quint64 *number);
    /// Returns an UnsentCall of @p target without a message, whose memory may have been used before.
    [[nodiscard]] std::unique_ptr<UnsentCall> takeUnsent(const detail::CallTarget &target);
    /// A call with a future was given to a stream in this turn.
    void noteFuture(const Pooling::CallRef &call) { m_newFutures.push_back(call); }
    /// Counts the bytes of a call that is encoded and waits to be sent. Returns an error if too many bytes wait
    /// already.
    [[nodiscard]] std::optional<Error> accept(PendingCall &call);
    /// Counts the bytes of a call no more, for it is going to settle, and keeps the memory of its message for others.
    void forget(PendingCall &call)
    {
        if (call.unsent)
            recycle(call);
    }

    // These carry out the pool's orders.
    void send(const Pooling::Action &action);
    void sendDone(const Pooling::Action &action);
    void sendCancel(const Pooling::Action &action);

    /// The stream of @p connection has bytes that must be flushed at the end of this turn.
    void markDirty(const ConnectionPtr &connection)
    {
        if (!std::exchange(connection->isDirty, true))
            addDirty(connection);
    }
    /// Hands what was written in this turn to the kernel. Returns whether the kernel has taken anything.
    bool flush();
    /// Counts again how many bytes wait in the stream of @p connection.
    void countBacklog(Connection &connection);
    /// A call was rejected while orders are being carried out: these may still name calls that the pool has taken back.
    void noteRejection() { m_hasStaleOrders = true; }
    void endOrders() { m_hasStaleOrders = false; }

    [[nodiscard]] qint64 bytesToWrite() const { return m_unsentBytes + m_streamBytes; }
    /// The signal bytesWritten() was connected: from now on takeReport() reports bytes. This is thread-safe.
    void reportWrites() { m_reportsWrites.store(true, std::memory_order_relaxed); }
    /// Returns whether there are bytes to report by bytesWritten(); takeReport() returns how many, and counts from 0
    /// again.
    [[nodiscard]] bool hasReport() const;
    [[nodiscard]] qint64 takeReport();

private:
    [[nodiscard]] std::optional<QString> problemOf(const Connection &connection, const PendingCall &call) const;
    void write(const ConnectionPtr &connection, const Wire::OutMessage &message);
    void addDirty(const ConnectionPtr &connection);
    void cancelUnwritten();
    void appended(const ConnectionPtr &connection, qsizetype size);
    // Tells whether a call of this size would exceed ClientOptions::maxBytesToWrite. If nothing waits, none does.
    [[nodiscard]] bool wouldExceed(qsizetype size) const
    {
        const qint64 waiting = bytesToWrite();
        return m_maxBytesToWrite > 0 && waiting > 0 && waiting + size > m_maxBytesToWrite;
    }
    // Calls with a limit for their run are timed by the exact clock.
    [[nodiscard]] Pooling::Time sendingTime() const;
    void recycle(PendingCall &call);
    [[nodiscard]] bool isFull(const Connection &connection) const
    {
        return connection.stream->bytesToWrite() > m_maxInFlightBytes;
    }
    void stallIfFull(const Connection &connection)
    {
        if (isFull(connection)) [[unlikely]]
            stall(connection);
    }
    void stall(const Connection &connection);

    ClientCore *const m_core;
    Pooling::Pool &m_pool;
    const qint64 m_maxBytesToWrite;
    const qint64 m_maxInFlightBytes;
    std::vector<ConnectionPtr> m_dirty; // connections to be flushed at the end of the turn
    std::vector<ConnectionPtr> m_flushing; // those being flushed; a member so that its memory is used again
    std::vector<Pooling::CallRef> m_newFutures; // calls with a future that were given to a stream in this turn
    std::vector<std::unique_ptr<UnsentCall>> m_spare; // empty ones, to be used again
    bool m_hasStaleOrders = false; // orders being carried out may name calls that the pool has taken back
    qint64 m_unsentBytes = 0; // bytes of calls that no stream has yet
    qint64 m_streamBytes = 0; // bytes in streams that the kernel has not taken yet
    std::atomic<bool> m_reportsWrites = false;
    qint64 m_writtenBytes = 0; // bytes that the kernel has taken and that were not reported yet
};

}

#endif
