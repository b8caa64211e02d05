// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_WORKERMETHOD_H
#define QTPREFORK_DETAIL_WORKERMETHOD_H

#include <QtPrefork/detail/callform.h>
#include <QtPrefork/detail/signature.h>
#include <QtPrefork/error.h>

#include <functional>
#include <tuple>

namespace Prefork::detail {

/// The place for the result of a method. It is requested only when the method has returned, because the worker may send
/// other messages while the method runs.
class QTPREFORK_EXPORT ResultSink
{
public:
    /// Returns a writer, to which the result must be written at once. Call it once at most.
    [[nodiscard]] virtual CborWriter &begin() = 0;

protected:
    ~ResultSink() = default;
};

/// A method in a worker, for either protocol.
class QTPREFORK_EXPORT WorkerMethod
{
public:
    virtual ~WorkerMethod();
    /// Calls the method and returns its result, for JSON. Converting the arguments takes no more than is left of
    /// @p memory.
    [[nodiscard]] virtual QVariant invoke(const QVariantList &arguments, MemoryMeter &memory) = 0;
    /// Reads @p count arguments, calls the method, and writes the result when the method has returned, for the native
    /// protocol. Both functions throw what the method throws, or an Error of code BadArguments. The caller must handle
    /// a reader or writer that is broken.
    virtual void invoke(CborReader &arguments, quint64 count, ResultSink &result);
    /// Returns the signature, or null for a method that takes any arguments.
    [[nodiscard]] virtual const Signature *signature() const { return nullptr; }
};

/// A method that takes any arguments.
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

/// Throws an Error, and makes the reader broken, if there are bytes after the arguments.
QTPREFORK_EXPORT void expectEnd(CborReader &arguments);
[[noreturn]] QTPREFORK_EXPORT void throwArgumentSize(const QString &method, const MemoryMeter &memory);
[[noreturn]] QTPREFORK_EXPORT void throwArgumentCount(const QString &method, quint64 expected, quint64 given);
[[noreturn]] QTPREFORK_EXPORT void throwArgumentType(const QString &method, std::size_t position, QMetaType expected,
                                                     const QVariant &given);
/// Throws an Error because the argument that begins at @p start could not be read as @p expected.
[[noreturn]] QTPREFORK_EXPORT void throwArgumentType(const QString &method, std::size_t position, QMetaType expected,
                                                     CborReader &arguments, qsizetype start);
/// Throws an Error because the function of @p method has returned a value that its result cannot have.
[[noreturn]] QTPREFORK_EXPORT void throwResultMisfit(const QString &method, QMetaType expected, const QVariant &got);

/// Returns the function of a method that was added by its name only. The function may return any type that can be a
/// result, or nothing.
template <class F>
[[nodiscard]] auto asInvoker(F function)
{
    using Checked [[maybe_unused]] = MayCross<std::remove_cvref_t<std::invoke_result_t<F &, const QVariantList &>>>;
    return [function = std::move(function)](const QVariantList &arguments) mutable -> QVariant {
        if constexpr (std::is_void_v<std::invoke_result_t<F &, const QVariantList &>>) {
            function(arguments);
            return QVariant::fromValue(nullptr); // as for a typed method that returns nothing
        } else {
            return toVariant(function(arguments));
        }
    };
}

/// A method with types. @p R and @p A are the types of the result and the parameters without references.
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
