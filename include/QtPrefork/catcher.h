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

// The type that a catcher's parameter says it catches: void without a parameter, otherwise the type of the exception.
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

// A callable whose parameter type cannot be found out, such as a generic lambda or one with an overloaded operator(),
// is given the Error.
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
    // Runs the user's code and returns true, or returns false if the error is not of the type that this catcher takes.
    // An exception of the user's code is thrown unchanged.
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

/// The error handler of a frame. It is made implicitly from any callable, also from one that can be moved but not
/// copied.
///
/// The parameter of the callable decides which errors it catches:
///
/// - With `const Error &` it catches every error. An exception that is not an Error arrives as the Error that
///   Error::fromException() makes of it.
/// - With a const reference to any other type, or a value of it, it catches what a C++ `catch` clause of this type
///   would catch, derived classes included. All other errors go to the next outer catcher.
/// - Without a parameter it catches every error.
///
/// A catcher is called once for each error that reaches its frame. It may therefore be called several times: once for
/// each child frame that fails. If a catcher throws, the new error goes to the next outer catcher.
///
/// **Threads.** A catcher runs in the thread in which the error reaches its frame. For an error of a call this is the
/// client's thread. A catcher is destroyed when the last handle on its frame is dropped, in the thread that drops the
/// handle. Callbacks whose errors can still reach the catcher hold such handles. A Catcher has no lock.
class Catcher
{
public:
    /// Makes a catcher that catches nothing. A Catcher that is made from a null function pointer or from an empty
    /// std::function also catches nothing.
    Catcher() noexcept = default;

    /// Makes a catcher of @p function.
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

    /// Returns true if the catcher catches nothing.
    [[nodiscard]] bool isNull() const noexcept { return !m_impl; }
    /// Calls the function if @p error is of the type that it takes, and returns true. Otherwise returns false. An
    /// exception that the function throws is thrown to the caller.
    bool take(const Error &error) const { return m_impl && m_impl->take(error); }

private:
    std::unique_ptr<detail::AbstractCatcher> m_impl;
};

}

#endif
