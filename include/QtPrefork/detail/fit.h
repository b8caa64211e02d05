// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_FIT_H
#define QTPREFORK_DETAIL_FIT_H

#include <QtPrefork/detail/valueshapes.h>
#include <QtPrefork/global.h>

#include <QtCore/QAnyStringView>
#include <QtCore/QMetaType>
#include <QtCore/QString>
#include <QtCore/QVariant>

#include <bit>
#include <chrono>
#include <cmath>
#include <concepts>
#include <limits>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

/// Decides which C++ types may be given for a parameter, a result or the argument of an event that has another type, so
/// that no value changes silently. The compiler decides as much as it can. The program looks only at what depends on
/// the value.
namespace Prefork::detail {

/// How values of one type fit another type, from the best to the worst.
enum class Fit {
    Always, ///< every value of the one type is a value of the other
    Sometimes, ///< it depends on the value, see fits()
    NoInteger, ///< a floating-point number where an integer is wanted
    NoBoolean, ///< anything but a bool where a bool is wanted
    Never, ///< there is no implicit conversion
};

/// True if a @p To can be made of a @p T in braces, where the compiler allows no narrowing.
template <class To, class T>
concept FitsInBraces = requires(T &&value) { To{std::forward<T>(value)}; };

/// True if a @p T is a string for a QString parameter. Such a parameter takes strings of every kind, literals too, also
/// in a program that forbids casts from ASCII.
template <class To, class T>
concept FitsAsString = std::same_as<To, QString> && std::convertible_to<T, QAnyStringView>;

template <class To, class T>
[[nodiscard]] constexpr Fit fitOf();

/// Returns how a number of type @p From fits a number of type @p To.
template <class To, class From>
[[nodiscard]] constexpr Fit fitOfNumber()
{
    constexpr int Room = std::numeric_limits<To>::digits;
    constexpr int Needed = std::numeric_limits<From>::digits;
    if constexpr (std::same_as<To, From>)
        return Fit::Always;
    else if constexpr (std::same_as<To, bool>)
        return Fit::NoBoolean;
    else if constexpr (std::floating_point<From> && !std::floating_point<To>)
        return Fit::NoInteger;
    else if constexpr (std::floating_point<To> || std::is_signed_v<To> || !std::is_signed_v<From>)
        return Needed <= Room ? Fit::Always : Fit::Sometimes;
    else
        return Fit::Sometimes;
}

/// Returns the worst of the fits of the members of two tuples or pairs.
template <class To, class From, std::size_t... I>
[[nodiscard]] constexpr Fit fitOfTuple(std::index_sequence<I...>)
{
    Fit worst = Fit::Always;
    for (const Fit fit : {Fit::Always, fitOf<std::tuple_element_t<I, To>, std::tuple_element_t<I, From>>()...})
        worst = fit > worst ? fit : worst;
    return worst;
}

/// Returns how one duration fits another. The compiler converts only a duration of a coarser unit, or to floating
/// point.
template <class To, class From>
[[nodiscard]] constexpr Fit fitOfDuration()
{
    return std::floating_point<typename To::rep> || std::same_as<To, From> ? Fit::Always : Fit::Sometimes;
}

/// Returns how an argument of type @p T, as deduced from a forwarding reference, fits a parameter of type @p To.
template <class To, class T>
[[nodiscard]] constexpr Fit fitOf()
{
    using From = std::remove_cvref_t<T>;
    if constexpr (FitsAsString<To, T>)
        return Fit::Always;
    else if constexpr (!std::convertible_to<T, To>)
        return std::same_as<To, bool> ? Fit::NoBoolean : Fit::Never;
    else if constexpr (std::same_as<To, From>)
        return Fit::Always;
    else if constexpr (std::is_arithmetic_v<To> && std::is_arithmetic_v<From>)
        return fitOfNumber<To, From>();
    else if constexpr (std::is_arithmetic_v<To> && std::is_enum_v<From>)
        return std::same_as<To, bool> ? Fit::NoBoolean : fitOfNumber<To, std::underlying_type_t<From>>();
    else if constexpr (std::is_arithmetic_v<To>)
        return FitsInBraces<To, T> ? Fit::Always : std::same_as<To, bool> ? Fit::NoBoolean : Fit::Never;
    else if constexpr (isOptional<To> && isOptional<From>)
        return fitOf<typename To::value_type, typename From::value_type>();
    else if constexpr (isOptional<To> && !std::same_as<From, std::nullopt_t>)
        return fitOf<typename To::value_type, T>();
    else if constexpr (isTuple<To> && isTuple<From>)
        return fitOfTuple<To, From>(std::make_index_sequence<std::tuple_size_v<To>>());
    else if constexpr (isDuration<To> && isDuration<From>)
        return fitOfDuration<To, From>();
    else if constexpr (std::is_class_v<To> && (std::floating_point<From> || std::is_pointer_v<std::decay_t<T>>))
        return FitsInBraces<To, T> ? Fit::Always
                                   : Fit::Never; // otherwise its constructor would take another number, or true
    else
        return Fit::Always;
}

/// Returns true if the number @p value is the same number as a @p To.
template <class To, class From>
[[nodiscard]] constexpr bool fitsNumber(From value)
{
    using Limits = std::numeric_limits<To>;
    if constexpr (std::floating_point<From>) { // a rounded value fits; overflow and underflow do not
        const To converted = static_cast<To>(value);
        return !std::isfinite(value) || value == From(0) || (std::isfinite(converted) && converted != To(0));
    } else if constexpr (std::floating_point<To>) {
        quint64 magnitude = quint64(value);
        if constexpr (std::is_signed_v<From>)
            magnitude = value < 0 ? 0 - magnitude : magnitude;
        return magnitude == 0 || (magnitude >> std::countr_zero(magnitude)) >> (Limits::digits - 1) <= 1;
    } else {
        if constexpr (std::is_signed_v<From>) {
            if (value < 0)
                return std::is_signed_v<To> && qint64(value) >= qint64(Limits::min());
        }
        return quint64(value) <= quint64(Limits::max());
    }
}

/// Returns true if the duration @p value is the same time as a @p To.
template <class To, class From>
[[nodiscard]] bool fitsDuration(const From &value)
{
    using Factor = std::ratio_divide<typename From::period, typename To::period>;
    using Number = typename To::rep;
    using Limits = std::numeric_limits<Number>;
    const auto count = value.count();
    if constexpr (!fitsNumber<Number>(Factor::num))
        return count == 0;
    else
        return fitsNumber<Number>(count) && Number(count) <= Limits::max() / Number(Factor::num)
            && Number(count) >= Limits::min() / Number(Factor::num);
}

template <class To, class From>
[[nodiscard]] bool fits(const From &value, QVariant *got);

template <class To, class From, std::size_t... I>
[[nodiscard]] bool fitsTuple(const From &value, QVariant *got, std::index_sequence<I...>)
{
    return (fits<std::tuple_element_t<I, To>>(std::get<I>(value), got) && ...);
}

/// Returns true if @p value may be given for a @p To. Otherwise @p got becomes the part of it that does not fit.
template <class To, class From>
[[nodiscard]] bool fits(const From &value, QVariant *got)
{
    if constexpr (fitOf<To, const From &>() != Fit::Sometimes) {
        return true;
    } else if constexpr (isOptional<To> && isOptional<From>) {
        return !value || fits<typename To::value_type>(*value, got);
    } else if constexpr (isOptional<To>) {
        return fits<typename To::value_type>(value, got);
    } else if constexpr (isTuple<To>) {
        return fitsTuple<To>(value, got, std::make_index_sequence<std::tuple_size_v<To>>());
    } else if constexpr (isDuration<To>) {
        const bool isFit = fitsDuration<To>(value);
        if (!isFit)
            *got = QVariant::fromValue(value.count());
        return isFit;
    } else if constexpr (std::is_enum_v<From>) {
        return fits<To>(std::underlying_type_t<From>(value), got);
    } else {
        const bool isFit = fitsNumber<To>(value);
        if (!isFit) {
            if constexpr (std::floating_point<From>)
                *got = QVariant(double(value));
            else if constexpr (std::is_signed_v<From>)
                *got = QVariant(qint64(value));
            else
                *got = QVariant(quint64(value));
        }
        return isFit;
    }
}

/// Returns @p value as a @p To, which it fits.
template <class To, class T>
[[nodiscard]] To fitted(T &&value)
{
    if constexpr (FitsAsString<To, T> && !std::convertible_to<T, QString>)
        return QAnyStringView(value).toString();
    else if constexpr (std::is_arithmetic_v<To>)
        return static_cast<To>(std::forward<T>(value));
    else
        return std::forward<T>(value);
}

/// Returns a text that says that the argument at @p position, counted from 0, does not fit its type:
/// `add: argument 2 must fit int, got …`.
[[nodiscard]] QTPREFORK_EXPORT QString argumentMisfit(const QString &of, std::size_t position, QMetaType expected,
                                                      const QVariant &got);
/// Throws an Error of code BadArguments if there is a @p misfit, which is its text.
QTPREFORK_EXPORT void mustFit(const std::optional<QString> &misfit);
/// Returns what an event of this name is called in an error text.
[[nodiscard]] QTPREFORK_EXPORT QString eventTitle(const char *name);

/// Returns a text about the first of @p values that does not fit its type among @p To, or nothing if all fit. @p of
/// names the method or the event to which the values are given.
template <class... To, class... From>
[[nodiscard]] std::optional<QString> misfitOf(const QString &of, const From &...values)
{
    std::size_t position = 0;
    QMetaType expected;
    QVariant got;
    const auto check = [&]<class Wanted>(std::type_identity<Wanted>, const auto &value) {
        if (fits<Wanted>(value, &got))
            return ++position > 0;
        expected = QMetaType::fromType<Wanted>();
        return false;
    };
    if ((check(std::type_identity<To>(), values) && ...))
        return {};
    return argumentMisfit(of, position, expected, got);
}

}

#endif
