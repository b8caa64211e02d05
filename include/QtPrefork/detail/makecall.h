// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_MAKECALL_H
#define QTPREFORK_DETAIL_MAKECALL_H

#include <QtPrefork/call.h>
#include <QtPrefork/detail/callarguments.h>
#include <QtPrefork/detail/callhandlers.h>
#include <QtPrefork/detail/futureresult.h>

namespace Prefork::detail {

/// The object on which calls are made: a checkout or, for one-shots, a client.
class QTPREFORK_EXPORT CallMaking
{
public:
    explicit CallMaking(Checkout *checkout)
        : m_checkout(checkout)
    {
    }
    explicit CallMaking(Client *client)
        : m_client(client)
    {
    }
    /// Makes a call. @p extras may be null.
    Call submit(const CallTarget &target, const CallArguments &arguments, std::unique_ptr<ResultHandler> handler,
                const CallExtras *extras) const;

private:
    Checkout *m_checkout = nullptr;
    Client *m_client = nullptr;
};

/// Makes a call of a typed method and returns a future for its result. @p submit is called with the target, the
/// CallArguments and the receiver of the result.
template <class R, class... A, class Submit, class... Arguments>
[[nodiscard]] QFuture<std::remove_cvref_t<R>> futureOfCall(const Method<R(A...)> &method, Submit &&submit,
                                                           Arguments &&...arguments)
{
    using Form = CallForm<Method<R(A...)>, Arguments...>;
    if constexpr (accept<Form::flawOfFuture>()) {
        return splitCall(
            method,
            [&submit](const CallTarget &target, const CallArguments &callArguments) {
                auto handler = std::make_unique<FutureHandler<std::remove_cvref_t<R>>>();
                QFuture<std::remove_cvref_t<R>> future = handler->future();
                submit(target, callArguments, std::move(handler));
                return future;
            },
            std::forward<Arguments>(arguments)...);
    } else {
        return {};
    }
}

/// Does the same for a method that is called by name.
template <class Submit>
[[nodiscard]] QFuture<QVariant> futureOfNamed(const MethodName &method, const QVariantList &arguments, Submit &&submit)
{
    auto handler = std::make_unique<FutureHandler<QVariant>>();
    QFuture<QVariant> future = handler->future();
    submit(CallTarget{nullptr, method.name(), nullptr, method.location()}, ListedArguments(arguments),
           std::unique_ptr<ResultHandler>(std::move(handler)));
    return future;
}

/// Makes a call of a typed method with callbacks. @p submit is as for futureOfCall().
template <class R, class... A, class Submit, class... Tail>
Call callOf(const Method<R(A...)> &method, Submit &&submit, Tail &&...tail)
{
    if constexpr (accept<CallForm<Method<R(A...)>, Tail...>::flaw>()) {
        return splitCall(
            method,
            [&submit](const CallTarget &target, const CallArguments &arguments, auto &&...callbacks) {
                return submit(target, arguments,
                              makeHandler<std::remove_cvref_t<R>>(std::forward<decltype(callbacks)>(callbacks)...));
            },
            std::forward<Tail>(tail)...);
    } else {
        return {};
    }
}

/// Does the same for a method that is called by name, or for a call without a method.
template <class Submit, class... Tail>
Call callDynamically(const CallTarget &target, const QVariantList &arguments, Submit &&submit, Tail &&...tail)
{
    if constexpr (accept<flawOfTail<QVariant, Tail...>()>())
        return submit(target, ListedArguments(arguments), makeHandler<QVariant>(std::forward<Tail>(tail)...));
    else
        return {};
}
template <class Submit, class... Tail>
Call callNamed(const MethodName &method, const QVariantList &arguments, Submit &&submit, Tail &&...tail)
{
    return callDynamically(CallTarget{nullptr, method.name(), nullptr, method.location()}, arguments,
                           std::forward<Submit>(submit), std::forward<Tail>(tail)...);
}
template <class Submit, class... Tail>
Call callFallback(const FunctionArguments &arguments, Submit &&submit, Tail &&...tail)
{
    return callDynamically(CallTarget{nullptr, {}, nullptr, arguments.location()}, arguments.toList(),
                           std::forward<Submit>(submit), std::forward<Tail>(tail)...);
}
/// True for a type that cannot be the list of arguments of a call by name, because it was given without braces.
template <class T>
concept Unbraced = !std::convertible_to<T, Arguments>;
template <Unbraced T>
[[nodiscard]] constexpr Flaw flawOfUnbraced()
{
    return Flaw::Unbraced;
}

}

#endif
