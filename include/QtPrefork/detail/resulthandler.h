// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_RESULTHANDLER_H
#define QTPREFORK_DETAIL_RESULTHANDLER_H

#include <QtPrefork/detail/callform.h>
#include <QtPrefork/detail/cborconvert.h>
#include <QtPrefork/detail/convert.h>
#include <QtPrefork/detail/listening.h>
#include <QtPrefork/detail/plaintypes.h>
#include <QtPrefork/detail/stepconverter.h>
#include <QtPrefork/detail/stepreader.h>
#include <QtPrefork/detail/waste.h>
#include <QtPrefork/framecallback.h>
#include <QtPrefork/progress.h>

#include <QtCore/QPointer>
#include <QtCore/QVariant>

#include <concepts>
#include <functional>
#include <memory>
#include <new>
#include <type_traits>

namespace Prefork::detail {

/// The receiver of a call's result. It knows the type that the result must have, and what is done with it. A callback
/// in it may be of a type that can be moved but not copied.
class QTPREFORK_EXPORT ResultHandler
{
public:
    static void *operator new(std::size_t size);
    static void operator delete(void *memory, std::size_t size) noexcept;
    static void *operator new(std::size_t size, std::align_val_t alignment);
    static void operator delete(void *memory, std::size_t size, std::align_val_t alignment) noexcept;
    virtual ~ResultHandler();
    /// Takes the result, accept() from JSON and read() from CBOR. Returns false if the result is not of the expected
    /// type, or if converting it would take more than is left of @p memory.
    [[nodiscard]] virtual bool accept(const QVariant &value, MemoryMeter *memory = nullptr) = 0;
    [[nodiscard]] virtual bool read(CborReader &reader) = 0;
    /// Returns an object that reads the result in steps instead of read(), or null if reading this type does not take
    /// long. It must not be used any more when this handler is destroyed.
    [[nodiscard]] virtual std::unique_ptr<StepReader> makeStepReader() { return {}; }
    /// Returns an object that does the same instead of accept().
    [[nodiscard]] virtual std::unique_ptr<StepConverter> makeStepConverter() { return {}; }
    /// Returns what is left of a large result after deliver(), to be destroyed in steps. Returns null if destroying it
    /// does not take long.
    [[nodiscard]] virtual std::unique_ptr<Waste> takeWaste() { return {}; }
    /// Returns the result, which was taken before, as the expected type.
    [[nodiscard]] virtual QVariant result() const = 0;
    /// Delivers the result. An exception of the callback is thrown to the caller.
    virtual void deliver() = 0;
    /// Returns true if errors go to fail() and not to the frame of the call.
    [[nodiscard]] virtual bool takesErrors() const { return false; }
    /// Delivers @p error: the call has failed, or will never run. An exception of the callback is thrown to the caller.
    /// It is called only if takesErrors() returns true.
    virtual void fail(const Error & /*error*/) { }
    /// Tells that the call was canceled on the user's own wish.
    virtual void cancel() { }
    /// Tells the progress of the call.
    virtual void setProgress(const Progress & /*progress*/) { }
    /// Returns true if neither read() nor result() runs code of the user's, such as an `operator>>`.
    [[nodiscard]] bool isPlain() const { return (m_traits & IsPlain) != 0; }
    /// hasFuture() returns true if a future gets the result, isCanceled() if this future was canceled, and isWatched()
    /// if watch() was called and the call has not settled.
    [[nodiscard]] bool hasFuture() const { return (m_traits & HasFuture) != 0; }
    [[nodiscard]] virtual bool isCanceled() const { return false; }
    [[nodiscard]] virtual bool isWatched() const { return false; }
    /// Calls @p onCanceled in @p context when the future is canceled, or if it was canceled already. This ends when the
    /// call settles.
    virtual void watch(QObject * /*context*/, const std::function<void()> & /*onCanceled*/) { }
    /// Returns the handlers of the call's events and progress, or null if there are none.
    [[nodiscard]] const ListeningPtr &listening() const { return m_listening; }
    void listen(const std::shared_ptr<const CallHandlers> &handlers) { m_listening = new Listening(handlers); }
    /// Returns true if ownFrame() may return a frame.
    [[nodiscard]] bool mayHaveFrame() const { return (m_traits & MayHaveFrame) != 0; }
    /// Returns the frame of the callback if it was made by fub(). Such a callback runs itself in this frame.
    [[nodiscard]] virtual Frame ownFrame() const { return {}; }
    /// Returns the frame of the fub() that the callback holds, if there is exactly one. It is called when the callback
    /// will not run any more.
    [[nodiscard]] virtual Frame heldFrame() { return {}; }
    /// hasContext() returns true if the callback has a context object, and isContextElsewhere() if this object lives in
    /// another thread than the current one.
    [[nodiscard]] bool hasContext() const { return (m_traits & HasContext) != 0; }
    [[nodiscard]] virtual bool isContextElsewhere() const { return false; }

protected:
    /// The type of a handler says which of these it has. Asking for one costs less than a virtual function.
    enum Trait : quint8 { HasContext = 1, HasFuture = 2, MayHaveFrame = 4, IsPlain = 8 };

    explicit ResultHandler(int traits = 0)
        : m_traits(quint8(traits))
    {
    }

private:
    ListeningPtr m_listening;
    const quint8 m_traits;
};

/// A receiver of a result of type R. QVariant stands for a result of any type, and void for none.
template <class R>
class TypedResult : public ResultHandler
{
    using Checked = MayCross<R>;

public:
    explicit TypedResult(int traits = 0)
        : ResultHandler(traits | (isPlainType<R> ? IsPlain : 0))
    {
    }
    bool accept(const QVariant &value, MemoryMeter *memory = nullptr) final
    {
        return fromVariant(value, &m_value, memory);
    }
    bool read(CborReader &reader) final { return fromCbor(reader, &m_value); }
    std::unique_ptr<StepReader> makeStepReader() final
    {
        if constexpr (IsStepped)
            return std::make_unique<TypedStepReader<R>>(&m_value);
        else
            return {};
    }
    std::unique_ptr<StepConverter> makeStepConverter() final
    {
        if constexpr (IsStepped)
            return std::make_unique<TypedStepConverter<R>>(&m_value);
        else
            return {};
    }
    std::unique_ptr<Waste> takeWaste() final
    {
        if constexpr (std::same_as<R, QVariantList> || std::same_as<R, QVariantMap>)
            return std::make_unique<VariantWaste>(QVariant(std::move(m_value)));
        else if constexpr (SequenceContainer<R> && requires { m_value.pop_back(); })
            return std::make_unique<SequenceWaste<R>>(std::move(m_value));
        else if constexpr ((MapContainer<R> || SetContainer<R>) && requires { m_value.empty(); })
            return std::make_unique<KeyedWaste<R>>(std::move(m_value));
        else
            return {};
    }
    QVariant result() const final { return QVariant::fromValue(m_value); }

protected:
    static constexpr bool IsStepped = Composite<R> || HasMetaObject<R>;

    R m_value{};
};

template <>
class TypedResult<QVariant> : public ResultHandler
{
public:
    using ResultHandler::ResultHandler;
    bool accept(const QVariant &value, MemoryMeter * = nullptr) final
    {
        m_value = value;
        return true;
    }
    bool read(CborReader &reader) final { return reader.readVariant(&m_value); }
    std::unique_ptr<StepReader> makeStepReader() final { return std::make_unique<TypedStepReader<QVariant>>(&m_value); }
    std::unique_ptr<Waste> takeWaste() final { return std::make_unique<VariantWaste>(std::move(m_value)); }
    QVariant result() const final { return m_value; }

protected:
    QVariant m_value;
};

template <>
class TypedResult<void> : public TypedResult<QVariant>
{
public:
    using TypedResult<QVariant>::TypedResult;
};

template <class F>
inline constexpr bool isStdFunction = false;
template <class Signature>
inline constexpr bool isStdFunction<std::function<Signature>> = true;

/// A receiver that gives the result to a callback. @p MayCopy tells whether the callback may be copied: some types
/// claim that they can be copied, but a copy does not compile.
template <class R, class F, bool MayCopy>
class CallbackHandler : public TypedResult<R>
{
public:
    explicit CallbackHandler(F function)
        : TypedResult<R>((ContextOf<F>::exists ? ResultHandler::HasContext : 0)
                         | (mayHaveFrame<F> ? ResultHandler::MayHaveFrame : 0))
        , m_function(std::move(function))
    {
    }
    void deliver() override
    {
        if constexpr (!std::is_void_v<R> && !std::same_as<R, QVariant>) {
            if constexpr (std::invocable<F &, std::conditional_t<std::is_void_v<R>, int, R>>)
                static_cast<void>(m_function(std::move(this->m_value)));
            else if constexpr (std::invocable<F &, const QVariant &>)
                static_cast<void>(m_function(this->result()));
            else
                static_cast<void>(m_function());
        } else if constexpr (std::invocable<F &, const QVariant &>) {
            static_cast<void>(m_function(this->m_value));
        } else {
            static_cast<void>(m_function());
        }
    }
    Frame ownFrame() const override { return frameOf(m_function); }
    Frame heldFrame() override
    {
        if constexpr (MayCopy)
            return detail::heldFrame(m_function);
        else
            return takeHeldFrame(m_function);
    }
    bool isContextElsewhere() const override { return ContextOf<F>::isElsewhere(m_function); }

private:
    F m_function;
};

template <class R>
/// A receiver that drops the result.
class NoCallbackHandler : public TypedResult<R>
{
public:
    explicit NoCallbackHandler(bool hasContext = false)
        : TypedResult<R>(hasContext ? ResultHandler::HasContext : 0)
    {
    }
    void deliver() override { }
};

/// A receiver that also has a callback for errors.
template <class Base, class F>
class ErrorCallbackHandler final : public Base
{
public:
    template <class... T>
    explicit ErrorCallbackHandler(F onError, T &&...base)
        : Base(std::forward<T>(base)...)
        , m_onError(std::move(onError))
    {
    }
    bool takesErrors() const override { return true; }
    void fail(const Error &error) override
    {
        if (frameOf(m_onError).isNull())
            run(error);
        else
            Frame().runOrReport([this, &error] { run(error); }); // the callback runs itself in its own frame
    }
    bool isContextElsewhere() const override
    {
        return Base::isContextElsewhere() || ContextOf<F>::isElsewhere(m_onError);
    }

private:
    void run(const Error &error)
    {
        if constexpr (std::invocable<F &, const Error &>)
            static_cast<void>(m_onError(error));
        else
            static_cast<void>(m_onError());
    }

    F m_onError;
};

/// Returns true for a null pointer and for an empty std::function, which are no callbacks.
template <class F>
[[nodiscard]] bool isNullFunction(const F &function)
{
    if constexpr (std::is_constructible_v<F, std::nullptr_t> && requires { function == nullptr; })
        return function == nullptr;
    else
        return false;
}

/// True if the callback may be copied to find out what it holds; see CallbackHandler.
template <class F>
inline constexpr bool mayCopyCallback = std::is_lvalue_reference_v<F> || isStdFunction<std::decay_t<F>>;

/// Makes the receiver of a result. @p context is nothing or a context object.
template <class R, class F, class... Context>
std::unique_ptr<ResultHandler> makeResultHandler(F &&function, Context... context)
{
    if constexpr (!std::is_null_pointer_v<std::decay_t<F>>) {
        using Function = decltype(asCallable(context..., std::forward<F>(function)));
        if (!isNullFunction<std::decay_t<F>>(function))
            return std::make_unique<CallbackHandler<R, Function, mayCopyCallback<F>>>(
                asCallable(context..., std::forward<F>(function)));
    }
    return std::make_unique<NoCallbackHandler<R>>();
}

template <class R, class F, class E, class... Context>
std::unique_ptr<ResultHandler> makeErrorHandler(F &&function, E &&onError, Context... context)
{
    if constexpr (std::is_null_pointer_v<std::decay_t<E>>) {
        return makeResultHandler<R>(std::forward<F>(function), context...);
    } else {
        using OnError = decltype(asCallable(context..., std::forward<E>(onError)));
        if (isNullFunction<std::decay_t<E>>(onError))
            return makeResultHandler<R>(std::forward<F>(function), context...);
        if constexpr (!std::is_null_pointer_v<std::decay_t<F>>) {
            using Function = decltype(asCallable(context..., std::forward<F>(function)));
            using Base = CallbackHandler<R, Function, mayCopyCallback<F>>;
            if (!isNullFunction<std::decay_t<F>>(function))
                return std::make_unique<ErrorCallbackHandler<Base, OnError>>(
                    asCallable(context..., std::forward<E>(onError)),
                    asCallable(context..., std::forward<F>(function)));
        }
        return std::make_unique<ErrorCallbackHandler<NoCallbackHandler<R>, OnError>>(
            asCallable(context..., std::forward<E>(onError)), sizeof...(Context) > 0);
    }
}

/// Makes the receiver from what comes after the arguments of a call, which is known to have no Flaw. This is nothing, a
/// callback for the result, or a callback for the result and one for an error. Before the callbacks there may be a
/// context object. A null callback is no callback.
template <class R>
std::unique_ptr<ResultHandler> makeHandler()
{
    return std::make_unique<NoCallbackHandler<R>>();
}
template <class R, class F>
std::unique_ptr<ResultHandler> makeHandler(F &&function)
{
    return makeResultHandler<R>(std::forward<F>(function));
}
template <class R, class F, class G>
std::unique_ptr<ResultHandler> makeHandler(F &&first, G &&second)
{
    if constexpr (ContextPointer<F>) {
        if (!first)
            warnOfNullContext();
        return makeResultHandler<R>(std::forward<G>(second), first);
    } else {
        return makeErrorHandler<R>(std::forward<F>(first), std::forward<G>(second));
    }
}
template <class R, ContextPointer C, class F, class E>
std::unique_ptr<ResultHandler> makeHandler(C &&context, F &&function, E &&onError)
{
    if (!context)
        warnOfNullContext();
    return makeErrorHandler<R>(std::forward<F>(function), std::forward<E>(onError), context);
}

}

#endif
