// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CHECKOUT_H
#define QTPREFORK_CHECKOUT_H

#include <QtPrefork/call.h>
#include <QtPrefork/callmaker.h>
#include <QtPrefork/calloptions.h>
#include <QtPrefork/error.h>
#include <QtPrefork/global.h>

#include <QtCore/QObject>

#include <chrono>
#include <memory>
#include <optional>

namespace Prefork {

class CheckoutPrivate;

/// A handle on a checkout. The checkout is released when its last handle is dropped.
using CheckoutPtr = std::shared_ptr<Checkout>;

/// Options of a checkout, for Client::checkout(). docs/calls.md has the rules for 0 and negative values.
struct CheckoutOptions
{
    /// The longest time that the oldest unsettled call may take, in milliseconds. For the first call, the wait for a
    /// worker is included. 0 means no limit. A negative value means that the time is over already, as for
    /// CallOptions::deadline. If it is unset, the client's value applies.
    std::optional<std::chrono::milliseconds> timeout = std::nullopt;
    /// The CallOptions::runTimeout of calls that do not set their own, in milliseconds. 0 or less means no limit. If it
    /// is unset, the client's value applies.
    std::optional<std::chrono::milliseconds> runTimeout = std::nullopt;
    /// The priority of the checkout: those with a higher priority get a worker first. It cannot change later. If it is
    /// unset, the client's value applies.
    std::optional<int> priority = std::nullopt;
};
/// Shows the options that differ from their defaults.
QTPREFORK_EXPORT QDebug operator<<(QDebug debug, const CheckoutOptions &options);

/// A queue of calls to one worker, which the checkout holds exclusively. Client::checkout() makes a checkout at once,
/// whether a worker is free or not. Checkouts with the same priority get workers in the order in which they were made.
///
/// The worker runs calls in order, one at a time. Over the native protocol, the client sends further calls while the
/// worker runs one (ClientOptions::maxInFlight). Each call settles exactly once: with its result, with an error in the
/// frame in which the call was made, or as canceled. It is canceled by Call::cancel(), or because an error before it
/// cleared the queue. Nothing settles inside call(): callbacks, catchers and signals come from the event loop.
///
/// Calls settle in order too, except those that Call::cancel() ends early. A canceled call settles at once. Until its
/// worker has finished with it, the calls behind it wait, their time limits do not count, and released() is not
/// emitted.
///
/// After an error of the worker's method, the checkout is as usable as before, on the same worker. After a fatal error
/// (Error::isFatal()), every later call gets the same error.
///
/// **Lifetime.** The checkout is released by release(), or when its last CheckoutPtr is dropped. While calls are
/// unsettled, the client holds the checkout too: dropping your CheckoutPtr cancels no call. A callback is destroyed as
/// soon as its call has settled, so it may capture the CheckoutPtr.
///
/// **Threads.** A checkout and all its functions belong to its client's thread. Calling a function in another thread,
/// or moving the checkout to another thread, ends the program with a message, in release builds too. There are two
/// exceptions: handles may be copied and dropped in any thread, and signals may be connected to in any thread. If the
/// last handle is dropped in another thread, the client's thread releases the checkout when its event loop turns, or
/// when the thread ends.
class QTPREFORK_EXPORT Checkout : public QObject, public std::enable_shared_from_this<Checkout>
{
    Q_OBJECT

    [[nodiscard]] auto submitter()
    {
        return [this](const detail::CallTarget &target, const detail::CallArguments &arguments,
                      std::unique_ptr<detail::ResultHandler> handler) {
            return enqueue(target, arguments, std::move(handler), nullptr);
        };
    }

public:
    /// Releases the checkout.
    ~Checkout() override;

    /// Calls a typed method and returns a handle of the call. After the method and its arguments there may be a
    /// callback for the result, or one for the result and one for an error. Before the callbacks there may be one
    /// context object, which is for both: `call(method, arguments…, context, onResult, onError)`.
    ///
    /// **Arguments** are converted to the types of the method's parameters, and their values never change. The compiler
    /// refuses a floating-point number for an integer, and anything but a bool for a bool. An integer may be given for
    /// another type of number. If that type cannot hold the value, the call fails with code BadArguments before
    /// anything is sent. A double that is given for a float is rounded.
    ///
    /// **The callback for the result** takes the result, a QVariant, or nothing. If it takes another type of number
    /// than the result's, this type must be able to hold every value of the result's type: the compiler refuses an int
    /// for a qint64. It may be a lambda, any other callable, a fub(), or, with a context object, a member function of
    /// it. A null callback is no callback. The callback runs in the frame of the call. The parent of this frame is the
    /// current frame or, if the callback is a fub(), the fub's frame. The name of the frame is `CLIENT -> METHOD`. What
    /// the callback throws goes to the nearest catcher of this frame, or else to the unhandled-error handler, and the
    /// queue goes on.
    ///
    /// **The callback for an error** takes a `const Prefork::Error &`, or nothing. It is called after errored() was
    /// emitted. The catchers of the frame do not receive the error then, but they receive what the callback throws. If
    /// the call is never run because a call before it has failed, the callback gets an Error of code Canceled. After
    /// Call::cancel() neither callback is called.
    ///
    /// **The context object** must live in the client's thread when the call is made and when it settles, or the call
    /// fails with code BadArguments. When it is destroyed, the callbacks are dropped. The call still settles. If a
    /// callback for errors was dropped, an error is then reported by the signal errored() only.
    ///
    /// If a callback holds a fub() (see isFrame()), an error of the call goes to the fub's frame. If no catcher of the
    /// fub takes the error, it is reported as unhandled. Code of the callback that runs before the callback calls the
    /// fub runs in the frame of the call. If the callback is passed as an rvalue, a fub() in it is found only if moving
    /// the callback moves the fub() too, or if the callback is a std::function.
    ///
    /// Arguments are encoded before anything else happens. Code of yours that runs for this, such as an `operator<<` or
    /// the getter of a Q_GADGET, may make calls, run an event loop, or destroy the client. If it throws, call() throws
    /// the same exception, and no call was made.
    template <class R, class... A, class... Tail>
    Call call(Method<R(A...)> method, Tail &&...tail)
    {
        return detail::callOf(method, submitter(), std::forward<Tail>(tail)...);
    }
    /// Calls a method by name: `call("selectrow", {sql, id}, [](const QVariant &row) {…})`.
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

    /// Calls a typed method and returns a future for its result: `future(method, arguments…).then(…)`. This takes about
    /// 1 µs longer than a call with a callback.
    ///
    /// An error goes to the future and nowhere else: the future holds the Prefork::Error, with the back-trace of the
    /// call, as its exception. If the call will never run because a call before it has failed, the future holds an
    /// Error of code Canceled. The progress of the future is the progress that the method reports
    /// (Worker::setProgress()).
    ///
    /// Canceling the future, in any thread, cancels the call as Call::cancel() does. If the call was not sent yet, the
    /// client notices this when it is about to send the call. If the call was sent, the client notices it up to 50 ms
    /// later, or at once if the call was made more than 50 ms ago. When a continuation (`.then()`) of the future has
    /// run, do not cancel the future any more: Qt 6.4 would use memory that it has freed. Call::cancel() is always
    /// safe; CallOptions::call receives the handle for it.
    ///
    /// In the client's thread, never call result() or waitForFinished() of a future that has not finished: they never
    /// return there. Use waitFor(), from QtPrefork/waitfor.h, instead.
    template <class R, class... A, class... T>
    [[nodiscard]] QFuture<std::remove_cvref_t<R>> future(Method<R(A...)> method, T &&...arguments)
    {
        return detail::futureOfCall(method, submitter(), std::forward<T>(arguments)...);
    }
    /// Calls a method by name and returns a future for its result: `future("selectrow", {sql, id})`. GCC 12 refuses
    /// such braces inside a co_await expression. Make a QVariantList before, and use it there.
    [[nodiscard]] QFuture<QVariant> future(const MethodName &method, const Arguments &arguments = {})
    {
        return detail::futureOfNamed(method, arguments.toList(), submitter());
    }

    /// Returns a maker of calls that have options of their own, and handlers for events and progress:
    /// `with({.runTimeout = 2s}).onProgress(…).call(…)`.
    [[nodiscard]] CallMaker<> with(const CallOptions &options) { return {detail::CallMaking(this), options}; }

    /// Makes a call without a method name, so that the interface's fallback gets all arguments. There is one exception:
    /// if the first argument is a string, the worker takes it for the name of a method. It calls the method of this
    /// name or, if there is none, the fallback with this name and the other arguments.
    template <class... Tail>
    Call callFunction(const FunctionArguments &arguments, Tail &&...tail)
    {
        return detail::callFallback(arguments, submitter(), std::forward<Tail>(tail)...);
    }

    /// Sends all calls that were made so far now, and not only when the event loop turns. It does this for all calls of
    /// the client, as Client::flush().
    bool flush();

    /// Gives the worker back to the client when the calls that were made so far have settled. Calls that are made later
    /// fail with code Shutdown. Further calls of this function have no effect.
    void release();
    /// Ends the checkout with an error. The oldest unsettled call gets a fatal error of code Aborted with the message
    /// @p reason, the other calls settle as canceled, and the connection to the worker is closed. This is possible at
    /// any time, also before there is a worker. If no call is unsettled, the next call gets the error.
    void abort(const QString &reason = QStringLiteral("aborted"));

    /// Waits until no call is unsettled and returns true. Returns false if this takes longer than @p deadline
    /// milliseconds. If @p deadline is 0 or less, it does not wait, but it may process pending events. This function is
    /// for scripts and tests. It runs an event loop of its own, in which callbacks, timers and sockets go on, but no
    /// user input is processed. Do not use it in a GUI. Without a QCoreApplication it does what an event loop would do,
    /// but only for this client.
    [[nodiscard]] bool waitForSettled(std::chrono::milliseconds deadline = std::chrono::seconds(30));

    /// Returns true if the checkout was released.
    [[nodiscard]] bool isReleased() const;
    /// Returns the fatal error that ended this checkout, or nothing if no fatal error has ended it.
    [[nodiscard]] std::optional<Error> error() const;
    /// Returns how many bytes of calls wait in this checkout, for a worker or for room in the worker's window. The
    /// number grows with every call and shrinks as the worker keeps up. A call that would exceed
    /// ClientOptions::maxBytesToWrite fails. Client::bytesWritten() is emitted when bytes have been written.
    [[nodiscard]] qint64 bytesToWrite() const;
    /// Returns the number of calls that were made and have not settled.
    [[nodiscard]] int pendingCallCount() const;

    bool event(QEvent *event) override;

Q_SIGNALS:
    /// This signal is emitted when a call has its result, before its callback is called. @p result has the type that
    /// the method's result has.
    void finished(Prefork::CallId call, const QVariant &result);
    /// This signal is emitted when a call has ended with an error, before the callback for errors or a catcher is
    /// called. @p error has its back-trace. If there is no catcher, a slot that is connected to this signal counts as
    /// handling the error.
    void errored(Prefork::CallId call, const Prefork::Error &error);
    /// This signal is emitted when a call settles as canceled: Call::cancel() was called, or a call before it has
    /// failed. No catcher is called. A callback for errors is called only in the second case.
    void canceled(Prefork::CallId call);
    /// This signal is emitted when the checkout no longer holds its worker and no call is unsettled.
    void released();

protected:
    void connectNotify(const QMetaMethod &signal) override;

private:
    friend class CheckoutPrivate;
    friend class detail::CallMaking;
    explicit Checkout(std::unique_ptr<CheckoutPrivate> dd);

    Call enqueue(const detail::CallTarget &target, const detail::CallArguments &arguments,
                 std::unique_ptr<detail::ResultHandler> handler, const detail::CallExtras *extras);
    Call enqueueLater(const detail::CallTarget &target, const detail::CallArguments &arguments,
                      std::unique_ptr<detail::ResultHandler> handler, const detail::CallExtras *extras);

    std::unique_ptr<CheckoutPrivate> d;
};

}

#endif
