// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_CALLFORM_H
#define QTPREFORK_DETAIL_CALLFORM_H

#include <QtPrefork/detail/fit.h>
#include <QtPrefork/error.h>
#include <QtPrefork/framecallback.h>
#include <QtPrefork/progress.h>

#include <QtCore/QObject>
#include <QtCore/QVariant>

#include <algorithm>
#include <array>
#include <initializer_list>

/// This header finds out what is wrong with a call, a method or a handler as the user has written it. The templates
/// that users call ask here first and pass the answer to accept(), so that the first error of the compiler is one
/// sentence.
namespace Prefork::detail {

/// What is wrong. accept() has a sentence for each.
enum class Flaw {
    None,
    MoveOnly,
    NoDefault,
    TooFew,
    Integer,
    Boolean,
    FirstMisfit,
    SecondMisfit,
    ThirdMisfit,
    FourthMisfit,
    LaterMisfit,
    TooMany,
    TooManyForFuture,
    Unbraced,
    NoQObject,
    Incomplete,
    NoCallback,
    NoObject,
    Callback,
    NamedCallback,
    ErrorCallback,
    Function,
    NamedFunction,
    Result,
    ResultInteger,
    ResultBoolean,
    EventCount,
    EventHandler,
    AnyEventHandler,
    ProgressHandler,
    ParameterInteger,
    ParameterBoolean,
    ParameterNarrow,
    Exposed,
};

/// Returns true if there is no flaw. Otherwise the compiler says what is wrong.
template <Flaw flaw>
[[nodiscard]] constexpr bool accept()
{
    static_assert(flaw != Flaw::MoveOnly,
                  "a parameter or result of a method must be copyable, which a std::unique_ptr, for one, is not: use "
                  "what it points to, or a std::optional");
    static_assert(
        flaw != Flaw::NoDefault,
        "a parameter or result of a method needs a default constructor, because it is made before it is read");
    static_assert(flaw != Flaw::TooFew, "too few arguments: the method has more parameters");
    static_assert(
        flaw != Flaw::Integer,
        "a floating-point number is given for an integer: say yourself how it is to be rounded, by qRound() or "
        "static_cast");
    static_assert(flaw != Flaw::Boolean, "something that is not a bool is given for a bool: compare it, as in x != 0");
    static_assert(flaw != Flaw::FirstMisfit, "the first argument cannot be converted to the type of its parameter");
    static_assert(flaw != Flaw::SecondMisfit, "the second argument cannot be converted to the type of its parameter");
    static_assert(flaw != Flaw::ThirdMisfit, "the third argument cannot be converted to the type of its parameter");
    static_assert(flaw != Flaw::FourthMisfit, "the fourth argument cannot be converted to the type of its parameter");
    static_assert(flaw != Flaw::LaterMisfit,
                  "an argument behind the fourth cannot be converted to the type of its parameter");
    static_assert(flaw != Flaw::TooMany,
                  "too many arguments: behind those of the method a call takes a callback, or one for the result and "
                  "one for an error, perhaps behind a context object");
    static_assert(flaw != Flaw::TooManyForFuture,
                  "too many arguments: a future takes those of the method and nothing else, and its then() a callback");
    static_assert(flaw != Flaw::Unbraced,
                  "the arguments of a call by name go in braces, before any callback: {a, b}, or {} for none");
    static_assert(flaw != Flaw::NoQObject, "the context of a callback must be a pointer to a QObject");
    static_assert(flaw != Flaw::Incomplete,
                  "the class of the context object is only declared here: include the header that defines it");
    static_assert(flaw != Flaw::NoCallback, "behind the context object a callback is missing");
    static_assert(flaw != Flaw::NoObject, "a member function as a callback needs its object before it, as the context");
    static_assert(flaw != Flaw::Callback,
                  "the callback must take the method's result, by value or const reference, or a QVariant, or nothing");
    static_assert(flaw != Flaw::NamedCallback,
                  "the callback of a call by name must take a QVariant, which has the result in it, or nothing: get a "
                  "list, for one, by its toList()");
    static_assert(flaw != Flaw::ErrorCallback,
                  "the callback for errors must take a const Prefork::Error &, or nothing");
    static_assert(flaw != Flaw::Function,
                  "the function must take the method's parameters, by value or const reference");
    static_assert(
        flaw != Flaw::NamedFunction,
        "a function added by a mere name must take a const QVariantList & and return what fits a QVariant: to "
        "have typed parameters, add it with a Prefork::Method");
    static_assert(flaw != Flaw::Result, "the function must return the method's result, or what converts to it");
    static_assert(flaw != Flaw::ResultInteger,
                  "the function returns a floating-point number where the method's result is an integer: say yourself "
                  "how it is to be rounded, by qRound() or static_cast");
    static_assert(flaw != Flaw::ResultBoolean,
                  "the function returns something that is not a bool where the method's result is one: compare it, as "
                  "in x != 0");
    static_assert(flaw != Flaw::EventCount, "the event carries another number of arguments");
    static_assert(flaw != Flaw::EventHandler,
                  "the handler must take what the event carries, or the first so many of it, by value or const "
                  "reference");
    static_assert(flaw != Flaw::AnyEventHandler,
                  "the handler must take a QString, the event's name, and a QVariantList, what it carries, or less");
    static_assert(flaw != Flaw::ProgressHandler, "the handler must take a const Prefork::Progress &, or nothing");
    static_assert(flaw != Flaw::ParameterInteger,
                  "the function takes an integer and is given a floating-point number: let it take a double, and say "
                  "itself how that is to be rounded");
    static_assert(flaw != Flaw::ParameterBoolean,
                  "the function takes a bool and is given something else: let it take that, and compare it");
    static_assert(flaw != Flaw::ParameterNarrow,
                  "the function takes a number that cannot have every value that it is given: let it take the type of "
                  "the method's result or parameter, or of what the event carries");
    static_assert(flaw != Flaw::Exposed, "only a QObject with a default constructor can be exposed");
    return flaw == Flaw::None;
}

/// Returns the first of @p flaws that is not None, or None if there is no such flaw.
[[nodiscard]] constexpr Flaw firstOf(std::initializer_list<Flaw> flaws)
{
    for (const Flaw flaw : flaws) {
        if (flaw != Flaw::None)
            return flaw;
    }
    return Flaw::None;
}

/// Says why @p T cannot be a parameter or a result of a method, or None if it can.
template <class T>
[[nodiscard]] constexpr Flaw flawOfType()
{
    if constexpr (std::is_void_v<T>)
        return Flaw::None;
    else if constexpr (!std::copy_constructible<T>)
        return Flaw::MoveOnly;
    else if constexpr (!std::default_initializable<T>)
        return Flaw::NoDefault;
    else
        return Flaw::None;
}

/// Returns the flaw of the argument at @p position, counted from 0, which fits its parameter as @p fit says.
[[nodiscard]] constexpr Flaw flawOfFit(Fit fit, std::size_t position)
{
    constexpr std::array Misfits{Flaw::FirstMisfit, Flaw::SecondMisfit, Flaw::ThirdMisfit, Flaw::FourthMisfit,
                                 Flaw::LaterMisfit};
    switch (fit) {
    case Fit::NoInteger:
        return Flaw::Integer;
    case Fit::NoBoolean:
        return Flaw::Boolean;
    case Fit::Never:
        return Misfits[std::min(position, Misfits.size() - 1)];
    default:
        return Flaw::None;
    }
}

/// A callable that takes a result of type @p R, a QVariant, or nothing.
template <class F, class R>
concept TakesResult
    = (!std::is_void_v<R> && std::invocable<F &, const std::conditional_t<std::is_void_v<R>, QVariant, R> &>)
    || std::invocable<F &> || std::invocable<F &, const QVariant &>;
template <class F>
concept TakesError = std::invocable<F &, const Error &> || std::invocable<F &>;

template <class T>
concept ContextPointer = std::is_pointer_v<std::remove_cvref_t<T>>
    && std::derived_from<std::remove_cv_t<std::remove_pointer_t<std::remove_cvref_t<T>>>, QObject>;

/// The types of the parameters of a function. They are known only if the function is not overloaded and not a template;
/// otherwise the tuple is empty.
template <class F>
struct ParametersOf
{
    using Types = std::tuple<>;
};
template <class R, class... P>
struct ParametersOf<R (*)(P...)>
{
    using Types = std::tuple<std::remove_cvref_t<P>...>;
};
template <class R, class... P>
struct ParametersOf<R (*)(P...) noexcept> : ParametersOf<R (*)(P...)>
{
};
template <class C, class R, class... P>
struct ParametersOf<R (C::*)(P...)> : ParametersOf<R (*)(P...)>
{
};
template <class C, class R, class... P>
struct ParametersOf<R (C::*)(P...) const> : ParametersOf<R (*)(P...)>
{
};
template <class C, class R, class... P>
struct ParametersOf<R (C::*)(P...) noexcept> : ParametersOf<R (*)(P...)>
{
};
template <class C, class R, class... P>
struct ParametersOf<R (C::*)(P...) const noexcept> : ParametersOf<R (*)(P...)>
{
};
template <class F>
    requires requires { &F::operator(); }
struct ParametersOf<F> : ParametersOf<decltype(&F::operator())>
{
};

/// Says whether a function with a parameter of type @p To, which is called with a value of type @p From, would silently
/// get another value. A double that is given for a float is only rounded.
template <class To, class From>
[[nodiscard]] constexpr Flaw flawOfParameter()
{
    constexpr Fit fit = fitOf<To, const From &>();
    constexpr bool areNumbers = std::is_arithmetic_v<To> && std::is_arithmetic_v<From>;
    if (fit == Fit::NoInteger)
        return Flaw::ParameterInteger;
    if (fit == Fit::NoBoolean)
        return Flaw::ParameterBoolean;
    return fit == Fit::Sometimes && areNumbers && !std::floating_point<From> ? Flaw::ParameterNarrow : Flaw::None;
}

/// Says the same of a function that is called with values of the types @p Given.
template <class F, class... Given>
[[nodiscard]] constexpr Flaw flawOfParameters()
{
    using Types = typename ParametersOf<std::decay_t<F>>::Types;
    using Values = std::tuple<Given...>;
    constexpr std::size_t count = std::min(std::tuple_size_v<Types>, sizeof...(Given));
    return []<std::size_t... I>(std::index_sequence<I...>) {
        return firstOf(
            {Flaw::None, flawOfParameter<std::tuple_element_t<I, Types>, std::tuple_element_t<I, Values>>()...});
    }(std::make_index_sequence<count>());
}

/// What the user seems to mean by an argument that comes after the arguments of the method.
enum class Role { Null, Context, Incomplete, OtherObject, Callable, Value };

template <class T, class R>
[[nodiscard]] constexpr Role roleOf()
{
    using Given = std::decay_t<T>;
    using Object = std::remove_cv_t<std::remove_pointer_t<Given>>;
    if constexpr (std::is_null_pointer_v<Given>) {
        return Role::Null;
    } else if constexpr (std::is_function_v<Object> || std::is_member_pointer_v<Given>) {
        return Role::Callable;
    } else if constexpr (std::is_pointer_v<Given>) {
        if constexpr (!std::is_class_v<Object>)
            return Role::Value;
        else if constexpr (!requires { sizeof(Object); })
            return Role::Incomplete;
        else
            return std::derived_from<Object, QObject> ? Role::Context : Role::OtherObject;
    } else if constexpr (!std::is_class_v<Given>) {
        return Role::Value;
    } else if constexpr (requires { &Given::operator(); } || TakesResult<Given, R> || TakesError<Given>) {
        return Role::Callable;
    } else if constexpr (std::derived_from<Given, QObject> || requires(const Given &object) { object.operator->(); }) {
        return Role::OtherObject; // an object itself, or a smart pointer
    } else {
        return Role::Value;
    }
}

/// Says what is wrong with @p F as a callback for a result or, if @p isForError is true, for an error. If there is a
/// context object, its type is @p Context.
template <class R, bool isForError, class F, class... Context>
[[nodiscard]] constexpr Flaw flawOfCallback()
{
    constexpr Role role = roleOf<F, R>();
    if constexpr (role == Role::Null) {
        return Flaw::None;
    } else if constexpr (role == Role::Value || (isForError && role != Role::Callable)) {
        return Flaw::TooMany;
    } else if constexpr (role != Role::Callable) {
        return sizeof...(Context) == 0 ? Flaw::TooMany : Flaw::NoCallback;
    } else if constexpr (sizeof...(Context) == 0 && std::is_member_pointer_v<std::decay_t<F>>) {
        return Flaw::NoObject;
    } else {
        using Function = decltype(asCallable(std::declval<std::decay_t<Context>>()..., std::declval<F>()));
        if constexpr (isForError)
            return TakesError<Function> ? Flaw::None : Flaw::ErrorCallback;
        else if constexpr (!TakesResult<Function, R>)
            return std::same_as<R, QVariant> ? Flaw::NamedCallback : Flaw::Callback;
        else if constexpr (std::is_void_v<R>)
            return Flaw::None;
        else
            return flawOfParameters<F, R>();
    }
}

/// Says what is wrong with an argument of this @p role as a context object.
[[nodiscard]] constexpr Flaw flawOfContext(Role role)
{
    return role == Role::Context   ? Flaw::None
        : role == Role::Incomplete ? Flaw::Incomplete
        : role == Role::Value      ? Flaw::TooMany
                                   : Flaw::NoQObject;
}

/// Says what is wrong with the callbacks and the context object of a call whose result is of type @p R; see
/// makeHandler().
template <class R>
[[nodiscard]] constexpr Flaw flawOfTail()
{
    return Flaw::None;
}
template <class R, class F>
[[nodiscard]] constexpr Flaw flawOfTail()
{
    return roleOf<F, R>() == Role::Context ? Flaw::NoCallback : flawOfCallback<R, false, F>();
}
template <class R, class First, class Second>
[[nodiscard]] constexpr Flaw flawOfTail()
{
    constexpr Role role = roleOf<First, R>();
    if constexpr (role == Role::Context)
        return flawOfCallback<R, false, Second, First>();
    else if constexpr (role == Role::Callable || role == Role::Null)
        return firstOf({flawOfCallback<R, false, First>(), flawOfCallback<R, true, Second>()});
    else
        return flawOfContext(role);
}
template <class R, class First, class Second, class Third, class... Rest>
[[nodiscard]] constexpr Flaw flawOfTail()
{
    constexpr Flaw context = flawOfContext(roleOf<First, R>());
    if constexpr (sizeof...(Rest) > 0)
        return Flaw::TooMany;
    else if constexpr (context != Flaw::None)
        return context;
    else
        return firstOf({flawOfCallback<R, false, Second, First>(), flawOfCallback<R, true, Third, First>()});
}

/// Says what is wrong with the argument at @p position. If it does not fit its parameter, and is a callable or a
/// context object, then arguments before it are missing.
template <class R, class A, class T, std::size_t position>
[[nodiscard]] constexpr Flaw flawOfArgument()
{
    constexpr Flaw flaw = flawOfFit(fitOf<A, T>(), position);
    constexpr Role role = roleOf<T, R>();
    return flaw != Flaw::None && (role == Role::Callable || role == Role::Context || role == Role::Null) ? Flaw::TooFew
                                                                                                         : flaw;
}

template <class R, class Parameters, class Given>
class TypedCallForm;

/// What is wrong with a call of a method with the result @p R and the parameters @p A. @p T are the types of the given
/// arguments, as deduced from forwarding references.
template <class R, class... A, class... T>
class TypedCallForm<R, std::tuple<A...>, std::tuple<T...>>
{
    template <std::size_t... I, std::size_t... J>
    [[nodiscard]] static constexpr Flaw look(std::index_sequence<I...>, std::index_sequence<J...>)
    {
        constexpr Flaw arguments
            = firstOf({Flaw::None, flawOfArgument<R, A, std::tuple_element_t<I, std::tuple<T...>>, I>()...});
        if constexpr (arguments != Flaw::None)
            return arguments;
        else
            return flawOfTail<R, std::tuple_element_t<sizeof...(I) + J, std::tuple<T...>>...>();
    }
    [[nodiscard]] static constexpr Flaw look()
    {
        constexpr Flaw types = firstOf({flawOfType<R>(), flawOfType<A>()...});
        if constexpr (types != Flaw::None)
            return types;
        else if constexpr (sizeof...(T) < sizeof...(A))
            return Flaw::TooFew;
        else
            return look(std::index_sequence_for<A...>(), std::make_index_sequence<sizeof...(T) - sizeof...(A)>());
    }

public:
    static constexpr Flaw flaw = look();
    static constexpr Flaw flawOfFuture
        = sizeof...(T) > sizeof...(A) && flaw != Flaw::TooFew ? Flaw::TooManyForFuture : flaw;
};
template <class M, class... T>
using CallForm = TypedCallForm<typename M::Result, typename M::Parameters, std::tuple<T...>>;

template <class Parameters, class Given>
struct TypedEventForm;

/// What is wrong with the values of the types @p T that a worker gives to an event that carries @p A.
template <class... A, class... T>
struct TypedEventForm<std::tuple<A...>, std::tuple<T...>>
{
    [[nodiscard]] static constexpr Flaw look()
    {
        if constexpr (sizeof...(T) != sizeof...(A))
            return Flaw::EventCount;
        else
            return [&]<std::size_t... I>(std::index_sequence<I...>) {
                return firstOf({Flaw::None, flawOfFit(fitOf<A, T>(), I)...});
            }(std::index_sequence_for<A...>());
    }
    static constexpr Flaw flaw = look();
};
template <class E, class... T>
using EventForm = TypedEventForm<typename E::Parameters, std::tuple<T...>>;

/// Says what is wrong with the function @p F for a method with the result @p R and the parameters @p A.
template <class F, class R, class... A>
[[nodiscard]] constexpr Flaw flawOfFunction()
{
    constexpr Flaw types = firstOf({flawOfType<R>(), flawOfType<A>()...});
    if constexpr (types != Flaw::None) {
        return types;
    } else if constexpr (!std::is_invocable_v<F &, A...>) {
        return Flaw::Function;
    } else if constexpr (flawOfParameters<F, A...>() != Flaw::None) {
        return flawOfParameters<F, A...>();
    } else if constexpr (!std::is_void_v<R>) {
        using Returned = std::invoke_result_t<F &, A...>;
        if constexpr (std::is_void_v<Returned>)
            return Flaw::Result;
        else
            return std::array{Flaw::None, Flaw::None, Flaw::ResultInteger, Flaw::ResultBoolean,
                              Flaw::Result}[std::size_t(fitOf<R, Returned>())];
    } else {
        return Flaw::None;
    }
}

/// Says what is wrong with the function @p F for a method that is added by its name only.
template <class F>
[[nodiscard]] constexpr Flaw flawOfNamedFunction()
{
    if constexpr (!std::is_invocable_v<F &, const QVariantList &>)
        return Flaw::NamedFunction;
    else
        return flawOfType<std::remove_cvref_t<std::invoke_result_t<F &, const QVariantList &>>>();
}

/// Says why the invokables of the class @p T cannot become methods.
template <class T>
[[nodiscard]] constexpr Flaw flawOfExposed()
{
    return std::derived_from<T, QObject> && std::default_initializable<T> ? Flaw::None : Flaw::Exposed;
}

/// Returns how many of the values in @p Tuple, from the first on, @p F takes: the largest possible number. Returns -1
/// if it takes no such number of values, not even none.
template <class F, class Tuple, int Count = int(std::tuple_size_v<Tuple>)>
[[nodiscard]] constexpr int countTaken()
{
    constexpr bool isTaken = []<std::size_t... I>(std::index_sequence<I...>) {
        return std::invocable<F &, std::tuple_element_t<I, Tuple> &...>;
    }(std::make_index_sequence<std::size_t(Count)>());
    if constexpr (isTaken)
        return Count;
    else if constexpr (Count == 0)
        return -1;
    else
        return countTaken<F, Tuple, Count - 1>();
}

/// Says what is wrong with a handler for the values in @p Tuple. @p F is its type, or the type of its context object
/// and its own type. If the handler does not take such values, this is @p misfit.
template <class Tuple, Flaw misfit, class... F>
[[nodiscard]] constexpr Flaw flawOfHandler()
{
    using Given = std::tuple<F...>;
    if constexpr (sizeof...(F) == 0 || sizeof...(F) > 2) {
        return misfit;
    } else {
        using Last = std::tuple_element_t<sizeof...(F) - 1, Given>;
        constexpr Role first = roleOf<std::tuple_element_t<0, Given>, QVariant>();
        if constexpr (sizeof...(F) == 2 && flawOfContext(first) != Flaw::None)
            return first == Role::Value ? misfit : flawOfContext(first);
        else if constexpr (sizeof...(F) == 1 && first == Role::Context)
            return Flaw::NoCallback;
        else if constexpr (sizeof...(F) == 1 && std::is_member_pointer_v<std::decay_t<Last>>)
            return Flaw::NoObject;
        else if constexpr (countTaken<decltype(asCallable(std::declval<F>()...)), Tuple>() < 0)
            return misfit;
        else
            return []<class... Values>(std::type_identity<std::tuple<Values...>>) {
                return flawOfParameters<Last, Values...>();
            }(std::type_identity<Tuple>());
    }
}

/// True if it depends on the value of one of the arguments @p T whether it fits its parameter.
template <class Parameters, class Given>
inline constexpr bool isAnyChecked = false;
template <class... A, class... T>
inline constexpr bool isAnyChecked<std::tuple<A...>, std::tuple<T...>> = ((fitOf<A, T>() == Fit::Sometimes) || ...);

}

#endif
