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
class Onlooker;
}
class WorkerModel;
class Zygote;

/// Options of a client, fixed when it is made. docs/calls.md has the rules for 0 and negative values.
struct ClientOptions
{
    /// The name of the client in back-traces, where calls appear as `NAME -> METHOD`. If it is empty, they appear as
    /// `ANONYMOUS CLIENT -> METHOD`.
    QByteArray name = {};
    /// The number of workers that are connected from the start and are kept. If it is larger than maxWorkers,
    /// maxWorkers applies.
    int minWorkers = 2;
    /// The largest number of workers at a time; at least 1. When all are held, further checkouts wait in line.
    int maxWorkers = 20;
    /// The CheckoutOptions::timeout of checkouts that do not set their own, in milliseconds: the longest time that one
    /// call may take. 0 means no limit. A negative value means that the time is over already, as for
    /// CallOptions::deadline. If it is unset, calls with a runTimeout have no such limit, and all others have 30 s.
    std::optional<std::chrono::milliseconds> timeout = std::nullopt;
    /// The CallOptions::runTimeout of checkouts and calls that do not set their own, in milliseconds: the longest time
    /// that a method may run. 0 or less means no limit.
    std::chrono::milliseconds runTimeout{0};
    /// The priority of checkouts and one-shots that do not set their own. Those with a higher priority get a worker
    /// first.
    int priority = 0;
    /// How long a worker may go on with a call that was canceled by Call::cancel(), in milliseconds. After that the
    /// client closes the connection, and the worker is killed within ZygoteOptions::abandonedGrace. 0 means that the
    /// client closes it at once, and a negative value that it never does.
    std::chrono::milliseconds cancelGrace = std::chrono::seconds(1);
    /// The number of checkouts after which a worker is replaced. 0 means no limit.
    int maxCheckouts = 0;
    /// Whether a worker goes back to the pool after a checkout that saw an error. By default such a worker is replaced.
    bool reuseAfterError = false;
    /// How long a worker may be idle while there are more than minWorkers, in milliseconds. After that the client lets
    /// the worker end. 0 means no limit.
    std::chrono::milliseconds idleTimeout = std::chrono::seconds(60);
    /// The largest number of checkouts that may wait in line. Further checkouts fail with code QueueFull. 0 means no
    /// limit.
    int maxQueued = 0;
    /// Whether checkouts wait, until their time-out, for a server that cannot be reached. If this is false, they fail
    /// with code Unavailable.
    bool waitForServer = true;
    /// The largest size of one message to or from a worker, in bytes; at most 4 GiB − 1. With a larger value every
    /// checkout fails with code Unavailable.
    qsizetype maxMessageSize = DefaultMaxMessageSize;
    /// The most memory that the values of one message from a worker may take when they are decoded, in bytes. Small
    /// messages have a lower limit: 64 bytes for each byte of the message, and 4 MiB besides. A result that would take
    /// more fails its call with code WorkerError, and the worker goes on. Workers of QtPrefork know this limit and
    /// refuse such results themselves. In the same way, a client of QtPrefork refuses arguments that are too large for
    /// its worker, with code BadArguments. The memory that the `operator>>` of a registered type takes is not limited.
    qint64 maxDecodedSize = DefaultMaxDecodedSize;
    /// The protocol that the client uses. Workers of QtPrefork understand both protocols. Another kind of server may
    /// know only JSON.
    Protocol protocol = defaultProtocol();
    /// The largest number of calls of one checkout that its worker may have at a time, over the native protocol; at
    /// least 1. A larger number is faster when calls are short. The worker still runs them one after the other, and
    /// after an error it does not run the calls behind it.
    int maxInFlight = 64;
    /// The connection of a worker gets no further calls while more than this number of bytes wait in its write buffer,
    /// whatever maxInFlight allows.
    qsizetype maxInFlightBytes = qsizetype(256) * 1024;
    /// The largest number of one-shot calls (Client::call()) that may share a worker at a time, over the native
    /// protocol; at least 1. With more than 1, a worker begins the next call at once, but a long call delays the calls
    /// behind it. If a worker crashes, only the call that it runs fails.
    int oneShotDepth = 4;
    /// The largest value that the client's bytesToWrite() may reach. A call that would exceed it fails its checkout
    /// with code QueueFull. If no bytes are waiting, a call of any size is accepted. 0 means no limit.
    qint64 maxBytesToWrite = qint64(128) * 1024 * 1024;
    /// How long the client may spend in one turn of the event loop with reading replies and settling calls, in
    /// microseconds. The time in callbacks and catchers is included. After that, other events are processed before the
    /// client goes on. 0 means that it handles one reply in each turn.
    std::chrono::microseconds readBudget = std::chrono::milliseconds(1);
    /// The users that a server on a unix socket may run as. If the server runs as another user, the client writes
    /// nothing to it, and treats it as a server that cannot be reached.
    PeerPolicy servers = {};
};
/// Shows the options that differ from their defaults.
QTPREFORK_EXPORT QDebug operator<<(QDebug debug, const ClientOptions &options);

/// The pool of connections to the workers at one address, on the Qt event loop. A client gives its workers to checkouts
/// and to one-shot calls. It never blocks.
///
/// A client may be made before its server exists. It keeps trying to connect, and checkouts wait in line until their
/// time-outs.
///
/// A client needs a QCoreApplication. But it may be made before the application, outlive it, and be used with another
/// one later. Without an application the client does nothing by itself, while its time limits go on. Then only
/// Checkout::waitForSettled() and waitFor() make calls settle, and over TCP no new connections are made.
///
/// When a client is destroyed, each checkout gets one fatal error of code Shutdown before the destructor returns: its
/// oldest call fails with this error, and the others settle as canceled. Every CheckoutPtr stays valid.
///
/// **Threads.** A client and its checkouts belong to the thread in which the client was made. Each thread may have
/// clients of its own. A client on a zygote must be made in the zygote's thread. Any thread may connect to the signals,
/// drop a CheckoutPtr, or cancel a future. Each of the following ends the program with a message, in release builds
/// too:
///
/// * making a client on a zygote in another thread than the zygote's,
/// * calling a function of a client in another thread than the client's,
/// * destroying a client in another thread while its own thread still runs,
/// * moving a client to another thread.
///
/// Other threads may wait for a future. In the client's own thread, result() and waitForFinished() of a future never
/// return while the call is unsettled, because only the event loop of this thread brings results. Use waitFor(), from
/// QtPrefork/waitfor.h, or Checkout::waitForSettled() there.
class QTPREFORK_EXPORT Client : public QObject
{
    Q_OBJECT
    Q_PROPERTY(State state READ state NOTIFY stateChanged)
    Q_PROPERTY(int workerCount READ workerCount NOTIFY workerCountChanged)
    Q_PROPERTY(int idleWorkerCount READ idleWorkerCount NOTIFY idleWorkerCountChanged)
    Q_PROPERTY(int waitingCheckoutCount READ waitingCheckoutCount NOTIFY waitingCheckoutCountChanged)
    Q_PROPERTY(int pendingCallCount READ pendingCallCount NOTIFY pendingCallCountChanged)

    [[nodiscard]] auto submitter()
    {
        return [this](const detail::CallTarget &target, const detail::CallArguments &arguments,
                      std::unique_ptr<detail::ResultHandler> handler) {
            return oneShot(target, arguments, std::move(handler), nullptr);
        };
    }

public:
    /// The state of a client.
    enum State {
        Disconnected, ///< No worker is connected, and the client is not trying to connect one.
        Connecting, ///< No worker is connected, and the client is trying to connect one.
        Connected, ///< At least one worker is connected.
        Closing, ///< close() was called and has not finished.
        Closed, ///< close() has finished, or there can never be a worker again.
    };
    Q_ENUM(State)

    /// Makes a client of the server at @p address. If the address is invalid, every checkout fails with code
    /// Unavailable and the text of Address::errorString().
    explicit Client(const Address &address, const ClientOptions &options = {}, QObject *parent = nullptr);
    /// Makes a client directly on @p zygote. Each connection is a socket pair, so no socket is listened on, and no
    /// other program can connect. When the zygote no longer exists, workers that are held continue to serve, and
    /// everything new fails with code Unavailable. If @p zygote is null, as Zygote::find() may return it, everything
    /// fails with code Unavailable.
    explicit Client(Zygote *zygote, const ClientOptions &options = {}, QObject *parent = nullptr);
    /// Refuses, in one sentence, a zygote that is not given by its address.
    template <std::same_as<Zygote> T>
    explicit Client(T &zygote, const ClientOptions &options = {}, QObject *parent = nullptr)
        : Client(&zygote, options, parent)
    {
        static_assert(!std::same_as<T, Zygote>, "the client wants a pointer to the zygote: Client(&zygote)");
    }
    /// Destroys the client and ends its checkouts, as described above.
    ~Client() override;

    /// Returns a new checkout, which gets a worker as soon as one is free.
    [[nodiscard]] CheckoutPtr checkout(const CheckoutOptions &options = {});

    /// Makes a one-shot call of a typed method, as Checkout::call() does, on a checkout for this call only. The call
    /// has a time-out of its own: ClientOptions::timeout from now. An error affects no other call.
    ///
    /// Over the native protocol, one-shots share workers when no further worker can be connected
    /// (ClientOptions::oneShotDepth). A long one-shot may therefore delay others. Give long calls a checkout, or a
    /// runTimeout: a call with a runTimeout shares a worker only while its method is known to be quick. If a one-shot
    /// times out, or is canceled and does not end, its worker is given up. The one-shots behind it that had not begun
    /// are sent to another worker. One that had begun gets WorkerLost.
    template <class R, class... A, class... Tail>
    Call call(Method<R(A...)> method, Tail &&...tail)
    {
        return detail::callOf(method, submitter(), std::forward<Tail>(tail)...);
    }
    /// Does the same for a method that is called by name.
    template <class... Tail>
    Call call(const MethodName &method, const Arguments &arguments, Tail &&...tail)
    {
        return detail::callNamed(method, arguments.toList(), submitter(), std::forward<Tail>(tail)...);
    }
    Call call(const MethodName &method) { return call(method, Arguments()); }
    /// Makes the compiler refuse, in one sentence, arguments that are not in braces.
    template <detail::Unbraced First, class... Tail>
    Call call(const MethodName &, First &&, Tail &&...)
    {
        static_cast<void>(detail::accept<detail::flawOfUnbraced<First>()>());
        return {};
    }
    /// Makes a one-shot call of a typed method and returns a future for its result, by the rules of Checkout::future().
    template <class R, class... A, class... T>
    [[nodiscard]] QFuture<std::remove_cvref_t<R>> future(Method<R(A...)> method, T &&...arguments)
    {
        return detail::futureOfCall(method, submitter(), std::forward<T>(arguments)...);
    }
    /// Does the same for a method that is called by name.
    [[nodiscard]] QFuture<QVariant> future(const MethodName &method, const Arguments &arguments = {})
    {
        return detail::futureOfNamed(method, arguments.toList(), submitter());
    }
    /// Returns a maker of one-shots that have options of their own, and handlers for events and progress:
    /// `with({.runTimeout = 2s, .priority = 1}).call(…)`.
    [[nodiscard]] CallMaker<> with(const CallOptions &options) { return {detail::CallMaking(this), options}; }

    /// Allows values of type @p T to be sent over the native protocol, under @p name. The type needs QDataStream
    /// operators, and the workers must have registered it under the same name (Interface::registerType()). A client
    /// directly on a zygote knows the types of its interface without this call. Returns true if the type was
    /// registered. Returns false, with a warning that says why, if another type has this name, if the type has another
    /// name, or if it has no QDataStream operators.
    ///
    /// A client makes only values of registered types from what a worker sends. A call with a value of another class
    /// fails, with a text that names the type: with code BadArguments if it is among the arguments, and with code
    /// WorkerError if it is in the result.
    template <class T>
    [[nodiscard]] bool registerType(const QByteArray &name)
    {
        return registerMetaType(name, QMetaType::fromType<T>());
    }

    /// Changes the protocol and returns true, or returns false and changes nothing if the client has checkouts or
    /// calls. All workers are replaced, also those that are just being connected.
    bool setProtocol(Protocol protocol);
    /// Returns the protocol that the client uses.
    [[nodiscard]] Protocol protocol() const;

    /// Sends now what would be sent when the event loop turns: all calls so far for which there is a worker. Use it
    /// when the program is going to be busy for a while. Returns true if anything was written, as QLocalSocket::flush()
    /// does.
    ///
    /// This function writes as much as the kernel takes and never blocks. No callback, catcher or signal runs inside
    /// it. Calls that wait for a worker, for a connection or for room are sent later, from the event loop.
    /// bytesToWrite() tells how many bytes still wait.
    bool flush();

    /// Ends the client gently. New checkouts fail at once with code Shutdown. Existing checkouts go on until they are
    /// released. When all are released, the client lets its workers end and closed() is emitted, from the event loop.
    /// If this takes longer than @p deadline milliseconds, the remaining checkouts get a fatal error of code Shutdown.
    /// If @p deadline is 0, they get it at once; if it is negative, never. This function never blocks. A second call
    /// sets a new deadline.
    void close(std::chrono::milliseconds deadline = std::chrono::seconds(5));
    /// Replaces all workers: idle ones now, held ones when they are released. Use it when something that the setup of a
    /// worker reads has changed. A client directly on a zygote also replaces the spare workers
    /// (Zygote::recycleSpareWorkers()). For the spare workers of a server, the program of the server has to do that.
    void recycleWorkers();

    /// Returns the state of the client.
    [[nodiscard]] State state() const;
    /// Returns the address of the server. For a client directly on a zygote it is invalid.
    [[nodiscard]] Address address() const;
    /// Returns why the last attempt to connect failed, or an empty string if an attempt has succeeded since.
    [[nodiscard]] QString connectionError() const;
    /// Returns the number of workers: those that are being connected, idle ones, and those that are held.
    [[nodiscard]] int workerCount() const;
    /// Returns the number of idle workers.
    [[nodiscard]] int idleWorkerCount() const;
    /// Returns how many bytes of calls have not been handed to the kernel, for all checkouts and one-shots.
    [[nodiscard]] qint64 bytesToWrite() const;
    /// Returns the number of checkouts that wait in line for a worker.
    [[nodiscard]] int waitingCheckoutCount() const;
    /// Returns the number of calls that have been made and have not settled, for all checkouts and one-shots.
    [[nodiscard]] int pendingCallCount() const;

    /// Returns a model of the workers, for views. The model is made by the first call, and belongs to the client. There
    /// may be further models; see WorkerModel.
    [[nodiscard]] WorkerModel *workerModel();

    bool event(QEvent *event) override;

Q_SIGNALS:
    /// This signal is emitted when the state of the client has changed.
    void stateChanged(Prefork::Client::State state);
    /// This signal is emitted when close() has finished.
    void closed();
    /// This signal is emitted when an attempt to connect has failed. @p cause says why. The client goes on trying.
    void connectionFailed(const QString &cause);
    /// This signal is emitted when a server has accepted a connection but does not seem to use the native protocol: it
    /// closed the connection without its first message, or sent nothing for a second. The client goes on trying.
    /// Another kind of server may understand Protocol::Json.
    void protocolRefused();
    /// This signal is emitted when @p bytes bytes have been handed to the kernel since the last time; see
    /// bytesToWrite().
    void bytesWritten(qint64 bytes);
    /// This signal is emitted when workerCount() has changed. Like the three signals below, it is emitted from the
    /// event loop, at most once in each turn, with the count at that moment, and only if that differs from the last
    /// one. The four signals cost nothing as long as none of them is connected.
    void workerCountChanged(int count);
    /// This signal is emitted when idleWorkerCount() has changed.
    void idleWorkerCountChanged(int count);
    /// This signal is emitted when waitingCheckoutCount() has changed.
    void waitingCheckoutCountChanged(int count);
    /// This signal is emitted when pendingCallCount() has changed.
    void pendingCallCountChanged(int count);

protected:
    void connectNotify(const QMetaMethod &signal) override;

private:
    friend class detail::CallMaking;
    friend class Internal::Onlooker;

    void init();
    Call oneShot(const detail::CallTarget &target, const detail::CallArguments &arguments,
                 std::unique_ptr<detail::ResultHandler> handler, const detail::CallExtras *extras);
    bool registerMetaType(const QByteArray &name, QMetaType type);

    std::shared_ptr<Internal::ClientCore> d;
    Address m_address;
};

}

#endif
