// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CALLMAKER_H
#define QTPREFORK_CALLMAKER_H

#include <QtPrefork/detail/makecall.h>

namespace Prefork {

/// Makes calls that have options of their own, and handlers for events and progress. Client::with() and
/// Checkout::with() return a CallMaker, which is meant to be used at once:
///
///     checkout->with({.runTimeout = 2s}).onProgress(bar, &Bar::show).call(convert, file, this, &Window::converted);
///
/// A CallMaker may make several calls, all with the same options and handlers. It must not be used any more when its
/// client or its checkout has been destroyed.
///
/// **Handlers** are called from the event loop, in the frame of the call, before the call has its result. They receive
/// events and progress in exactly the order in which the method sent them. What a handler throws goes to the nearest
/// catcher of this frame, or else to the unhandled-error handler, and the call goes on. A handler is not called any
/// more after the call has settled or was canceled, or after the handler's context object was destroyed. The context
/// object must live in the client's thread when the call is made, or the call fails with code BadArguments. If the
/// context object is moved to another thread later, its handler is not called any more. Events without a handler are
/// dropped. Over Protocol::Json, and from workers of an older version, there are no events and no progress.
template <class Handlers = std::nullptr_t>
class CallMaker
{
public:
    // NOLINTNEXTLINE: made by with()
    CallMaker(const detail::CallMaking &making, const CallOptions &options, Handlers handlers = {})
        : m_making(making)
        , m_options(options)
        , m_handlers(std::move(handlers))
    {
    }

    /// Calls a method, as Checkout::call() and Client::call() do.
    template <class R, class... A, class... Tail>
    Call call(Method<R(A...)> method, Tail &&...tail) const
    {
        return detail::callOf(method, submitter(), std::forward<Tail>(tail)...);
    }
    template <class... Tail>
    Call call(const MethodName &method, const Arguments &arguments, Tail &&...tail) const
    {
        return detail::callNamed(method, arguments.toList(), submitter(), std::forward<Tail>(tail)...);
    }
    Call call(const MethodName &method) const { return call(method, Arguments()); }
    /// Makes the compiler refuse, in one sentence, arguments that are not in braces.
    template <detail::Unbraced First, class... Tail>
    Call call(const MethodName &, First &&, Tail &&...) const
    {
        static_cast<void>(detail::accept<detail::flawOfUnbraced<First>()>());
        return {};
    }
    template <class... Tail>
    /// Calls without a method name, as Checkout::callFunction() does.
    Call callFunction(const FunctionArguments &arguments, Tail &&...tail) const
    {
        return detail::callFallback(arguments, submitter(), std::forward<Tail>(tail)...);
    }

    /// Calls a method for a QFuture, as Checkout::future() and Client::future() do. The progress of the future is that
    /// of the call. CallOptions::call receives a handle of the call.
    template <class R, class... A, class... T>
    [[nodiscard]] QFuture<std::remove_cvref_t<R>> future(Method<R(A...)> method, T &&...arguments) const
    {
        return detail::futureOfCall(method, submitter(), std::forward<T>(arguments)...);
    }
    [[nodiscard]] QFuture<QVariant> future(const MethodName &method, const Arguments &arguments = {}) const
    {
        return detail::futureOfNamed(method, arguments.toList(), submitter());
    }

    /// Returns a maker whose calls also have a handler for progress. @p f is a function, or a context object and a
    /// function. The function takes a `const Prefork::Progress &`, or nothing. With a context object it may be a member
    /// function, and it is not called any more when the context object is destroyed.
    template <class... F>
    [[nodiscard]] auto onProgress(F &&...f) const
    {
        return added([&](detail::CallHandlers &handlers) { handlers.addProgress(std::forward<F>(f)...); });
    }
    /// Returns a maker whose calls also have a handler for @p event. @p f is a function, or a context object and a
    /// function. The function takes the values that the event carries or, as a slot in Qt may, only the first of them.
    /// The values that the worker sends are converted in the same way as results. If the type of the event cannot hold
    /// a value, the call fails with code WorkerError. If the values are of other types than those of the event, one of
    /// the two programs is out of date, and the connection ends with code ProtocolError.
    template <class... A, class... F>
    [[nodiscard]] auto on(Event<A...> event, F &&...f) const
    {
        return added([&](detail::CallHandlers &handlers) { handlers.addEvent(event, std::forward<F>(f)...); });
    }
    /// Returns a maker whose calls also have a handler for every event, whatever its name. The function in @p f takes
    /// the name of the event as a QString and the values that it carries as a QVariantList, or the name only, or
    /// nothing.
    template <class... F>
    [[nodiscard]] auto onEvent(F &&...f) const
    {
        return added([&](detail::CallHandlers &handlers) { handlers.addAnyEvent(std::forward<F>(f)...); });
    }

private:
    [[nodiscard]] auto submitter() const
    {
        return [this](const detail::CallTarget &target, const detail::CallArguments &arguments,
                      std::unique_ptr<detail::ResultHandler> handler) {
            const detail::CallExtras extras{m_options, m_handlers};
            return m_making.submit(target, arguments, std::move(handler), &extras);
        };
    }
    // Returns a maker that has one more handler. A maker with handlers has another type, because a maker without any
    // must stay trivially destructible.
    template <class Add>
    [[nodiscard]] CallMaker<std::shared_ptr<const detail::CallHandlers>> added(Add add) const
    {
        auto handlers = std::make_shared<detail::CallHandlers>();
        if constexpr (!std::is_null_pointer_v<Handlers>)
            *handlers = *m_handlers;
        add(*handlers);
        return {m_making, m_options, std::move(handlers)};
    }

    detail::CallMaking m_making;
    CallOptions m_options;
    Handlers m_handlers;
};

static_assert(std::is_trivially_destructible_v<CallMaker<>>);

}

#endif
