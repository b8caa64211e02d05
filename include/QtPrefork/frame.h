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

class CallFrame;
class FrameNode;

// Throws the error that the catchers of a frame callable have left. The code that delivers the result of a call learns
// from it which errors these catchers have seen already.
[[noreturn]] QTPREFORK_EXPORT void leaveFrameCallback(const Error &left);

// The frames that run on this thread, innermost first: a linked list whose nodes are on the stack.
class QTPREFORK_EXPORT Activation
{
public:
    enum Kind { Running, Catching, Delivering };

    explicit Activation(const Frame &frame, Kind kind = Running) noexcept;
    ~Activation();
    // Gives the exception that is being handled to the catchers, and returns the error that they have left, if any.
    std::optional<Error> deliverCurrentException();

private:
    friend class Prefork::Frame;
    friend class CallFrame;
    friend class Delivery;
    friend void leaveFrameCallback(const Error &left);
    friend QTPREFORK_EXPORT void *findLocal(quint64 key) noexcept;
    Q_DISABLE_COPY_MOVE(Activation)

    FrameNode *m_node;
    Activation *m_outer;
    Kind m_kind;
};

// The type that a frame returns for a callable. It is always a value: after a caught error there is no object to which
// a reference could refer.
template <class F, class... Args>
using FrameResult = std::remove_cvref_t<std::invoke_result_t<F, Args...>>;

// What may be given as a name. Functions take it as a template parameter, so that `{}` always means FrameOptions.
template <class T>
concept FrameName = std::convertible_to<const T &, QByteArray>;

}

/// Options of a new frame: its name and the variables that it binds.
struct FrameOptions
{
    /// The name of the frame in back-traces. If it is empty, they show `ANONYMOUS FRAME`.
    QByteArray name = {};
    /// The name of what is called in the frame. Back-traces show it after the name: `NAME -> CALL`.
    QByteArray call = {};
    /// The variables that the frame binds: `.locals = {userId, requestId}`.
    std::vector<LocalBinding> locals = {};
};
/// Shows the options that differ from their defaults.
QTPREFORK_EXPORT QDebug operator<<(QDebug debug, const FrameOptions &options);

/// A node in the tree of error handlers. A Frame object is a cheap, shared handle on the node. A null Frame stands for
/// "no frame".
///
/// The parent of a new frame is the frame that is current when it is made. A frame may have a Catcher and may bind
/// Local variables. When code that runs in a frame fails, the error goes to the catcher of this frame, then to that of
/// its parent, and so on outwards. Frames are made by fub(), frame(), frameTry() and the similar functions in
/// framecallback.h and frametry.h, and by create(). A frame lives as long as there is a child of it or a handle on it.
///
/// **Cost.** A frame without a catcher and without variables does not keep all its ancestors. It keeps only the nearest
/// one that has a catcher or a variable, and the names of the last frames (at least 64). Therefore, in a chain of
/// callbacks that each make the next one, every callback takes the same time and memory, however long the chain gets.
/// Back-traces of long chains say how many frames were left out, and have at most a few hundred lines.
///
/// **Threads.** Each thread has its own current frame. A handle may be copied and dropped in any thread. run() and
/// raise() may be called in another thread than the one that made the frame, but only while no other code runs in the
/// same tree: catchers and bindings have no lock.
class QTPREFORK_EXPORT Frame
{
public:
    /// Makes a null frame.
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

    /// Returns the frame in which the running code is, or a null Frame if there is none. In a catcher it is the frame
    /// that failed.
    [[nodiscard]] static Frame current() noexcept;
    /// Makes a frame in @p parent, to be used with run() later. If @p parent is null, the frame has no parent. This
    /// takes one memory allocation, and more if the frame binds variables.
    [[nodiscard]] static Frame create(const FrameOptions &options = {}, const Frame &parent = current(),
                                      SourceLocation where = SourceLocation::current());
    /// Makes a frame with a @p catcher for the errors in it.
    [[nodiscard]] static Frame create(const FrameOptions &options, Catcher catcher, const Frame &parent = current(),
                                      SourceLocation where = SourceLocation::current());

    /// Returns true if this is the null frame.
    [[nodiscard]] bool isNull() const noexcept { return !m_node; }
    /// Returns the name of the frame, or `ANONYMOUS FRAME` if it was given none. The null frame has an empty name.
    [[nodiscard]] QString name() const;
    /// Returns the place in the source where the frame was made.
    [[nodiscard]] SourceLocation location() const noexcept;

    /// Returns a text with @p firstLine, a dashed line, and the frames, innermost first, as `FILE:LINE - NAME`. Each
    /// line ends with a newline.
    [[nodiscard]] QString backTrace(const QString &firstLine) const;
    /// Returns the back-trace of @p error if it has one. Otherwise returns the back-trace of this frame, with the
    /// error's message as its first line.
    [[nodiscard]] QString backTrace(const Error &error) const;
    /// Returns @p error with the back-trace of this frame. An error that already has a back-trace keeps it, because it
    /// shows where the trouble began. The null frame returns @p error unchanged.
    [[nodiscard]] Error traced(const Error &error) const;

    /// Calls `function(args…)` inside this frame and returns its result.
    ///
    /// While the function runs, current() is this frame and its variables are bound. Afterwards the previous frame is
    /// current again, whether the function returns or throws.
    ///
    /// An exception that the function throws goes to the nearest catcher, from this frame outwards. If a catcher takes
    /// it, a value-initialised result is returned. If a catcher throws, the new error goes to the next catcher, with
    /// the back-trace of the first error. An exception that no catcher has taken is thrown to the caller. An Error is
    /// thrown with its back-trace, and any other exception is the object that was thrown. The null frame runs the
    /// function outside any frame, without catchers and bindings.
    template <class F, class... Args>
    detail::FrameResult<F, Args...> run(F &&function, Args &&...args) const
    {
        return runOrElse([](const Error &left) { left.rethrow(); }, std::forward<F>(function),
                         std::forward<Args>(args)...);
    }
    /// Does the same as run(), but for callers that cannot handle an exception. An error that no catcher has taken goes
    /// to the unhandled-error handler, and a value-initialised result is returned.
    template <class F, class... Args>
    detail::FrameResult<F, Args...> runOrReport(F &&function, Args &&...args) const;

    /// Makes this frame fail, as if code that runs in it had thrown @p error. The catchers are called by the rules of
    /// run(). Returns the error that no catcher has taken. If catchers threw, this is the last error. Returns nothing
    /// if a catcher took it. In the null frame there are no catchers.
    [[nodiscard]] std::optional<Error> raise(const Error &error) const;
    /// Does the same with any exception. Catchers of its type receive the object that was thrown.
    [[nodiscard]] std::optional<Error> raise(const std::exception_ptr &exception) const;

    /// Returns true if both are handles on the same frame.
    friend bool operator==(const Frame &a, const Frame &b) noexcept { return a.m_node == b.m_node; }
    friend bool operator!=(const Frame &a, const Frame &b) noexcept { return a.m_node != b.m_node; }

private:
    friend class detail::Activation;
    friend class detail::CallFrame;
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

/// A function that receives the errors that no catcher has taken and that cannot be thrown to a caller.
using UnhandledErrorHandler = std::function<void(const Error &)>;

/// Sets the handler for the whole program and returns the previous one. An empty handler stands for the default, which
/// logs the back-trace as critical in the category `prefork.frame`. The handler runs in the thread in which the error
/// happened. This function is thread-safe.
QTPREFORK_EXPORT UnhandledErrorHandler setUnhandledErrorHandler(UnhandledErrorHandler handler);
/// Calls the handler with @p error. An exception that the handler throws is logged and goes no further.
QTPREFORK_EXPORT void reportUnhandled(const Error &error) noexcept;

template <class F, class... Args>
detail::FrameResult<F, Args...> Frame::runOrReport(F &&function, Args &&...args) const
{
    return runOrElse(reportUnhandled, std::forward<F>(function), std::forward<Args>(args)...);
}

}

// Code that needs Frame nearly always needs these headers, too.
#include <QtPrefork/framecallback.h>
#include <QtPrefork/frametry.h>

#endif
