// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CLIENT_H
#define QTPREFORK_CLIENT_H

#include <QtPrefork/address.h>
#include <QtPrefork/checkout.h>
#include <QtPrefork/global.h>
#include <QtPrefork/peerpolicy.h>
#include <QtPrefork/protocol.h>

#include <QtCore/QByteArray>
#include <QtCore/QObject>

#include <chrono>
#include <memory>

namespace Prefork {

namespace Internal {
class ClientCore;
}
class Zygote;

struct ClientOptions
{
    /// Names the calls in back-traces: `NAME -> METHOD`. (Parity T37.)
    QByteArray name = {};
    /// Workers connected from the start and kept; at most maxWorkers. (Parity T31.)
    int minWorkers = 2;
    /// The most workers at a time; further checkouts wait in line. (Parity T32.)
    int maxWorkers = 20;
    /// For checkouts that do not say: the longest that one call may take, see CheckoutOptions::timeout; 0 = any time.
    /// Unset = 30 s, but any time for calls with a runTimeout. (Parity T34.)
    std::optional<std::chrono::milliseconds> timeout = std::nullopt;
    /// For checkouts and calls that do not say: the longest that a method may run, see CallOptions::runTimeout; 0 = any
    /// time.
    std::chrono::milliseconds runTimeout{0};
    /// For checkouts and one-shots that do not say: those of a higher priority get a worker first.
    int priority = 0;
    /// How long a worker may take to let go of a canceled call that it runs (Call::cancel()) before the client hangs
    /// up, so that it is killed (within ZygoteOptions::abandonedGrace); 0 = at once, negative = never.
    std::chrono::milliseconds cancelGrace = std::chrono::seconds(1);
    /// A worker is replaced after so many checkouts; 0 = never. (Parity T35.)
    int maxCheckouts = 0;
    /// Whether a worker goes back to the pool after a checkout that saw an error; by default it is replaced. (Parity
    /// T36.)
    bool reuseAfterError = false;
    /// Workers above minWorkers are let go after being idle for so long; 0 = never.
    std::chrono::milliseconds idleTimeout = std::chrono::seconds(60);
    /// When so many checkouts wait, further ones fail with code QueueFull; 0 = any number may wait.
    int maxQueued = 0;
    /// Whether checkouts wait, up to their time-out, for a server that is not there; else they fail with code
    /// Unavailable. (Parity T38.)
    bool waitForServer = true;
    /// The most bytes of one message to or from a worker, up to 4 GiB - 1: with more, every checkout fails with code
    /// Unavailable.
    qsizetype maxMessageSize = DefaultMaxMessageSize;
    /// The most bytes of memory that the values of one message from a worker may take once they are decoded: 64 for
    /// each byte of the message and 4 MiB at most, and never more than this. A result that would take more fails its
    /// call with code WorkerError, and the worker lives on: our workers know the bound and refuse such results
    /// themselves, and our client refuses arguments that are too much for its worker with BadArguments. What operator>>
    /// of a registered type takes cannot be bounded.
    qint64 maxDecodedSize = DefaultMaxDecodedSize;
    /// What to speak with the workers. They understand both; a server of another make may know JSON only.
    Protocol protocol = defaultProtocol();
    /// Calls of one checkout its worker may have at a time, over the native protocol; at least 1. More are faster when
    /// calls are short. They still run one after the other, and an error still keeps those behind it from running.
    int maxInFlight = 64;
    /// While more bytes than this wait in a connection's write buffer, it is given no further calls, however large the
    /// window.
    qsizetype maxInFlightBytes = qsizetype(256) * 1024;
    /// One-shot calls (Client::call()) that may share a worker, over the native protocol; at least 1. With 1 a worker
    /// that crashes costs nobody else's call; with more, those too whose results it had not sent yet, because it was
    /// busy with the next call.
    int oneShotDepth = 4;
    /// A call that would make the client's bytesToWrite() exceed this fails its checkout with code QueueFull; 0 = no
    /// bound. Whatever its size, one call is always taken.
    qint64 maxBytesToWrite = qint64(128) * 1024 * 1024;
    /// How long one turn of the event loop may be spent reading replies and settling calls, what callbacks and catchers
    /// do included: then other events have their turn before the rest. 0 = one reply at a time.
    std::chrono::microseconds readBudget = std::chrono::milliseconds(1);
    /// As whom a server on a unix socket may run. To another's nothing is ever written: it counts as a server that is
    /// not there.
    PeerPolicy servers = {};
};
QTPREFORK_EXPORT QDebug operator<<(QDebug debug, const ClientOptions &options);

/// The pool of worker connections of one address, on the Qt event loop. Hands them out as checkouts and never blocks.
///
/// May be made before its server exists: it keeps trying, and checkouts wait in line until their time-outs. Needs a
/// QCoreApplication, but no particular one: a client that is older than the application, outlives it, or meets another
/// goes on whenever there is one, and times go on in between. Without any, only Checkout::waitForSettled() gets calls
/// settled, and over TCP only on connections there are. Destroying the client gives each checkout one fatal error of
/// code Shutdown before the destructor returns: its oldest call errors, the rest settle as canceled; the CheckoutPtrs
/// stay valid. (Parity T30-T45.)
///
/// **Threads.** A client belongs to the thread that made it, and its checkouts with it; each thread may have clients of
/// its own. Calling one of its functions in another thread, destroying it there while its own thread still runs, or
/// moving it to another thread ends the program with a message, in release builds too. A client on a zygote must be
/// made in the zygote's thread, or the program ends likewise. What any thread may do is connect to the signals, drop a
/// CheckoutPtr, and cancel a future. Any other thread may wait for a future too. In the client's own thread a future's
/// result() and waitForFinished() never return while the call is unsettled, for only the event loop of that thread
/// brings results: there waitFor() waits, in QtPrefork/waitfor.h, and Checkout::waitForSettled().
class QTPREFORK_EXPORT Client : public QObject
{
    Q_OBJECT
    Q_PROPERTY(State state READ state NOTIFY stateChanged)

    [[nodiscard]] auto submitter()
    {
        return [this](const detail::CallTarget &target, const detail::CallArguments &arguments,
                      std::unique_ptr<detail::ResultHandler> handler) {
            return oneShot(target, arguments, std::move(handler), nullptr);
        };
    }

public:
    enum State {
        Disconnected, ///< no worker is connected, and none is asked for
        Connecting, ///< no worker is connected; the client is trying
        Connected, ///< there is a worker at least
        Closing, ///< close() was called and has not finished
        Closed, ///< close() has finished, or there will never be a worker again
    };
    Q_ENUM(State)

    /// A client of the server at @p address. An invalid address makes every checkout fail with code Unavailable and its
    /// text.
    explicit Client(const Address &address, const ClientOptions &options = {}, QObject *parent = nullptr);
    /// A client directly on @p zygote: each connection is a socket pair, nothing listens, nobody else can connect. Once
    /// the zygote is gone, workers that are held serve on and everything new fails with code Unavailable; so does
    /// everything with a null zygote, such as Zygote::find() returns.
    explicit Client(Zygote *zygote, const ClientOptions &options = {}, QObject *parent = nullptr);
    ~Client() override;

    [[nodiscard]] CheckoutPtr checkout(const CheckoutOptions &options = {});

    /// A one-shot call of a typed method: as Checkout::call(), on a checkout of this one call. It has a time-out of its
    /// own, the client's `timeout` from now; an error affects no other call. Over the native protocol one-shots share
    /// workers (ClientOptions::oneShotDepth) once there can be no further worker, so a long one may delay others: give
    /// long calls a checkout, or a runTimeout: such a one shares a worker only while its method is known to be quick.
    /// If one times out, or is canceled and does not end, its worker is given up: those behind it that never began are
    /// sent to another, one that had begun gets WorkerLost.
    template <class R, class... A, class... Tail>
    Call call(Method<R(A...)> method, Tail &&...tail)
    {
        return detail::callOf(method, submitter(), std::forward<Tail>(tail)...);
    }
    /// The same for a method called by name.
    template <class... Tail>
    Call call(const MethodName &method, const Arguments &arguments, Tail &&...tail)
    {
        return detail::callNamed(method, arguments.toList(), submitter(), std::forward<Tail>(tail)...);
    }
    Call call(const MethodName &method) { return call(method, Arguments()); }
    /// Refuses, in one sentence, arguments that are not in braces.
    template <detail::Unbraced First, class... Tail>
    Call call(const MethodName &, First &&, Tail &&...)
    {
        static_cast<void>(detail::accept<detail::flawOfUnbraced<First>()>());
        return {};
    }
    /// A one-shot call for a QFuture, by the rules of Checkout::future().
    template <class R, class... A, class... T>
    [[nodiscard]] QFuture<std::remove_cvref_t<R>> future(Method<R(A...)> method, T &&...arguments)
    {
        return detail::futureOfCall(method, submitter(), std::forward<T>(arguments)...);
    }
    /// The same for a method called by name.
    [[nodiscard]] QFuture<QVariant> future(const MethodName &method, const Arguments &arguments = {})
    {
        return detail::futureOfNamed(method, arguments.toList(), submitter());
    }
    /// For one-shots with options of their own, and with handlers for events and progress:
    /// `with({.runTimeout = 2s, .priority = 1}).call(…)`.
    [[nodiscard]] CallMaker<> with(const CallOptions &options) { return {detail::CallMaking(this), options}; }

    /// Lets values of @p T, which needs QDataStream operators, cross the native protocol under @p name, which the
    /// workers must have registered too (Interface::registerType()). A client directly on a zygote knows from the
    /// beginning what its interface has registered. Only such types are ever created from what a worker sends: a call
    /// that has another fails, its arguments with code BadArguments, its result with code WorkerError, and a text that
    /// names the type. False, with a warning that says why, if the name or the type is taken, or there are no such
    /// operators.
    template <class T>
    [[nodiscard]] bool registerType(const QByteArray &name)
    {
        return registerMetaType(name, QMetaType::fromType<T>());
    }

    /// Changes the protocol of a client that has no checkouts and no calls, at any time; its workers are replaced,
    /// those too that are just being connected. False, and no effect, if it has.
    bool setProtocol(Protocol protocol);
    [[nodiscard]] Protocol protocol() const;

    /// Writes at once what would else be written when the event loop turns: every call made so far that a worker can be
    /// given now. To be called when the program is going to be busy for a while. Takes as much as the kernel takes and
    /// never blocks; no callback, catcher or signal runs inside. What waits for a worker, a connection or room goes
    /// later, from the event loop; bytesToWrite() tells how much that is. True if anything was written, as with
    /// QLocalSocket::flush().
    bool flush();

    /// Ends the client gently: new checkouts fail at once with code Shutdown, those there are go on until they are
    /// released. When all are, or at @p deadline from now with a fatal Shutdown for the rest, the workers are let go
    /// and closed() is emitted, from the event loop. Never blocks. A second call sets a new deadline.
    void close(std::chrono::milliseconds deadline = std::chrono::seconds(5));
    /// Replaces every worker there is: idle ones now, held ones when they are released. For when what their setup read
    /// has changed.
    void recycleWorkers();

    [[nodiscard]] State state() const;
    /// Invalid for a client directly on a zygote.
    [[nodiscard]] Address address() const;
    /// Why the last attempt to connect failed; empty once one has succeeded since.
    [[nodiscard]] QString connectionError() const;
    /// Workers connecting, idle and held.
    [[nodiscard]] qsizetype workerCount() const;
    [[nodiscard]] qsizetype idleWorkerCount() const;
    /// Bytes of calls not yet handed to the kernel, of all checkouts and one-shots. (Qt's word for it.)
    [[nodiscard]] qint64 bytesToWrite() const;
    /// Checkouts in line for a worker.
    [[nodiscard]] qsizetype waitingCheckoutCount() const;

    bool event(QEvent *event) override;

Q_SIGNALS:
    void stateChanged(Prefork::Client::State state);
    void closed();
    /// An attempt to connect failed; the client goes on trying.
    void connectionFailed(const QString &cause);
    /// Something accepted a connection but does not seem to speak the native protocol: it hung up instead of saying
    /// hello, or has been silent for a second. The client goes on trying. If it is a server of another make, it may
    /// understand Protocol::Json.
    void protocolRefused();
    /// So many bytes have been handed to the kernel since the last time; see bytesToWrite().
    void bytesWritten(qint64 bytes);

protected:
    void connectNotify(const QMetaMethod &signal) override;

private:
    friend class detail::CallMaking;

    void init();
    Call oneShot(const detail::CallTarget &target, const detail::CallArguments &arguments,
                 std::unique_ptr<detail::ResultHandler> handler, const detail::CallExtras *extras);
    bool registerMetaType(const QByteArray &name, QMetaType type);

    std::shared_ptr<Internal::ClientCore> d;
    Address m_address;
};

}

#endif
