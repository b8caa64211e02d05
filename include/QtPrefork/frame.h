// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_FRAME_H
#define QTPREFORK_FRAME_H

#include <QtPrefork/catcher.h>
#include <QtPrefork/error.h>
#include <QtPrefork/global.h>
#include <QtPrefork/local.h>
#include <QtPrefork/sourcelocation.h>

#include <QtCore/QByteArray>

#include <concepts>
#include <exception>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>
#include <vector>

namespace Prefork {

class Frame;

namespace detail {

class FrameNode;

// Throws what the catchers of a frame callable left. Whoever delivers a call's result finds out by it what they have
// had already.
[[noreturn]] QTPREFORK_EXPORT void leaveFrameCallback(const Error &left);

// What runs on this thread, innermost first: a list through the C++ stack.
class QTPREFORK_EXPORT Activation
{
public:
    enum Kind { Running, Catching, Delivering };

    explicit Activation(const Frame &frame, Kind kind = Running) noexcept;
    ~Activation();
    // Hands the exception being handled to the catchers; returns what is left.
    std::optional<Error> deliverCurrentException();

private:
    friend class Prefork::Frame;
    friend class Delivery;
    friend void leaveFrameCallback(const Error &left);
    friend QTPREFORK_EXPORT void *findLocal(quint64 key) noexcept;
    Q_DISABLE_COPY_MOVE(Activation)

    FrameNode *m_node;
    Activation *m_outer;
    Kind m_kind;
};

// A frame returns values: a caught error leaves nothing a reference could refer to.
template <class F, class... Args>
using FrameResult = std::remove_cvref_t<std::invoke_result_t<F, Args...>>;

// A template parameter, so that `{}` always means FrameOptions.
template <class T>
concept FrameName = std::convertible_to<const T &, QByteArray>;

}

/// What a new frame is called and which variables it binds.
struct FrameOptions
{
    /// The frame's name in back-traces; `ANONYMOUS FRAME` when empty (parity row F6).
    QByteArray name = {};
    /// What is called within it, shown after the name: `NAME -> CALL`. Joined only when a back-trace is made.
    QByteArray call = {};
    /// The variables the frame binds (parity row F11): `.locals = {userId, requestId}`.
    std::vector<LocalBinding> locals = {};
};

/// One node of the tree of error handlers: a cheap, shared handle on it; null stands for "no frame" (parity rows F1-F7,
/// F16-F19).
///
/// A frame is made inside the frame that is current, its parent. It may have a Catcher and may bind Local variables.
/// Code run in it fails into its catcher, or its parent's, and so on outwards. Frames are made by fub(), frame(),
/// frameTry() and their kin in framecallback.h and frametry.h, and by create(). A parent lives as long as a child or a
/// handle (F21).
///
/// **Cost.** A frame without catcher and locals keeps only the nearest ancestor that has one, and the names of the last
/// frames (at least 64): a chain of callbacks, each made in the one before, takes constant time and memory per link,
/// however long it gets. Back-traces then say how many frames were left out, and are a few hundred lines at most.
///
/// **Threads.** The current frame is a property of the thread. A handle may be copied and dropped in any thread. run()
/// and raise() in another thread than the one that made the frame are allowed while nothing else runs in the same tree:
/// catchers and bindings have no lock.
class QTPREFORK_EXPORT Frame
{
public:
    Frame() noexcept = default;
    Frame(const Frame &other) noexcept;
    Frame(Frame &&other) noexcept
        : m_node(std::exchange(other.m_node, nullptr))
    {
    }
    Frame &operator=(Frame other) noexcept
    {
        std::swap(m_node, other.m_node);
        return *this;
    }
    ~Frame();

    /// The frame the running code is in; null outside any. In a catcher it is the frame that failed (parity row F17).
    [[nodiscard]] static Frame current() noexcept;
    /// A new frame in @p parent, to run() later; a root when @p parent is null. One allocation, unless it binds
    /// variables.
    [[nodiscard]] static Frame create(const FrameOptions &options = {}, const Frame &parent = current(),
                                      SourceLocation where = SourceLocation::current());
    /// The same with a catcher for what fails in it.
    [[nodiscard]] static Frame create(const FrameOptions &options, Catcher catcher, const Frame &parent = current(),
                                      SourceLocation where = SourceLocation::current());

    [[nodiscard]] bool isNull() const noexcept { return !m_node; }
    /// `ANONYMOUS FRAME` if it was given none; empty for the null frame.
    [[nodiscard]] QString name() const;
    /// Where the frame was made.
    [[nodiscard]] SourceLocation location() const noexcept;

    /// @p firstLine, a dashed line, then the frames, innermost first, as `FILE:LINE - NAME`, each line ended by a
    /// newline (row F7).
    [[nodiscard]] QString backTrace(const QString &firstLine) const;
    /// The back-trace @p error already has, or else the one of this frame with the error's message as first line.
    [[nodiscard]] QString backTrace(const Error &error) const;
    /// @p error with its back-trace filled in. An error that already has one keeps it: it tells where the trouble began
    /// (row F3). The null frame returns @p error unchanged.
    [[nodiscard]] Error traced(const Error &error) const;

    /// Calls `function(args…)` inside this frame and returns what it returns (parity rows F1, F4, F5, F16).
    ///
    /// While it runs, current() is this frame and its variables are bound; before is restored however it ends. What it
    /// throws goes to the nearest catcher, from this frame outwards, and then a value-initialised result is returned. A
    /// catcher that throws hands the new error, with the back-trace of the first, to the next. What nobody caught is
    /// thrown to the caller: an exception that is no Error as the very object it was, an Error with its back-trace. The
    /// null frame runs @p function outside any frame: no catchers, no bindings.
    template <class F, class... Args>
    detail::FrameResult<F, Args...> run(F &&function, Args &&...args) const
    {
        return runOrElse([](const Error &left) { left.rethrow(); }, std::forward<F>(function),
                         std::forward<Args>(args)...);
    }
    /// run() for callers that cannot take an exception: what nobody caught goes to the unhandled-error handler, and a
    /// value-initialised result is returned.
    template <class F, class... Args>
    detail::FrameResult<F, Args...> runOrReport(F &&function, Args &&...args) const;

    /// Fails this frame from outside, as if code running in it had thrown @p error: the catchers run, by the rules of
    /// run(). Returns the error nobody caught (the last one, if catchers threw), else nothing. In the null frame nobody
    /// catches.
    [[nodiscard]] std::optional<Error> raise(const Error &error) const;
    /// The same with any exception; catchers of its type get the very object.
    [[nodiscard]] std::optional<Error> raise(const std::exception_ptr &exception) const;

    friend bool operator==(const Frame &a, const Frame &b) noexcept { return a.m_node == b.m_node; }
    friend bool operator!=(const Frame &a, const Frame &b) noexcept { return a.m_node != b.m_node; }

private:
    friend class detail::Activation;
    template <class F>
    friend class FrameCallback;

    template <class Left, class F, class... Args>
    detail::FrameResult<F, Args...> runOrElse(Left &&left, F &&function, Args &&...args) const
    {
        using Result = detail::FrameResult<F, Args...>;
        static_assert(std::is_void_v<Result> || std::default_initializable<Result>,
                      "after a caught error a frame returns a value-initialised result");
        detail::Activation activation(*this);
        try {
            return static_cast<Result>(std::invoke(std::forward<F>(function), std::forward<Args>(args)...));
        } catch (...) {
            if (const std::optional<Error> error = activation.deliverCurrentException())
                left(*error);
        }
        return Result();
    }

    explicit Frame(detail::FrameNode *node) noexcept
        : m_node(node)
    {
    }

    detail::FrameNode *m_node = nullptr;
};

/// Shows the name and the place of the frame, as the first line of its back-trace does.
QTPREFORK_EXPORT QDebug operator<<(QDebug debug, const Frame &frame);

/// What to do with an error that no catcher took and that has no caller to be thrown to.
using UnhandledErrorHandler = std::function<void(const Error &)>;

/// Sets the handler for the whole program and returns the one before; an empty one stands for the default, which logs
/// the back-trace as critical in the category `prefork.frame`. It runs in the thread where the error happened.
/// Thread-safe.
QTPREFORK_EXPORT UnhandledErrorHandler setUnhandledErrorHandler(UnhandledErrorHandler handler);
/// Calls the handler. What the handler throws is logged and goes no further.
QTPREFORK_EXPORT void reportUnhandled(const Error &error) noexcept;

template <class F, class... Args>
detail::FrameResult<F, Args...> Frame::runOrReport(F &&function, Args &&...args) const
{
    return runOrElse(reportUnhandled, std::forward<F>(function), std::forward<Args>(args)...);
}

}

// Whoever needs Frame nearly always needs these.
#include <QtPrefork/framecallback.h>
#include <QtPrefork/frametry.h>

#endif
