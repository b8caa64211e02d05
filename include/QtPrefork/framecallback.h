// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_FRAMECALLBACK_H
#define QTPREFORK_FRAMECALLBACK_H

#include <QtPrefork/frame.h>

#include <QtCore/QObject>
#include <QtCore/QPointer>

#include <memory>

namespace Prefork {

template <class F>
class FrameSlot;

namespace detail {

// Tells whether a callable has a context object, and whether that object lives in another thread than the current one.
template <class F>
struct ContextOf
{
    using Function = F;
    static constexpr bool exists = false;
    static bool isElsewhere(const F &) { return false; }
};
QTPREFORK_EXPORT bool isInAnotherThread(const QObject *object);

// Finds the frame of a callable that holds a frame callable: a frame callable tells the innermost probe of this thread
// when it is copied or moved. Only the outermost frame callables count. A frame callable that is held by another one
// does not.
class QTPREFORK_EXPORT FrameProbe
{
public:
    FrameProbe() noexcept
        : m_outer(std::exchange(innermost, this))
    {
    }
    ~FrameProbe() { innermost = m_outer; }
    // The frame of the frame callables that were met. It is null if there were none, or if they have different frames.
    [[nodiscard]] Frame frame() const { return m_isAmbiguous ? Frame() : m_frame; }

    static void enter(const Frame &frame) noexcept
    {
        if (innermost && innermost->m_depth++ == 0)
            innermost->meet(frame);
    }
    static void leave() noexcept
    {
        if (innermost)
            --innermost->m_depth;
    }

private:
    Q_DISABLE_COPY_MOVE(FrameProbe)

    void meet(const Frame &frame) noexcept;

    static constinit thread_local FrameProbe *innermost;

    FrameProbe *m_outer;
    Frame m_frame;
    int m_depth = 0;
    bool m_isAmbiguous = false;
};

// These are the first and the last member of a frame callable. What is copied or moved between them is inside the frame
// callable.
class FrameMember : public Frame
{
public:
    explicit FrameMember(Frame frame) noexcept
        : Frame(std::move(frame))
    {
    }
    FrameMember(const FrameMember &other) noexcept
        : Frame(other)
    {
        FrameProbe::enter(*this);
    }
    FrameMember(FrameMember &&other) noexcept
        : Frame(std::move(other))
    {
        FrameProbe::enter(*this);
    }
    FrameMember &operator=(const FrameMember &) noexcept = default;
    FrameMember &operator=(FrameMember &&) noexcept = default;
    ~FrameMember() = default;
};
class FrameMemberEnd
{
public:
    FrameMemberEnd() noexcept = default;
    FrameMemberEnd(const FrameMemberEnd &) noexcept { FrameProbe::leave(); }
    FrameMemberEnd(FrameMemberEnd &&) noexcept { FrameProbe::leave(); }
    FrameMemberEnd &operator=(const FrameMemberEnd &) noexcept = default;
    FrameMemberEnd &operator=(FrameMemberEnd &&) noexcept = default;
    ~FrameMemberEnd() = default;
};

}

/// A callback that runs in its own frame, whatever code calls it. fub() and frame() make it.
///
/// It can be called with the same arguments as `F`. It is const if `F` is, and movable and copyable as `F` is. It can
/// be given to QTimer::singleShot(), QObject::connect(), QFuture::then() and QMetaObject::invokeMethod(). Errors follow
/// the rules of Frame::run().
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
        return m_frame.runOrElse(detail::leaveFrameCallback, m_function, std::forward<Args>(args)...);
    }
    template <class... Args>
    detail::FrameResult<const F &, Args...> operator()(Args &&...args) const
    {
        return m_frame.runOrElse(detail::leaveFrameCallback, m_function, std::forward<Args>(args)...);
    }

private:
    friend class FrameSlot<F>;
    friend struct detail::ContextOf<FrameCallback>;

    detail::FrameMember m_frame;
    F m_function;
    [[no_unique_address]] detail::FrameMemberEnd m_end;
};

/// A FrameCallback for callers that cannot handle an exception, such as Qt's event loop. frameSlot() makes it. An error
/// that no catcher has taken goes to the unhandled-error handler, and the call returns a value-initialised result.
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
        , m_end(std::move(callback.m_end))
    {
    }

    [[nodiscard]] Frame frame() const noexcept { return m_frame; }

    template <class... Args>
    detail::FrameResult<F &, Args...> operator()(Args &&...args)
    {
        return m_frame.runOrReport(m_function, std::forward<Args>(args)...);
    }

private:
    friend struct detail::ContextOf<FrameSlot>;

    detail::FrameMember m_frame;
    F m_function;
    [[no_unique_address]] detail::FrameMemberEnd m_end;
};

namespace detail {

// A function, or a member function of the context object, that does nothing when the context object has been destroyed.
template <class Context, class F>
class ContextFunction
{
    template <class... Args>
    using Invocation = std::conditional_t<std::is_member_pointer_v<F>, std::invoke_result<F &, Context *, Args...>,
                                          std::invoke_result<F &, Args...>>;
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
    friend struct ContextOf<ContextFunction>;

    QPointer<Context> m_context;
    F m_function;
};

// Logs a warning that a call was given a null pointer for a context object, which is most often a mistake.
QTPREFORK_EXPORT void warnOfNullContext();

// Returns a function, or a context object and a function, as one callable.
template <class F>
std::decay_t<F> asCallable(F &&function)
{
    return std::forward<F>(function);
}
template <class Context, class F>
    requires std::derived_from<Context, QObject>
auto asCallable(Context *context, F &&function)
{
    return ContextFunction<Context, std::decay_t<F>>(context, std::forward<F>(function));
}

// The specialisations are for callables that have a context object, or that may hold one.
template <class Context, class F>
struct ContextOf<ContextFunction<Context, F>>
{
    using Function = F;
    static constexpr bool exists = true;
    static const F &function(const ContextFunction<Context, F> &function) { return function.m_function; }
    static bool isElsewhere(const ContextFunction<Context, F> &function)
    {
        return isInAnotherThread(function.m_context.data()) || ContextOf<F>::isElsewhere(function.m_function);
    }
};
template <class F>
struct ContextOf<FrameCallback<F>>
{
    using Function = F;
    static constexpr bool exists = ContextOf<F>::exists;
    static bool isElsewhere(const FrameCallback<F> &callback) { return ContextOf<F>::isElsewhere(callback.m_function); }
};
template <class F>
struct ContextOf<FrameSlot<F>>
{
    using Function = F;
    static constexpr bool exists = ContextOf<F>::exists;
    static bool isElsewhere(const FrameSlot<F> &slot) { return ContextOf<F>::isElsewhere(slot.m_function); }
};

template <class F>
inline constexpr bool isFrameCallable = false;
template <class F>
inline constexpr bool isFrameCallable<FrameCallback<F>> = true;
template <class F>
inline constexpr bool isFrameCallable<FrameSlot<F>> = true;

// True for a callable of which frameOf() may return a frame.
template <class F>
inline constexpr bool mayHaveFrame = isFrameCallable<F> || isFrameCallable<typename ContextOf<F>::Function>;

// Returns the frame of a callable that is a frame callable, or that consists of a context object and a frame callable.
// Returns null for any other callable.
template <class F>
[[nodiscard]] Frame frameOf(const F &callable) noexcept
{
    if constexpr (isFrameCallable<F>)
        return callable.frame();
    else if constexpr (isFrameCallable<typename ContextOf<F>::Function>)
        return ContextOf<F>::function(callable).frame();
    else
        return {};
}

// Returns the frame of a callable that holds a frame callable. Only copying it tells.
template <class F>
[[nodiscard]] Frame heldFrame(const F &callable) noexcept
{
    if constexpr (std::is_class_v<F> && !std::is_trivially_copyable_v<F> && std::is_copy_constructible_v<F>) {
        const FrameProbe probe;
        try {
            const F copy(callable);
            return probe.frame();
        } catch (...) {
        }
    }
    return {};
}
// Does the same without a copy: it moves the callable away and back. It does not find what a callable such as
// std::function keeps in memory of its own.
template <class F>
[[nodiscard]] Frame takeHeldFrame(F &callable) noexcept
{
    if constexpr (std::is_class_v<F> && !std::is_trivially_copyable_v<F> && std::is_nothrow_move_constructible_v<F>) {
        const FrameProbe probe;
        F moved(std::move(callable));
        std::destroy_at(&callable);
        std::construct_at(&callable, std::move(moved));
        return probe.frame();
    }
    return {};
}

template <class F>
concept Unframed = !isFrameCallable<std::remove_cvref_t<F>>;

template <class T>
concept Context = std::derived_from<T, QObject>;

}

/// Returns true if @p callback was made by fub(), frame() or frameSlot() and has not been moved from, or if it holds a
/// copy of such a callback. It may be a std::function, a std::bind(), a class of your own, or a lambda that has
/// captured the callback. Returns false for anything else, for an object that holds several such callbacks with
/// different frames, and for an object that cannot be copied, unless it was made by one of these functions itself.
///
/// Only a copy of an object tells what the object holds, so this function makes a copy and destroys it.
template <class T>
[[nodiscard]] bool isFrame(const T &callback) noexcept
{
    if constexpr (detail::isFrameCallable<T>)
        return !callback.frame().isNull();
    else
        return !detail::heldFrame(callback).isNull();
}

/// Returns @p code as a callback with a frame of its own, whose parent is the current frame.
///
/// @p options may be written in place: `frame({.name = "connect"}, code, catcher)`. Back-traces show the place of the
/// caller as the place of the frame.
template <class F>
[[nodiscard]] FrameCallback<std::decay_t<F>> frame(const FrameOptions &options, F &&code, Catcher catcher = {},
                                                   SourceLocation where = SourceLocation::current())
{
    return {Frame::create(options, std::move(catcher), Frame::current(), where), std::forward<F>(code)};
}

/// Does the same with a name as the only option.
template <detail::FrameName Name, class F>
[[nodiscard]] FrameCallback<std::decay_t<F>> frame(const Name &name, F &&code, Catcher catcher = {},
                                                   SourceLocation where = SourceLocation::current())
{
    return frame(FrameOptions{.name = name}, std::forward<F>(code), std::move(catcher), where);
}

/// Returns @p function as a callback that runs in the environment in which it was made, with its catchers and
/// variables. Use it for every callback that will be called later. An error that no catcher takes is thrown to the
/// caller of the callback. If the caller is Qt's event loop, use frameSlot().
template <class F>
[[nodiscard]] FrameCallback<std::decay_t<F>> fub(F &&function, SourceLocation where = SourceLocation::current())
{
    return {Frame::create({}, Frame::current(), where), std::forward<F>(function)};
}
/// Does the same as frame(options, …).
template <class F>
[[nodiscard]] FrameCallback<std::decay_t<F>> fub(const FrameOptions &options, F &&function, Catcher catcher = {},
                                                 SourceLocation where = SourceLocation::current())
{
    return frame(options, std::forward<F>(function), std::move(catcher), where);
}
/// Does the same, with a name for back-traces.
template <detail::FrameName Name, class F>
[[nodiscard]] FrameCallback<std::decay_t<F>> fub(const Name &name, F &&function, Catcher catcher = {},
                                                 SourceLocation where = SourceLocation::current())
{
    return frame(name, std::forward<F>(function), std::move(catcher), where);
}
/// Returns a callback with a context object. @p function may be a member function of @p context. When @p context has
/// been destroyed, the callback does nothing and returns a value-initialised result. Call it in the thread of
/// @p context: only Checkout::call() and Client::call() check this.
template <detail::Context C, class F>
[[nodiscard]] FrameCallback<detail::ContextFunction<C, std::decay_t<F>>>
fub(C *context, F &&function, SourceLocation where = SourceLocation::current())
{
    return {Frame::create({}, Frame::current(), where), {context, std::forward<F>(function)}};
}

/// Refuses, in one sentence, a context that is no QObject.
template <class C, class F>
    requires(std::is_class_v<C> && !detail::Context<C>)
void fub(C *, F &&, SourceLocation = SourceLocation::current())
{
    static_assert(detail::Context<C>, "the context of a callback must be a pointer to a QObject");
}

/// Returns @p function as a callback for slots and timers. It is like that of fub(), but an error that no catcher takes
/// goes to the unhandled-error handler, never through Qt's event loop.
template <detail::Unframed F>
[[nodiscard]] FrameSlot<std::decay_t<F>> frameSlot(F &&function, SourceLocation where = SourceLocation::current())
{
    return FrameSlot<std::decay_t<F>>(fub(std::forward<F>(function), where));
}
/// Does the same with a context object, as fub(context, function).
template <detail::Context C, class F>
[[nodiscard]] FrameSlot<detail::ContextFunction<C, std::decay_t<F>>>
frameSlot(C *context, F &&function, SourceLocation where = SourceLocation::current())
{
    return FrameSlot<detail::ContextFunction<C, std::decay_t<F>>>(fub(context, std::forward<F>(function), where));
}

/// Refuses, in one sentence, a context that is no QObject.
template <class C, class F>
    requires(std::is_class_v<C> && !detail::Context<C>)
void frameSlot(C *, F &&, SourceLocation = SourceLocation::current())
{
    static_assert(detail::Context<C>, "the context of a callback must be a pointer to a QObject");
}

/// Does the same for a callback that has a frame already: `frameSlot(fub("poll", …))`.
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

/// Connects @p signal to @p slot, so that the slot runs inside the current frame, as a frameSlot(). @p slot is a
/// callable or a member function of @p context. If it was made by fub(), frame() or frameSlot(), it keeps its own
/// frame. Returns what QObject::connect() returns.
///
/// The connection and its frame end when @p sender or @p context is destroyed, or when the signal is disconnected.
/// Until then the connection keeps the frame and its ancestors, and each error of the slot goes to their catchers.
template <class Sender, class Signal, detail::Context C, class Slot>
QMetaObject::Connection connectInFrame(Sender *sender, Signal signal, C *context, Slot &&slot,
                                       Qt::ConnectionType type = Qt::AutoConnection,
                                       SourceLocation where = SourceLocation::current())
{
    if constexpr (detail::isFrameCallable<std::remove_cvref_t<Slot>>)
        return QObject::connect(sender, signal, context, frameSlot(std::forward<Slot>(slot)), type);
    else
        return QObject::connect(sender, signal, context, frameSlot(context, std::forward<Slot>(slot), where), type);
}

}

#endif
