// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POOLTYPES_P_H
#define QTPREFORK_POOLTYPES_P_H

#include <QtPrefork/error.h>

#include <chrono>
#include <optional>
#include <vector>

namespace Prefork::Pooling {

using Duration = std::chrono::nanoseconds;
/// A moment of the caller's monotonic clock; the pool has none of its own.
using Time = std::chrono::nanoseconds;
inline constexpr Time Never = Time::max();
using WorkerId = quint64;
using CheckoutId = quint64;
using CallId = quint64;

struct Options
{
    int minWorkers = 2;
    int maxWorkers = 20;
    Duration timeout = std::chrono::seconds(30); ///< 0 = none
    bool isTimeoutImplied = false; ///< it is not for calls with a runTimeout
    Duration cancelGrace = std::chrono::seconds(1); ///< 0 = at once, negative = for ever
    int maxCheckouts = 0; ///< checkouts a worker serves before it is replaced; 0 = any number
    bool reuseAfterError = false;
    Duration idleTimeout = std::chrono::seconds(60); ///< 0 = never
    int maxQueued = 0; ///< 0 = no bound
    bool waitForServer = true;
    int maxConnecting = 8;
    int window = 64; ///< calls of one checkout that may be with its worker at a time, if the worker can
    int oneShotDepth = 4; ///< one-shot calls that may share a worker
    Duration firstRetry = std::chrono::milliseconds(100);
    Duration lastRetry = std::chrono::milliseconds(800);
    quint32 seed = 0; ///< of the jitter
};

struct CheckoutOptions
{
    std::optional<Duration> timeout
        = std::nullopt; ///< for its oldest call, anew from each settlement; unset = the pool's, 0 = none
    int priority = 0; ///< the higher is served first
};

/// Stands for the name of a method; see Pool::methodId(). 0 = none.
using MethodId = quint32;

struct CallOptions
{
    Duration runTimeout{}; ///< from when the worker begins; 0 = none
    Duration deadline{}; ///< from now; 0 = none
    MethodId method = 0; ///< for error texts, and to know how long it usually runs
};

/// What the pool knows of a call from when it is made until it has settled; of a canceled one that was sent, until its
/// worker has answered it.
struct CallRecord
{
    enum State : quint8 {
        Vacant, ///< there is no such call
        Waiting, ///< its worker does not have it
        Sent, ///< its worker has it, or is about to
        Ghost, ///< the same of one that was canceled, and has settled: its answer is waited for, and is nobody's
    };
    State state = Vacant;
    bool hasSaidBegun = false; ///< its worker has
    MethodId method = 0;
    quint64 group = 0; ///< of one that was sent: its fate group
    Time made{};
    Time sent{}; ///< when its worker was given it
    Time begun = Never; ///< when it may have begun, as far as is known
    Time deadline = Never; ///< of a ghost: when its worker is killed
    Duration runTimeout{}; ///< 0 = none

    [[nodiscard]] bool isVacant() const { return state == Vacant; }
    void vacate() { state = Vacant; }
    [[nodiscard]] bool hasLimit() const { return runTimeout > Duration::zero() || deadline != Never; }
};

/// One call of one checkout.
struct CallRef
{
    CheckoutId checkout = 0; ///< 0 when the call has been given up and its answer interests nobody
    CallId call = 0;
    friend bool operator==(const CallRef &a, const CallRef &b) = default;
};

/// Something the pool's owner must do.
struct Action
{
    enum Kind {
        Connect, ///< begin to connect @c worker; answer with connected() or connectFailed()
        Close, ///< drop @c worker, connected or not
        HangUp, ///< tell @c worker that nothing more will come, and read on to its end; answer with lost()
        Send, ///< write call @c call of @c checkout to @c worker
        SendCancel, ///< tell @c worker that call @c call of @c checkout, which was sent to it, is not wanted any more
        SendDone, ///< tell @c worker that its checkout was released
        Finish, ///< @c call of @c checkout has its result
        Fail, ///< @c call of @c checkout ends with @c error
        Cancel, ///< the calls of @c checkout from @c call up to, not including, @c end will never run, for @c error
        CancelAsked, ///< @c call of @c checkout ends because cancel() asked for it
        Released, ///< nothing more will come for @c checkout
    };
    Kind kind;
    WorkerId worker = 0;
    CheckoutId checkout = 0;
    CallId call = 0;
    CallId end = 0;
    quint64 group = 0; ///< of Send: its fate group; after an error the worker drops what it has of the group
    bool isFirst = false; ///< of Send: the first call its checkout gives this worker
    std::optional<Error> error = {}; ///< of Fail and Cancel
};

/// Where a call goes.
struct Sending
{
    WorkerId worker = 0;
    quint64 group = 0;
};

/// Which of the calls that a lost worker had may have begun.
struct Begun
{
    qsizetype oldest = 0; ///< so many, the oldest first
    std::vector<CallRef> named = {}; ///< and these, for the worker said so
};

}

#endif
