// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POOL_P_H
#define QTPREFORK_POOL_P_H

#include "pool/idmap_p.h"
#include "pool/pooltypes_p.h"
#include "pool/ring_p.h"
#include "wire/workertraits_p.h"

#include <deque>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <unordered_map>

namespace Prefork::Pooling {

/// Who gets which worker when, and how each call settles: a state machine without sockets, timers or clock. The caller
/// tells it what happened and when, performs the actions it hands out in order, and calls advance() no later than
/// nextWakeup().
///
/// A checkout waits, holds a worker, or has failed for good; its calls are numbered from 1 without gaps, and as many as
/// the window allows are with the worker. A worker answers them in order, unless it said that it does not; they settle
/// in that order too, but for those that are canceled. A canceled call that its worker has is a *ghost* until that has
/// answered it: it counts as pending nowhere, but it fills the window, and keeps the worker from being handed on. A
/// one-shot is a checkout of one call, released from the start, that shares a worker with other one-shots. A worker is
/// connecting, idle, held, shared, being reset after a release, or parting: hung up on, with some of its one-shots
/// still unsettled. Every operation is O(log n) in workers and checkouts.
class Pool
{
public:
    explicit Pool(const Options &options);

    /// A number for the name of a method. There is a limit to how many it knows: 0 for others.
    [[nodiscard]] MethodId methodId(const QString &name);

    void start(Time now);
    [[nodiscard]] CheckoutId checkout(const CheckoutOptions &options, Time now);
    /// A checkout of the one call number 1, which is over when that has settled; no Released follows.
    [[nodiscard]] CheckoutId oneShot(const CheckoutOptions &options, const CallOptions &call, Time now);
    [[nodiscard]] CallId call(CheckoutId checkout, const CallOptions &options, Time now);
    /// For a call whose Send would follow at once, and which could not be sent a second time: where it goes. Then
    /// callSent() stands for call() and the Send.
    [[nodiscard]] std::optional<Sending> sendingNow(CheckoutId checkout) const;
    CallId callSent(CheckoutId checkout, const CallOptions &options, Time now);
    /// The call is to settle as canceled, and not to begin if it has not. False if it has settled.
    bool cancel(CheckoutId checkout, CallId call, Time now);
    void release(CheckoutId checkout, Time now);
    void abort(CheckoutId checkout, const Error &error, Time now);

    void connected(WorkerId worker, const Wire::WorkerTraits &traits, Time now);
    /// The error's detail, if it has one, is what time-outs of those that wait say.
    void connectFailed(WorkerId worker, const Error &error, Time now);
    /// All that the worker was sent so far has been handed to the kernel. To be told while awaitsFlush().
    void flushed(WorkerId worker, Time now);
    /// The worker said that it begins the call.
    void begun(WorkerId worker, const CallRef &call, Time now);
    /// The call said something, so it has begun, whether its worker said so or not.
    void speaks(WorkerId worker, const CallRef &call, Time now);
    /// The worker answered the call, which is callOf() it, or one that isWith() it. Each returns false if that cannot
    /// be: then the caller reports the worker lost.
    [[nodiscard]] bool replied(WorkerId worker, const CallRef &call, Time now);
    /// The same without a Finish, for the plain case: false, and nothing was done, if it is not.
    [[nodiscard]] bool repliedPlainly(WorkerId worker, const CallRef &call, Time now);
    [[nodiscard]] bool failed(WorkerId worker, const CallRef &call, const Error &error, Time now);
    /// The worker gave the call up because it was canceled. @p hadBegun: before it had read that.
    [[nodiscard]] bool gaveUp(WorkerId worker, const CallRef &call, bool hadBegun, Time now);
    /// The worker has forgotten the checkout that was released. False if none was.
    [[nodiscard]] bool released(WorkerId worker, Time now);
    /// An unsettled call cannot be sent: it fails when it is its turn, those behind it are canceled, and none of them
    /// may be written, even if there was a Send.
    void rejected(CheckoutId checkout, CallId call, const Error &error, Time now);
    /// There was no room to write a call for which there was a Send: its worker is stalled, and until it is not any
    /// more the call waits as if there had been no Send, with those behind it. False, and nothing was done, if the
    /// worker has nothing older to do: then the call is to be written all the same. True also for a call that has
    /// settled.
    [[nodiscard]] bool postponed(CheckoutId checkout, CallId call, Time now);
    enum class Loss {
        Unexpected,
        ForRoom, ///< the server needed its place: nobody replaces it before a checkout needs a worker
    };
    /// The connection is gone.
    void lost(WorkerId worker, const Error &error, const Begun &begun, Time now, Loss loss = Loss::Unexpected);
    /// A stalled worker is given no second call of a checkout, and no second one-shot.
    void setStalled(WorkerId worker, bool stalled, Time now);
    /// No worker can ever be had again; those connected live on.
    void setUnavailable(const Error &error, Time now);
    /// No new checkouts; when those there are have been released the pool shuts down by itself, with @p error for what
    /// is left at @p deadline. isClosed() tells when.
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
    /// The call that the worker answers next; nothing if it has none, or answers in any order.
    [[nodiscard]] std::optional<CallRef> callOf(WorkerId worker) const;
    /// The call that it answers so many later than that one.
    [[nodiscard]] std::optional<CallRef> callBehind(WorkerId worker, quint64 distance) const;
    /// Whether the worker has the call, or is to have it, and has not answered it. False for one that was rejected or
    /// postponed after its Send.
    [[nodiscard]] bool isWith(WorkerId worker, const CallRef &call) const;
    /// What is known of a call; null if it has been answered, or can never be.
    [[nodiscard]] const CallRecord *record(const CallRef &call) const;
    /// Whether flushed() is to be called for the worker: somebody counts the time that calls run.
    [[nodiscard]] bool awaitsFlush(WorkerId worker) const;
    /// Whether any call counts the time that it runs, for which the rough clock is too rough.
    [[nodiscard]] bool countsRuns() const { return m_timedRuns > 0; }
    /// Whether one-shots share the worker.
    [[nodiscard]] bool isShared(WorkerId worker) const;
    /// The worker a checkout holds; 0 = none.
    [[nodiscard]] WorkerId workerOf(CheckoutId checkout) const;
    [[nodiscard]] std::optional<Error> errorOf(CheckoutId checkout) const;
    /// Checkouts and one-shots that have not failed and may still have something to settle.
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
        bool isSetUp = false; // a call has begun on it, after its setup if it has one
        bool isOutdated = false;
        bool stalled = false;
        bool isFlushed = true; // as far as somebody wanted to know
        bool isSlow = false; // it has a one-shot that counts its time, and may take some
    };
    struct Checkout
    {
        WorkerId worker = 0;
        Ring<CallRecord> calls; // unsettled, and ghosts
        CallId next = 1; // the oldest call that its worker was not given; there may be none of that number any more
        qsizetype inFlight = 0; // calls that its worker has not answered, ghosts among them
        qsizetype pending = 0; // calls that have not settled
        Duration timeout{};
        bool isTimeoutImplied = false;
        int priority = 0;
        CallId armedFor = 0; // the oldest call, for which the next is
        Time timeoutAt = Never;
        int limited = 0; // calls that have a limit of their own
        Time alarm = Never; // when its entry among the alarms is due: that is not moved at every settlement
        bool waiting = false;
        bool inOrder = true; // its worker answers so
        bool isOneShot = false;
        bool tainted = false;
        bool releasing = false;
        bool countsAsOpen = false;
        bool hasSent = false; // to its present worker
        bool hasAnswer = false; // from its present worker
        quint64 group = 0;
        std::unique_ptr<std::map<CallId, Error>> rejected; // calls that cannot be sent; null if there are none
        std::optional<Error> fatal;
        [[nodiscard]] CallId bar() const { return rejected ? rejected->begin()->first : 0; }
    };
    /// What a worker counts for.
    struct Tally
    {
        static constexpr qsizetype NoRoom = -1;
        int connecting = 0;
        qsizetype supply = 0; // 1 if it will be there for a next checkout
        qsizetype load = 0; // its checkouts
        qsizetype room = NoRoom; // one that takes more one-shots: how many it has
    };
    struct IdleEntry
    {
        WorkerId worker;
        Time since;
    };

    enum class Farewell { Close, Gone };

    // pool.cpp: checkouts
    [[nodiscard]] Checkout &open(const CheckoutOptions &options);
    void queueUp(CheckoutId id, Checkout &checkout, Time now);
    void wait(CheckoutId id, Checkout &checkout);
    void stopWaiting(CheckoutId id, Checkout &checkout);
    void countOpen(Checkout &checkout);
    void failForGood(CheckoutId id, const Error &error, Time now);
    void failWaiting(const Error &error, Time now);
    void finishRelease(CheckoutId id, Time now);
    void leaveWorker(CheckoutId id, Checkout &checkout, Time now);
    void closeIfDrained(Time now);

    // poolcalls.cpp: their calls
    CallRecord &add(Checkout &checkout, const CallOptions &options, Time now);
    void drop(Checkout &checkout, CallId call);
    [[nodiscard]] CallId window(const Worker &worker) const;
    void sendNext(CheckoutId id, Checkout &checkout, Time now);
    [[nodiscard]] Checkout *answeredBy(WorkerId worker, const CallRef &call, bool hadBegun, Time now);
    void goOn(CheckoutId id, Time now);
    [[nodiscard]] bool armPlainly(CheckoutId id, Checkout &checkout, Time now);

    // poolsettling.cpp: how they end
    enum class Oldest { Fails, IsCanceled };
    void settleAll(CheckoutId id, Checkout &checkout, const Error &error, Oldest oldest = Oldest::Fails);
    void failFirst(CheckoutId id, const Error &error, Time now, Oldest oldest = Oldest::Fails);
    void failRejected(CheckoutId id, Time now);
    void retry(CheckoutId id, const Error &error, bool begun, Time now);
    void takeBack(Checkout &checkout, CallId from);
    [[nodiscard]] static bool mayHaveBegun(const Checkout &checkout, const Begun &begun);

    // poolcancel.cpp: canceled calls
    void cancelUnsent(CheckoutId id, Checkout &checkout, CallId call, Time now);
    void cancelByForce(CheckoutId id, Checkout &checkout, CallId call, Time now);
    void makeGhost(CheckoutId id, Checkout &checkout, CallId call, Time now);
    void dropGhosts(Checkout &checkout);
    void endGrace(CheckoutId id, CallId ghost, Time now);

    // pooltimes.cpp: how long they may take
    void arm(CheckoutId id, Checkout &checkout, Time now);
    void begin(CheckoutId id, const Worker &worker, CallRecord &call, Time now);
    void beginFirst(const Worker &worker, Time now);
    void startGrace(Checkout &checkout, CallRecord &ghost, Time now);
    [[nodiscard]] CallId overdueGhost(const Checkout &checkout, Time now) const;
    [[nodiscard]] CallId clockHolder(const Checkout &checkout) const;
    [[nodiscard]] Time dueTime(const Checkout &checkout) const;
    void updateAlarm(CheckoutId id, Checkout &checkout);
    void setAlarm(CheckoutId id, Checkout &checkout, Time when);
    void clearAlarm(CheckoutId id, Checkout &checkout);
    void expire(Time now, const std::vector<WorkerId> &unread);
    [[nodiscard]] Error overdueError(CheckoutId id, const Checkout &checkout, Time now) const;
    [[nodiscard]] QString whereItsLifeWent(const CallRecord &call, Time now) const;
    [[nodiscard]] QString whereTheTimeWent(CheckoutId id, const Checkout &checkout, Time now) const;

    // poolmethods.cpp: how long they usually take
    void noteRun(const CallRecord &call, Time now);
    [[nodiscard]] bool isUsuallyShort(MethodId method) const;
    [[nodiscard]] QString methodName(MethodId method) const;

    // poolsharing.cpp: one-shots on their workers
    [[nodiscard]] bool mayShare(const Checkout &oneShot) const;
    void share(WorkerId workerId, CheckoutId checkoutId, Time now);
    void unshare(WorkerId workerId, CheckoutId checkoutId, Time now);
    void giveUp(WorkerId workerId, CheckoutId checkoutId);
    void answered(WorkerId workerId, CheckoutId checkoutId, Time now);
    void goesOn(WorkerId workerId, Worker &worker, Time now);

    // poolworkers.cpp: the supply of workers
    template <class Change>
    void change(WorkerId id, Worker &worker, Change change);
    [[nodiscard]] Tally tally(const Worker &worker) const;
    void account(WorkerId id, const Tally &before, const Tally &after);
    void servePending(Time now);
    void prove(Worker &worker);
    [[nodiscard]] WorkerId workerFor(const Checkout &checkout) const;
    void give(WorkerId workerId, CheckoutId id, Checkout &checkout, Time now);
    void assign(Time now);
    void hold(WorkerId workerId, CheckoutId checkoutId, Time now);
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
    std::set<std::pair<int, CheckoutId>> m_waiting; // by falling priority, then in the order they were made
    std::set<std::pair<Time, CheckoutId>> m_alarms;
    std::map<quint64, IdleEntry> m_idle; // the most recently used last
    std::set<std::pair<qsizetype, WorkerId>> m_roomy; // shared workers with room, the least loaded first
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
    qsizetype m_open = 0; // checkouts that have not failed and may still have something to settle
    qsizetype m_timedRuns = 0; // calls that count the time they run
    struct Method
    {
        QString name;
        quint8 shortRuns
            = 0; // of those whose time was counted: a bit each, the last in the lowest, set if it was short
    };
    std::vector<Method> m_methods{Method()}; // by number
    std::unordered_map<QString, MethodId> m_methodIds;
    int m_failures = 0; // connections in a row that came to nothing
    Time m_retryAt{};
    std::optional<Error> m_unavailable;
    QString m_connectProblem; // why the last attempt has failed, until one succeeds
    std::optional<Time> m_closeDeadline;
    Error m_closeError;
    bool m_isClosed = false;
    std::minstd_rand m_random;
};

template <class Change>
void Pool::change(WorkerId id, Worker &worker, Change change)
{
    const Tally before = tally(worker);
    change();
    account(id, before, tally(worker));
}

}

#endif
