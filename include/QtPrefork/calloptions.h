// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CALLOPTIONS_H
#define QTPREFORK_CALLOPTIONS_H

#include <QtPrefork/call.h>

#include <chrono>
#include <optional>

namespace Prefork {

/// Options of single calls, for Client::with() and Checkout::with(). docs/calls.md has the rules for 0 and negative
/// values. The struct is trivially destructible, so that it can be written inside a co_await expression.
struct CallOptions
{
    /// The longest time that the method may run, in milliseconds. The time counts from the moment when the worker
    /// begins the method, and over Protocol::Json from the moment when the call was written. When the time is over, the
    /// call ends with a fatal error of code Timeout, and its worker is killed. 0 or less means no limit. If it is
    /// unset, the checkout's value applies or, if that is unset too, the client's.
    std::optional<std::chrono::milliseconds> runTimeout = std::nullopt;
    /// The longest time that the call may take in all, in milliseconds from when it is made. 0 or unset means no limit.
    /// A negative value means that the time is over already: the call fails with code Timeout and is not sent. Such a
    /// value usually comes from a subtraction (`until - now`). It does not mean "for ever", as the -1 of
    /// QDeadlineTimer::remainingTime() does. The client looks only at the oldest unsettled call of a checkout: if the
    /// time of another call is over, the client notices this when this call becomes the oldest.
    std::optional<std::chrono::milliseconds> deadline = std::nullopt;
    /// The priority of a one-shot (Client::call()). One-shots with a higher priority get a worker first. Those with the
    /// same priority get one in the order in which they were made. If it is unset, the client's value applies. A call
    /// of a checkout ignores this option, because its checkout has a priority.
    std::optional<int> priority = std::nullopt;
    /// Where the handle of the call is written. It is for callers of future(), which returns no handle. Null means that
    /// the handle is not wanted.
    Call *call = nullptr;
};

static_assert(std::is_trivially_destructible_v<CallOptions>);

/// Shows the options that differ from their defaults.
QTPREFORK_EXPORT QDebug operator<<(QDebug debug, const CallOptions &options);

}

#endif
