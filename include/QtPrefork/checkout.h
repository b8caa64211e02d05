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

using CheckoutPtr = std::shared_ptr<Checkout>;

struct CheckoutOptions
{
    /// The longest that one call may take, the wait for a worker included for the first; unset = the client's, 0 = any
    /// time, negative = it is over already. (Parity T34, T57.)
    std::optional<std::chrono::milliseconds> timeout = std::nullopt;
    /// For calls that do not say (CallOptions::runTimeout); unset = the client's, 0 = any time.
    std::optional<std::chrono::milliseconds> runTimeout = std::nullopt;
    /// Checkouts of a higher priority get a worker first; unset = the client's. Fixed when the checkout is made.
    std::optional<int> priority = std::nullopt;
};
QTPREFORK_EXPORT QDebug operator<<(QDebug debug, const CheckoutOptions &options);

/// An exclusive hold on one worker, with a queue of calls. Made by Client::checkout(), at once, whether a worker is
/// free or not: checkouts get workers first come, first served among those of equal priority. (Parity T41, T50-T64.)
///
/// Calls run in order, one at a time; over the native protocol the worker is sent further ones while it runs one
/// (ClientOptions::maxInFlight). Each settles exactly once: with its result, with an error in the frame it was made in,
/// or canceled, by Call::cancel() or because an error before it cleared the queue. They settle in order too, but for
/// those that Call::cancel() ends early: a canceled call settles at once, and while its worker has not let go of it the
/// calls behind it wait, with their clocks stopped, and so does released(). After an error of the worker's method the
/// checkout is as usable as before, on the same worker. After a fatal error (Error::isFatal()) it is not: every later
/// call gets that error. Nothing settles inside call(); callbacks, catchers and signals come from the event loop.
///
/// **Lifetime.** The checkout is released when its last CheckoutPtr goes or by release(). While calls are unsettled the
/// client holds it too, so dropping yours cancels nothing, and a callback is destroyed as soon as its call has settled,
/// so that it may capture the checkout.
///
/// **Threads.** A checkout belongs to its client's thread, with all its functions: calling one in another thread, or
/// moving the checkout there, ends the program with a message, in release builds too. Only the handles may be copied
/// and dropped in any thread, and the signals be connected to: when the last handle goes in another thread, the release
/// is handed to the client's thread, and happens when its event loop turns, or with the end of the thread.
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
    ~Checkout() override;

    /// Calls a typed method: `call(method, arguments…)`, then nothing, a callback for the result, or one for the result
    /// and one for an error; before them, if you like, one context object for both. Returns a handle of the call.
    ///
    /// Arguments become the types of the parameters, and never another value: the compiler refuses a floating-point
    /// number for an integer and anything but a bool for a bool. An integer for another type of number fails the call
    /// with code BadArguments if that type does not have it, before anything is sent. A double for a float is rounded.
    ///
    /// The callback takes the result, a QVariant, or nothing; it may be a lambda, anything callable, a fub(), or with a
    /// context a member function of it. A null one is no callback. Once the context is destroyed the callbacks are
    /// dropped; the call still settles. The context must live in the client's thread, when the call is made and when it
    /// settles, or the call fails with code BadArguments. The callback runs in the frame of the call, a child of the
    /// current one (or of the fub's) named `CLIENT -> METHOD`; what it throws finds the nearest catcher there, or else
    /// the unhandled-error handler, and the queue goes on. (Parity T52, T53, T68, T69.)
    ///
    /// The callback for an error takes a `const Prefork::Error &`, or nothing. With one, the frame's catchers do not
    /// hear of the error, but of what the callback throws; it runs after errored() was emitted, and gets an Error of
    /// code Canceled too, for a call that is never run because one before it has failed. After Call::cancel() neither
    /// callback runs. With the context gone, an error reaches nobody but the signal.
    ///
    /// A callback that holds a fub (see isFrame()) belongs to that one's frame too: there the call's error goes, and
    /// what the fub's catchers left is reported as unhandled. What such a callback does before it comes to the fub runs
    /// in the frame of the call. Of a callback passed as an rvalue, only a std::function is looked into further than a
    /// move of it tells.
    ///
    /// Arguments are written before anything else happens, so their own code, an `operator<<` or the getter of a
    /// Q_GADGET, may make calls, turn an event loop, or destroy the client. What it throws is thrown to the caller, and
    /// there was no call.
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
    /// Refuses, in one sentence, arguments that are not in braces.
    template <detail::Unbraced First, class... Tail>
    Call call(const MethodName &, First &&, Tail &&...)
    {
        static_cast<void>(detail::accept<detail::flawOfUnbraced<First>()>());
        return {};
    }

    /// Calls a typed method for a QFuture: `future(method, arguments…).then(…)`.
    ///
    /// An error goes to the future and nowhere else: it holds the Prefork::Error as its exception, with the back-trace
    /// of the call. That of a call that will never run, because one before it has failed, holds an Error of code
    /// Canceled. Canceling the future, in any thread, cancels the call, as Call::cancel(). That is noticed when the
    /// call is about to be written, and when it is older than 50 ms at once; in between it may be noticed so much
    /// later. Once a continuation (`.then()`) of the future has run, do not cancel the future any more: Qt 6.4 then
    /// uses memory that it has freed. Call::cancel(), of the handle that CallOptions::call receives, is always safe.
    ///
    /// In this thread never call result() or waitForFinished() of a future that has not finished: they never return.
    /// waitFor(), in QtPrefork/waitfor.h, is the way.
    ///
    /// Its progress is what the method says of it (Worker::setProgress()). About 1 µs dearer than a callback.
    template <class R, class... A, class... T>
    [[nodiscard]] QFuture<std::remove_cvref_t<R>> future(Method<R(A...)> method, T &&...arguments)
    {
        return detail::futureOfCall(method, submitter(), std::forward<T>(arguments)...);
    }
    /// The same for a method called by name: `future("selectrow", {sql, id})`. GCC 12 refuses such braces inside a
    /// co_await expression; there a QVariantList made before does.
    [[nodiscard]] QFuture<QVariant> future(const MethodName &method, const Arguments &arguments = {})
    {
        return detail::futureOfNamed(method, arguments.toList(), submitter());
    }

    /// For calls with options of their own, and with handlers for events and progress:
    /// `with({.runTimeout = 2s}).onProgress(…).call(…)`.
    [[nodiscard]] CallMaker<> with(const CallOptions &options) { return {detail::CallMaking(this), options}; }

    /// Calls without a method name, as the original allows: the interface's fallback gets all arguments. An interface
    /// of named methods takes the first argument as the name. (Parity T3, T4, T51.)
    template <class... Tail>
    Call callFunction(const FunctionArguments &arguments, Tail &&...tail)
    {
        return detail::callFallback(arguments, submitter(), std::forward<Tail>(tail)...);
    }

    /// Writes the calls made so far at once, instead of when the event loop turns: those of the whole client, as
    /// Client::flush() does.
    bool flush();

    /// Gives the worker back once the calls made so far have settled; calls made later fail with code Shutdown.
    /// Idempotent.
    void release();
    /// Gives up: the oldest unsettled call gets a fatal error of code Aborted, the rest settle as canceled, and the
    /// worker is dropped. Possible at any moment, also before there is a worker; with nothing unsettled the error waits
    /// for the next call. (Parity T60.)
    void abort(const QString &reason = QStringLiteral("aborted"));

    /// Waits until no call is unsettled, for scripts and tests: true, or false if that takes longer than @p deadline.
    /// Turns an event loop of its own, in which callbacks, timers and sockets go on, but no user input; do not use it
    /// in a GUI. Without a QCoreApplication it does what an event loop would do for this client alone.
    [[nodiscard]] bool waitForSettled(std::chrono::milliseconds deadline = std::chrono::seconds(30));

    [[nodiscard]] bool isReleased() const;
    /// The fatal error that ended this checkout, if one did.
    [[nodiscard]] std::optional<Error> error() const;
    /// Bytes of calls that wait to be given to the worker's connection: for a worker, or for room in the window. Grows
    /// with every call and shrinks as the worker keeps up; calls beyond ClientOptions::maxBytesToWrite fail.
    /// Client::bytesWritten() tells of progress.
    [[nodiscard]] qint64 bytesToWrite() const;
    /// Calls made and not yet settled.
    [[nodiscard]] qsizetype pendingCalls() const;

    bool event(QEvent *event) override;

Q_SIGNALS:
    /// A call has its result, as the method's type; emitted before its callback runs.
    void finished(Prefork::CallId call, const QVariant &result);
    /// A call ended with an error, which has its back-trace; emitted before the callback for errors or the catcher
    /// runs, and counts as handling it when there is no catcher.
    void errored(Prefork::CallId call, const Prefork::Error &error);
    /// A call will never run, or nobody will hear whether it did: Call::cancel() asked for it, or a call before it has
    /// failed. No catcher is called; a callback for errors only in the second case.
    void canceled(Prefork::CallId call);
    /// The worker is held no longer, and no call is unsettled.
    void released();

protected:
    void connectNotify(const QMetaMethod &signal) override;

private:
    friend class CheckoutPrivate;
    friend class detail::CallMaking;
    explicit Checkout(std::unique_ptr<CheckoutPrivate> dd);

    Call enqueue(const detail::CallTarget &target, const detail::CallArguments &arguments,
                 std::unique_ptr<detail::ResultHandler> handler, const detail::CallExtras *extras);

    std::unique_ptr<CheckoutPrivate> d;
};

}

#endif
