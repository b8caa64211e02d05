// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_CALLARGUMENTS_H
#define QTPREFORK_DETAIL_CALLARGUMENTS_H

#include <QtPrefork/arguments.h>
#include <QtPrefork/detail/callform.h>
#include <QtPrefork/detail/plaintypes.h>
#include <QtPrefork/detail/signature.h>
#include <QtPrefork/method.h>

#include <tuple>

namespace Prefork::detail {

/// What a call is for: a typed method, a method by name, or no method.
struct CallTarget
{
    const char *literal = nullptr; ///< the name of a typed method
    QString name; ///< the name of a method that is called by name; null if there is none
    const Signature *signature = nullptr; ///< the signature of a typed method
    SourceLocation location;
};

/// The arguments of a call. It hides how they are kept, and writes them for either protocol.
class QTPREFORK_EXPORT CallArguments
{
public:
    /// Returns true if writing the arguments runs no code of the user's, such as an `operator<<` or the getter of a
    /// gadget.
    [[nodiscard]] bool isPlain() const { return m_isPlain; }
    /// Returns the number of arguments.
    [[nodiscard]] virtual std::size_t count() const = 0;
    /// Writes the arguments for the native protocol.
    virtual void write(CborWriter &writer) const = 0;
    /// Returns the arguments for JSON.
    [[nodiscard]] virtual QVariantList toList() const = 0;
    /// Returns why the arguments must not be sent at all, or a null string if they may. Only arguments that are not
    /// plain can have a refusal.
    [[nodiscard]] virtual QString refusal() const { return {}; }

protected:
    explicit CallArguments(bool isPlain)
        : m_isPlain(isPlain)
    {
    }
    ~CallArguments() = default;

private:
    const bool m_isPlain;
};

/// Returns true if writing @p value runs no code of the user's. Lists and maps, which may hold anything, do not count
/// as plain.
[[nodiscard]] QTPREFORK_EXPORT bool isPlainValue(const QVariant &value);

template <class... A>
class TypedArguments final : public CallArguments
{
    using Checked = MayCross<A...>;

public:
    template <class... T>
    explicit TypedArguments(T &&...arguments)
        : CallArguments((isPlainType<A> && ...))
        , m_values(fitted<A>(std::forward<T>(arguments))...)
    {
    }
    std::size_t count() const override { return sizeof...(A); }
    void write([[maybe_unused]] CborWriter &writer) const override
    {
        std::apply([&writer](const A &...values) { ((writer.nextArgument(), toCbor(writer, values)), ...); }, m_values);
        writer.noArgument();
    }
    QVariantList toList() const override
    {
        return std::apply([](const A &...values) { return QVariantList{QVariant(toVariant<A>(values))...}; }, m_values);
    }

private:
    std::tuple<A...> m_values;
};

/// Arguments in a list that lives elsewhere, of a call by name.
class QTPREFORK_EXPORT ListedArguments final : public CallArguments
{
public:
    explicit ListedArguments(const QVariantList &list);
    std::size_t count() const override { return std::size_t(m_list.size()); }
    void write(CborWriter &writer) const override;
    QVariantList toList() const override { return m_list; }

private:
    const QVariantList &m_list;
};

/// Arguments that are not sent, because the type of a parameter does not have the value of one of them.
class QTPREFORK_EXPORT RefusedArguments final : public CallArguments
{
public:
    RefusedArguments(std::size_t count, const QString &refusal);
    std::size_t count() const override { return m_count; }
    void write(CborWriter &writer) const override;
    QVariantList toList() const override { return {}; }
    QString refusal() const override { return m_refusal; }

private:
    const std::size_t m_count;
    const QString m_refusal;
};

/// Splits the arguments of a typed call: the first ones are for the method, and those behind are nothing or what
/// makeHandler() takes. Calls @p call with the target, the CallArguments, and the arguments that are left.
template <class R, class... A, class Tuple, class Call, std::size_t... I, std::size_t... J>
decltype(auto) splitCall(const Method<R(A...)> &method, Tuple &&tail, Call &&call, std::index_sequence<I...>,
                         std::index_sequence<J...>)
{
    const CallTarget target{method.name(), {}, &signatureOf<R, A...>(), method.location()};
    if constexpr (isAnyChecked<std::tuple<std::remove_cvref_t<A>...>, std::tuple<std::tuple_element_t<I, Tuple>...>>) {
        const auto refusal
            = misfitOf<std::remove_cvref_t<A>...>(QString::fromUtf8(method.name()), std::get<I>(tail)...);
        if (refusal) {
            return call(target, RefusedArguments(sizeof...(A), *refusal),
                        std::get<sizeof...(I) + J>(std::forward<Tuple>(tail))...);
        }
    }
    const TypedArguments<std::remove_cvref_t<A>...> arguments(std::get<I>(std::forward<Tuple>(tail))...);
    return call(target, arguments, std::get<sizeof...(I) + J>(std::forward<Tuple>(tail))...);
}

/// Does the same for a call that is known to have no Flaw.
template <class R, class... A, class Call, class... Tail>
decltype(auto) splitCall(const Method<R(A...)> &method, Call &&call, Tail &&...tail)
{
    return splitCall(method, std::forward_as_tuple(std::forward<Tail>(tail)...), std::forward<Call>(call),
                     std::index_sequence_for<A...>(), std::make_index_sequence<sizeof...(Tail) - sizeof...(A)>());
}

}

#endif
