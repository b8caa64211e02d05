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

/// A worker without a process of its own: it calls the methods of an Interface in the calling thread, and returns when
/// they have returned. It is for autotests of your own methods, also with a debugger, a coverage tool or a sanitizer:
///
///     Prefork::Interface interface;
///     Scanner::fillInterface(interface);
///     Prefork::InProcessWorker worker(interface);
///     QCOMPARE(worker.call(Scanner::scan, QStringList{"a", "b"}), 2);
///     QVERIFY_EXCEPTION_THROWN(worker.call(Scanner::scan, QStringList{"missing"}), Prefork::Error);
///
/// No process is forked, and no event loop is needed. Arguments, results, events and errors are encoded and decoded by
/// the same code that serves a client. If a real worker could not send or take a value, the call fails here in the same
/// way. A call that fails throws an Error with the same code, message, detail, method and data as a client gets.
///
/// `preload` runs before the first call of the Interface, and setup before the first call of this worker. If one of
/// them throws, the call fails, and the next call tries again. setApplication() makes an application only if the
/// process has none. Events that methods post are delivered when the event loop of the program turns.
///
/// There are differences from a real worker. A method that crashes, hangs or calls exit() does this to the whole test
/// program. There are no time-outs and no limits, and no descriptors are closed. Static variables are those of the
/// program. Objects of Interface::expose() are made once for each Interface. Worker::peer() returns a default Peer. To
/// test such things with real workers, use QTPREFORK_TEST_MAIN.
///
/// **Threads.** It belongs to the thread in which it is used. Only cancel() may be called in any thread. In one
/// process, only one method at a time can run in this way.
class QTPREFORK_EXPORT InProcessWorker
{
    Q_DISABLE_COPY_MOVE(InProcessWorker)

public:
    /// Makes a worker of @p interface, for a client that uses @p protocol. @p interface must outlive the worker. Over
    /// Protocol::Json there are no events, no progress and no cancel().
    explicit InProcessWorker(const Interface &interface, Protocol protocol = defaultProtocol());
    ~InProcessWorker();

    /// Calls a typed method with its arguments, and returns its result. Throws an Error if the call fails.
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
    /// Calls a method by name, and returns its result: `call("selectrow", {sql, id})`. Throws an Error if the call
    /// fails.
    QVariant call(const MethodName &method, const Arguments &arguments = {});
    /// Calls without a method name, as Checkout::callFunction() does. Throws an Error if the call fails.
    QVariant callFunction(const FunctionArguments &arguments);

    /// Does what a worker does when a checkout was released normally: runs checkoutDone, which needs no call before it.
    /// If checkoutDone throws, this function throws an Error with the text that a worker would log, and the next call
    /// has a new worker, so that setup runs again.
    void release();

    /// Adds a handler for the progress of later calls, as CallMaker::onProgress() does. It is called directly, while
    /// the method runs. What it throws goes to the catchers of the current frame, or else to the unhandled-error
    /// handler, and the method goes on. A handler cannot call this worker.
    template <class... F>
    InProcessWorker &onProgress(F &&...f)
    {
        handlers().addProgress(std::forward<F>(f)...);
        return *this;
    }
    /// Adds a handler for an event, as CallMaker::on() does. If the values of an event are of other types, the call
    /// fails with code ProtocolError. If a type cannot hold a value, the call fails with code WorkerError.
    template <class... A, class... F>
    InProcessWorker &on(Event<A...> event, F &&...f)
    {
        handlers().addEvent(event, std::forward<F>(f)...);
        return *this;
    }
    /// Adds a handler for every event, as CallMaker::onEvent() does.
    template <class... F>
    InProcessWorker &onEvent(F &&...f)
    {
        handlers().addAnyEvent(std::forward<F>(f)...);
        return *this;
    }

    /// Cancels the call that runs, and returns true. Worker::isCanceled() then returns true, and when the method has
    /// ended, call() throws an Error of code Canceled, however the method ended. The method notices this at once if a
    /// handler calls cancel(), and within a millisecond if another thread calls it. Returns false, and does nothing, if
    /// no call runs.
    bool cancel();

private:
    void run(const detail::CallTarget &target, const detail::CallArguments &arguments, detail::ResultHandler *result);
    [[nodiscard]] detail::CallHandlers &handlers();

    std::unique_ptr<InProcessWorkerPrivate> d;
};

}

#endif
