// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POOL_P_H
#define QTPREFORK_POOL_P_H

#include <QtPrefork/error.h>

#include <chrono>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <unordered_map>
#include <vector>

namespace Prefork::Pooling {

using Duration = std::chrono::nanoseconds;
/// A moment of the caller's monotonic clock; the pool has none of its own.
using Time = std::chrono::nanoseconds;
using WorkerId = quint64;
using CheckoutId = quint64;
using CallId = quint64;

struct Options
{
    int minWorkers = 2;
    int maxWorkers = 20;
    Duration timeout = std::chrono::seconds(30); ///< 0 = none
    int maxCheckouts = 0; ///< checkouts a worker serves before it is replaced; 0 = any number
    bool reuseAfterError = false;
    Duration idleTimeout = std::chrono::seconds(60); ///< 0 = never
    int maxQueued = 0; ///< 0 = no bound
    bool waitForServer = true;
    int maxConnecting = 8;
    Duration firstRetry = std::chrono::milliseconds(100);
    Duration lastRetry = std::chrono::seconds(1);
    quint32 seed = 0; ///< of the jitter
};

/// Something the pool's owner must do.
struct Action
{
    enum Kind {
        Connect, ///< begin to connect @c worker; answer with connected() or connectFailed()
        Close, ///< drop @c worker, connected or not
        Send, ///< write call @c call of @c checkout to @c worker
        SendDone, ///< tell @c worker that its checkout was released
        Finish, ///< @c call of @c checkout has its result
        Fail, ///< @c call of @c checkout ends with @c error
        Cancel, ///< the calls of @c checkout from @c call up to, not including, @c end will never run
        Released, ///< nothing more will come for @c checkout
    };
    Kind kind;
    WorkerId worker = 0;
    CheckoutId checkout = 0;
    CallId call = 0;
    CallId end = 0;
    bool isFirst = false; ///< of Send: the first call its checkout gives this worker
    Error error = {};
};

/// Who gets which worker when, and how each call settles: a state machine without sockets, timers or clock. The caller tells it what
/// happened and when, performs the actions it hands out in order, and calls advance() no later than nextWakeup().
///
/// A worker is connecting, idle or held. A checkout waits, holds a worker, or has failed for good; its calls are numbered from 1 without
/// gaps, settle in order, and one of them at a time is with the worker. Every operation is O(log n) in workers and checkouts.
class Pool
{
public:
    explicit Pool(const Options &options);

    void start(Time now);
    [[nodiscard]] CheckoutId checkout(std::optional<Duration> timeout, Time now);
    [[nodiscard]] CallId call(CheckoutId checkout, Time now);
    void release(CheckoutId checkout, Time now);
    void abort(CheckoutId checkout, const Error &error, Time now);

    void connected(WorkerId worker, Time now);
    void connectFailed(WorkerId worker, const Error &error, Time now);
    /// The worker answered the call it has. False if it has none: then the caller reports the worker lost.
    [[nodiscard]] bool replied(WorkerId worker, Time now);
    [[nodiscard]] bool failed(WorkerId worker, const Error &error, Time now);
    /// A call that was to be sent cannot be: it fails, and its worker never heard of it.
    void rejected(CheckoutId checkout, CallId call, const Error &error, Time now);
    /// The connection is gone. @p unsent: not one byte of the call it has was written.
    void lost(WorkerId worker, const Error &error, bool unsent, Time now);
    /// No worker can ever be had again; those connected live on.
    void setUnavailable(const Error &error, Time now);
    /// No new checkouts; when those there are have been released the pool shuts down by itself, with @p error for what is left at
    /// @p deadline. isClosed() tells when.
    void close(const Error &error, Time deadline, Time now);
    [[nodiscard]] bool isClosing() const { return m_closeDeadline.has_value(); }
    [[nodiscard]] bool isClosed() const { return m_isClosed; }
    /// Replaces every worker connected by now: idle ones at once, held ones when they are released.
    void recycle(Time now);
    /// The end: every checkout fails with @p error and every worker is closed.
    void shutdown(const Error &error, Time now);

    void advance(Time now);
    [[nodiscard]] std::optional<Time> nextWakeup() const;
    /// The workers whose call is past its deadline at @p now: read them before advance(), for a reply that is there wins.
    [[nodiscard]] std::vector<WorkerId> overdueWorkers(Time now) const;

    [[nodiscard]] std::vector<Action> takeActions();

    [[nodiscard]] bool isUnavailable() const { return m_unavailable.has_value(); }
    /// Whether a worker is being connected, or will be.
    [[nodiscard]] bool wantsWorkers() const { return m_connecting > 0 || wantsMore(); }
    /// The checkout and the call a worker is busy with.
    [[nodiscard]] std::optional<std::pair<CheckoutId, CallId>> callOf(WorkerId worker) const;
    /// The worker a checkout holds; 0 = none.
    [[nodiscard]] WorkerId workerOf(CheckoutId checkout) const;
    [[nodiscard]] std::optional<Error> errorOf(CheckoutId checkout) const;
    [[nodiscard]] qsizetype workerCount() const { return qsizetype(m_workers.size()); }
    [[nodiscard]] qsizetype idleCount() const { return qsizetype(m_idle.size()); }
    [[nodiscard]] qsizetype waitingCount() const { return qsizetype(m_waiting.size()); }

private:
    struct Worker
    {
        enum State { Connecting, Idle, Held };
        State state = Connecting;
        CheckoutId checkout = 0;
        quint64 idleKey = 0;
        int checkouts = 0;
        bool proven = false; // it answered a call once
        bool isOutdated = false;
    };
    struct Checkout
    {
        WorkerId worker = 0;
        CallId head = 1; // the oldest unsettled call
        CallId sent = 1; // the oldest call not with the worker
        CallId end = 1; // the next call's number
        Duration timeout{};
        Time deadline{};
        bool armed = false;
        bool waiting = false;
        CallId firstOnWorker = 0; // the first call its present worker was given; 0 = none yet
        bool tainted = false;
        bool releasing = false;
        std::optional<Error> fatal;
        [[nodiscard]] bool hasCalls() const { return head != end; }
    };
    struct IdleEntry
    {
        WorkerId worker;
        Time since;
    };

    enum class Farewell { Close, Gone };

    // pool.cpp: checkouts and their calls
    void arm(CheckoutId id, Checkout &checkout, Time now);
    void disarm(CheckoutId id, Checkout &checkout);
    void wait(CheckoutId id, Checkout &checkout);
    void sendNext(CheckoutId id, Checkout &checkout);
    void settleAll(CheckoutId id, Checkout &checkout, const Error &error);
    void failHead(CheckoutId id, const Error &error, Time now);
    void failForGood(CheckoutId id, const Error &error, Time now);
    void failWaiting(const Error &error, Time now);
    void finishRelease(CheckoutId id, Time now);

    // poolworkers.cpp: the supply of workers
    void prove(WorkerId id);
    void assign();
    void hold(WorkerId workerId, CheckoutId checkoutId);
    void makeIdle(WorkerId id, Worker &worker, Time now);
    void retire(WorkerId id, Farewell farewell);
    [[nodiscard]] bool isLastCheckout(const Worker &worker) const;
    [[nodiscard]] qsizetype supply() const;
    [[nodiscard]] qsizetype demand() const;
    [[nodiscard]] bool wantsMore() const;
    void grow(Time now);
    void backOff(Time now);
    [[nodiscard]] bool mayReap() const;
    void reapIdle(Time now);
    void closeIfDrained(Time now);

    Options m_options;
    std::unordered_map<WorkerId, Worker> m_workers;
    std::unordered_map<CheckoutId, Checkout> m_checkouts;
    std::set<CheckoutId> m_waiting; // numbered as they were made, so this is their queue
    std::set<std::pair<Time, CheckoutId>> m_deadlines;
    std::map<quint64, IdleEntry> m_idle; // the most recently used last
    std::vector<Action> m_actions;
    WorkerId m_lastWorker = 0;
    CheckoutId m_lastCheckout = 0;
    quint64 m_lastIdleKey = 0;
    int m_connecting = 0;
    int m_held = 0;
    qsizetype m_open = 0; // checkouts that have not failed
    int m_onLastCheckout = 0; // held workers that will be replaced
    int m_failures = 0; // connections in a row that came to nothing
    Time m_retryAt{};
    std::optional<Error> m_unavailable;
    std::optional<Time> m_closeDeadline;
    Error m_closeError;
    bool m_isClosed = false;
    std::minstd_rand m_random;
};

}

#endif
