// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CALLMAKER_H
#define QTPREFORK_CALLMAKER_H

#include <QtPrefork/detail/makecall.h>

namespace Prefork {

/// Makes calls with options of their own, and with handlers for what they say before their results. What with() of a
/// client or a checkout returns, to be used at once:
///
///     checkout->with({.runTimeout = 2s}).onProgress(bar, &Bar::show).call(convert, file, this, &Window::converted);
///
/// Not to be used any more when the client, or the checkout, is gone. Each call may use it again, with the same options
/// and handlers.
///
/// **Handlers** hear events and progress in exactly the order in which the method generated them, before the result,
/// from the event loop, in the frame of the call: what a handler throws finds the nearest catcher there, or else the
/// unhandled-error handler, and the call goes on. They hear nothing any more once the call has settled, or was
/// canceled, or once their context object is gone. That must live in the client's thread, or the call fails with code
/// BadArguments; once it has been moved to another, its handler is not called any more. Events without a handler are
/// dropped. Over Protocol::Json, and from workers of an older version, there are none.
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

    /// As those of Checkout and Client.
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
    /// Refuses, in one sentence, arguments that are not in braces.
    template <detail::Unbraced First, class... Tail>
    Call call(const MethodName &, First &&, Tail &&...) const
    {
        static_cast<void>(detail::accept<detail::flawOfUnbraced<First>()>());
        return {};
    }
    template <class... Tail>
    Call callFunction(const FunctionArguments &arguments, Tail &&...tail) const
    {
        return detail::callFallback(arguments, submitter(), std::forward<Tail>(tail)...);
    }

    /// As those of Checkout and Client. The future's progress is that of the call; CallOptions::call receives a handle
    /// of it.
    template <class R, class... A, class... T>
    [[nodiscard]] QFuture<std::remove_cvref_t<R>> future(Method<R(A...)> method, T &&...arguments) const
    {
        return detail::futureOfCall(method, submitter(), std::forward<T>(arguments)...);
    }
    [[nodiscard]] QFuture<QVariant> future(const MethodName &method, const Arguments &arguments = {}) const
    {
        return detail::futureOfNamed(method, arguments.toList(), submitter());
    }

    /// `f` takes a `const Prefork::Progress &`, or nothing, or `context` and `f` do: a member function, or anything
    /// that is to be forgotten with the context object.
    template <class... F>
    [[nodiscard]] auto onProgress(F &&...f) const
    {
        return added([&](detail::CallHandlers &handlers) { handlers.addProgress(std::forward<F>(f)...); });
    }
    /// `f` takes what the event carries, or less of it, as the slots of Qt do. What the worker sends under its name is
    /// read as results are, by the same conversions; what does not fit ends the connection with code ProtocolError: one
    /// of the two programs is out of date.
    template <class... A, class... F>
    [[nodiscard]] auto on(Event<A...> event, F &&...f) const
    {
        return added([&](detail::CallHandlers &handlers) { handlers.addEvent(event, std::forward<F>(f)...); });
    }
    /// `f` takes the name of any event, as a QString, and what it carries, as a QVariantList; or the name alone, or
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
    // The same with one handler more. One with handlers is another type, for that without is trivially destructible.
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
