// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_READER_P_H
#define QTPREFORK_READER_P_H

#include "client/connection_p.h"
#include "pool/pool_p.h"

#include <QtPrefork/detail/callhandlers.h>

#include <deque>

namespace Prefork::Internal {

class ClientCore;
struct Caller;
struct PendingCall;

/// Reads what the workers send, decodes it and tells the pool. In one turn of the event loop it reads for no longer
/// than the budget allows; then a connection is *deferred*: it is read on in a later turn, and its socket is not
/// watched until then. ClientCore owns the Reader. Four events lead here: a stream has input (onReadyRead()), the timer
/// for what was deferred is over (resume()), the timer for time-outs is over (readOverdue()), and the event loop turns
/// (onTurn()). It settles no call itself but has the Settler do so.
class Reader
{
public:
    Reader(ClientCore *core, Pooling::Pool *pool);

    /// There may be something to read from the worker. Other workers that were read a moment ago are read too. Does
    /// nothing if the connection is deferred or gone.
    void onReadyRead(quint64 worker);
    /// Goes on with the deferred connections: with one at least, and with others as long as the budget lasts. Does
    /// nothing while notices wait to be delivered, for a worker may send them faster than the user's handlers take
    /// them.
    void resume();
    /// The event loop turns. If that happens while a message is handled, it is a nested loop in a callback: then the
    /// messages behind that one are handled in the nested loop, as those of a deferred connection.
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
    // Some stops at a read that brings less than there is space for; Everything goes on until the socket is empty. Both
    // stop when the budget is used up.
    enum class Reading { Some, Everything };
    // Empty means that no whole message is left, OutOfTime that the budget is used up, and Over that the connection is
    // gone or at its end.
    enum class Decoding { Empty, OutOfTime, Over };

    // These are in reader.cpp, and are for reading and decoding.
    void readSome(const ConnectionPtr &connection, Reading amount);
    void readRecentlyActive(const ConnectionPtr &connection);
    void defer(const ConnectionPtr &connection);
    void deferInNestedLoop();
    // Returns whether an answer of the worker has arrived and was not read, or may have.
    [[nodiscard]] static bool mayHaveUnreadAnswer(const Connection &connection);
    // Returns true if there is certainly nothing to decode before the next read.
    [[nodiscard]] static bool isDecoded(const Connection &connection);
    [[nodiscard]] Decoding decodeAll(const ConnectionPtr &connection);
    [[nodiscard]] static bool hasUnexpectedInput(const Connection &connection);
    [[nodiscard]] bool isTimeOver() const;

    // These are in answers.cpp, and are for what was decoded.
    void take(const ConnectionPtr &connection, Wire::Incoming &message);
    // This is the short way of take() for a result in the usual case. Otherwise returns false, and does nothing.
    [[nodiscard]] bool takePlainResult(Connection &connection, quint64 id);
    void settlePlainly(const Pooling::Pool::PlainAnswer &answer, Caller *caller, Pooling::Time time);
    void takeAnswer(const ConnectionPtr &connection, const Wire::Incoming &message);
    void takeNotice(const ConnectionPtr &connection, const Wire::Incoming &message);
    void refuseResultLater(const Pooling::CallRef &ref, const QString &problem);
    // Returns why the connection must end; null if it need not.
    [[nodiscard]] QString hearNotice(const Pooling::CallRef &ref, const PendingCall &call,
                                     const Wire::Incoming &message);
    void takeFailure(Connection &connection, const Pooling::CallRef &ref, const Wire::FailureText &failure,
                     Pooling::Time time);
    // Returns false if the caller has nothing more to do for the answer.
    [[nodiscard]] bool takeResult(const ConnectionPtr &connection, const Pooling::CallRef &ref, Pooling::Time time);
    // The worker has sent a result that the client cannot use: fails the call, and ignores the answers behind it.
    void refuseResult(Connection &connection, const Pooling::CallRef &ref, const Error &error, Pooling::Time time);
    // Goes on with a result that was read in part. Returns false if it is still unfinished when the budget is used up.
    [[nodiscard]] bool finishResult(const ConnectionPtr &connection);

    ClientCore *const m_core;
    Pooling::Pool &m_pool;
    std::deque<ConnectionPtr> m_deferred; // connections that are read in a later turn, in this order
    // The connection whose message is being handled. Null if there is none, or once a nested loop has turned.
    const ConnectionPtr *m_handling = nullptr;
};

}

#endif
