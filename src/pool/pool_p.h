// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POOL_P_H
#define QTPREFORK_POOL_P_H

#include <QtPrefork/error.h>

#include "pool/idmap_p.h"
#include "wire/workertraits_p.h"

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <random>
#include <set>
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
    int window = 64; ///< calls of one checkout that may be with its worker at a time, if the worker can
    int oneShotDepth = 4; ///< one-shot calls that may share a worker
    Duration firstRetry = std::chrono::milliseconds(100);
    Duration lastRetry = std::chrono::milliseconds(800);
    quint32 seed = 0; ///< of the jitter
};

/// Something the pool's owner must do.
struct Action
{
    enum Kind {
        Connect, ///< begin to connect @c worker; answer with connected() or connectFailed()
        Close, ///< drop @c worker, connected or not
        HangUp, ///< tell @c worker that nothing more will come, and read on to its end; answer with lost()
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
    quint64 group = 0; ///< of Send: its fate group; after an error the worker drops what it has of the group
    bool isFirst = false; ///< of Send: the first call its checkout gives this worker
    Error error = {};
};

/// The call a worker must answer next.
struct BusyWith
{
    CheckoutId checkout = 0; ///< 0 when the call has been given up and its answer interests nobody
    CallId call = 0;
};

/// Where a call goes.
struct Sending
{
    WorkerId worker = 0;
    quint64 group = 0;
};

/// Who gets which worker when, and how each call settles: a state machine without sockets, timers or clock. The caller
/// tells it what happened and when, performs the actions it hands out in order, and calls advance() no later than
/// nextWakeup().
///
/// A checkout waits, holds a worker, or has failed for good; its calls are numbered from 1 without gaps and settle in
/// order; as many as the window allows are with the worker. A one-shot is a checkout of one call, released from the
/// start, that shares a worker with other one-shots. A worker is connecting, idle, held, shared, being reset after a
/// release, or parting: hung up on, with some of its one-shots still unsettled. Every operation is O(log n) in workers
/// and checkouts.
class Pool
{
public:
    explicit Pool(const Options &options);

    void start(Time now);
    [[nodiscard]] CheckoutId checkout(std::optional<Duration> timeout, Time now);
    /// A checkout of the one call number 1, which is over when that has settled; no Released follows.
    [[nodiscard]] CheckoutId oneShot(std::optional<Duration> timeout, Time now);
    [[nodiscard]] CallId call(CheckoutId checkout, Time now);
    /// For a call whose Send would follow at once, and which could not be sent a second time: where it goes. Then
    /// callSent() stands for call() and the Send.
    [[nodiscard]] std::optional<Sending> sendingNow(CheckoutId checkout) const;
    CallId callSent(CheckoutId checkout, Time now);
    void release(CheckoutId checkout, Time now);
    void abort(CheckoutId checkout, const Error &error, Time now);

    void connected(WorkerId worker, const Wire::WorkerTraits &traits, Time now);
    void connectFailed(WorkerId worker, const Error &error, Time now);
    /// The worker answered the call callOf() names. False if there is none: then the caller reports the worker lost.
    [[nodiscard]] bool replied(WorkerId worker, Time now);
    /// The same without a Finish, for the plain case: returns the call that is to be finished, or nothing and nothing
    /// was done.
    [[nodiscard]] std::optional<BusyWith> repliedPlainly(WorkerId worker, Time now);
    [[nodiscard]] bool failed(WorkerId worker, const Error &error, Time now);
    /// The worker has forgotten the checkout that was released. False if none was.
    [[nodiscard]] bool released(WorkerId worker, Time now);
    /// An unsettled call cannot be sent: it fails when it is its turn, those behind it are canceled, and none of them
    /// may be written, even if there was a Send.
    void rejected(CheckoutId checkout, CallId call, const Error &error, Time now);
    enum class Loss {
        Unexpected,
        ForRoom, ///< the server needed its place: nobody replaces it before a checkout needs a worker
    };
    /// The connection is gone. @p begun: so many of the calls it had, the oldest first, may have begun.
    void lost(WorkerId worker, const Error &error, qsizetype begun, Time now, Loss loss = Loss::Unexpected);
    /// A stalled worker is given no second call of a checkout, and no second one-shot.
    void setStalled(WorkerId worker, bool stalled, Time now);
    /// No worker can ever be had again; those connected live on.
    void setUnavailable(const Error &error, Time now);
    /// No new checkouts; when those there are have been released the pool shuts down by itself, with @p error for what
    /// is left at
    /// @p deadline. isClosed() tells when.
    void close(const Error &error, Time deadline, Time now);
    [[nodiscard]] bool isClosing() const { return m_closeDeadline.has_value(); }
    [[nodiscard]] bool isClosed() const { return m_isClosed; }
    /// Replaces every worker connected by now: idle ones at once, held ones when they are released.
    void recycle(Time now);
    /// The same, and those that are being connected are given up at once too: they were greeted in a way that no longer
    /// holds.
    void reconnect(Time now);
    /// The end: every checkout fails with @p error and every worker is closed.
    void shutdown(const Error &error, Time now);

    /// Lets time pass. Calls with workers in @p unread, which have more to say than there was time to hear, do not time
    /// out yet.
    void advance(Time now, const std::vector<WorkerId> &unread = {});
    [[nodiscard]] std::optional<Time> nextWakeup() const;
    /// The workers whose call is past its deadline at @p now: read them before advance(), for a reply that is there
    /// wins.
    [[nodiscard]] std::vector<WorkerId> overdueWorkers(Time now) const;

    /// Grows whenever nextWakeup(), or a count of workers or of checkouts, may have changed. A call and its result
    /// alone change none.
    [[nodiscard]] quint64 changes() const { return m_changes; }
    [[nodiscard]] bool hasActions() const { return !m_actions.empty(); }
    /// Swaps the actions to perform into @p actions, whatever that held.
    void takeActions(std::vector<Action> *actions);

    [[nodiscard]] bool isUnavailable() const { return m_unavailable.has_value(); }
    /// Whether a worker is being connected, or will be.
    [[nodiscard]] bool wantsWorkers() const { return m_connecting > 0 || wantsMore(); }
    [[nodiscard]] std::optional<BusyWith> callOf(WorkerId worker) const;
    /// Whether a call is to be with a worker: false for one that was sent and then rejected.
    [[nodiscard]] bool isSent(CheckoutId checkout, CallId call) const;
    /// Whether one-shots share the worker.
    [[nodiscard]] bool isShared(WorkerId worker) const;
    /// The worker a checkout holds; 0 = none.
    [[nodiscard]] WorkerId workerOf(CheckoutId checkout) const;
    [[nodiscard]] std::optional<Error> errorOf(CheckoutId checkout) const;
    /// Checkouts and one-shots that are not over.
    [[nodiscard]] qsizetype openCount() const { return m_open; }
    [[nodiscard]] qsizetype workerCount() const { return qsizetype(m_workers.size()); }
    [[nodiscard]] qsizetype idleCount() const { return qsizetype(m_idle.size()); }
    [[nodiscard]] qsizetype connectingCount() const { return m_connecting; }
    [[nodiscard]] qsizetype waitingCount() const { return qsizetype(m_waiting.size()); }

private:
    struct Worker
    {
        enum State { Connecting, Idle, Held, Shared, Resetting, Parting };
        State state = Connecting;
        Wire::WorkerTraits traits;
        CheckoutId checkout = 0; // Held: who holds it
        std::deque<CheckoutId> oneShots; // Shared and Parting: in order; 0 for one given up
        quint64 idleKey = 0;
        int checkouts = 0;
        bool proven = false; // it answered a call once
        bool isOutdated = false;
        bool stalled = false;
    };
    struct Checkout
    {
        WorkerId worker = 0;
        CallId head = 1; // the oldest unsettled call
        CallId sent = 1; // the oldest call not with the worker
        CallId end = 1; // the next call's number
        Duration timeout{};
        Time deadline{};
        Time alarm{}; // when its entry among the deadlines is due: that is not moved at every settlement
        bool armed = false;
        bool hasAlarm = false;
        bool waiting = false;
        bool isOneShot = false;
        bool tainted = false;
        bool releasing = false;
        CallId firstOnWorker = 0; // the first call its present worker was given; 0 = none yet
        quint64 group = 0;
        CallId bar = 0; // a call that cannot be sent
        Error barError;
        std::optional<Error> fatal;
        [[nodiscard]] bool hasCalls() const { return head != end; }
    };
    struct IdleEntry
    {
        WorkerId worker;
        Time since;
    };

    enum class Farewell { Close, Gone };

    // pool.cpp: checkouts
    [[nodiscard]] Checkout &open(CheckoutId id, std::optional<Duration> timeout);
    void queueUp(CheckoutId id, Checkout &checkout, Time now);
    void wait(CheckoutId id, Checkout &checkout);
    void failForGood(CheckoutId id, const Error &error, Time now);
    void failWaiting(const Error &error, Time now);
    void finishRelease(CheckoutId id, Time now);
    void leaveWorker(CheckoutId id, Checkout &checkout, Time now);
    void closeIfDrained(Time now);

    // poolcalls.cpp: their calls
    void arm(CheckoutId id, Checkout &checkout, Time now);
    void setAlarm(CheckoutId id, Checkout &checkout);
    void clearAlarm(CheckoutId id, Checkout &checkout);
    void expire(Time now, const std::vector<WorkerId> &unread);
    [[nodiscard]] CallId window(const Worker &worker) const;
    void sendNext(CheckoutId id, Checkout &checkout);
    void settleHead(CheckoutId id, Checkout &checkout, Time now);
    void settleAll(CheckoutId id, Checkout &checkout, const Error &error);
    void failHead(CheckoutId id, const Error &error, Time now);
    void failBarred(CheckoutId id, Time now);
    void retry(CheckoutId id, const Error &error, bool begun, Time now);

    // poolsharing.cpp: one-shots on their workers
    [[nodiscard]] bool mayShare() const;
    void share(WorkerId workerId, CheckoutId checkoutId);
    void unshare(WorkerId workerId, CheckoutId checkoutId, Time now);
    void giveUp(WorkerId workerId, CheckoutId checkoutId);
    void answered(WorkerId workerId, Time now);
    void goesOn(WorkerId workerId, Worker &worker, Time now);
    [[nodiscard]] bool hasRoom(const Worker &worker) const;

    // poolworkers.cpp: the supply of workers
    template <class Change>
    void change(WorkerId id, Worker &worker, Change change);
    void count(WorkerId id, const Worker &worker, int sign);
    void servePending(Time now);
    void prove(Worker &worker);
    void assign();
    void hold(WorkerId workerId, CheckoutId checkoutId);
    void goesIdle(WorkerId id, Worker &worker, Time now);
    void retire(WorkerId id, Farewell farewell);
    [[nodiscard]] bool isLastCheckout(const Worker &worker) const;
    [[nodiscard]] qsizetype demand() const;
    [[nodiscard]] bool wantsMore() const;
    void grow(Time now);
    void backOff(Time now);
    [[nodiscard]] bool mayReap() const;
    void reapIdle(Time now);

    Options m_options;
    IdMap<Worker> m_workers;
    IdMap<Checkout> m_checkouts;
    std::set<CheckoutId> m_waiting; // numbered as they were made, so this is their queue
    std::set<std::pair<Time, CheckoutId>> m_alarms;
    std::map<quint64, IdleEntry> m_idle; // the most recently used last
    std::set<std::pair<std::size_t, WorkerId>>
        m_roomy; // shared workers that take more one-shots, the least loaded first
    std::vector<Action> m_actions;
    quint64 m_changes = 1;
    WorkerId m_lastWorker = 0;
    CheckoutId m_lastCheckout = 0;
    quint64 m_lastGroup = 0;
    quint64 m_lastIdleKey = 0;
    int m_connecting = 0;
    qsizetype m_supply = 0; // workers that will be there for a next checkout
    qsizetype m_load = 0; // checkouts with one of those
    int m_givenUp = 0; // workers not kept in stock although minWorkers says so
    qsizetype m_open = 0; // checkouts that have not failed
    int m_failures = 0; // connections in a row that came to nothing
    Time m_retryAt{};
    std::optional<Error> m_unavailable;
    std::optional<Time> m_closeDeadline;
    Error m_closeError;
    bool m_isClosed = false;
    std::minstd_rand m_random;
};

// What a worker counts for is taken back before it changes and added again after.
template <class Change>
void Pool::change(WorkerId id, Worker &worker, Change change)
{
    count(id, worker, -1);
    change();
    count(id, worker, +1);
}

}

#endif
