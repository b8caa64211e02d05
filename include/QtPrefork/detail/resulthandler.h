// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_RESULTHANDLER_H
#define QTPREFORK_DETAIL_RESULTHANDLER_H

#include <QtPrefork/detail/callform.h>
#include <QtPrefork/detail/cborconvert.h>
#include <QtPrefork/detail/convert.h>
#include <QtPrefork/detail/listening.h>
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

/// What becomes of a call's result: the type it must have, and who takes it. Move-only callbacks are fine.
class QTPREFORK_EXPORT ResultHandler
{
public:
    static void *operator new(std::size_t size);
    static void operator delete(void *memory, std::size_t size) noexcept;
    static void *operator new(std::size_t size, std::align_val_t alignment);
    static void operator delete(void *memory, std::size_t size, std::align_val_t alignment) noexcept;
    virtual ~ResultHandler();
    /// Takes the result in, from JSON or from CBOR; false when it is not of the expected type, or what is made of it
    /// takes more than is left of @p memory.
    [[nodiscard]] virtual bool accept(const QVariant &value, MemoryMeter *memory = nullptr) = 0;
    [[nodiscard]] virtual bool read(CborReader &reader) = 0;
    /// What reads it in steps instead; null for a type that does not take long. To be used no longer than this handler
    /// lives.
    [[nodiscard]] virtual std::unique_ptr<StepReader> makeStepReader() { return {}; }
    /// The same for what takes it in from JSON.
    [[nodiscard]] virtual std::unique_ptr<StepConverter> makeStepConverter() { return {}; }
    /// What is left of a large result when it has been handed over, to be destroyed in steps; null if that does not
    /// take long.
    [[nodiscard]] virtual std::unique_ptr<Waste> takeWaste() { return {}; }
    /// The result taken in, as the expected type.
    [[nodiscard]] virtual QVariant result() const = 0;
    /// Hands it over; what the callback throws comes through.
    virtual void deliver() = 0;
    /// Whether this one takes errors itself, instead of the frame of the call.
    [[nodiscard]] virtual bool takesErrors() const { return false; }
    /// The call has failed, or will never run; what the callback throws comes through. Only for one that takes errors.
    virtual void fail(const Error & /*error*/) { }
    /// The call will never run, or nobody will hear whether it did, because its own user wanted it so.
    virtual void cancel() { }
    virtual void setProgress(const Progress & /*progress*/) { }
    /// Whether a future gets the result; whether that was canceled; and whether somebody is told when it is.
    [[nodiscard]] bool hasFuture() const { return m_hasFuture; }
    [[nodiscard]] virtual bool isCanceled() const { return false; }
    [[nodiscard]] virtual bool isWatched() const { return false; }
    /// Has @p onCanceled run in @p context when the future is canceled, or has been already, until the call settles.
    virtual void watch(QObject * /*context*/, const std::function<void()> & /*onCanceled*/) { }
    /// Who hears what the call says before its result; null if nobody wants to.
    [[nodiscard]] const ListeningPtr &listening() const { return m_listening; }
    void listen(const std::shared_ptr<const CallHandlers> &handlers) { m_listening = new Listening(handlers); }
    /// The frame the callback brought along, if it is one of fub(); it then runs itself in it.
    [[nodiscard]] virtual Frame ownFrame() const { return {}; }
    /// The frame of the one fub() that the callback holds somewhere, if it does. Asked when the callback will not run
    /// any more.
    [[nodiscard]] virtual Frame heldFrame() { return {}; }
    /// Whether the callback has a context object, and whether that lives in another thread than this.
    [[nodiscard]] bool hasContext() const { return m_hasContext; }
    [[nodiscard]] virtual bool isContextElsewhere() const { return false; }

protected:
    explicit ResultHandler(bool hasContext = false, bool hasFuture = false)
        : m_hasContext(hasContext)
        , m_hasFuture(hasFuture)
    {
    }

private:
    ListeningPtr m_listening;
    const bool m_hasContext;
    const bool m_hasFuture;
};

/// A result of type R, which is QVariant for any and void for none.
template <class R>
class TypedResult : public ResultHandler
{
    using Checked = MayCross<R>;

public:
    using ResultHandler::ResultHandler;
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

/// @p MayCopy: whether the callback may be copied. Some types say that they can be and do not compile then.
template <class R, class F, bool MayCopy>
class CallbackHandler : public TypedResult<R>
{
public:
    explicit CallbackHandler(F function)
        : TypedResult<R>(ContextOf<F>::exists)
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
class NoCallbackHandler : public TypedResult<R>
{
public:
    explicit NoCallbackHandler(bool hasContext = false)
        : TypedResult<R>(hasContext)
    {
    }
    void deliver() override { }
};

/// One that has a callback for errors besides that for the result.
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
            Frame().runOrReport([this, &error] { run(error); }); // it runs itself in its own frame
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

/// True for a null pointer and an empty std::function: no callback.
template <class F>
[[nodiscard]] bool isNullFunction(const F &function)
{
    if constexpr (std::is_constructible_v<F, std::nullptr_t> && requires { function == nullptr; })
        return function == nullptr;
    else
        return false;
}

/// Whether the callback may be copied to look into it; see CallbackHandler.
template <class F>
inline constexpr bool mayCopyCallback = std::is_lvalue_reference_v<F> || isStdFunction<std::decay_t<F>>;

/// @p context is nothing or a context object.
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

/// What follows the arguments of a call, without a Flaw: nothing, a callback, or one for the result and one for an error; each of the
/// two last perhaps after a context object. A null one is no callback.
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
