// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CLIENTCORE_P_H
#define QTPREFORK_CLIENTCORE_P_H

#include <QtPrefork/client.h>

#include "client/checkout_p.h"
#include "client/connection_p.h"
#include "client/readbudget_p.h"
#include "client/transport_p.h"
#include "pool/pool_p.h"
#include "wire/codec_p.h"

#include <QtCore/QAbstractEventDispatcher>
#include <QtCore/QPointer>
#include <QtCore/QThread>
#include <QtCore/QTimer>

#include <atomic>
#include <deque>

namespace Prefork::Internal {

/// What drives a client's pool: carries bytes between sockets and codecs, tells the pool the time, and settles calls.
/// Outlives its Client as long as a checkout does.
class ClientCore : public QObject, public std::enable_shared_from_this<ClientCore>
{
    Q_OBJECT

public:
    ClientCore(const ClientOptions &options, std::unique_ptr<Transport> transport);
    ~ClientCore() override;

    /// Ends the program if this is another thread than the one the client was made in. @p function: who asks.
    void mustBeInThread(const char *function) const
    {
        if (QThread::currentThreadId() != m_threadId) [[unlikely]]
            refuseThread(function);
    }
    [[noreturn]] static void refuseThread(const char *function);
    [[noreturn]] static void refuseMove(const char *className);

    void start();
    /// Every checkout from now on fails.
    void setUnavailable(const QString &cause);
    /// Settles everything before it returns.
    void shutdown();

    void close(std::chrono::milliseconds deadline);
    void recycle();
    bool setProtocol(Protocol protocol);
    [[nodiscard]] Client::State state() const;

    [[nodiscard]] CheckoutPtr checkout(const CheckoutOptions &options);
    /// A call but for its number and its arguments.
    [[nodiscard]] PendingCall makeCall(const detail::CallTarget &target,
                                       std::unique_ptr<detail::ResultHandler> handler);
    /// Takes on @p call, which will be the last of its checkout's: straight into the write buffer, if it can go now and
    /// nothing else is in the way; else false and nothing has happened.
    [[nodiscard]] bool callAtOnce(const CheckoutPrivate &checkout, const detail::CallTarget &target,
                                  const detail::CallArguments &arguments, const PendingCall &call);
    /// Encodes the arguments of @p call to be kept, or notes why it will be refused. Their own code, which may do
    /// anything a user may do, runs here; nothing has happened yet that it could disturb.
    void encode(const detail::CallTarget &target, const detail::CallArguments &arguments, PendingCall *call);
    /// Takes on @p call, the last of its checkout's, encoded.
    void call(Checkout &checkout, PendingCall &call);
    void oneShot(const detail::CallTarget &target, const detail::CallArguments &arguments, PendingCall call);
    void release(Pooling::CheckoutId id);
    void abort(Pooling::CheckoutId id, const Error &error);
    /// Deletes @p checkout, which has no handle any more, once what is waiting to be settled has been: it may still
    /// have a signal to emit.
    void deleteWhenSettled(Checkout *checkout);

    [[nodiscard]] detail::TypeRegistry &types() { return *m_types; }
    [[nodiscard]] Protocol protocol() const { return m_protocol->kind(); }
    [[nodiscard]] std::optional<Error> errorOf(Pooling::CheckoutId id) const { return m_pool.errorOf(id); }
    [[nodiscard]] const Pooling::Pool &pool() const { return m_pool; }
    [[nodiscard]] qint64 bytesToWrite() const { return m_unsentBytes + m_streamBytes; }
    /// To be called when there may be an event loop that this does not know yet.
    void watchTurns()
    {
        if (!m_dispatcher) [[unlikely]]
            findDispatcher();
    }
    /// What an event loop would do for this client in a turn of at most so long, where there is no application.
    void turnByHand(std::chrono::nanoseconds longest);
    /// From now on bytesWritten() is emitted. In any thread.
    void reportWrites() { m_reportsWrites.store(true, std::memory_order_relaxed); }
    [[nodiscard]] QString connectionError() const { return m_connectionError; }

Q_SIGNALS:
    void connectionFailed(const QString &cause);
    void protocolRefused();
    void bytesWritten(qint64 bytes);
    void stateChanged(Prefork::Client::State state);
    void closed();
    /// A checkout has no unsettled call any more.
    void checkoutSettled();

private:
    using ConnectionPtr = std::shared_ptr<Connection>;
    struct Caller
    {
        QPointer<Checkout> checkout;
        std::unique_ptr<PendingCall> oneShot = nullptr;
        [[nodiscard]] PendingCall *find(CallId call);
    };
    struct Settlement
    {
        Pooling::Action action;
        QPointer<Checkout> checkout;
        CheckoutPtr keptAlive;
        std::unique_ptr<PendingCall> oneShot;
        bool isDeletion = false; // The entry settles no call: it deletes the checkout, whose last handle has gone.
    };
    struct MethodName
    {
        const char *literal = nullptr;
        QByteArray utf8;
        QString text;
    };
    enum class Settle { Now, Later };
    /// How long a death may stay unexplained before the checkout hears of it all the same.
    static constexpr std::chrono::milliseconds ExplanationLimit{100};
    /// How often futures are asked whether they were canceled: they have no way to tell.
    static constexpr std::chrono::milliseconds CancelInterval{50};
    enum class NextCall { Unsent, Sent };
    enum class Reading { Some, Everything };

    // clientcore.cpp: the user's wishes
    [[nodiscard]] const MethodName &methodName(const char *literal);
    void accept(Pooling::CheckoutId id, PendingCall &call);
    void watchForCancel(const PendingCall &call);
    void onCancelTimer();
    void announceState();

    // clientactions.cpp: the pool's orders
    void perform(Settle when);
    void performOne(const Pooling::Action &action);
    void send(const Pooling::Action &action);
    void write(const ConnectionPtr &connection, const Wire::OutMessage &message);
    void stallIfFull(const Connection &connection);
    void sendDone(const Pooling::Action &action);
    void countBacklog(Connection &connection);
    void settleLater(const Pooling::Action &action);
    void scheduleSettling();
    void onSettlingDue();
    void settleAll();
    void deferSettling();
    [[nodiscard]] Settlement takeSettlement();
    void settleResult(const Pooling::BusyWith &settled);
    void settle(Settlement &settlement);
    void settleCall(PendingCall &call, Checkout *checkout, const Pooling::Action &action);
    void letGoIfSettled(Checkout *checkout);
    void discardRest(const PendingCall &call);
    void markDirty(const ConnectionPtr &connection);
    void findDispatcher();
    void moveIn();
    void onLoopGone();
    void onTurn();
    void flushDirty();
    void armTimer();
    void onTimer();

    // clientconnections.cpp: connections come and go
    void onConnected(quint64 worker, const std::shared_ptr<Stream> &stream);
    void becomeReady(const ConnectionPtr &connection);
    void onSilence(quint64 worker);
    void onConnectFailed(quint64 worker, const QString &cause);
    void announceFailure(const QString &cause, bool isRefusal);
    void onDeathExplained(quint64 worker);
    void onEnded(const ConnectionPtr &connection);
    void onGoodbye(const ConnectionPtr &connection, const Wire::Incoming &message);
    void loseWorker(const ConnectionPtr &connection, const QString &cause, qsizetype begun,
                    Pooling::Pool::Loss loss = Pooling::Pool::Loss::Unexpected);
    void loseWorker(const ConnectionPtr &connection);
    void onDrained(quint64 worker);
    void protocolError(const ConnectionPtr &connection, const QString &what, NextCall next = NextCall::Sent);
    void drop(const ConnectionPtr &connection);
    [[nodiscard]] ConnectionPtr connectionOf(quint64 worker) const;

    // clientreading.cpp: the workers' words
    void onReadyRead(quint64 worker);
    void onResume();
    void readSome(const ConnectionPtr &connection, Reading amount);
    void readSiblings(const ConnectionPtr &connection);
    void defer(const ConnectionPtr &connection);
    void resumeLater();
    void readOnInside();
    enum class Decoding { Empty, OutOfTime, Over };
    [[nodiscard]] static bool isDecoded(const Connection &connection);
    [[nodiscard]] Decoding decodeAll(const ConnectionPtr &connection);
    [[nodiscard]] static bool hasUnasked(const Connection &connection);
    [[nodiscard]] bool finishResult(const ConnectionPtr &connection);
    void discard(std::unique_ptr<detail::Waste> waste);
    void clearWaste();
    void take(const ConnectionPtr &connection, Wire::Incoming &message);
    void takeAnswer(const ConnectionPtr &connection, Wire::Incoming &message);

    const Qt::HANDLE m_threadId = QThread::currentThreadId();
    const ClientOptions m_options;
    const std::unique_ptr<Transport> m_transport; // null if there is no way to a worker
    const std::shared_ptr<detail::TypeRegistry> m_types = std::make_shared<detail::TypeRegistry>();
    std::unique_ptr<Wire::ClientProtocol> m_protocol;
    Pooling::Pool m_pool;
    std::vector<Pooling::Action> m_actions; // being performed
    Pooling::IdMap<ConnectionPtr> m_connections;
    Pooling::IdMap<Caller> m_callers;
    std::deque<Settlement> m_settlements;
    std::array<MethodName, 64> m_methodNames; // by a hash of the literal's address
    quint64 m_changesSeen = 0; // of the pool's
    bool m_isPerforming = false;
    bool m_isTurnedByHand = false;
    int m_encoding = 0; // how deep
    bool m_hasRejected = false; // since the actions being performed were taken
    bool m_isSettlingScheduled = false;
    int m_settling = 0; // how deep
    bool m_settlesAtOnce = false; // however long that takes
    bool m_isSettlingDeferred = false; // until other events have had their turn
    bool m_isResultLarge = false; // of a call that is about to settle
    std::vector<std::unique_ptr<detail::Waste>> m_waste; // results that are destroyed in steps
    std::vector<ConnectionPtr> m_dirty; // to be flushed at the end of the turn
    std::vector<ConnectionPtr> m_flushing; // being flushed, in memory that is used again
    std::vector<quint64> m_postponed; // workers to be connected once there is an event loop
    QPointer<QAbstractEventDispatcher> m_dispatcher; // which tells when that is
    ReadBudget m_budget;
    Pooling::Time m_roughNow{}; // as of the last read or callback, while something is being read
    std::deque<ConnectionPtr> m_deferred;
    const ConnectionPtr *m_taking = nullptr; // whose message is being taken, until an event loop turns inside that
    QTimer m_resumeTimer;
    QTimer m_timer;
    std::optional<Pooling::Time> m_timerDue;
    QTimer m_cancelTimer; // runs while a call may be canceled by its future
    qint64 m_unsentBytes = 0; // of calls no stream has yet
    qint64 m_streamBytes = 0; // of calls in streams, not yet handed to the kernel
    std::atomic<bool> m_reportsWrites = false;
    qint64 m_writtenBytes = 0; // handed to the kernel and not announced yet
    QString m_connectionError;
    Client::State m_announcedState = Client::Disconnected;
};

}

#endif
