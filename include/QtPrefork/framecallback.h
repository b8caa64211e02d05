// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_FRAMECALLBACK_H
#define QTPREFORK_FRAMECALLBACK_H

#include <QtPrefork/frame.h>

#include <QtCore/QObject>
#include <QtCore/QPointer>

namespace Prefork {

template <class F>
class FrameSlot;

/// A callback that runs in its own frame wherever it is called from; made by fub() and frame() (parity rows F1, F8).
///
/// Callable with whatever `F` is callable with, const if `F` is, movable and copyable as `F` is. Fits QTimer::singleShot,
/// QObject::connect, QFuture::then, QMetaObject::invokeMethod. Errors by the rules of Frame::run().
template <class F>
class FrameCallback
{
public:
    FrameCallback(Frame frame, F function)
        : m_frame(std::move(frame))
        , m_function(std::move(function))
    {
    }

    [[nodiscard]] Frame frame() const noexcept { return m_frame; }

    template <class... Args>
    detail::FrameResult<F &, Args...> operator()(Args &&...args)
    {
        return m_frame.run(m_function, std::forward<Args>(args)...);
    }
    template <class... Args>
    detail::FrameResult<const F &, Args...> operator()(Args &&...args) const
    {
        return m_frame.run(m_function, std::forward<Args>(args)...);
    }

private:
    friend class FrameSlot<F>;

    Frame m_frame;
    F m_function;
};

/// A FrameCallback for callers that cannot take an exception, such as Qt's event loop: what no catcher took goes to the unhandled-error
/// handler, and the call returns a value-initialised result. Made by frameSlot().
template <class F>
class FrameSlot
{
public:
    FrameSlot(Frame frame, F function)
        : m_frame(std::move(frame))
        , m_function(std::move(function))
    {
    }
    explicit FrameSlot(FrameCallback<F> callback)
        : m_frame(std::move(callback.m_frame))
        , m_function(std::move(callback.m_function))
    {
    }

    [[nodiscard]] Frame frame() const noexcept { return m_frame; }

    template <class... Args>
    detail::FrameResult<F &, Args...> operator()(Args &&...args)
    {
        return m_frame.runOrReport(m_function, std::forward<Args>(args)...);
    }

private:
    Frame m_frame;
    F m_function;
};

namespace detail {

// A function, or a member function of the context, that does nothing once the context is gone.
template <class Context, class F>
class ContextFunction
{
    template <class... Args>
    using Invocation
        = std::conditional_t<std::is_member_pointer_v<F>, std::invoke_result<F &, Context *, Args...>, std::invoke_result<F &, Args...>>;
    template <class... Args>
    using Result = std::remove_cvref_t<typename Invocation<Args...>::type>;

public:
    ContextFunction(Context *context, F function)
        : m_context(context)
        , m_function(std::move(function))
    {
    }

    template <class... Args>
    Result<Args...> operator()(Args &&...args)
    {
        if (!m_context)
            return Result<Args...>();
        if constexpr (std::is_member_pointer_v<F>)
            return static_cast<Result<Args...>>(std::invoke(m_function, m_context.data(), std::forward<Args>(args)...));
        else
            return static_cast<Result<Args...>>(std::invoke(m_function, std::forward<Args>(args)...));
    }

private:
    QPointer<Context> m_context;
    F m_function;
};

template <class F>
inline constexpr bool isFrameCallable = false;
template <class F>
inline constexpr bool isFrameCallable<FrameCallback<F>> = true;
template <class F>
inline constexpr bool isFrameCallable<FrameSlot<F>> = true;

template <class F>
concept Unframed = !isFrameCallable<std::remove_cvref_t<F>>;

template <class T>
concept Context = std::derived_from<T, QObject>;

}

/// True for a callable of fub(), frame() or frameSlot() that has not been moved from; false for anything else (parity rows F15, F26).
template <class T>
[[nodiscard]] bool isFrame(const T &callback) noexcept
{
    if constexpr (detail::isFrameCallable<T>)
        return !callback.frame().isNull();
    else
        return false;
}

/// @p code as a callback with a frame of its own, a child of the current one (parity rows F1, F2, F11).
///
/// @p options may be written in place: `frame({.name = "connect"}, code, catcher)`. The frame's place in back-traces is the caller's.
template <class F>
[[nodiscard]] FrameCallback<std::decay_t<F>> frame(const FrameOptions &options, F &&code, Catcher catcher = {},
                                                   SourceLocation where = SourceLocation::current())
{
    return {Frame::create(options, std::move(catcher), Frame::current(), where), std::forward<F>(code)};
}

/// The same with nothing but a name.
template <detail::FrameName Name, class F>
[[nodiscard]] FrameCallback<std::decay_t<F>> frame(const Name &name, F &&code, Catcher catcher = {},
                                                   SourceLocation where = SourceLocation::current())
{
    return frame(FrameOptions{.name = name}, std::forward<F>(code), std::move(catcher), where);
}

/// A callback that runs in the environment it was made in: wrap every callback that will be called later in it (parity row F8).
/// What no catcher takes is thrown to whoever calls it; use frameSlot() when that is Qt's event loop.
template <class F>
[[nodiscard]] FrameCallback<std::decay_t<F>> fub(F &&function, SourceLocation where = SourceLocation::current())
{
    return {Frame::create({}, Frame::current(), where), std::forward<F>(function)};
}
/// The same as frame(options, …).
template <class F>
[[nodiscard]] FrameCallback<std::decay_t<F>> fub(const FrameOptions &options, F &&function, Catcher catcher = {},
                                                 SourceLocation where = SourceLocation::current())
{
    return frame(options, std::forward<F>(function), std::move(catcher), where);
}
/// With a name for back-traces.
template <detail::FrameName Name, class F>
[[nodiscard]] FrameCallback<std::decay_t<F>> fub(const Name &name, F &&function, Catcher catcher = {},
                                                 SourceLocation where = SourceLocation::current())
{
    return frame(name, std::forward<F>(function), std::move(catcher), where);
}
/// @p function may be a member function of @p context. Does nothing, and returns a value-initialised result, once @p context is
/// destroyed. Call it in the thread of @p context.
template <detail::Context C, class F>
[[nodiscard]] FrameCallback<detail::ContextFunction<C, std::decay_t<F>>> fub(C *context, F &&function,
                                                                             SourceLocation where = SourceLocation::current())
{
    return {Frame::create({}, Frame::current(), where), {context, std::forward<F>(function)}};
}

/// fub() for slots and timers: what no catcher takes goes to the unhandled-error handler, never through Qt's event loop.
template <detail::Unframed F>
[[nodiscard]] FrameSlot<std::decay_t<F>> frameSlot(F &&function, SourceLocation where = SourceLocation::current())
{
    return FrameSlot<std::decay_t<F>>(fub(std::forward<F>(function), where));
}
/// The same with a context, as fub(context, function).
template <detail::Context C, class F>
[[nodiscard]] FrameSlot<detail::ContextFunction<C, std::decay_t<F>>> frameSlot(C *context, F &&function,
                                                                               SourceLocation where = SourceLocation::current())
{
    return FrameSlot<detail::ContextFunction<C, std::decay_t<F>>>(fub(context, std::forward<F>(function), where));
}

/// The same for a callback that has its frame already: `frameSlot(fub("poll", …))`.
template <class F>
[[nodiscard]] FrameSlot<F> frameSlot(FrameCallback<F> callback)
{
    return FrameSlot<F>(std::move(callback));
}
template <class F>
[[nodiscard]] FrameSlot<F> frameSlot(FrameSlot<F> slot)
{
    return slot;
}

/// Connects @p signal to @p slot (a callable or a member function of @p context) run inside the current frame, as frameSlot(); a slot that
/// is a frame callable keeps its own frame. The connection, and the frame with it, ends with @p sender, with @p context or by
/// disconnecting. It keeps the frame and its ancestors alive, and fires into their catchers each time. Returns what QObject::connect()
/// returns.
template <class Sender, class Signal, detail::Context C, class Slot>
QMetaObject::Connection connectInFrame(Sender *sender, Signal signal, C *context, Slot &&slot, Qt::ConnectionType type = Qt::AutoConnection,
                                       SourceLocation where = SourceLocation::current())
{
    if constexpr (detail::isFrameCallable<std::remove_cvref_t<Slot>>)
        return QObject::connect(sender, signal, context, frameSlot(std::forward<Slot>(slot)), type);
    else
        return QObject::connect(sender, signal, context, frameSlot(context, std::forward<Slot>(slot), where), type);
}

}

#endif
