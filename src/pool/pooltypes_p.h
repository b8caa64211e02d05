// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POOLTYPES_P_H
#define QTPREFORK_POOLTYPES_P_H

#include <QtPrefork/error.h>

#include <chrono>
#include <optional>
#include <vector>

namespace Prefork::Pooling {

using Duration = std::chrono::nanoseconds;
/// This is a moment of the caller's monotonic clock; the pool has none of its own.
using Time = std::chrono::nanoseconds;
inline constexpr Time Never = Time::max();
using WorkerId = quint64;
using CheckoutId = quint64;
using CallId = quint64;

/// These are a client's options as the pool needs them: counts, and times in nanoseconds.
struct Options
{
    int minWorkers = 2;
    int maxWorkers = 20;
    Duration timeout = std::chrono::seconds(30); ///< 0 = none
    bool isTimeoutImplied = false; ///< the user did not set the timeout: it does not count for calls with a runTimeout
    Duration cancelGrace = std::chrono::seconds(1); ///< 0 = the worker is killed at once, negative = never
    int maxCheckouts = 0; ///< checkouts a worker serves before it is replaced; 0 = any number
    bool reuseAfterError = false;
    Duration idleTimeout = std::chrono::seconds(60); ///< 0 = never
    int maxQueued = 0; ///< 0 = no bound
    bool waitForServer = true;
    int maxConnecting = 8;
    int window = 64; ///< calls of one checkout that may be in flight at a time, if the worker pipelines
    int oneShotDepth = 4; ///< one-shot calls that may share a worker
    Duration firstRetry = std::chrono::milliseconds(100); ///< the wait after a failure to connect; doubles each time
    Duration lastRetry = std::chrono::milliseconds(800); ///< the longest such wait
    quint32 seed = 0; ///< of the random factor that shortens each such wait
};

struct CheckoutOptions
{
    /// This is for the checkout's oldest call, and starts again at each settlement. If it is unset, the pool's timeout
    /// counts; 0 means none, and a negative one is over already.
    std::optional<Duration> timeout = std::nullopt;
    int priority = 0; ///< a checkout with a higher one is served first
};

/// This is a number for the name of a method, given by Pool::methodId(). It is 0 if there is no name.
using MethodId = quint32;

struct CallOptions
{
    Duration runTimeout{}; ///< counts from when the worker begins the call; 0 = none
    Duration deadline{}; ///< counts from when the call is made; 0 = none, negative = over already
    MethodId method = 0; ///< for error texts, and to know how long its calls usually run
};

/// This is what the pool knows of one call, from when the call is made until it has settled. The record of a call that
/// was canceled after it was sent, a ghost, stays until its worker has answered it. Pool owns the records; Client code
/// reads them by Pool::record().
struct CallRecord
{
    enum State : quint8 {
        Vacant, ///< this record is unused
        Waiting, ///< the call was not sent to a worker yet
        Sent, ///< a worker has the call, or the order to send it was given
        Ghost, ///< as Sent, but the call was canceled and has settled; its answer is awaited and then ignored
    };
    State state = Vacant;
    bool hasSaidBegun = false; ///< the worker has said that it began the call
    MethodId method = 0;
    quint64 group = 0; ///< the fate group that the call was sent with
    Time made{};
    Time sent{}; ///< when the order to send the call was given
    Time begun = Never; ///< the earliest time at which the call can have begun, as far as the pool knows
    Time deadline = Never; ///< when the call times out; of a ghost: when its worker is killed
    Duration runTimeout{}; ///< 0 = none

    [[nodiscard]] bool isVacant() const { return state == Vacant; }
    void vacate() { state = Vacant; }
    [[nodiscard]] bool hasLimit() const { return runTimeout > Duration::zero() || deadline != Never; }
};

/// Names one call of one checkout.
struct CallRef
{
    CheckoutId checkout = 0; ///< 0 if the call was abandoned: the client waits for its answer no more
    CallId call = 0;
    friend bool operator==(const CallRef &a, const CallRef &b) = default;
};

/// This is an order of the pool: what the pool's owner (ClientCore) must do next.
struct Action
{
    enum Kind {
        Connect, ///< Begin to connect @c worker; answer with connected() or connectFailed().
        Close, ///< Drop @c worker, whether it is connected or not.
        HangUp, ///< Tell @c worker that nothing more will come, and read until its end; answer with lost().
        Send, ///< Write @c call of @c checkout to @c worker.
        SendCancel, ///< Tell @c worker that @c call of @c checkout, which was sent to it, was canceled.
        SendDone, ///< Tell @c worker that its checkout was released.
        Finish, ///< Settle @c call of @c checkout with its result.
        Fail, ///< Settle @c call of @c checkout with @c error.
        Cancel, ///< Settle the calls of @c checkout from @c call up to, not including, @c end: they never run.
        CancelAsked, ///< Settle @c call of @c checkout as canceled, for Pool::cancel() was called.
        Released, ///< No further action will name @c checkout.
    };
    Kind kind;
    WorkerId worker = 0;
    CheckoutId checkout = 0;
    CallId call = 0;
    CallId end = 0;
    quint64 group = 0; ///< of Send: its fate group; after an error the worker drops what it has of the group
    bool isFirst = false; ///< of Send: it is the first call that its checkout gives this worker
    std::optional<Error> error = {}; ///< of Fail: the call's error; of Cancel: the error that says why they never ran
};

/// This is where a call is to be written that may be sent at once: which worker, in which fate group.
struct Sending
{
    WorkerId worker = 0;
    quint64 group = 0;
};

/// This says which calls of a lost worker may have begun. Those must not be sent a second time.
struct Begun
{
    qsizetype oldest = 0; ///< the number of the worker's oldest calls that may have begun
    std::vector<CallRef> named = {}; ///< further calls that have begun, for the worker said so
    bool isKnown = false; ///< they have begun; otherwise nobody has said so, and they only may have
    [[nodiscard]] bool isAnyKnown() const { return isKnown && (oldest > 0 || !named.empty()); }
};

}

#endif
