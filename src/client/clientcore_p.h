// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CLIENTCORE_P_H
#define QTPREFORK_CLIENTCORE_P_H

#include <QtPrefork/client.h>

#include "client/callers_p.h"
#include "client/clientnumbers_p.h"
#include "client/connections_p.h"
#include "client/reader_p.h"
#include "client/settler_p.h"
#include "client/turns_p.h"
#include "client/writer_p.h"

#include <QtCore/QThread>

namespace Prefork::Internal {

/// What drives a client's pool: takes the user's wishes to it, tells it the time, and has its parts carry out what it
/// orders. Outlives its Client as long as a checkout does.
class ClientCore : public QObject, public std::enable_shared_from_this<ClientCore>
{
    Q_OBJECT

public:
    ClientCore(const ClientOptions &options, std::unique_ptr<Transport> transport);
    ~ClientCore() override;

    /// Ends the program if this is another thread than the one the client was made in. @p function: who asks.
    void mustBeInThread(const char *function) const
    {
        if (!isInThread()) [[unlikely]]
            refuseThread(function);
    }
    [[nodiscard]] bool isInThread() const { return QThread::currentThreadId() == m_threadId; }
    [[noreturn]] static void refuseThread(const char *function);
    [[noreturn]] static void refuseMove(const char *className);

    // The user's wishes.
    void start();
    /// Every checkout from now on fails.
    void setUnavailable(const QString &cause);
    /// Settles everything before it returns.
    void shutdown();
    void close(std::chrono::milliseconds deadline);
    void recycle();
    bool setProtocol(Protocol protocol);
    [[nodiscard]] CheckoutPtr checkout(const CheckoutOptions &options);
    /// A call but for its number and its arguments. @p extras may be null; what they say, and the method, is added to
    /// @p options.
    [[nodiscard]] PendingCall makeCall(const detail::CallTarget &target, std::unique_ptr<detail::ResultHandler> handler,
                                       const detail::CallExtras *extras, Pooling::CallOptions *options);
    /// Takes on @p call, which will be the last of its checkout's, if it can be written at once; else false and nothing
    /// has happened.
    [[nodiscard]] bool callAtOnce(const CheckoutPrivate &checkout, const detail::CallTarget &target,
                                  const detail::CallArguments &arguments, const Pooling::CallOptions &options,
                                  PendingCall &call);
    /// Encodes the arguments of @p call to be kept, or notes why it will be refused. Their own code, which may do
    /// anything a user may do, runs here; nothing has happened yet that it could disturb.
    void encode(const detail::CallTarget &target, const detail::CallArguments &arguments, PendingCall *call);
    /// Takes on @p call, the last of its checkout's, encoded.
    void call(Checkout &checkout, PendingCall &call, const Pooling::CallOptions &options);
    Call oneShot(const detail::CallTarget &target, const detail::CallArguments &arguments,
                 std::unique_ptr<detail::ResultHandler> handler, const detail::CallExtras *extras);
    /// The handle that those of the checkout's calls are siblings of.
    [[nodiscard]] Call handleOf(Pooling::CheckoutId checkout) const { return {m_number.value(), checkout, 0}; }
    /// The handle of a call that was just made, for its maker.
    [[nodiscard]] static Call handOut(const Call &checkout, CallId call, const detail::CallExtras *extras)
    {
        const Call handle = checkout.sibling(call);
        if (extras && extras->options.call) [[unlikely]]
            *extras->options.call = handle;
        return handle;
    }
    /// False if it has settled, or is about to.
    bool cancel(const Pooling::CallRef &call);
    void release(Pooling::CheckoutId id);
    void abort(Pooling::CheckoutId id, const Error &error);
    /// What an event loop would do for this client in a turn of at most so long, where there is no application.
    void turnByHand(std::chrono::nanoseconds longest);

    // What the user may know.
    [[nodiscard]] Client::State state() const;
    [[nodiscard]] detail::TypeRegistry &types() { return *m_types; }
    [[nodiscard]] qint64 maxDecodedSize() const { return m_options.maxDecodedSize; }
    [[nodiscard]] Protocol protocol() const { return m_protocol->kind(); }
    [[nodiscard]] const Pooling::Pool &pool() const { return m_pool; }
    [[nodiscard]] bool isSettled(const Pooling::CallRef &call) const;

    // For its parts.
    enum class Settle { Now, Later };
    /// Carries out what the pool has ordered, in its order.
    void perform(Settle when)
    {
        if (m_pool.hasActions() || m_changesSeen != m_pool.changes() || !m_settler.isEmpty())
            performAll(when);
    }
    [[nodiscard]] bool isPerforming() const { return m_isPerforming; }
    /// Hands what was written in this turn to the kernel. Returns whether that took any of it. Nothing of the user's
    /// runs inside.
    bool flush();
    /// Emits the signals of a client that are due.
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
    /// There is an event loop again, or for the first time: what it must watch is told to it.
    void moveIn();
    void onTimer();
    void onResume();
    void onFutureTimer();

Q_SIGNALS:
    void connectionFailed(const QString &cause);
    void protocolRefused();
    void bytesWritten(qint64 bytes);
    void stateChanged(Prefork::Client::State state);
    void closed();
    /// A checkout has no unsettled call any more.
    void checkoutSettled();

private:
    struct MethodName
    {
        const char *literal = nullptr;
        QByteArray utf8;
        QString text;
        Pooling::MethodId id = 0;
    };

    [[nodiscard]] const MethodName &methodName(const char *literal);
    /// @p text is not empty.
    [[nodiscard]] const MethodName &methodName(const QString &text);
    void accept(Pooling::CheckoutId id, PendingCall &call);
    void watchFuture(const PendingCall &call)
    {
        if (call.handler->hasFuture())
            m_turns.watchFuturesIn(Turns::FutureInterval);
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
    const MethodName m_noMethod; // of a call that names none
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
    std::vector<Pooling::Action> m_actions; // being performed
    bool m_isPerforming = false;
    quint64 m_changesSeen = 0; // of the pool's
    int m_encoding = 0; // how deep
    std::array<MethodName, 64> m_typedMethods; // by a hash of the literal's address
    std::array<MethodName, 16> m_namedMethods; // by one of the name
    Client::State m_announcedState = Client::Disconnected;
};

}

#endif
