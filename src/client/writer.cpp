// SPDX-License-Identifier: MIT
#include "client/writer_p.h"

#include "client/clientcore_p.h"
#include "posix/clock_p.h"
#include "wire/callproblems_p.h"

namespace Prefork::Internal {

using Posix::now;
using Posix::roughNow;

Writer::Writer(ClientCore *core, Pooling::Pool *pool, const ClientOptions &options)
    : m_core(core)
    , m_pool(*pool)
    , m_maxBytesToWrite(options.maxBytesToWrite)
    , m_maxInFlightBytes(options.maxInFlightBytes)
{
}

// No user code may run here, for it would find a message half written.
quint64 Writer::callAtOnce(Pooling::CheckoutId checkout, const detail::CallTarget &target,
                           const detail::CallArguments &arguments, const Pooling::CallOptions &options)
{
    if (m_maxBytesToWrite > 0 && bytesToWrite() >= m_maxBytesToWrite)
        return 0;
    const auto sending = m_pool.sendingNow(checkout);
    const ConnectionPtr *const found = sending ? m_core->connections().lookUp(sending->worker) : nullptr;
    if (!found || (*found)->ended)
        return 0;
    Connection &connection = **found;
    Stream &stream = *connection.stream;
    const qsizetype size
        = connection.codec->encodeCall(target, arguments, connection.lastSent + 1, sending->group, stream.tail());
    if (size == 0) {
        stream.tidyUp();
        return 0;
    }
    m_pool.callSent(checkout, options, sendingTime());
    appended(*found, size);
    return connection.lastSent;
}

Pooling::CheckoutId Writer::oneShotAtOnce(const detail::CallTarget &target, const detail::CallArguments &arguments,
                                          const Pooling::CheckoutOptions &options, const Pooling::CallOptions &call,
                                          UnsentCall *copy, quint64 *number)
{
    const auto sending = m_pool.sendingOneShotNow(call);
    const ConnectionPtr *const found = sending ? m_core->connections().lookUp(sending->worker) : nullptr;
    // encodeCall() below does not ask whether the worker takes less than every other worker does.
    if (!found || (*found)->ended || isFull(**found) || (*found)->traits.maxDecodedSize < detail::DecodedAllowance)
        return 0;
    Connection &connection = **found;
    Stream &stream = *connection.stream;
    const qsizetype size = connection.codec->encodeCall(target, arguments, connection.lastSent + 1, sending->group,
                                                        stream.tail(), &copy->message);
    if (size == 0 || wouldExceed(size)) {
        stream.tail()->chop(size);
        stream.tidyUp();
        copy->message.bytes.resize(0);
        return 0;
    }
    const Pooling::CheckoutId id = m_pool.oneShotSent(*sending, options, call, sendingTime());
    appended(*found, size);
    *number = connection.lastSent;
    return id;
}

// A call was encoded into the write buffer of the connection.
inline void Writer::appended(const ConnectionPtr &to, qsizetype size)
{
    Connection &connection = *to;
    if (connection.inFlight() == 0)
        connection.flightStart = connection.stream->bytesGiven();
    ++connection.lastSent;
    connection.stream->appended(size);
    connection.backlog += size;
    m_streamBytes += size;
    markDirty(to);
    stallIfFull(connection);
}

inline Pooling::Time Writer::sendingTime() const
{
    return m_pool.countsRuns() ? now() : roughNow();
}

std::unique_ptr<UnsentCall> Writer::takeUnsent(const detail::CallTarget &target)
{
    std::unique_ptr<UnsentCall> unsent;
    if (m_spare.empty()) {
        unsent = std::make_unique<UnsentCall>();
    } else {
        unsent = std::move(m_spare.back());
        m_spare.pop_back();
    }
    unsent->literal = target.literal;
    unsent->signature = target.signature;
    return unsent;
}

void Writer::recycle(PendingCall &call)
{
    constexpr std::size_t MostSpare = 64;
    constexpr qsizetype Small = 256;
    m_unsentBytes -= call.takeSize();
    UnsentCall &unsent = *call.unsent;
    if (m_spare.size() >= MostSpare || !unsent.refusal.isNull() || unsent.message.chunks.capacity() > 0
        || unsent.message.bytes.capacity() > Small || !unsent.message.bytes.isDetached())
        return;
    unsent.message.bytes.resize(0);
    unsent.message.decodedSize = 0;
    m_spare.push_back(std::move(call.unsent));
}

std::optional<Error> Writer::accept(PendingCall &call)
{
    UnsentCall &unsent = *call.unsent;
    if (wouldExceed(unsent.size)) {
        const qsizetype size = std::exchange(unsent.size, 0);
        unsent.message = {}; // the call settles only later, and many more may be refused before: memory is freed now
        return Error(Error::QueueFull,
                     QStringLiteral("%1 bytes are waiting to be written already, and %2 more would exceed "
                                    "ClientOptions::maxBytesToWrite")
                         .arg(bytesToWrite())
                         .arg(size));
    }
    m_unsentBytes += unsent.size;
    return {};
}

// Returns why this worker would not accept the call, although its arguments could be encoded.
std::optional<QString> Writer::problemOf(const Connection &connection, const PendingCall &call) const
{
    const UnsentCall &unsent = *call.unsent;
    if (unsent.signature) {
        if (auto problem = connection.codec->mismatch(unsent.literal, *unsent.signature))
            return problem;
    }
    return Wire::sendingProblem(unsent.message, connection.traits);
}

void Writer::send(const Pooling::Action &action)
{
    if (m_hasStaleOrders && !m_pool.isWith(action.worker, {action.checkout, action.call}))
        return;
    PendingCall *const call = m_core->callers().find(action.checkout, action.call);
    const ConnectionPtr connection = m_core->connections().find(action.worker);
    if (!call || !connection)
        return;
    UnsentCall &unsent = *call->unsent;
    if (unsent.message.size() == 0)
        return; // accept() refused the call after the pool had ordered this; the order to drop the worker comes next
    if (const auto problem = problemOf(*connection, *call)) {
        m_hasStaleOrders = true;
        m_pool.rejected(action.checkout, action.call, Error(Error::BadArguments, *problem), now());
        return;
    }
    if (isFull(*connection) && m_pool.postponed(action.checkout, action.call, now())) {
        m_hasStaleOrders = true;
        return;
    }
    // An idle worker whose protocol has no goodbye never sends anything. So if there is input, the worker has ended.
    const bool isAtEnd = !connection->traits.pipelines && action.isFirst && connection->stream->hasInput();
    if (connection->inFlight() == 0)
        connection->flightStart = connection->stream->bytesGiven();
    call->number = ++connection->lastSent;
    if (connection->ended || isAtEnd) {
        m_core->connections().lose(connection);
        return;
    }
    connection->codec->address(&unsent.message, connection->lastSent, action.group);
    m_unsentBytes -= call->takeSize();
    if (call->handler->hasFuture())
        noteFuture({action.checkout, call->id});
    write(connection, unsent.message);
}

// Cancels calls whose futures were canceled before the calls are handed to the kernel. The worker then reads the cancel
// together with the call, so that the call does not begin.
void Writer::cancelUnwritten()
{
    std::vector<Pooling::CallRef> calls;
    calls.swap(m_newFutures);
    for (const Pooling::CallRef &ref : calls) {
        const PendingCall *const call = m_core->callers().find(ref.checkout, ref.call);
        if (call && call->handler->isCanceled())
            m_core->cancel(ref);
    }
    if (m_newFutures.empty()) { // give it its memory back, to be used again
        calls.clear();
        m_newFutures.swap(calls);
    }
}

void Writer::write(const ConnectionPtr &connection, const Wire::OutMessage &message)
{
    Stream &stream = *connection->stream;
    if (message.chunks.empty()) {
        stream.append(message.bytes);
    } else {
        Wire::forEachPiece(
            message.bytes, message.chunks, [&stream](QByteArrayView bytes) { stream.append(bytes); },
            [&stream](const QByteArray &bytes) { stream.appendShared(bytes); });
    }
    countBacklog(*connection);
    markDirty(connection);
    stallIfFull(*connection);
}

void Writer::stall(const Connection &connection)
{
    m_pool.setStalled(connection.worker, true, now());
}

void Writer::countBacklog(Connection &connection)
{
    const qint64 backlog = connection.dropped ? 0 : connection.stream->bytesToWrite();
    m_streamBytes += backlog - std::exchange(connection.backlog, backlog);
}

void Writer::sendDone(const Pooling::Action &action)
{
    const ConnectionPtr connection = m_core->connections().find(action.worker);
    if (!connection)
        return;
    Stream &stream = *connection->stream;
    const qsizetype before = stream.tail()->size();
    connection->codec->encodeDone(connection->lastSent, stream.tail());
    stream.appended(stream.tail()->size() - before);
    markDirty(connection);
}

void Writer::sendCancel(const Pooling::Action &action)
{
    if (m_hasStaleOrders && !m_pool.isWith(action.worker, {action.checkout, action.call}))
        return;
    const PendingCall *const call = m_core->callers().find(action.checkout, action.call);
    const ConnectionPtr connection = m_core->connections().find(action.worker);
    if (!call || !connection || connection->ended)
        return;
    QByteArray bytes;
    connection->codec->encodeCancel(call->number, &bytes);
    connection->stream->append(bytes);
    markDirty(connection);
}

void Writer::addDirty(const ConnectionPtr &connection)
{
    m_dirty.push_back(connection);
    m_core->turns().watch();
    if (!m_core->turns().hasLoop() && !m_core->turns().isByHand())
        QMetaObject::invokeMethod(m_core, &ClientCore::flush, Qt::QueuedConnection);
}

bool Writer::flush()
{
    const qint64 before = m_writtenBytes;
    if (!m_newFutures.empty())
        cancelUnwritten();
    while (!m_dirty.empty()) {
        bool mayHaveBegun = false; // whether a call with a runTimeout has been written
        m_flushing.swap(m_dirty);
        for (const ConnectionPtr &connection : m_flushing) {
            connection->isDirty = false;
            if (connection->dropped)
                continue;
            connection->stream->flush();
            countBacklog(*connection);
            if (m_pool.countsRuns() && connection->stream->bytesToWrite() == 0
                && m_pool.awaitsFlush(connection->worker)) {
                m_pool.flushed(connection->worker, now());
                mayHaveBegun = true;
            }
            const quint64 sent = connection->stream->bytesSent();
            m_writtenBytes += qint64(sent - std::exchange(connection->reportedSent, sent));
            if (!isFull(*connection))
                m_pool.setStalled(connection->worker, false, now());
        }
        m_flushing.clear();
        if (mayHaveBegun || m_pool.hasActions()) // a worker that is stalled no longer may be sent more
            m_core->perform(ClientCore::Settle::Later);
    }
    return m_writtenBytes > before;
}

bool Writer::hasReport() const
{
    return m_writtenBytes > 0 && m_reportsWrites.load(std::memory_order_relaxed);
}

qint64 Writer::takeReport()
{
    const bool isWanted = m_reportsWrites.load(std::memory_order_relaxed);
    const qint64 written = std::exchange(m_writtenBytes, 0);
    return isWanted ? written : 0;
}

}
