// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_READER_P_H
#define QTPREFORK_READER_P_H

#include "client/connection_p.h"
#include "pool/pool_p.h"

#include <QtPrefork/detail/callhandlers.h>

#include <deque>

namespace Prefork::Internal {

class ClientCore;
struct PendingCall;

/// Reads what the workers send, decodes it and tells the pool, for no longer in one turn than the budget allows; then
/// the connection is deferred to a later turn. ClientCore owns it; streams, timers and Turns call it. It settles no
/// call itself but has the Settler do so.
class Reader
{
public:
    Reader(ClientCore *core, Pooling::Pool *pool);

    void onReadyRead(quint64 worker);
    /// Goes on with the deferred connections.
    void resume();
    /// The event loop has turned; this may be a nested loop, inside a callback.
    void onTurn()
    {
        if (m_handling) [[unlikely]]
            deferInNestedLoop();
    }
    [[nodiscard]] bool isDeferred() const { return !m_deferred.empty(); }
    /// Reads everything from the workers that have a call whose time is over, for a reply that has arrived wins over a
    /// time-out, however late it is read. Returns the workers whose answer may have arrived but could not be read in
    /// the time.
    [[nodiscard]] std::vector<Pooling::WorkerId> readOverdue(Pooling::Time time);

private:
    enum class Reading { Some, Everything };
    enum class Decoding { Empty, OutOfTime, Over };

    // reader.cpp
    void readSome(const ConnectionPtr &connection, Reading amount);
    void readRecentlyActive(const ConnectionPtr &connection);
    void defer(const ConnectionPtr &connection);
    void deferInNestedLoop();
    [[nodiscard]] static bool mayHaveUnreadAnswer(const Connection &connection);
    [[nodiscard]] static bool isDecoded(const Connection &connection);
    [[nodiscard]] Decoding decodeAll(const ConnectionPtr &connection);
    [[nodiscard]] static bool hasUnexpectedInput(const Connection &connection);
    [[nodiscard]] bool isTimeOver() const;

    // answers.cpp
    void take(const ConnectionPtr &connection, Wire::Incoming &message);
    void takeAnswer(const ConnectionPtr &connection, const Wire::Incoming &message);
    void takeNotice(const ConnectionPtr &connection, const Wire::Incoming &message);
    void refuseResultLater(const Pooling::CallRef &ref, const QString &problem);
    [[nodiscard]] QString hearNotice(const Pooling::CallRef &ref, const PendingCall &call,
                                     const Wire::Incoming &message);
    void takeFailure(Connection &connection, const Pooling::CallRef &ref, const Wire::FailureText &failure,
                     Pooling::Time time);
    [[nodiscard]] bool takeResult(const ConnectionPtr &connection, const Pooling::CallRef &ref, Pooling::Time time);
    void refuseResult(Connection &connection, const Pooling::CallRef &ref, const Error &error, Pooling::Time time);
    [[nodiscard]] bool finishResult(const ConnectionPtr &connection);

    ClientCore *const m_core;
    Pooling::Pool &m_pool;
    std::deque<ConnectionPtr> m_deferred; // connections that are read in a later turn, in this order
    const ConnectionPtr *m_handling = nullptr; // whose message is being handled; null once a loop has turned inside
};

}

#endif
