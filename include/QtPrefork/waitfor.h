// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_WAITFOR_H
#define QTPREFORK_WAITFOR_H

#include <QtPrefork/global.h>

#include <QtCore/QFuture>

#include <chrono>

namespace Prefork {

namespace detail {
[[nodiscard]] QTPREFORK_EXPORT bool waitForFinished(const QFuture<void> &future, std::chrono::milliseconds timeout);
}

/// Waits until @p future has finished, with a result, an error, or canceled: true, or false if that takes longer than
/// @p timeout, or if the application quits meanwhile. Nothing is canceled then: the call goes on, and one may wait
/// again. With a @p timeout of 0 or less it only looks.
///
/// This is the way to wait for a call in the thread of its client. QFuture's own waitForFinished(), result() and
/// takeResult() never return there while the call is unsettled, for only the event loop of that thread brings results.
/// This function turns an event loop of its own, in which callbacks, timers and sockets go on, but no user input; do
/// not use it in a GUI, where continuations and callbacks are the way. Without a QCoreApplication it does what an event
/// loop would do for the clients of this thread, but over TCP nothing connects then.
///
/// Any thread may wait for any future, of another thread's client too, or of QtConcurrent.
template <class T>
[[nodiscard]] bool waitFor(const QFuture<T> &future, std::chrono::milliseconds timeout = std::chrono::seconds(30))
{
    if constexpr (std::is_void_v<T>)
        return detail::waitForFinished(future, timeout);
    else
        return detail::waitForFinished(static_cast<QFuture<void>>(future), timeout);
}

}

#endif
