// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_WORKERMETHOD_H
#define QTPREFORK_DETAIL_WORKERMETHOD_H

#include <QtPrefork/detail/callform.h>
#include <QtPrefork/detail/signature.h>
#include <QtPrefork/error.h>

#include <functional>
#include <tuple>

namespace Prefork::detail {

/// Where the result of a method goes. It is asked for only when there is one, for the worker may say other things while
/// the method runs.
class QTPREFORK_EXPORT ResultSink
{
public:
    /// The writer of the result, which is written at once. To be called once at most.
    [[nodiscard]] virtual CborWriter &begin() = 0;

protected:
    ~ResultSink() = default;
};

/// A method as a worker runs it, for either protocol.
class QTPREFORK_EXPORT WorkerMethod
{
public:
    virtual ~WorkerMethod();
    /// What the arguments become takes no more than is left of @p memory.
    [[nodiscard]] virtual QVariant invoke(const QVariantList &arguments, MemoryMeter &memory) = 0;
    /// Reads @p count arguments and, when the method has returned, writes the result. Throws, like the other, what the
    /// method throws, or BadArguments. What a broken reader or writer makes of it, the caller sees to.
    virtual void invoke(CborReader &arguments, quint64 count, ResultSink &result);
    /// Null for one that takes whatever comes.
    [[nodiscard]] virtual const Signature *signature() const { return nullptr; }
};

class QTPREFORK_EXPORT InvokerMethod final : public WorkerMethod
{
public:
    using Function = std::function<QVariant(const QVariantList &arguments)>;

    explicit InvokerMethod(Function function)
        : m_function(std::move(function))
    {
    }
    using WorkerMethod::invoke;
    QVariant invoke(const QVariantList &arguments, MemoryMeter &) override { return m_function(arguments); }

private:
    Function m_function;
};

/// Throws, and breaks the reader, if there is anything left.
QTPREFORK_EXPORT void expectEnd(CborReader &arguments);
[[noreturn]] QTPREFORK_EXPORT void throwArgumentSize(const QString &method, const MemoryMeter &memory);
[[noreturn]] QTPREFORK_EXPORT void throwArgumentCount(const QString &method, quint64 expected, quint64 given);
[[noreturn]] QTPREFORK_EXPORT void throwArgumentType(const QString &method, std::size_t position, QMetaType expected,
                                                     const QVariant &given);
/// The argument that begins at @p start could not be read as @p expected.
[[noreturn]] QTPREFORK_EXPORT void throwArgumentType(const QString &method, std::size_t position, QMetaType expected,
                                                     CborReader &arguments, qsizetype start);
/// The function of @p method has returned what the method's result cannot be.
[[noreturn]] QTPREFORK_EXPORT void throwResultMisfit(const QString &method, QMetaType expected, const QVariant &got);

/// The function of a method added by a mere name, which may return anything that is a result, or nothing.
template <class F>
[[nodiscard]] auto asInvoker(F function)
{
    return [function = std::move(function)](const QVariantList &arguments) mutable -> QVariant {
        if constexpr (std::is_void_v<std::invoke_result_t<F &, const QVariantList &>>) {
            function(arguments);
            return QVariant::fromValue(nullptr); // as a typed method that returns nothing
        } else {
            return toVariant(function(arguments));
        }
    };
}

/// @p R and @p A are the result and the parameters without references.
template <class F, class R, class... A>
class TypedMethod final : public WorkerMethod
{
    using Checked = MayCross<std::remove_cvref_t<R>, A...>;

public:
    TypedMethod(const QString &name, F function)
        : m_name(name)
        , m_function(std::move(function))
    {
    }
    QVariant invoke(const QVariantList &arguments, [[maybe_unused]] MemoryMeter &memory) override
    {
        if (std::size_t(arguments.size()) != sizeof...(A))
            throwArgumentCount(m_name, sizeof...(A), quint64(arguments.size()));
        return [&]<std::size_t... I>(std::index_sequence<I...>) -> QVariant {
            std::tuple<A...> values;
            (take(arguments, I, &std::get<I>(values), memory), ...);
            if constexpr (std::is_void_v<R>) {
                m_function(std::move(std::get<I>(values))...);
                return {};
            } else {
                const R result = resultOf(std::move(std::get<I>(values))...);
                return toVariant(result);
            }
        }(std::index_sequence_for<A...>());
    }
    void invoke(CborReader &arguments, quint64 count, ResultSink &result) override
    {
        if (count != sizeof...(A))
            throwArgumentCount(m_name, sizeof...(A), count);
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            std::tuple<A...> values;
            (take(arguments, I, &std::get<I>(values)), ...);
            expectEnd(arguments);
            if constexpr (std::is_void_v<R>) {
                m_function(std::move(std::get<I>(values))...);
                result.begin().writeNull();
            } else {
                const R value = resultOf(std::move(std::get<I>(values))...);
                toCbor(result.begin(), value);
            }
        }(std::index_sequence_for<A...>());
    }
    const Signature *signature() const override { return &signatureOf<R, A...>(); }

private:
    [[nodiscard]] R resultOf(A &&...values)
    {
        using Returned = std::invoke_result_t<F &, A...>;
        if constexpr (std::same_as<std::remove_cvref_t<Returned>, R>) {
            return m_function(std::move(values)...);
        } else {
            Returned &&returned = m_function(std::move(values)...);
            if constexpr (fitOf<R, Returned>() == Fit::Sometimes) {
                if (QVariant got; !fits<R>(returned, &got))
                    throwResultMisfit(m_name, QMetaType::fromType<R>(), got);
            }
            return fitted<R>(std::forward<Returned>(returned));
        }
    }
    template <class T>
    void take(const QVariantList &arguments, std::size_t position, T *out, MemoryMeter &memory)
    {
        if (fromVariant(arguments.at(qsizetype(position)), out, &memory))
            return;
        if (memory.isOverrun())
            throwArgumentSize(m_name, memory);
        throwArgumentType(m_name, position, QMetaType::fromType<T>(), arguments.at(qsizetype(position)));
    }
    template <class T>
    void take(CborReader &arguments, std::size_t position, T *out)
    {
        const qsizetype start = arguments.position();
        if (!fromCbor(arguments, out))
            throwArgumentType(m_name, position, QMetaType::fromType<T>(), arguments, start);
    }

    QString m_name;
    F m_function;
};

}

#endif
