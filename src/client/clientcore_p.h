// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CLIENTCORE_P_H
#define QTPREFORK_CLIENTCORE_P_H

#include <QtPrefork/client.h>

#include "client/callers_p.h"
#include "client/clientnumbers_p.h"
#include "client/connections_p.h"
#include "client/observers_p.h"
#include "client/reader_p.h"
#include "client/settler_p.h"
#include "client/turns_p.h"
#include "client/writer_p.h"

#include <QtCore/QThread>

namespace Prefork::Internal {

/// This is the centre of a client: it passes what the user asks for on to the pool, tells the pool the time, and has
/// its parts (Writer, Reader, Settler, Connections, Turns) carry out the actions that the pool orders. Client and every
/// Checkout hold it by shared_ptr, so it outlives its Client as long as a checkout lives. It decides nothing about who
/// gets which worker: that is the pool's.
class ClientCore : public QObject, public std::enable_shared_from_this<ClientCore>
{
    Q_OBJECT

public:
    ClientCore(const ClientOptions &options, std::unique_ptr<Transport> transport);
    ~ClientCore() override;

    /// Ends the program if this is not the thread that the client was made in. @p function is the name of the public
    /// function that was called, for the message.
    void mustBeInThread(const char *function) const
    {
        if (!isInThread()) [[unlikely]]
            refuseThread(function);
    }
    [[nodiscard]] bool isInThread() const { return QThread::currentThreadId() == m_threadId; }
    [[noreturn]] static void refuseThread(const char *function);
    [[noreturn]] static void refuseMove(const char *className);

    // The user asks for these, by Client and Checkout.
    void start();
    /// From now on every checkout fails.
    void setUnavailable(const QString &cause);
    /// Ends the client: settles all calls before it returns.
    void shutdown();
    void close(std::chrono::milliseconds deadline);
    void recycle();
    bool setProtocol(Protocol protocol);
    [[nodiscard]] CheckoutPtr checkout(const CheckoutOptions &options);
    /// Returns what the pool must know of a call. @p runTimeout is for calls that have none of their own in @p extras,
    /// which may be null.
    [[nodiscard]] static Pooling::CallOptions callOptions(Pooling::Duration runTimeout,
                                                          const detail::CallExtras *extras);
    /// Makes a call as the last one of its checkout if it can be written at once, and takes @p handler. Otherwise
    /// returns false and does nothing. @p extras may be null.
    [[nodiscard]] bool callAtOnce(Checkout *checkout, const detail::CallTarget &target,
                                  const detail::CallArguments &arguments,
                                  std::unique_ptr<detail::ResultHandler> *handler, const detail::CallExtras *extras);
    /// Does the same for a one-shot. Returns its checkout, or 0.
    [[nodiscard]] Pooling::CheckoutId oneShotAtOnce(const detail::CallTarget &target,
                                                    const detail::CallArguments &arguments,
                                                    std::unique_ptr<detail::ResultHandler> *handler,
                                                    const detail::CallExtras *extras);
    /// Returns a call that still lacks its number and its arguments. @p extras may be null. The method is added to
    /// @p options.
    [[nodiscard]] PendingCall makeCall(const detail::CallTarget &target, std::unique_ptr<detail::ResultHandler> handler,
                                       const detail::CallExtras *extras, Pooling::CallOptions *options);
    /// Encodes the arguments of @p call into memory of their own, or notes why the call will be refused. User code that
    /// writes the arguments runs here, and it may call, wait or destroy things: so this comes before any other step.
    void encode(const detail::CallTarget &target, const detail::CallArguments &arguments, PendingCall *call);
    /// Accepts @p call, which is encoded, as the last one of its checkout.
    void call(Checkout &checkout, PendingCall &call, const Pooling::CallOptions &options);
    Call oneShot(const detail::CallTarget &target, const detail::CallArguments &arguments,
                 std::unique_ptr<detail::ResultHandler> handler, const detail::CallExtras *extras);
    /// Returns the handle that names the checkout and no call.
    [[nodiscard]] Call handleOf(Pooling::CheckoutId checkout) const { return {m_number.value(), checkout, 0}; }
    /// Returns the handle of a call that was just made, and stores it where the call's options ask for it.
    [[nodiscard]] static Call makeHandle(const Call &checkout, CallId call, const detail::CallExtras *extras)
    {
        const Call handle = checkout.sibling(call);
        if (extras && extras->options.call) [[unlikely]]
            *extras->options.call = handle;
        return handle;
    }
    /// Returns false if the call has settled, or is about to settle.
    bool cancel(const Pooling::CallRef &call);
    void release(Pooling::CheckoutId id);
    void abort(Pooling::CheckoutId id, const Error &error);
    /// Does for this client what one turn of an event loop would do, where there is no application. It waits for
    /// @p longest at most.
    void turnByHand(std::chrono::nanoseconds longest);

    // The user may ask these.
    [[nodiscard]] Client::State state() const;
    [[nodiscard]] detail::TypeRegistry &types() { return *m_types; }
    [[nodiscard]] qint64 maxDecodedSize() const { return m_options.maxDecodedSize; }
    [[nodiscard]] Protocol protocol() const { return m_protocol->kind(); }
    [[nodiscard]] const Pooling::Pool &pool() const { return m_pool; }
    /// Returns the number of calls that have been made and have not settled, for all checkouts and one-shots.
    [[nodiscard]] qsizetype pendingCallCount() const { return m_pool.pendingCount() + m_settler.callCount(); }
    [[nodiscard]] bool isSettled(const Pooling::CallRef &call) const;

    // These are for the parts of the client.
    enum class Settle { Now, Later };
    /// Carries out the actions that the pool has ordered, in their order. @p when: whether calls that they settle
    /// settle before this returns, or in a later turn of the event loop.
    void perform(Settle when)
    {
        if (m_pool.hasActions() || m_changesSeen != m_pool.changes() || !m_settler.isEmpty())
            performAll(when);
    }
    [[nodiscard]] bool isPerforming() const { return m_isPerforming; }
    /// Hands what was written in this turn to the kernel. Returns whether the kernel took any of it. No user code runs
    /// inside.
    bool flush();
    /// Emits the signals of the Client that are due: stateChanged(), closed() and bytesWritten().
    void announce();
    [[nodiscard]] std::unique_ptr<Wire::ClientCodec> makeCodec() const { return m_protocol->makeCodec(); }
    [[nodiscard]] Callers &callers() { return m_callers; }
    [[nodiscard]] Turns &turns() { return m_turns; }
    [[nodiscard]] Settler &settler() { return m_settler; }
    [[nodiscard]] Writer &writer() { return m_writer; }
    [[nodiscard]] const Writer &writer() const { return m_writer; }
    [[nodiscard]] Connections &connections() { return m_connections; }
    [[nodiscard]] const Connections &connections() const { return m_connections; }
    [[nodiscard]] Reader &reader() { return m_reader; }
    [[nodiscard]] Observers &observers() { return m_observers; }
    /// The thread has an event loop again, or for the first time: registers sockets and timers with it.
    void onLoopFound();
    void onTimer();
    void onResume();
    void onFutureTimer();

Q_SIGNALS:
    void connectionFailed(const QString &cause);
    void protocolRefused();
    void bytesWritten(qint64 bytes);
    void stateChanged(Prefork::Client::State state);
    void closed();
    void workerCountChanged(int count);
    void idleWorkerCountChanged(int count);
    void waitingCheckoutCountChanged(int count);
    void pendingCallCountChanged(int count);
    /// The last unsettled call of a checkout has settled.
    void checkoutSettled();

private:
    /// These are the forms of a method's name that a call needs, kept so that they are made once for each method.
    struct MethodName
    {
        const char *literal = nullptr;
        QByteArray utf8;
        QString text;
        Pooling::MethodId id = 0;
    };

    [[nodiscard]] const MethodName &nameOf(const detail::CallTarget &target);
    // Gives a new call everything but its number.
    void fill(PendingCall *call, const MethodName &name, const detail::CallTarget &target,
              std::unique_ptr<detail::ResultHandler> handler, const detail::CallExtras *extras);
    [[nodiscard]] const MethodName &methodName(const char *literal);
    /// @p text must not be empty.
    [[nodiscard]] const MethodName &methodName(const QString &text);
    void accept(Pooling::CheckoutId id, PendingCall &call);
    // A call was written at once: this has its future watched, and its time-out if that comes before all others.
    void noteWritten(const Pooling::CallRef &ref, const PendingCall &call);
    [[nodiscard]] Pooling::CheckoutOptions oneShotOptions(const detail::CallExtras *extras) const
    {
        return {.priority = extras ? extras->options.priority.value_or(m_options.priority) : m_options.priority};
    }
    template <class Visit>
    void forEachPending(Visit visit) const;
    void cancelByFutures();
    void waitByHand(std::chrono::nanoseconds longest);
    void performAll(Settle when);
    void performOne(const Pooling::Action &action);

    const Qt::HANDLE m_threadId = QThread::currentThreadId();
    const ClientNumber m_number{this};
    const ClientOptions m_options;
    const QByteArray m_frameName;
    const MethodName m_noMethod; // for a call that names no method
    const std::shared_ptr<detail::TypeRegistry> m_types
        = std::make_shared<detail::TypeRegistry>(detail::TypeRegistry::Owner::Client);
    std::unique_ptr<Wire::ClientProtocol> m_protocol;
    Pooling::Pool m_pool;
    Callers m_callers;
    Turns m_turns;
    Settler m_settler;
    Writer m_writer;
    Connections m_connections;
    Reader m_reader;
    Observers m_observers;
    std::vector<Pooling::Action> m_actions; // the ones being performed
    bool m_isPerforming = false;
    quint64 m_changesSeen = 0; // Pool::changes() when the timer was last set
    int m_encoding = 0; // how many encode() calls are on the stack
    std::array<MethodName, 64> m_typedMethods; // by a hash of the literal's address
    std::array<MethodName, 16> m_namedMethods; // by a hash of the name
    Client::State m_announcedState = Client::Disconnected;
};

}

#endif
