// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CHECKOUT_H
#define QTPREFORK_CHECKOUT_H

#include <QtPrefork/detail/callarguments.h>
#include <QtPrefork/detail/futureresult.h>
#include <QtPrefork/error.h>
#include <QtPrefork/global.h>

#include <QtCore/QObject>

#include <chrono>
#include <memory>
#include <optional>

namespace Prefork {

class Checkout;
class CheckoutPrivate;
class Client;

/// Numbers the calls of one checkout, from 1.
using CallId = quint64;
using CheckoutPtr = std::shared_ptr<Checkout>;

struct CheckoutOptions
{
    /// The longest that one call may take, the wait for a worker included for the first; unset = the client's, 0 = any
    /// time, negative = it is over already. (Parity T34, T57.)
    std::optional<std::chrono::milliseconds> timeout = std::nullopt;
};

/// An exclusive hold on one worker, with a queue of calls. Made by Client::checkout(), at once, whether a worker is
/// free or not: checkouts get workers first come, first served. (Parity T41, T50-T64.)
///
/// Calls run in order, one at a time; over the native protocol the worker is sent further ones while it runs one
/// (ClientOptions::maxInFlight). Each settles exactly once: with its result, with an error in the frame it was made in,
/// or canceled, because an error before it cleared the queue. After an error of the worker's method the checkout is as
/// usable as before, on the same worker. After a fatal error (Error::isFatal()) it is not: every later call gets that
/// error. Nothing settles inside call(); callbacks, catchers and signals come from the event loop.
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

public:
    ~Checkout() override;

    /// Calls a typed method: `call(method, arguments…)`, then nothing, a callback, or a context object and a callback.
    ///
    /// The callback takes the result, a QVariant, or nothing; it may be a lambda, anything callable, a fub(), or with a
    /// context a member function of it. A null one is no callback. Once the context is destroyed the callback is
    /// dropped; the call still settles. The context must live in the client's thread, when the call is made and when it
    /// settles, or the call fails with code BadArguments. The callback runs in the frame of the call, a child of the
    /// current one (or of the fub's) named `CLIENT -> METHOD`; what it throws finds the nearest catcher there, or else
    /// the unhandled-error handler, and the queue goes on. (Parity T52, T53, T68, T69.)
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
    CallId call(Method<R(A...)> method, Tail &&...tail)
    {
        return detail::splitCall(
            method,
            [this](const detail::CallTarget &target, const detail::CallArguments &arguments, auto &&...callback) {
                return enqueue(
                    target, arguments,
                    detail::makeHandler<std::remove_cvref_t<R>>(std::forward<decltype(callback)>(callback)...));
            },
            std::forward<Tail>(tail)...);
    }
    /// Calls a method by name: `call("selectrow", {sql, id}, [](const QVariant &row) {…})`.
    template <class... Tail>
    CallId call(const MethodName &method, const Arguments &arguments, Tail &&...tail)
    {
        return enqueue({nullptr, method.name(), nullptr, method.location()},
                       detail::ListedArguments(arguments.toList()),
                       detail::makeHandler<QVariant>(std::forward<Tail>(tail)...));
    }
    CallId call(const MethodName &method) { return call(method, Arguments()); }

    /// Calls a typed method for a QFuture: `future(method, arguments…).then(…)`.
    ///
    /// An error goes to the future and nowhere else: it holds the Prefork::Error as its exception, with the back-trace
    /// of the call. That of a call that will never run, because one before it has failed, holds an Error of code
    /// Canceled. Canceling the future before it has finished aborts the checkout, as abort(): its worker is dropped,
    /// and killed if it was computing. That is noticed within 50 ms. About 1 µs dearer than a callback.
    template <class R, class... A, class... Arguments>
    [[nodiscard]] QFuture<std::remove_cvref_t<R>> future(Method<R(A...)> method, Arguments &&...arguments)
    {
        return detail::futureOfCall(
            method,
            [this](const detail::CallTarget &target, const detail::CallArguments &callArguments,
                   std::unique_ptr<detail::ResultHandler> handler) {
                enqueue(target, callArguments, std::move(handler));
            },
            std::forward<Arguments>(arguments)...);
    }

    /// Calls without a method name, as the original allows: the interface's fallback gets all arguments. An interface
    /// of named methods takes the first argument as the name. (Parity T3, T4, T51.)
    template <class... Tail>
        requires(sizeof...(Tail) <= 2)
    CallId callFunction(const FunctionArguments &arguments, Tail &&...tail)
    {
        return enqueue({nullptr, {}, nullptr, arguments.location()}, detail::ListedArguments(arguments.toList()),
                       detail::makeHandler<QVariant>(std::forward<Tail>(tail)...));
    }

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
    /// A call ended with an error, which has its back-trace; emitted before the catcher runs, and counts as handling it
    /// when there is none.
    void errored(Prefork::CallId call, const Prefork::Error &error);
    /// A call will never run, or nobody will hear whether it did; neither callback nor catcher is called.
    void canceled(Prefork::CallId call);
    /// The worker is held no longer, and no call is unsettled.
    void released();

protected:
    void connectNotify(const QMetaMethod &signal) override;

private:
    friend class CheckoutPrivate;
    explicit Checkout(std::unique_ptr<CheckoutPrivate> dd);

    CallId enqueue(const detail::CallTarget &target, const detail::CallArguments &arguments,
                   std::unique_ptr<detail::ResultHandler> handler);

    std::unique_ptr<CheckoutPrivate> d;
};

}

#endif
