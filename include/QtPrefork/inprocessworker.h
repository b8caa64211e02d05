// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_INPROCESSWORKER_H
#define QTPREFORK_INPROCESSWORKER_H

#include <QtPrefork/detail/callarguments.h>
#include <QtPrefork/detail/callhandlers.h>
#include <QtPrefork/detail/keptresult.h>
#include <QtPrefork/global.h>
#include <QtPrefork/interface.h>
#include <QtPrefork/protocol.h>

#include <memory>

namespace Prefork {

class InProcessWorkerPrivate;

/// A worker without a process of its own: calls the methods of an Interface in the calling thread, and returns when
/// they do. For autotests of one's own methods, with a debugger, a coverage tool or a sanitizer on them:
///
///     Prefork::Interface interface;
///     Scanner::fillInterface(interface);
///     Prefork::InProcessWorker worker(interface);
///     QCOMPARE(worker.call(Scanner::scan, QStringList{"a", "b"}), 2);
///     QVERIFY_EXCEPTION_THROWN(worker.call(Scanner::scan, QStringList{"missing"}), Prefork::Error);
///
/// Nothing is forked and nothing needs an event loop, but arguments, results, events and errors go through the bytes of
/// the protocol, by the code that serves a client: what would fail there fails here, with an Error of the same code,
/// message, detail, method and data. A call that fails throws that Error. `preload` is run before the first call of the
/// Interface, setup before the first call of this worker; when they throw, that call fails and the next tries again.
/// setApplication() makes an application only if the process has none, and what methods post then waits for the event
/// loop.
///
/// What it is not: a method that crashes, hangs or calls exit() takes the test program with it, there are no time-outs,
/// no limits and no descriptors closed, static variables are the program's, objects of Interface::expose() are made
/// once for each Interface, and Worker::peer() is nobody. For those QTPREFORK_TEST_MAIN gives a test real workers.
///
/// **Threads.** It belongs to the thread in which it is used; only cancel() may be called in any. In one process one
/// method runs in this way at a time.
class QTPREFORK_EXPORT InProcessWorker
{
    Q_DISABLE_COPY_MOVE(InProcessWorker)

public:
    /// A worker of @p interface, which must outlive it, for a client that speaks @p protocol. Over Protocol::Json there
    /// are no events, no progress and no cancel().
    explicit InProcessWorker(const Interface &interface, Protocol protocol = defaultProtocol());
    ~InProcessWorker();

    /// Calls a typed method, with its arguments and nothing else, and returns its result.
    template <class R, class... A, class... T>
    std::remove_cvref_t<R> call(Method<R(A...)> method, T &&...arguments)
    {
        if constexpr (detail::accept<detail::CallForm<Method<R(A...)>, T...>::flawOfFuture>()) {
            return detail::splitCall(
                method,
                [this](const detail::CallTarget &target, const detail::CallArguments &callArguments) {
                    detail::KeptResult<std::remove_cvref_t<R>> result;
                    run(target, callArguments, &result);
                    return result.take();
                },
                std::forward<T>(arguments)...);
        } else {
            return std::remove_cvref_t<R>();
        }
    }
    /// The same for a method called by name: `call("selectrow", {sql, id})`.
    QVariant call(const MethodName &method, const Arguments &arguments = {});
    /// The same for a call without a method name, as Checkout::callFunction().
    QVariant callFunction(const FunctionArguments &arguments);

    /// What a worker does when a checkout was released normally: checkoutDone, which needs no call before it. If that
    /// throws, this throws an Error with the text that a worker logs, and the next call has a new worker: setup runs
    /// again.
    void release();

    /// From now on the progress of calls is heard, as by CallMaker::onProgress(), but at once, inside the method. What
    /// a handler throws finds the catchers of the current frame, or else the unhandled-error handler, and the method
    /// goes on. A handler cannot call this worker.
    template <class... F>
    InProcessWorker &onProgress(F &&...f)
    {
        handlers().addProgress(std::forward<F>(f)...);
        return *this;
    }
    /// The same for an event, as by CallMaker::on(). An event that does not carry what it should fails the call with
    /// code ProtocolError.
    template <class... A, class... F>
    InProcessWorker &on(Event<A...> event, F &&...f)
    {
        handlers().addEvent(event, std::forward<F>(f)...);
        return *this;
    }
    /// The same for any event, as by CallMaker::onEvent().
    template <class... F>
    InProcessWorker &onEvent(F &&...f)
    {
        handlers().addAnyEvent(std::forward<F>(f)...);
        return *this;
    }

    /// The call that runs is not wanted any more: Worker::isCanceled() is true, and call() throws an Error of code
    /// Canceled once the method has ended, however it does. Called by a handler it is seen at once, by another thread
    /// within a millisecond. False, and nothing happens, if no call runs.
    bool cancel();

private:
    void run(const detail::CallTarget &target, const detail::CallArguments &arguments, detail::ResultHandler *result);
    [[nodiscard]] detail::CallHandlers &handlers();

    std::unique_ptr<InProcessWorkerPrivate> d;
};

}

#endif
