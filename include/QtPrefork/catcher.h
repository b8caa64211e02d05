// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CATCHER_H
#define QTPREFORK_CATCHER_H

#include <QtPrefork/error.h>

#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace Prefork {

class Catcher;

namespace detail {

// What a catcher's parameter says it catches: void for no parameter, else the exception type.
template <class Signature>
struct CaughtBy : std::false_type
{
};
template <class R>
struct CaughtBy<R()> : std::true_type
{
    using Type = void;
};
template <class R, class E>
struct CaughtBy<R(E)> : std::bool_constant<!std::is_rvalue_reference_v<E>
                                           && (!std::is_reference_v<E> || std::is_const_v<std::remove_reference_t<E>>)>
{
    using Type = std::remove_cvref_t<E>;
};

template <class M>
struct MemberSignature;
template <class C, class R, class... A>
struct MemberSignature<R (C::*)(A...)> : std::type_identity<R(A...)>
{
};
template <class C, class R, class... A>
struct MemberSignature<R (C::*)(A...) const> : std::type_identity<R(A...)>
{
};
template <class C, class R, class... A>
struct MemberSignature<R (C::*)(A...) noexcept> : std::type_identity<R(A...)>
{
};
template <class C, class R, class... A>
struct MemberSignature<R (C::*)(A...) const noexcept> : std::type_identity<R(A...)>
{
};

// A callable whose parameter cannot be read off (a generic lambda, an overloaded operator()) is given the Error.
template <class F, class = void>
struct CatcherTraits
    : CaughtBy<std::conditional_t<std::is_invocable_v<F &, const Error &>, void(const Error &), void(int, int)>>
{
};
template <class F>
struct CatcherTraits<F, std::void_t<decltype(&F::operator())>>
    : CaughtBy<typename MemberSignature<decltype(&F::operator())>::type>
{
};
template <class R, class... A>
struct CatcherTraits<R (*)(A...)> : CaughtBy<R(A...)>
{
};
template <class R, class... A>
struct CatcherTraits<R (*)(A...) noexcept> : CaughtBy<R(A...)>
{
};

template <class F>
concept CatcherFunction = !std::is_same_v<std::remove_cvref_t<F>, Catcher> && CatcherTraits<std::decay_t<F>>::value;

class QTPREFORK_EXPORT AbstractCatcher
{
public:
    virtual ~AbstractCatcher();
    // False when the error is not of the type this catcher takes. What the user's code throws comes out as it is.
    virtual bool take(const Error &error) = 0;
};

template <class F>
class CatcherOf final : public AbstractCatcher
{
public:
    explicit CatcherOf(F function)
        : m_function(std::move(function))
    {
    }

    bool take(const Error &error) override
    {
        using E = typename CatcherTraits<F>::Type;
        if constexpr (std::is_void_v<E>) {
            std::invoke(m_function);
        } else if constexpr (std::is_same_v<E, Error>) {
            std::invoke(m_function, error);
        } else {
            static_assert(!std::is_same_v<E, std::exception_ptr>,
                          "take `const Error &` and ask it for its exception()");
            try {
                error.rethrow();
            } catch (const E &exception) {
                std::invoke(m_function, exception);
            } catch (...) {
                return false;
            }
        }
        return true;
    }

private:
    F m_function;
};

}

/// The error handler of a frame: made implicitly from any callable, move-only ones included (parity rows F2, F19, F22).
///
/// The callable's parameter decides what is caught:
/// - `const Error &`: every error; an exception that is no Error arrives as Error::fromException() of it;
/// - a const reference to (or a value of) any other type: what a C++ `catch` clause of that type would catch, derived
///   classes included.
///   Anything else passes on to the next catcher outwards;
/// - none: every error.
///
/// It runs in the thread where the error reaches the frame: for a call, that of its client. It is destroyed in the
/// thread that drops the last handle on its frame. A Catcher has no lock.
///
/// A frame's catcher runs once for each error that reaches the frame, so possibly several times: once for each failing
/// child. It is destroyed with the last callback that could still fail into it. A catcher that throws hands the new
/// error to the next one outwards.
class Catcher
{
public:
    /// Catches nothing. So does a Catcher made from a null function pointer or an empty std::function.
    Catcher() noexcept = default;

    template <detail::CatcherFunction F>
    Catcher(F &&function) // NOLINT(google-explicit-constructor)
    {
        using Function = std::decay_t<F>;
        Function own(std::forward<F>(function));
        if constexpr (std::is_constructible_v<Function, std::nullptr_t>) {
            if (own == nullptr)
                return;
        }
        m_impl = std::make_unique<detail::CatcherOf<Function>>(std::move(own));
    }

    [[nodiscard]] bool isNull() const noexcept { return !m_impl; }
    /// Runs the handler if @p error is of the type it takes; false when it is not. Throws what the handler throws.
    bool take(const Error &error) const { return m_impl && m_impl->take(error); }

private:
    std::unique_ptr<detail::AbstractCatcher> m_impl;
};

}

#endif
