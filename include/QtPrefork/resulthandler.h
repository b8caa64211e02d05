// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_RESULTHANDLER_H
#define QTPREFORK_RESULTHANDLER_H

#include <QtPrefork/convert.h>
#include <QtPrefork/framecallback.h>

#include <QtCore/QPointer>
#include <QtCore/QVariant>

#include <concepts>
#include <functional>
#include <memory>
#include <type_traits>

namespace Prefork::detail {

/// What becomes of a call's result: the type it must have, and the callback that takes it. Move-only callbacks are fine.
class QTPREFORK_EXPORT ResultHandler
{
public:
    virtual ~ResultHandler();
    /// Makes @p value be of the expected type; false when it cannot be.
    [[nodiscard]] virtual bool coerce(QVariant *value) const = 0;
    /// Hands the coerced @p value over; what the callback throws comes through.
    virtual void deliver(const QVariant &value) = 0;
    /// The frame the callback brought along, if it is one of fub(); it then runs itself in it.
    [[nodiscard]] virtual Frame ownFrame() const { return {}; }
};

template <class R>
[[nodiscard]] bool coerceTo(QVariant *value)
{
    if constexpr (!std::is_void_v<R> && !std::same_as<R, QVariant>) {
        R result {};
        if (!fromVariant(*value, &result))
            return false;
        *value = QVariant::fromValue(std::move(result));
    }
    return true;
}

template <class F, class R>
concept TakesResult = (!std::is_void_v<R> && std::invocable<F &, const std::conditional_t<std::is_void_v<R>, QVariant, R> &>)
    || std::invocable<F &> || std::invocable<F &, const QVariant &>;

template <class R, class F>
void callWith(F &function, const QVariant &value)
{
    if constexpr (!std::is_void_v<R> && !std::same_as<R, QVariant>) {
        if constexpr (std::invocable<F &, R>)
            static_cast<void>(function(value.value<R>()));
        else if constexpr (std::invocable<F &, const QVariant &>)
            static_cast<void>(function(value));
        else
            static_cast<void>(function());
    } else if constexpr (std::invocable<F &, const QVariant &>) {
        static_cast<void>(function(value));
    } else {
        static_cast<void>(function());
    }
}

/// R is the expected result type; QVariant for any, void for none.
template <class R, class F>
class CallbackHandler final : public ResultHandler
{
public:
    explicit CallbackHandler(F function)
        : m_function(std::move(function))
    {
    }
    bool coerce(QVariant *value) const override { return coerceTo<R>(value); }
    void deliver(const QVariant &value) override { callWith<R>(m_function, value); }
    Frame ownFrame() const override
    {
        if constexpr (isFrameCallable<F>)
            return m_function.frame();
        else
            return {};
    }

private:
    F m_function;
};

template <class R>
class NoCallbackHandler final : public ResultHandler
{
public:
    bool coerce(QVariant *value) const override { return coerceTo<R>(value); }
    void deliver(const QVariant &) override { }
};

template <class R>
std::unique_ptr<ResultHandler> makeHandler()
{
    return std::make_unique<NoCallbackHandler<R>>();
}

/// True for a null pointer and an empty std::function: no callback.
template <class F>
[[nodiscard]] bool isNullFunction(const F &function)
{
    if constexpr (std::is_constructible_v<F, std::nullptr_t> && requires { function == nullptr; })
        return function == nullptr;
    else
        return false;
}

template <class R, class F>
std::unique_ptr<ResultHandler> makeHandler(F &&function)
{
    using Function = std::decay_t<F>;
    if constexpr (std::is_null_pointer_v<Function>) {
        return makeHandler<R>();
    } else {
        static_assert(TakesResult<Function, R>, "the callback must take the method's result, a QVariant, or nothing");
        Function own(std::forward<F>(function));
        if (isNullFunction(own))
            return makeHandler<R>();
        return std::make_unique<CallbackHandler<R, Function>>(std::move(own));
    }
}

template <class R, class C, class F>
    requires std::derived_from<C, QObject>
std::unique_ptr<ResultHandler> makeHandler(C *context, F &&function)
{
    using Function = ContextFunction<C, std::decay_t<F>>;
    static_assert(TakesResult<Function, R>, "the callback must take the method's result, a QVariant, or nothing");
    std::decay_t<F> own(std::forward<F>(function));
    if (isNullFunction(own))
        return makeHandler<R>();
    return std::make_unique<CallbackHandler<R, Function>>(Function(context, std::move(own)));
}

}

#endif
