// SPDX-License-Identifier: MIT
#include "client/clientcore_p.h"
#include "posix/transfer_p.h"

#include "posix/clock_p.h"

#include <QtCore/QMetaEnum>

namespace Prefork::Internal {

using Posix::now;
using Posix::roughNow;

namespace {

constexpr int StepsAtOnce = 2000; // values between looks at the clock

// The C library puts small blocks that are freed aside, and joins all of them with their neighbours when a large one is
// asked for or freed: 150 ms and more for a million. So it is asked for one in between.
void joinFreedBlocks()
{
    static constexpr qsizetype Large = 4096;
    const QByteArray block(Large, Qt::Uninitialized);
    Q_UNUSED(block)
}

Error::Code codeOf(const Wire::FailureText &failure)
{
    bool known = false;
    const int code = QMetaEnum::fromType<Error::Code>().keyToValue(failure.code.toLatin1().constData(), &known);
    if (known && (code == Error::SetupError || code == Error::BadArguments || code == Error::NoSuchMethod))
        return Error::Code(code);
    if (failure.code.isEmpty() && failure.message.startsWith(QStringLiteral("setup exception: ")))
        return Error::SetupError;
    return Error::WorkerError;
}

}

void ClientCore::onReadyRead(quint64 worker)
{
    const auto self = shared_from_this();
    const ConnectionPtr connection = connectionOf(worker);
    if (!connection || connection->isDeferred)
        return;
    watchTurns();
    if (!m_budget.begin(now())) {
        defer(connection);
        return;
    }
    readSome(connection, Reading::Some);
    readSiblings(connection);
    flushDirty();
}

// A worker that answered a moment ago has likely answered again: looking costs less than waiting for a poll to tell.
void ClientCore::readSiblings(const ConnectionPtr &connection)
{
    constexpr auto Recently = std::chrono::milliseconds(10);
    const Pooling::Time time = m_roughNow;
    connection->lastRead = time;
    if (m_connections.size() == 1)
        return;
    std::vector<ConnectionPtr> siblings;
    for (const auto &[worker, sibling] : m_connections) {
        if (sibling != connection && sibling->inFlight() > 0 && time - sibling->lastRead < Recently)
            siblings.push_back(sibling);
    }
    for (const ConnectionPtr &sibling : siblings) {
        if (sibling->dropped || sibling->ended || sibling->isDeferred || m_budget.isOver(now()))
            continue;
        flushDirty();
        readSome(sibling, Reading::Some);
    }
}

// What had to wait for the event loop to turn. At least one of them goes on, and those there is no time for keep their
// order. Each stays where the next turn finds it until it is its turn, for a callback may turn an event loop of its
// own.
void ClientCore::onResume()
{
    const auto self = shared_from_this();
    m_budget.renew(now());
    if (!m_deferred.empty())
        resumeLater();
    if (std::exchange(m_isSettlingDeferred, false))
        settleAll();
    bool hasRead = false;
    for (std::size_t due = m_deferred.size(); due > 0 && !m_deferred.empty(); --due) {
        if (hasRead && m_budget.isOver(now()))
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
    if (m_deferred.empty() && !m_isSettlingDeferred)
        m_resumeTimer.stop();
    else
        resumeLater();
    clearWaste();
    flushDirty();
}

// An event loop turns inside a callback: what has come behind the reply that this belongs to goes on in there, although
// no notifier will tell.
void ClientCore::readOnInside()
{
    const ConnectionPtr &connection = *std::exchange(m_taking, nullptr);
    if (!connection->dropped && !connection->ended && connection->codec->hasRest())
        defer(connection);
}

void ClientCore::discard(std::unique_ptr<detail::Waste> waste)
{
    m_isResultLarge = false;
    if (!waste)
        return;
    constexpr std::size_t MostKept = 4; // who makes more than is destroyed in time has to wait for the older
    if (m_waste.size() == MostKept)
        m_waste.erase(m_waste.begin());
    m_waste.push_back(std::move(waste));
    resumeLater();
}

void ClientCore::clearWaste()
{
    while (!m_waste.empty()) {
        int steps = StepsAtOnce;
        const bool isCleared = m_waste.back()->clear(&steps);
        joinFreedBlocks();
        if (isCleared)
            m_waste.pop_back();
        else if (m_budget.isOver(now()))
            break;
    }
    if (!m_waste.empty())
        resumeLater();
}

// The rest waits until other events have had their turn, for which a timer comes after all of them.
void ClientCore::defer(const ConnectionPtr &connection)
{
    if (std::exchange(connection->isDeferred, true))
        return;
    connection->stream->setReading(false);
    m_deferred.push_back(connection);
    resumeLater();
}

void ClientCore::resumeLater()
{
    if (m_dispatcher && !m_resumeTimer.isActive())
        m_resumeTimer.start(0);
}

// The exact clock is looked at after every read but the last: that costs little beside a read. decodeAll() looks at it
// after messages.
void ClientCore::readSome(const ConnectionPtr &connection, Reading amount)
{
    m_roughNow = roughNow();
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
        if (!isFirst && m_budget.isOver(now())) {
            defer(connection);
            return;
        }
        const std::span<char> space = connection->codec->space();
        const Posix::Transfer transfer = connection->stream->read(space);
        if (transfer.status == Posix::Transfer::WouldBlock)
            return;
        if (transfer.status != Posix::Transfer::Done) {
            onEnded(connection);
            return;
        }
        connection->codec->received(transfer.bytes);
        // When less came than could have, there is no more; asking again would cost as much as a whole call. A poll
        // will tell.
        if (amount == Reading::Some && transfer.bytes < qsizetype(space.size())) {
            if (decodeAll(connection) == Decoding::OutOfTime && !connection->dropped && !connection->ended)
                defer(connection);
            return;
        }
    }
}

// Whether decodeAll() would find nothing. Of a connection with replies that have no numbers it is not known.
bool ClientCore::isDecoded(const Connection &connection)
{
    return connection.traits.pipelines && !connection.isUnfinished && !connection.dropped && !connection.ended
        && !connection.codec->hasRest();
}

ClientCore::Decoding ClientCore::decodeAll(const ConnectionPtr &connection)
{
    Wire::Incoming message;
    if (connection->isUnfinished && !finishResult(connection))
        return Decoding::OutOfTime;
    while (!connection->dropped && !connection->ended) {
        switch (connection->codec->next(&message)) {
        case Wire::Decoded::Nothing:
            if (!hasUnasked(*connection))
                return Decoding::Empty;
            protocolError(connection, QStringLiteral("something nobody asked for"), NextCall::Unsent);
            return Decoding::Over;
        case Wire::Decoded::Broken:
            protocolError(connection, connection->codec->errorString());
            return Decoding::Over;
        case Wire::Decoded::Unfinished:
            m_isResultLarge = true;
            if (m_budget.isOver(now()))
                return Decoding::OutOfTime;
            continue;
        case Wire::Decoded::Message:
            break;
        }
        const ConnectionPtr *const outer = std::exchange(m_taking, &connection);
        take(connection, message);
        m_taking = outer;
        if (connection->isUnfinished && !finishResult(connection))
            return Decoding::OutOfTime;
        m_roughNow = roughNow();
        if (m_budget.isLookDue(m_roughNow) && m_budget.isOver(now()))
            return Decoding::OutOfTime;
    }
    return Decoding::Over;
}

// Reads on in a large result that was begun, if there is one; false if the time is up before its end. It need not be of
// the message that was taken last: that one's callback may have turned an event loop, which began with the next.
bool ClientCore::finishResult(const ConnectionPtr &connection)
{
    for (bool isFirst = true; connection->isUnfinished && !connection->dropped; isFirst = false) {
        if (!isFirst && m_budget.isOver(now()))
            return false;
        connection->isUnfinished = false;
        Wire::Incoming message;
        message.kind = Wire::Incoming::Result;
        message.id = connection->lastAnswered + 1;
        const ConnectionPtr *const outer = std::exchange(m_taking, &connection);
        takeAnswer(connection, message);
        m_taking = outer;
        joinFreedBlocks();
    }
    return true;
}

// A worker whose replies have no numbers has nothing to say while it is idle: it would be taken for the next call's
// reply.
bool ClientCore::hasUnasked(const Connection &connection)
{
    return connection.isReady && !connection.traits.pipelines && connection.inFlight() == 0
        && connection.codec->hasRest();
}

void ClientCore::take(const ConnectionPtr &connection, Wire::Incoming &message)
{
    switch (message.kind) {
    case Wire::Incoming::Hello:
        becomeReady(connection);
        break;
    case Wire::Incoming::Result:
    case Wire::Incoming::Failure:
        takeAnswer(connection, message);
        break;
    case Wire::Incoming::Released:
        if (!m_pool.released(connection->worker, now())) {
            protocolError(connection, QStringLiteral("the acknowledgement of a release that was not"));
            return;
        }
        perform(Settle::Now);
        break;
    case Wire::Incoming::Goodbye:
        onGoodbye(connection, message);
        break;
    }
}

void ClientCore::takeAnswer(const ConnectionPtr &connection, Wire::Incoming &message)
{
    const auto busy = m_pool.callOf(connection->worker);
    const bool isNumbered = connection->traits.pipelines;
    if (!busy || connection->inFlight() == 0 || (isNumbered && message.id != connection->lastAnswered + 1)) {
        if (isNumbered && message.id > connection->lastUnwanted && message.id <= connection->unwanted) {
            connection->lastUnwanted = message.id;
            return;
        }
        protocolError(connection, QStringLiteral("a reply nobody asked for"));
        return;
    }
    ++connection->lastAnswered;
    const Pooling::Time time = isNumbered ? m_roughNow : roughNow(); // decoding JSON may have taken long
    if (message.kind == Wire::Incoming::Failure) {
        const Wire::FailureText &failure = message.failure;
        if (!m_pool.isShared(connection->worker)) // the worker drops the others of the group
            connection->lastAnswered = connection->lastSent;
        static_cast<void>(
            m_pool.failed(connection->worker, Error(codeOf(failure), failure.message, failure.data), time));
    } else {
        Caller *const caller = m_callers.find(busy->checkout);
        PendingCall *const call = caller ? caller->find(busy->call) : nullptr;
        bool isRefused = false;
        QString problem;
        switch (connection->codec->readResult(call ? call->handler.get() : nullptr, StepsAtOnce, &problem)) {
        case Wire::ResultReading::Taken:
            break;
        case Wire::ResultReading::Unfinished:
            --connection->lastAnswered;
            connection->isUnfinished = true;
            m_isResultLarge = true;
            return;
        case Wire::ResultReading::Misfit:
            problem = QStringLiteral("the result of %1 is of the wrong type: %2").arg(call->method, problem);
            [[fallthrough]];
        case Wire::ResultReading::Malformed:
            --connection->lastAnswered;
            protocolError(connection, problem);
            return;
        case Wire::ResultReading::TooLarge:
            isRefused = true;
            break;
        }
        if (isRefused) {
            if (!m_pool.isShared(connection->worker)) { // the worker knows of no error, and answers what came behind
                connection->lastUnwanted = connection->lastAnswered;
                connection->unwanted = connection->lastAnswered = connection->lastSent;
            }
            const QString text = QStringLiteral("the result has %1").arg(problem);
            static_cast<void>(m_pool.failed(connection->worker, Error(Error::WorkerError, text), time));
        } else if (isNumbered && m_settlements.empty()) {
            if (const auto settled = m_pool.repliedPlainly(connection->worker, time)) {
                perform(Settle::Later);
                settleResult(*settled);
                return;
            }
        }
        if (!isRefused)
            static_cast<void>(m_pool.replied(connection->worker, time));
    }
    if (auto waste = connection->codec->takeWaste()) {
        discard(std::move(waste));
        m_isResultLarge = true; // The handler of the call holds a copy, which is destroyed in steps too.
    }
    if (!isNumbered && connection->codec->hasRest()) { // no reply to the next call, which is not yet on its way
        protocolError(connection, QStringLiteral("a reply nobody asked for"), NextCall::Unsent);
        return;
    }
    perform(Settle::Now);
}

}
