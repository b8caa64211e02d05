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

/// What the workers say: reads it, for no longer at a time than the budget allows, and tells the pool.
class Reader
{
public:
    Reader(ClientCore *core, Pooling::Pool *pool);

    void onReadyRead(quint64 worker);
    /// Goes on with what there was no time for.
    void resume();
    /// The event loop has turned, perhaps inside a callback.
    void onTurn()
    {
        if (m_taking) [[unlikely]]
            readOnInside();
    }
    [[nodiscard]] bool isDeferred() const { return !m_deferred.empty(); }
    /// Reads all that there is from the workers whose call is past its deadline, for a reply that has arrived wins over
    /// it, however late we come to look. Returns those of them that have more to say than there was time for.
    [[nodiscard]] std::vector<Pooling::WorkerId> readOverdue(Pooling::Time time);

private:
    enum class Reading { Some, Everything };
    enum class Decoding { Empty, OutOfTime, Over };

    // reader.cpp
    void readSome(const ConnectionPtr &connection, Reading amount);
    void readSiblings(const ConnectionPtr &connection);
    void defer(const ConnectionPtr &connection);
    void readOnInside();
    [[nodiscard]] static bool isBehind(const Connection &connection);
    [[nodiscard]] static bool isDecoded(const Connection &connection);
    [[nodiscard]] Decoding decodeAll(const ConnectionPtr &connection);
    [[nodiscard]] static bool hasUnasked(const Connection &connection);
    [[nodiscard]] bool isTimeOver() const;

    // answers.cpp
    void take(const ConnectionPtr &connection, Wire::Incoming &message);
    void takeAnswer(const ConnectionPtr &connection, const Wire::Incoming &message);
    void takeNotice(const ConnectionPtr &connection, const Wire::Incoming &message);
    void refuseLater(const Pooling::CallRef &ref, const QString &problem);
    [[nodiscard]] QString hearNotice(const Pooling::CallRef &ref, const PendingCall &call,
                                     const Wire::Incoming &message);
    void takeFailure(Connection &connection, const Pooling::CallRef &ref, const Wire::FailureText &failure,
                     Pooling::Time time);
    [[nodiscard]] bool takeResult(const ConnectionPtr &connection, const Pooling::CallRef &ref, Pooling::Time time);
    void refuseResult(Connection &connection, const Pooling::CallRef &ref, const Error &error, Pooling::Time time);
    [[nodiscard]] bool finishResult(const ConnectionPtr &connection);

    ClientCore *const m_core;
    Pooling::Pool &m_pool;
    std::deque<ConnectionPtr> m_deferred;
    const ConnectionPtr *m_taking = nullptr; // whose message is being taken, until an event loop turns inside that
};

}

#endif
