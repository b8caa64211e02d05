// SPDX-License-Identifier: MIT
#include "client/reader_p.h"

#include "client/clientcore_p.h"
#include "posix/clock_p.h"

namespace Prefork::Internal {

using Posix::now;
using Posix::roughNow;

Reader::Reader(ClientCore *core, Pooling::Pool *pool)
    : m_core(core)
    , m_pool(*pool)
{
}

bool Reader::isTimeOver() const
{
    return m_core->turns().budget.isOver(now());
}

void Reader::onReadyRead(quint64 worker)
{
    const auto self = m_core->shared_from_this();
    const ConnectionPtr connection = m_core->connections().find(worker);
    if (!connection || connection->isDeferred)
        return;
    Turns &turns = m_core->turns();
    turns.watch();
    if (!turns.budget.begin(now())) {
        defer(connection);
        return;
    }
    readSome(connection, Reading::Some);
    readRecentlyActive(connection);
    m_core->flush();
}

// Reads also from the other workers that answered a moment ago, for they have likely answered again. A read that finds
// nothing costs less than a turn of the event loop.
void Reader::readRecentlyActive(const ConnectionPtr &connection)
{
    constexpr auto Recently = std::chrono::milliseconds(10);
    const Pooling::Time time = m_core->turns().rough;
    connection->lastRead = time;
    if (m_core->connections().count() == 1)
        return;
    std::vector<ConnectionPtr> siblings;
    m_core->connections().forEach([&](const ConnectionPtr &sibling) {
        if (sibling != connection && sibling->inFlight() > 0 && time - sibling->lastRead < Recently)
            siblings.push_back(sibling);
    });
    for (const ConnectionPtr &sibling : siblings) {
        if (sibling->dropped || sibling->ended || sibling->isDeferred || isTimeOver())
            continue;
        m_core->flush();
        readSome(sibling, Reading::Some);
    }
}

// At least one connection is read, and those that there is no time for keep their order. Each is taken out of the queue
// only right before it is read, so that an event loop that a callback turns finds the others there.
void Reader::resume()
{
    if (m_core->settler().hasNotices())
        return;
    bool hasRead = false;
    for (std::size_t due = m_deferred.size(); due > 0 && !m_deferred.empty(); --due) {
        if (hasRead && isTimeOver())
            break;
        const ConnectionPtr connection = std::move(m_deferred.front());
        m_deferred.pop_front();
        connection->isDeferred = false;
        if (connection->dropped || connection->ended)
            continue;
        hasRead = true;
        connection->stream->setReading(true);
        readSome(connection, Reading::Some);
    }
}

// An event loop turns inside a callback. Messages that were read together with the callback's reply are handled in that
// loop, as a deferred connection: no socket notifier would tell of them.
void Reader::deferInNestedLoop()
{
    const ConnectionPtr &connection = *std::exchange(m_handling, nullptr);
    if (!connection->dropped && !connection->ended && connection->codec->hasRest())
        defer(connection);
}

// Returns whether the answer to an overdue call may have arrived without having been read. Other messages of the worker
// do not count, or a worker that sends without end could never be stopped.
bool Reader::mayHaveUnreadAnswer(const Connection &connection)
{
    return connection.isDeferred && (connection.isUnfinished || connection.codec->hasAnswer(connection.stream->peek()));
}

std::vector<Pooling::WorkerId> Reader::readOverdue(Pooling::Time time)
{
    std::vector<Pooling::WorkerId> unread;
    static_cast<void>(m_core->turns().budget.begin(time));
    for (const Pooling::WorkerId worker : m_pool.overdueWorkers(time)) {
        const ConnectionPtr connection = m_core->connections().find(worker);
        if (connection && !connection->isDeferred)
            readSome(connection, Reading::Everything);
        if (connection && mayHaveUnreadAnswer(*connection))
            unread.push_back(worker);
    }
    return unread;
}

// Has the connection read on after all other events have had their turn; a timer that comes after them sees to that.
void Reader::defer(const ConnectionPtr &connection)
{
    if (std::exchange(connection->isDeferred, true))
        return;
    connection->stream->setReading(false);
    m_deferred.push_back(connection);
    m_core->turns().resumeLater();
}

// Asks the exact clock before every read but the first, which costs little compared with a read. decodeAll() asks it
// after some of the messages.
void Reader::readSome(const ConnectionPtr &connection, Reading amount)
{
    m_core->turns().rough = roughNow();
    for (bool isFirst = true;; isFirst = false) {
        switch (isFirst && isDecoded(*connection) ? Decoding::Empty : decodeAll(connection)) {
        case Decoding::Empty:
            break;
        case Decoding::OutOfTime:
            if (!connection->dropped && !connection->ended)
                defer(connection);
            return;
        case Decoding::Over:
            return;
        }
        if (!isFirst && isTimeOver()) {
            defer(connection);
            return;
        }
        const std::span<char> space = connection->codec->space();
        const Posix::Transfer transfer = connection->stream->read(space);
        if (transfer.status == Posix::Transfer::WouldBlock)
            return;
        if (transfer.status != Posix::Transfer::Done) {
            m_core->connections().onEndOfStream(connection);
            return;
        }
        connection->codec->received(transfer.bytes);
        // If less came than there was space for, there is no more now, and another read would cost as much as a whole
        // call. The socket notifier tells when more comes.
        if (amount == Reading::Some && transfer.bytes < qsizetype(space.size())) {
            if (decodeAll(connection) == Decoding::OutOfTime && !connection->dropped && !connection->ended)
                defer(connection);
            return;
        }
    }
}

// Returns whether decodeAll() would find nothing. Returns false where that is not known: for replies without numbers
// (JSON).
bool Reader::isDecoded(const Connection &connection)
{
    return connection.traits.pipelines && !connection.isUnfinished && !connection.dropped && !connection.ended
        && !connection.codec->hasRest();
}

Reader::Decoding Reader::decodeAll(const ConnectionPtr &connection)
{
    Turns &turns = m_core->turns();
    Wire::Incoming message;
    if (connection->isUnfinished && !finishResult(connection))
        return Decoding::OutOfTime;
    while (!connection->dropped && !connection->ended) {
        switch (connection->codec->next(&message)) {
        case Wire::Decoded::Nothing:
            if (!hasUnexpectedInput(*connection))
                return Decoding::Empty;
            m_core->connections().breakOff(connection, QStringLiteral("something nobody asked for"),
                                           Connections::NextCall::Unsent);
            return Decoding::Over;
        case Wire::Decoded::Broken:
            m_core->connections().breakOff(connection, connection->codec->errorString());
            return Decoding::Over;
        case Wire::Decoded::Unfinished:
            m_core->settler().expectLarge();
            if (isTimeOver())
                return Decoding::OutOfTime;
            continue;
        case Wire::Decoded::Message:
            break;
        }
        const ConnectionPtr *const outer = std::exchange(m_handling, &connection);
        if (message.kind != Wire::Incoming::Result || !takePlainResult(*connection, message.id))
            take(connection, message);
        m_handling = outer;
        if (connection->isUnfinished && !finishResult(connection))
            return Decoding::OutOfTime;
        turns.rough = roughNow();
        if (turns.budget.isCheckDue(turns.rough) && isTimeOver())
            return Decoding::OutOfTime;
    }
    return Decoding::Over;
}

// Returns whether an idle worker whose replies have no numbers has sent something. It must not: that would be taken for
// the reply to the next call.
bool Reader::hasUnexpectedInput(const Connection &connection)
{
    return connection.isReady && !connection.traits.pipelines && connection.inFlight() == 0
        && connection.codec->hasRest();
}

}
