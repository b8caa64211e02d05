// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POOL_P_H
#define QTPREFORK_POOL_P_H

#include "pool/alarms_p.h"
#include "pool/idmap_p.h"
#include "pool/poolobserver_p.h"
#include "pool/pooltypes_p.h"
#include "pool/ring_p.h"
#include "pool/sortedset_p.h"
#include "wire/workertraits_p.h"

#include <deque>
#include <map>
#include <memory>
#include <random>
#include <unordered_map>

namespace Prefork::Pooling {

/// Decides which checkout gets which worker and when, and how each call settles. The pool is a state machine: it has no
/// sockets, timers or clock, and calls no user code. Its owner (ClientCore) tells it what happened and when, performs
/// the actions that it hands out, in their order, and calls advance() no later than nextWakeup(). Action, in
/// pooltypes_p.h, says what each order means and what must be answered.
///
/// So a call goes: call() orders a Send, when its checkout has a worker with room; the owner takes it by takeActions()
/// and writes the call; when the answer has come, the owner says replied() or failed(), and that orders a Finish or a
/// Fail, by which the owner settles the call. The two short ways are sendingNow() with callSent(), and
/// repliedPlainly(). For workers the orders are Connect and Close, and the owner says connected(), connectFailed() or
/// lost().
///
/// A checkout waits for a worker, holds one, or has failed for good. It waits from the start, also before its first
/// call. Its calls are numbered from 1 without gaps, and as many of them as the window allows are in flight. A worker
/// answers calls in order, unless it said that it does not; calls settle in that order too, except those that are
/// canceled. A canceled call that was sent is a *ghost* until its worker has answered it: the ghost does not count as
/// pending, but it takes a place in the window, and its worker cannot be given to another checkout. A one-shot is a
/// checkout of one call that is released from the start; it may share a worker with other one-shots. A worker is
/// connecting, idle, held, shared, being reset after a release, or hung up on while some of its one-shots are still
/// unsettled. Every operation is O(log n) in workers and checkouts.
class Pool
{
public:
    explicit Pool(const Options &options);

    /// Returns the number that stands for the name of a method. The pool remembers a limited count of names; a further
    /// name gets 0.
    [[nodiscard]] MethodId methodId(const QString &name);

    /// Orders the first minWorkers workers.
    void start(Time now);
    /// Makes a checkout, which waits until it can have a worker of its own. It ends with a Released, after release().
    /// If the pool is closing or unavailable, the checkout has failed from the start.
    [[nodiscard]] CheckoutId checkout(const CheckoutOptions &options, Time now);
    /// Makes a checkout of one call, whose number is 1. The checkout ends when the call settles; no Released follows.
    [[nodiscard]] CheckoutId oneShot(const CheckoutOptions &options, const CallOptions &call, Time now);
    /// Adds a call to the checkout and returns its number. A call of a checkout that has failed fails at once.
    [[nodiscard]] CallId call(CheckoutId checkout, const CallOptions &options, Time now);
    /// Returns where the next call of the checkout is to be written, if the pool would order its Send at once and the
    /// call could never be sent a second time. The caller may write the call there, and must then say callSent() in
    /// place of call().
    [[nodiscard]] std::optional<Sending> sendingNow(CheckoutId checkout) const;
    /// Adds a call, as call() does, that the caller has written to where sendingNow() said. It orders no Send.
    CallId callSent(CheckoutId checkout, const CallOptions &options, Time now);
    /// Returns where a one-shot is to be written, if the pool would order its Send at once; nothing if anything is
    /// unusual. The caller may write the call there, and must then say oneShotSent() in place of oneShot(). It must
    /// keep the call, as it keeps other one-shots, for the call may have to be sent again.
    [[nodiscard]] std::optional<Sending> sendingOneShotNow(const CallOptions &call) const;
    /// Makes a one-shot, as oneShot() does, that the caller has written to where sendingOneShotNow() said.
    CheckoutId oneShotSent(const Sending &sending, const CheckoutOptions &options, const CallOptions &call, Time now);
    /// Settles the call as canceled; if it has not begun, it will not begin. If its worker has it and cannot be told of
    /// that, the checkout fails and drops the worker. Returns false if the call has settled.
    bool cancel(CheckoutId checkout, CallId call, Time now);
    /// No further call will be made on the checkout. It ends, and its worker goes on to the next one, when its calls
    /// have settled and its ghosts were answered.
    void release(CheckoutId checkout, Time now);
    /// Fails the checkout: its oldest call settles with @p error, the others as canceled, and its worker is closed.
    void abort(CheckoutId checkout, const Error &error, Time now);

    /// The worker of a Connect action is connected and can be given calls.
    void connected(WorkerId worker, const Wire::WorkerTraits &traits, Time now);
    /// The worker could not be connected. If the error has a detail, time-outs of waiting checkouts show it.
    void connectFailed(WorkerId worker, const Error &error, Time now);
    /// Everything that was sent to the worker has been handed to the kernel. Call this only while awaitsFlush().
    void flushed(WorkerId worker, Time now);
    /// The worker said that it begins the call.
    void begun(WorkerId worker, const CallRef &call, Time now);
    /// An event or a progress report of the call has arrived. So the call has begun, even if its worker did not say so.
    void noticeArrived(WorkerId worker, const CallRef &call, Time now);
    /// The worker answered the call with a result. This function, failed() and gaveUp() return false if the worker
    /// does not have the call (see isWith()); the caller then reports the worker lost.
    [[nodiscard]] bool replied(WorkerId worker, const CallRef &call, Time now);
    /// These functions are the short way of replied() for the usual case, in which nothing is ordered: the caller
    /// settles the call itself. plainAnswer() returns the call that the worker answers next. It returns nothing if
    /// anything is unusual: a ghost, actions or checkouts that wait, and the like. No other function may be called
    /// between plainAnswer() and repliedPlainly().
    class PlainAnswer;
    [[nodiscard]] std::optional<PlainAnswer> plainAnswer(WorkerId worker) const;
    void repliedPlainly(const PlainAnswer &answer, Time now);
    /// The worker answered the call with an error. If a checkout holds the worker, and the worker answers in order, it
    /// drops the calls behind this one: they settle as canceled. Otherwise the other calls go on.
    [[nodiscard]] bool failed(WorkerId worker, const CallRef &call, const Error &error, Time now);
    /// The worker answered that it dropped the call, because it read that the call was canceled. @p hadBegun tells
    /// whether the call had begun before. Returns false also if the call was not canceled.
    [[nodiscard]] bool gaveUp(WorkerId worker, const CallRef &call, bool hadBegun, Time now);
    /// The worker acknowledged the release of its checkout. Returns false if it had none to acknowledge.
    [[nodiscard]] bool released(WorkerId worker, Time now);
    /// The unsettled call cannot be sent. It fails in its turn, and the calls behind it are canceled; none of them may
    /// be written, even if the pool has ordered a Send.
    void rejected(CheckoutId checkout, CallId call, const Error &error, Time now);
    /// There was no room to write a call although the pool had ordered its Send. The worker becomes stalled, and the
    /// call and those behind it wait until it is stalled no longer, as if there had been no Send. Returns false, and
    /// does nothing, if the worker has no older call: then the call must be written all the same. Returns true also if
    /// the call has settled.
    [[nodiscard]] bool postponed(CheckoutId checkout, CallId call, Time now);
    enum class Loss {
        Unexpected,
        ForRoom, ///< the server needed the worker's place: it is not replaced before a checkout needs a worker
    };
    /// The connection to the worker has ended. @p begun says which calls may have begun. A checkout that had the
    /// worker, and none of whose calls can have begun there, waits for another worker and sends its calls again. Any
    /// other fails with @p error.
    void lost(WorkerId worker, const Error &error, const Begun &begun, Time now, Loss loss = Loss::Unexpected);
    /// Too many bytes for the worker wait to be written, or no longer. A stalled worker is given no second call of a
    /// checkout, and no second one-shot.
    void setStalled(WorkerId worker, bool stalled, Time now);
    /// From now on no worker can be connected. Checkouts that wait fail, and so do new ones. Workers that checkouts
    /// have are kept until their checkouts end.
    void setUnavailable(const Error &error, Time now);
    /// From now on new checkouts fail. When all checkouts have been released and their calls have settled, the pool
    /// shuts down by itself; what is left at @p deadline fails with @p error. isClosed() tells when that is over.
    void close(const Error &error, Time deadline, Time now);
    [[nodiscard]] bool isClosing() const { return m_closeDeadline.has_value(); }
    [[nodiscard]] bool isClosed() const { return m_isClosed; }
    /// Replaces every worker that is connected now: idle ones at once, the others when their checkouts release them.
    void recycle(Time now);
    /// Does what recycle() does, and drops workers that are being connected at once, for the protocol that they were
    /// greeted in is no longer the client's.
    void reconnect(Time now);
    /// Ends the pool: every checkout fails with @p error, and every worker is closed.
    void shutdown(const Error &error, Time now);

    /// Does what is due at @p now: time-outs, attempts to connect, and the end of idle workers. A call does not time
    /// out yet if its worker is in @p unread: an answer of it may have arrived that the client had no time to read.
    void advance(Time now, const std::vector<WorkerId> &unread = {});
    /// Returns when advance() must be called at the latest; nothing if there is nothing to wait for.
    [[nodiscard]] std::optional<Time> nextWakeup() const;
    /// Returns the workers that have a call whose time is over at @p now. The caller reads from them before it calls
    /// advance(), for a reply that has arrived wins over a time-out.
    [[nodiscard]] std::vector<WorkerId> overdueWorkers(Time now) const;

    /// Returns a number that grows whenever nextWakeup() may have become earlier, and whenever the count of workers
    /// changes.
    [[nodiscard]] quint64 changes() const { return m_changes; }
    [[nodiscard]] bool hasActions() const { return !m_actions.empty(); }
    /// Moves the actions to perform into @p actions. What @p actions held before is lost.
    void takeActions(std::vector<Action> *actions);

    [[nodiscard]] bool isUnavailable() const { return m_unavailable.has_value(); }
    /// Returns whether a worker is being connected, or the pool is going to order that.
    [[nodiscard]] bool wantsWorkers() const { return m_connecting > 0 || wantsMore(); }
    /// Returns the call that the worker answers next; nothing if the worker has none, or answers in any order.
    [[nodiscard]] std::optional<CallRef> callOf(WorkerId worker) const;
    /// Returns the call that the worker answers @p distance calls after callOf().
    [[nodiscard]] std::optional<CallRef> callBehind(WorkerId worker, quint64 distance) const;
    /// Returns whether the worker has the call, or is ordered to get it, and has not answered it. This is false for a
    /// call that was rejected or postponed after its Send.
    [[nodiscard]] bool isWith(WorkerId worker, const CallRef &call) const;
    /// Returns what is known of a call; null if the pool has forgotten the call, or never knew it.
    [[nodiscard]] const CallRecord *record(const CallRef &call) const;
    /// Returns whether the caller must report flushed() for the worker: the worker was sent a call with a runTimeout.
    [[nodiscard]] bool awaitsFlush(WorkerId worker) const;
    /// Returns whether any call has a runTimeout, or the observer wants to know how long calls run. Then the caller
    /// must pass exact times; the rough clock does not do.
    [[nodiscard]] bool countsRuns() const { return m_timedRuns > 0; }
    /// Returns whether one-shots share the worker.
    [[nodiscard]] bool isShared(WorkerId worker) const;
    /// Returns the worker that a checkout has; 0 = none.
    [[nodiscard]] WorkerId workerOf(CheckoutId checkout) const;
    /// Returns the error that a checkout has failed with; nothing if it has not failed, or has ended.
    [[nodiscard]] std::optional<Error> errorOf(CheckoutId checkout) const;
    /// Returns the number of checkouts and one-shots that have not failed and may still have something to settle.
    [[nodiscard]] qsizetype openCount() const { return m_open; }
    [[nodiscard]] qsizetype workerCount() const { return qsizetype(m_workers.size()); }
    [[nodiscard]] qsizetype idleCount() const { return qsizetype(m_idle.size()); }
    [[nodiscard]] qsizetype connectingCount() const { return m_connecting; }
    [[nodiscard]] qsizetype waitingCount() const { return qsizetype(m_waiting.size()); }
    /// Returns the number of calls that have not settled.
    [[nodiscard]] qsizetype pendingCount() const { return m_pending; }

    /// Sets who is told of calls that settle and of workers that die; null = nobody. If @p wantsExactTimes is true,
    /// countsRuns() is too.
    void setObserver(Observer *observer, bool wantsExactTimes);
    /// Returns what every worker is doing, in the order of their numbers.
    [[nodiscard]] std::vector<WorkerView> views() const;
    /// Returns the name of a method; empty for 0.
    [[nodiscard]] QString methodName(MethodId method) const;

private:
    struct Worker
    {
        enum State { Connecting, Idle, Held, Shared, Resetting, HungUp };
        State state = Connecting;
        Wire::WorkerTraits traits;
        CheckoutId checkout = 0; // if Held: the checkout that holds it
        std::deque<CheckoutId> oneShots; // if Shared or HungUp: in the order they were sent; 0 for an abandoned one
        quint64 idleKey = 0; // if Idle: its key in m_idle
        int checkouts = 0; // how many checkouts and one-shots it has been given so far
        bool hasEverAnswered = false;
        bool isSetUp = false; // a call has begun on it, so its setup is over
        bool isOutdated = false; // it is closed as soon as no checkout has it
        bool stalled = false; // see setStalled()
        bool isFlushed = true; // false if a call with a runTimeout may not have been handed to the kernel yet
        bool isSlow = false; // it has a one-shot with a runTimeout that is not usually short: no other one joins it
    };
    struct Checkout
    {
        WorkerId worker = 0;
        Ring<CallRecord> calls; // the unsettled ones, and ghosts
        CallId next = 1; // number of the first call that was not sent; a call of that number need not exist (any more)
        qsizetype inFlight = 0; // sent calls that were not answered, ghosts included
        qsizetype pending = 0; // calls that have not settled
        Duration timeout{};
        bool isTimeoutImplied = false;
        int priority = 0;
        CallId armedFor = 0; // the call that timeoutAt is for, see timedCall(); 0 = none
        Time timeoutAt = Never;
        int limited = 0; // how many calls have a runTimeout or a deadline, or are ghosts with a grace
        Time alarm = Never; // time of its entry in m_alarms; may be earlier than dueTime(), never later
        quint64 alarmNumber = 0; // of that entry
        bool waiting = false; // it is in m_waiting
        bool inOrder = true; // its worker answers in order
        bool isOneShot = false;
        bool tainted = false; // a call failed, or was dropped after it had begun: its worker may not be reused
        bool releasing = false; // release() was called; the checkout ends when its last call is gone
        bool countsAsOpen = false; // it is counted in m_open
        bool hasSent = false; // its present worker was sent a call
        bool hasAnswer = false; // its present worker has answered a call
        bool isBehindOthers = false; // its present worker had other one-shots to answer first
        Time served{}; // when it was given its present worker
        quint64 group = 0; // fate group of the calls that are sent next
        std::unique_ptr<std::map<CallId, Error>> rejected; // calls that cannot be sent; null if there are none
        std::optional<Error> fatal; // the error that ended the checkout, for all later calls
        [[nodiscard]] CallId firstRejected() const { return rejected ? rejected->begin()->first : 0; }
    };
    /// This is what one worker adds to the totals of the pool: m_connecting, m_supply, m_load and m_shareable.
    struct Contribution
    {
        static constexpr qsizetype NotShareable = -1;
        int connecting = 0;
        qsizetype supply = 0; // 1 if a further checkout can have the worker later
        qsizetype load = 0; // how many checkouts have the worker
        qsizetype sharedLoad = NotShareable; // how many one-shots share the worker, if another one may join them
    };
    struct IdleEntry
    {
        quint64 key = 0;
        WorkerId worker = 0;
        Time since{};
        friend bool operator<(const IdleEntry &a, const IdleEntry &b) { return a.key < b.key; }
    };

    // Needed means that the owner must be told to close the connection, and Done that there is none any more.
    enum class Disconnect { Needed, Done };

    // These functions are in pool.cpp, and are for checkouts.
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

    // These are in poolcalls.cpp, for calls that are made, sent and answered.
    CallRecord &add(Checkout &checkout, const CallOptions &options, Time now);
    void drop(Checkout &checkout, CallId call);
    [[nodiscard]] CallId window(const Worker &worker) const;
    void sendNext(CheckoutId id, Checkout &checkout, Time now);
    [[nodiscard]] Checkout *answeredBy(WorkerId worker, const CallRef &call, bool hadBegun, Time now);
    void continueCheckout(CheckoutId id, Time now);
    [[nodiscard]] bool armPlainly(CheckoutId id, Checkout &checkout, Time now);

    // These are in poolsettling.cpp, for calls that fail, or go back to the queue.
    enum class Oldest { Fails, IsCanceled };
    void settleAll(CheckoutId id, Checkout &checkout, const Error &error, Oldest oldest = Oldest::Fails);
    void failFirst(CheckoutId id, const Error &error, Time now, Oldest oldest = Oldest::Fails);
    void failRejected(CheckoutId id, Time now);
    void retry(CheckoutId id, const Error &error, bool begun, Time now);
    void takeBack(Checkout &checkout, CallId from);
    [[nodiscard]] static bool mayHaveBegun(const Checkout &checkout, const Begun &begun);

    // These are in poolcancel.cpp, for canceled calls.
    void cancelUnsent(CheckoutId id, Checkout &checkout, CallId call, Time now);
    void cancelByForce(CheckoutId id, Checkout &checkout, CallId call, Time now);
    void makeGhost(CheckoutId id, Checkout &checkout, CallId call, Time now);
    void dropGhosts(Checkout &checkout);
    void endGrace(CheckoutId id, CallId ghost, Time now);

    // These are in pooltimes.cpp, for time-outs, deadlines and alarms.
    void arm(CheckoutId id, Checkout &checkout, Time now);
    void begin(CheckoutId id, const Worker &worker, CallRecord &call, Time now);
    void beginFirst(const Worker &worker, Time now);
    void startGrace(Checkout &checkout, CallRecord &ghost, Time now);
    [[nodiscard]] CallId overdueGhost(const Checkout &checkout, Time now) const;
    [[nodiscard]] CallId timedCall(const Checkout &checkout) const;
    [[nodiscard]] Time dueTime(const Checkout &checkout) const;
    void updateAlarm(CheckoutId id, Checkout &checkout);
    void setAlarm(CheckoutId id, Checkout &checkout, Time when);
    void clearAlarm(CheckoutId id, Checkout &checkout);
    void expire(Time now, const std::vector<WorkerId> &unread);
    [[nodiscard]] static bool isOverFromTheStart(const Checkout &checkout, const CallRecord &call);
    [[nodiscard]] static Error overFromTheStart();
    [[nodiscard]] Error overdueError(CheckoutId id, const Checkout &checkout, Time now) const;
    [[nodiscard]] QString longestPhase(const Checkout &checkout, CallId number, Time now) const;
    [[nodiscard]] QString whyNoneIsReady() const;
    [[nodiscard]] QString whyNotBegun(CheckoutId id, const Checkout &checkout, Time now) const;

    // These are in poolmethods.cpp, for the names of methods, and for how long their calls usually run.
    void noteRun(const CallRecord &call, Time now);
    [[nodiscard]] bool isUsuallyShort(MethodId method) const;

    // These are in poolviews.cpp, for what the observer is told, and for what it may ask.
    void noteEnd(const CallRef &ref, const CallRecord &call, Observer::End end, const Error *error = nullptr)
    {
        if (m_observer) [[unlikely]]
            m_observer->callEnded(ref, call, end, error);
    }
    void noteGivenUp(WorkerId id, const Error &error);
    [[nodiscard]] WorkerView view(WorkerId id, const Worker &worker) const;
    [[nodiscard]] static CallId oldestSent(const Checkout &checkout);

    // These are in poolsharing.cpp, for one-shots that share a worker.
    [[nodiscard]] bool mayShare(const Checkout &oneShot) const;
    void join(WorkerId workerId, const Worker &worker, Checkout &checkout, Time now);
    void share(WorkerId workerId, CheckoutId checkoutId, Time now);
    [[nodiscard]] bool isPlainlyShared(const Worker &worker) const;
    void endPlainly(const PlainAnswer &answer, Time now);
    void unshare(WorkerId workerId, CheckoutId checkoutId, Time now);
    void abandonOneShot(WorkerId workerId, CheckoutId checkoutId);
    void answered(WorkerId workerId, CheckoutId checkoutId, Time now);
    void endSharingIfDone(WorkerId workerId, Worker &worker, Time now);

    // These are in poolworkers.cpp, for the supply of workers.
    // Runs @p change, which changes the worker, and brings the totals up to date with it.
    template <class Change>
    void change(WorkerId id, Worker &worker, Change change);
    [[nodiscard]] Contribution contribution(const Worker &worker) const;
    void updateTotals(WorkerId id, const Contribution &before, const Contribution &after);
    void changeLoad(WorkerId id, Worker &worker, qsizetype before);
    void updateShareable(WorkerId id, qsizetype before, qsizetype after);
    [[nodiscard]] qsizetype sharedLoad(const Worker &worker, qsizetype oneShots) const;
    void servePending(Time now);
    void noteAnswer(Worker &worker);
    void noteSetUp(Worker &worker);
    [[nodiscard]] WorkerId workerFor(const Checkout &checkout) const;
    void give(WorkerId workerId, CheckoutId id, Checkout &checkout, Time now);
    void assign(Time now);
    void hold(WorkerId workerId, CheckoutId checkoutId, Time now);
    void makeIdle(WorkerId id, Worker &worker, Time now);
    // Forgets the worker, and orders its Close unless its connection is gone already. Nothing is done for its
    // checkouts.
    void retire(WorkerId id, Disconnect disconnect);
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
    SortedSet<std::pair<int, CheckoutId>> m_waiting; // sorted by falling priority, then by age
    Alarms m_alarms;
    SortedSet<IdleEntry> m_idle; // the most recently used worker is the last
    SortedSet<std::pair<qsizetype, WorkerId>> m_shareable; // shared workers that take more, the least loaded first
    std::vector<Action> m_actions;
    quint64 m_changes = 1; // see changes()
    WorkerId m_lastWorker = 0;
    CheckoutId m_lastCheckout = 0;
    quint64 m_lastGroup = 0;
    quint64 m_lastIdleKey = 0;
    int m_connecting = 0;
    qsizetype m_supply = 0; // workers that a further checkout can have, at once or later
    qsizetype m_load = 0; // checkouts that have one of those workers
    int m_unreplaced = 0; // how many workers fewer than minWorkers are kept, after losses ForRoom
    qsizetype m_open = 0; // see openCount()
    qsizetype m_timedRuns = 0; // calls with a runTimeout, and one more if the observer wants exact times
    qsizetype m_pending = 0; // see pendingCount()
    Observer *m_observer = nullptr;
    bool m_wantsExactTimes = false; // what the observer does
    struct Method
    {
        QString name;
        quint8 shortRuns = 0; // the last eight calls with a runTimeout, the latest in bit 0: 1 if it was short
    };
    std::vector<Method> m_methods{Method()}; // by number
    std::unordered_map<QString, MethodId> m_methodIds;
    int m_failures = 0; // failures in a row: attempts to connect, and workers lost before they had answered a call
    Time m_retryAt{}; // when the next worker may be connected after a failure
    std::optional<Error> m_unavailable;
    QString m_startProblem; // how a worker failed before any method ran in it; empty once a method has run in one
    QString m_connectProblem; // why the last attempt to connect failed; empty once one succeeds
    std::optional<Time> m_closeDeadline;
    Error m_closeError;
    bool m_isClosed = false;
    std::minstd_rand m_random;
};

/// This names a call, and knows where the pool keeps what it needs to settle it.
class Pool::PlainAnswer
{
public:
    PlainAnswer(const CallRef &itsCall, WorkerId workerId, Worker *worker, Checkout *checkout, CallRecord *record)
        : call(itsCall)
        , m_workerId(workerId)
        , m_worker(worker)
        , m_checkout(checkout)
        , m_record(record)
    {
    }
    const CallRef call; ///< the call that is answered

private:
    friend class Pool;

    const WorkerId m_workerId;
    Worker *const m_worker;
    Checkout *const m_checkout;
    CallRecord *const m_record;
};

template <class Change>
void Pool::change(WorkerId id, Worker &worker, Change change)
{
    const Contribution before = contribution(worker);
    change();
    updateTotals(id, before, contribution(worker));
}

}

#endif
