// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_WAITFOR_H
#define QTPREFORK_WAITFOR_H

#include <QtPrefork/global.h>

#include <QtCore/QFuture>

#include <chrono>
#include <concepts>

namespace Prefork {

class Call;

namespace detail {
[[nodiscard]] QTPREFORK_EXPORT bool waitForFinished(const QFuture<void> &future, std::chrono::milliseconds timeout);
/// Waits for @p future, 30 seconds at most. Returns an empty text if it has a result, and otherwise why it has none.
[[nodiscard]] QTPREFORK_EXPORT QString problemOf(const QFuture<void> &future);
}

/// Waits until @p future has finished, with a result, with an error, or canceled, and returns true. Returns false if
/// this takes longer than @p timeout milliseconds, or if the application quits meanwhile. Nothing is canceled then: the
/// call goes on, and you may wait again. If @p timeout is 0 or less, the function does not wait, and returns whether
/// the future has finished.
///
/// This is the way to wait for a call in the thread of its client. QFuture's own waitForFinished(), result() and
/// takeResult() never return there while the call is unsettled, because only the event loop of this thread brings
/// results. This function runs an event loop of its own, in which callbacks, timers and sockets go on, but no user
/// input is processed. Do not use it in a GUI; use continuations or callbacks there. Without a QCoreApplication it does
/// what an event loop would do, but only for the clients of this thread, and no new TCP connections are made then.
///
/// Any thread may wait for any future, also for a future of another thread's client or of QtConcurrent.
template <class T>
[[nodiscard]] bool waitFor(const QFuture<T> &future, std::chrono::milliseconds timeout = std::chrono::seconds(30))
{
    if constexpr (std::is_void_v<T>)
        return detail::waitForFinished(future, timeout);
    else
        return detail::waitForFinished(static_cast<QFuture<void>>(future), timeout);
}
/// Refuses, in one sentence, the handle of a call made with callbacks.
template <std::same_as<Call> T>
[[nodiscard]] bool waitFor(const T &, std::chrono::milliseconds = std::chrono::seconds(30))
{
    static_assert(!std::same_as<T, Call>,
                  "waitFor() waits for a future: make the call with future(), or wait with Checkout::waitForSettled()");
    return false;
}

}

#endif
