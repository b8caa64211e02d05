// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_MAKECALL_H
#define QTPREFORK_DETAIL_MAKECALL_H

#include <QtPrefork/call.h>
#include <QtPrefork/detail/callarguments.h>
#include <QtPrefork/detail/callhandlers.h>
#include <QtPrefork/detail/futureresult.h>

namespace Prefork::detail {

/// Where calls are made: a checkout, or a client for one-shots.
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
    /// @p extras may be null.
    Call submit(const CallTarget &target, const CallArguments &arguments, std::unique_ptr<ResultHandler> handler,
                const CallExtras *extras) const;

private:
    Checkout *m_checkout = nullptr;
    Client *m_client = nullptr;
};

/// Makes a call of a typed method whose result goes to the future returned. @p submit gets the target, the
/// CallArguments and the handler.
template <class R, class... A, class Submit, class... Arguments>
[[nodiscard]] QFuture<std::remove_cvref_t<R>> futureOfCall(const Method<R(A...)> &method, Submit &&submit,
                                                           Arguments &&...arguments)
{
    static_assert(sizeof...(Arguments) == sizeof...(A), "a future takes the method's arguments and nothing else");
    return splitCall(
        method,
        [&submit](const CallTarget &target, const CallArguments &callArguments) {
            auto handler = std::make_unique<FutureHandler<std::remove_cvref_t<R>>>();
            QFuture<std::remove_cvref_t<R>> future = handler->future();
            submit(target, callArguments, std::move(handler));
            return future;
        },
        std::forward<Arguments>(arguments)...);
}

/// The same for a method called by name.
template <class Submit>
[[nodiscard]] QFuture<QVariant> futureOfNamed(const MethodName &method, const QVariantList &arguments, Submit &&submit)
{
    auto handler = std::make_unique<FutureHandler<QVariant>>();
    QFuture<QVariant> future = handler->future();
    submit(CallTarget{nullptr, method.name(), nullptr, method.location()}, ListedArguments(arguments),
           std::unique_ptr<ResultHandler>(std::move(handler)));
    return future;
}

/// Makes a call of a typed method for callbacks; @p submit as for futureOfCall().
template <class R, class... A, class Submit, class... Tail>
decltype(auto) callOf(const Method<R(A...)> &method, Submit &&submit, Tail &&...tail)
{
    return splitCall(
        method,
        [&submit](const CallTarget &target, const CallArguments &arguments, auto &&...callbacks) {
            return submit(target, arguments,
                          makeHandler<std::remove_cvref_t<R>>(std::forward<decltype(callbacks)>(callbacks)...));
        },
        std::forward<Tail>(tail)...);
}

/// The same for a method called by name.
template <class Submit, class... Tail>
decltype(auto) callNamed(const MethodName &method, const QVariantList &arguments, Submit &&submit, Tail &&...tail)
{
    static_assert(sizeof...(Tail) <= 3, "after the arguments come a callback, or two, perhaps after a context object");
    return submit(CallTarget{nullptr, method.name(), nullptr, method.location()}, ListedArguments(arguments),
                  makeHandler<QVariant>(std::forward<Tail>(tail)...));
}

}

#endif
