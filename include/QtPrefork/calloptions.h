// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CALLOPTIONS_H
#define QTPREFORK_CALLOPTIONS_H

#include <QtPrefork/call.h>

#include <chrono>
#include <optional>

namespace Prefork {

/// What is special about some calls: for Client::with() and Checkout::with(). Trivially destructible, so that it may be
/// written inside a co_await expression.
struct CallOptions
{
    /// The longest that the method may run, from when its worker begins it; the wait before that does not count. After
    /// that the call ends with a fatal error of code Timeout, and its worker is killed. Unset = the checkout's, then
    /// the client's; 0, or less, = any time. Over Protocol::Json it counts from when the call was written.
    std::optional<std::chrono::milliseconds> runTimeout = std::nullopt;
    /// The longest that the call may take in all, from when it is made; 0 or unset = any time, negative = it is over
    /// already. Of a call that is not the oldest unsettled one of its checkout it is noticed when it becomes that.
    std::optional<std::chrono::milliseconds> deadline = std::nullopt;
    /// Of a one-shot (Client::call()): those of a higher priority get a worker first, those of the same first come,
    /// first served. Unset = the client's. A call of a checkout goes with its checkout, whatever is said here.
    std::optional<int> priority = std::nullopt;
    /// Receives the call's handle, for those who get a future instead of it.
    Call *call = nullptr;
};

static_assert(std::is_trivially_destructible_v<CallOptions>);

/// As all options it shows what differs from the default.
QTPREFORK_EXPORT QDebug operator<<(QDebug debug, const CallOptions &options);

}

#endif
