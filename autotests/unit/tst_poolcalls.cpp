// SPDX-License-Identifier: MIT
// Single decisions of the pool about calls: canceled ones, and how long they may take.
#include "pool/pool_p.h"

#include <QtTest/QTest>

#include <algorithm>

using namespace Prefork;
using namespace Prefork::Pooling;
using namespace std::chrono_literals;

namespace {

const Wire::WorkerTraits Modern{.pipelines = true, .cancels = true, .tellsBegun = true};
const Wire::WorkerTraits Old{.pipelines = true};

/// A pool, and the orders it has given since they were looked at last.
struct Office
{
    explicit Office(const Options &options, const Wire::WorkerTraits &traits = Modern)
        : pool(options)
        , m_traits(traits)
    {
        pool.start(0s);
        connectAll(0s);
    }
    void connectAll(Time now)
    {
        for (std::vector<Action> orders = take(); !orders.empty(); orders = take()) {
            for (const Action &order : orders) {
                if (order.kind == Action::Connect)
                    pool.connected(order.worker, m_traits, now);
            }
        }
    }
    [[nodiscard]] std::vector<Action> take()
    {
        std::vector<Action> orders;
        pool.takeActions(&orders);
        return orders;
    }
    /// The calls that an order of this kind names.
    [[nodiscard]] static std::vector<CallId> named(const std::vector<Action> &orders, Action::Kind kind)
    {
        std::vector<CallId> calls;
        for (const Action &order : orders) {
            if (order.kind == kind)
                calls.push_back(order.call);
        }
        return calls;
    }
    [[nodiscard]] static std::optional<Error> failure(const std::vector<Action> &orders)
    {
        const auto found = std::find_if(orders.begin(), orders.end(),
                                        [](const Action &order) { return order.kind == Action::Fail; });
        return found == orders.end() ? std::nullopt : std::optional(found->error);
    }
    [[nodiscard]] CheckoutId checkout(int calls, const CallOptions &options = {}, Time now = 0s)
    {
        const CheckoutId id = pool.checkout({}, now);
        for (int i = 0; i < calls; ++i)
            (void)pool.call(id, options, now);
        return id;
    }
    void begins(CheckoutId checkout, CallId call, Time now)
    {
        pool.begun(pool.workerOf(checkout), {checkout, call}, now);
    }
    [[nodiscard]] bool replies(CheckoutId checkout, CallId call, Time now)
    {
        return pool.replied(pool.workerOf(checkout), {checkout, call}, now);
    }
    [[nodiscard]] bool givesUp(CheckoutId checkout, CallId call, bool hadBegun, Time now)
    {
        return pool.gaveUp(pool.workerOf(checkout), {checkout, call}, hadBegun, now);
    }

    Pool pool;

private:
    const Wire::WorkerTraits m_traits;
};

using Calls = std::vector<CallId>;

}

class TestPoolCalls : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void whatWasNotSentNeverIs();
    void aGhostFillsTheWindowUntilItIsAnswered();
    void theLateResultOfACanceledCallIsNobodys();
    void onlyCanceledCallsAreGivenUp();
    void aReleaseWaitsForGhosts();
    void aCanceledCallThatCouldNotBeSentBlocksNoOthers();
    void whatThereIsNoRoomForWaits();
    void anOldestCallIsNeverPostponed();
    void aUsualOneShotTakesTheShortWay();
    void anUnusualOneShotDoesNot();
    void aOneShotOfTheShortWayIsSentAgain();
    void aPostponedOneShotGoesToAnotherWorker();
    void aPostponedOneShotFailsIfThereIsNoOtherWorkerEver();
    void whatBeganAndWasCanceledTaintsItsWorker_data();
    void whatBeganAndWasCanceledTaintsItsWorker();
    void afterItsGraceTheWorkerIsKilled();
    void theGraceBeginsWhenNothingIsBeforeIt();
    void aSharedWorkerIsGivenUpAndTheOthersGoElsewhere();
    void whoWaitsBehindAnotherIsGivenUpAlone();
    void aPartingWorkerIsToldNothing();
    void aWorkerThatUnderstandsNoCancelsIsDropped_data();
    void aWorkerThatUnderstandsNoCancelsIsDropped();
    void aFailureOfACanceledCallCancelsThoseBehindIt();
    void aGhostIsNeverSentAgain();
    void theRunIsCountedFromWhenItBegins();
    void aWorkerThatDiesInItsFirstCallIsReplacedAtOnce();
    void aLateFirstCallDoesNotSayThatItWaitedForOthers();
    void aDeadlineSaysWhatItsTimeWentOn();
    void whoBeginsAgainGetsNoMoreTime();
    void aTimeoutThatIsImpliedGivesWayToARunTimeout_data();
    void aTimeoutThatIsImpliedGivesWayToARunTimeout();
    void theRunIsNotCountedBeforeItIsWritten();
    void theRunBeginsWithTheAnswerBeforeIt();
    void aDeadlineIsCountedFromTheCall();
    void aNegativeDeadlineIsOver();
    void aNegativeDeadlineIsNoticedWhenTheCallIsTheOldest();
    void aDeadlineFiresWhenTheCallIsTheOldest();
    void theClockOfTheNextStartsAfterAGhost();
    void aTimeOutSaysWhereTheTimeWent();
    void aTimeOutSaysThatNoWorkerWasReady();
    void aTimeOutSaysHowTheLastWorkerFailed_data();
    void aTimeOutSaysHowTheLastWorkerFailed();
    void afterAWorkerHasWorkedTheLastFailureIsForgotten();
    void higherPrioritiesAreServedFirst();
    void onlyShortTimedCallsShareAWorker();
    void inAnyOrderEachHasItsOwnEnd();
};

void TestPoolCalls::whatWasNotSentNeverIs()
{
    Office office({.minWorkers = 1, .window = 1});
    const CheckoutId id = office.checkout(3);
    QCOMPARE(Office::named(office.take(), Action::Send), Calls{1});
    QVERIFY(office.pool.cancel(id, 2, 0s));
    QVERIFY(!office.pool.cancel(id, 2, 0s));
    const auto orders = office.take();
    QCOMPARE(Office::named(orders, Action::CancelAsked), Calls{2});
    QVERIFY(Office::named(orders, Action::SendCancel).empty());
    QVERIFY(office.replies(id, 1, 0s));
    QCOMPARE(Office::named(office.take(), Action::Send), Calls{3});
}

void TestPoolCalls::aGhostFillsTheWindowUntilItIsAnswered()
{
    Office office({.minWorkers = 1, .window = 2});
    const CheckoutId id = office.checkout(3);
    QCOMPARE(Office::named(office.take(), Action::Send), Calls({1, 2}));
    QVERIFY(office.pool.cancel(id, 1, 0s));
    const auto orders = office.take();
    QCOMPARE(Office::named(orders, Action::SendCancel), Calls{1});
    QCOMPARE(Office::named(orders, Action::CancelAsked), Calls{1});
    QVERIFY(Office::named(orders, Action::Send).empty());
    QVERIFY(office.givesUp(id, 1, true, 0s));
    QCOMPARE(Office::named(office.take(), Action::Send), Calls{3});
    QVERIFY(office.replies(id, 2, 0s)); // the fate group lives on
    QCOMPARE(Office::named(office.take(), Action::Finish), Calls{2});
}

void TestPoolCalls::theLateResultOfACanceledCallIsNobodys()
{
    Office office({.minWorkers = 1});
    const CheckoutId id = office.checkout(2);
    QVERIFY(office.pool.cancel(id, 1, 0s));
    (void)office.take();
    QVERIFY(office.replies(id, 1, 0s));
    QVERIFY(office.replies(id, 2, 0s));
    QCOMPARE(Office::named(office.take(), Action::Finish), Calls{2});
}

void TestPoolCalls::onlyCanceledCallsAreGivenUp()
{
    Office office({.minWorkers = 1});
    const CheckoutId id = office.checkout(2);
    QVERIFY(!office.givesUp(id, 1, true, 0s));
    QVERIFY(office.pool.cancel(id, 2, 0s));
    QVERIFY(!office.givesUp(id, 1, true, 0s));
    QVERIFY(!office.givesUp(id, 7, true, 0s));
}

void TestPoolCalls::aReleaseWaitsForGhosts()
{
    Office office({.minWorkers = 1, .maxWorkers = 1});
    const CheckoutId id = office.checkout(1);
    office.pool.release(id, 0s);
    QVERIFY(office.pool.cancel(id, 1, 0s));
    QCOMPARE(office.pool.openCount(), 0);
    const CheckoutId next = office.checkout(1);
    auto orders = office.take();
    QVERIFY(Office::named(orders, Action::Released).empty());
    QCOMPARE(office.pool.workerOf(next), WorkerId(0));
    QVERIFY(office.givesUp(id, 1, false, 0s));
    orders = office.take();
    QCOMPARE(Office::named(orders, Action::Released).size(), std::size_t(1));
    QVERIFY(office.pool.workerOf(next) != 0);
}

void TestPoolCalls::aCanceledCallThatCouldNotBeSentBlocksNoOthers()
{
    Office office({.minWorkers = 1, .window = 1});
    const CheckoutId id = office.checkout(3);
    office.pool.rejected(id, 2, Error(Error::BadArguments, QStringLiteral("no")), 0s);
    QVERIFY(office.pool.cancel(id, 2, 0s));
    (void)office.take();
    QVERIFY(office.replies(id, 1, 0s));
    QCOMPARE(Office::named(office.take(), Action::Send), Calls{3});
}

void TestPoolCalls::whatThereIsNoRoomForWaits()
{
    Office office({.minWorkers = 1});
    const CheckoutId id = office.checkout(4);
    const WorkerId worker = office.pool.workerOf(id);
    QCOMPARE(Office::named(office.take(), Action::Send), Calls({1, 2, 3, 4}));
    QVERIFY(office.pool.cancel(id, 4, 0s));
    QVERIFY(office.pool.postponed(id, 2, 0s));
    QVERIFY(office.pool.isWith(worker, {id, 1}));
    for (const CallId call : {2, 3, 4})
        QVERIFY(!office.pool.isWith(worker, {id, call}));
    (void)office.take();
    QVERIFY(office.pool.cancel(id, 2, 0s)); // nothing needs to be said to its worker
    const auto orders = office.take();
    QCOMPARE(Office::named(orders, Action::CancelAsked), Calls{2});
    QVERIFY(Office::named(orders, Action::SendCancel).empty());
    office.pool.setStalled(worker, false, 0s);
    QCOMPARE(Office::named(office.take(), Action::Send), Calls{3});
    QVERIFY(office.replies(id, 1, 0s));
    QVERIFY(office.replies(id, 3, 0s));
    office.pool.release(id, 0s); // which no ghost keeps waiting
    QCOMPARE(Office::named(office.take(), Action::Released).size(), std::size_t(1));
}

void TestPoolCalls::anOldestCallIsNeverPostponed()
{
    Office office({.minWorkers = 1});
    const CheckoutId id = office.checkout(2);
    QVERIFY(!office.pool.postponed(id, 1, 0s));
    QVERIFY(office.pool.postponed(id, 2, 0s));
    (void)office.take();
    QVERIFY(office.replies(id, 1, 0s));
    QCOMPARE(Office::named(office.take(), Action::Send), Calls{2}); // although its worker is still stalled
}

void TestPoolCalls::aUsualOneShotTakesTheShortWay()
{
    Office office({.minWorkers = 1, .maxWorkers = 1, .timeout = 3s, .idleTimeout = 0s});
    std::vector<CheckoutId> ids;
    for (int i = 0; i < 4; ++i) {
        const auto sending = office.pool.sendingOneShotNow({});
        QVERIFY(sending);
        ids.push_back(office.pool.oneShotSent(*sending, {}, {}, Time(i)));
        QCOMPARE(office.pool.workerOf(ids.back()), sending->worker);
        QVERIFY(!office.pool.hasActions());
    }
    QVERIFY(!office.pool.sendingOneShotNow({})); // no more than oneShotDepth share a worker
    QCOMPARE(office.pool.nextWakeup(), std::optional<Time>(3s));
    const WorkerId worker = office.pool.workerOf(ids.front());
    for (const CheckoutId id : ids) {
        const auto answer = office.pool.plainAnswer(worker);
        QVERIFY(answer && (answer->call == CallRef{id, 1}));
        office.pool.repliedPlainly(*answer, 1s);
    }
    QVERIFY(!office.pool.hasActions());
    QCOMPARE(office.pool.idleCount(), 1);
    QCOMPARE(office.pool.openCount(), 0);
    QCOMPARE(office.pool.pendingCount(), 0);
    QVERIFY(!office.pool.nextWakeup());
}

void TestPoolCalls::anUnusualOneShotDoesNot()
{
    Office office({.minWorkers = 1, .maxWorkers = 2});
    QVERIFY(office.pool.sendingOneShotNow({}));
    QVERIFY(!office.pool.sendingOneShotNow({.runTimeout = 1s}));
    QVERIFY(!office.pool.sendingOneShotNow({.deadline = 1s}));
    QVERIFY(!office.pool.sendingOneShotNow({.deadline = -1s}));
    const CheckoutId holder = office.checkout(0);
    QVERIFY(!office.pool.sendingOneShotNow({})); // a second worker is wanted for it
    office.pool.release(holder, 0s);
    (void)office.take();
    QVERIFY(office.pool.sendingOneShotNow({}));

    Office full({.minWorkers = 1, .maxWorkers = 1});
    const auto sending = full.pool.sendingOneShotNow({});
    QVERIFY(sending);
    (void)full.pool.oneShotSent(*sending, {}, {}, 0s);
    QVERIFY(full.pool.sendingOneShotNow({}) && full.pool.plainAnswer(sending->worker));
    const CheckoutId waiting = full.checkout(0);
    QVERIFY(!full.pool.sendingOneShotNow({})); // it comes after the one that waits
    QVERIFY(!full.pool.plainAnswer(sending->worker)); // the worker goes to the one that waits
    full.pool.abort(waiting, Error(Error::Aborted, QStringLiteral("enough")), 0s);
    (void)full.take();
    QVERIFY(full.pool.sendingOneShotNow({}) && full.pool.plainAnswer(sending->worker));
    full.pool.close(Error(), 1s, 0s);
    QVERIFY(!full.pool.sendingOneShotNow({}));
    QVERIFY(!full.pool.plainAnswer(sending->worker));
}

void TestPoolCalls::aOneShotOfTheShortWayIsSentAgain()
{
    Office office({.minWorkers = 1, .maxWorkers = 1});
    const auto sending = office.pool.sendingOneShotNow({});
    QVERIFY(sending);
    const CheckoutId id = office.pool.oneShotSent(*sending, {}, {}, 0s);
    office.pool.lost(sending->worker, Error(Error::WorkerLost, QStringLiteral("died")), {.oldest = 0}, 0s);
    office.pool.advance(1s);
    for (const Action &order : office.take()) {
        QCOMPARE(order.kind, Action::Connect);
        office.pool.connected(order.worker, Modern, 1s);
    }
    QCOMPARE(Office::named(office.take(), Action::Send), Calls{1});
    QVERIFY(office.pool.workerOf(id) > sending->worker);
}

void TestPoolCalls::aPostponedOneShotGoesToAnotherWorker()
{
    Office office({.minWorkers = 1, .maxWorkers = 1});
    const CheckoutId first = office.pool.oneShot({}, {}, 0s);
    const CheckoutId second = office.pool.oneShot({}, {}, 0s);
    const WorkerId worker = office.pool.workerOf(first);
    QCOMPARE(office.pool.workerOf(second), worker);
    QVERIFY(!office.pool.postponed(first, 1, 0s));
    QVERIFY(office.pool.postponed(second, 1, 0s));
    QCOMPARE(office.pool.workerOf(second), WorkerId(0));
    QCOMPARE(office.pool.waitingCount(), 1);
    (void)office.take();
    office.pool.lost(worker, Error(Error::WorkerLost, QStringLiteral("died")), {.oldest = 1}, 0s);
    office.connectAll(1s);
    office.pool.advance(1s);
    office.connectAll(1s);
    QVERIFY(office.pool.workerOf(second) > worker);
}

void TestPoolCalls::aPostponedOneShotFailsIfThereIsNoOtherWorkerEver()
{
    Office office({.minWorkers = 1, .maxWorkers = 1, .timeout = 0s});
    (void)office.pool.oneShot({}, {}, 0s);
    const CheckoutId behind = office.pool.oneShot({}, {}, 0s);
    (void)office.take();
    office.pool.setUnavailable(Error(Error::Unavailable, QStringLiteral("no zygote")), 0s);
    QVERIFY(office.pool.postponed(behind, 1, 0s));
    QCOMPARE(Office::failure(office.take()).value_or(Error()).message(), QStringLiteral("no zygote"));
    QCOMPARE(office.pool.waitingCount(), 0);
}

void TestPoolCalls::whatBeganAndWasCanceledTaintsItsWorker_data()
{
    QTest::addColumn<bool>("hadBegun");
    QTest::addColumn<bool>("mayBeReused");
    QTest::addColumn<bool>("isReplaced");
    QTest::newRow("began") << true << false << true;
    QTest::newRow("began, and does not matter") << true << true << false;
    QTest::newRow("never began") << false << false << false;
}

void TestPoolCalls::whatBeganAndWasCanceledTaintsItsWorker()
{
    QFETCH(bool, hadBegun);
    QFETCH(bool, mayBeReused);
    Office office({.minWorkers = 1, .reuseAfterError = mayBeReused});
    const CheckoutId id = office.checkout(1);
    const WorkerId worker = office.pool.workerOf(id);
    QVERIFY(office.pool.cancel(id, 1, 0s));
    QVERIFY(office.givesUp(id, 1, hadBegun, 0s));
    office.pool.release(id, 0s);
    const auto orders = office.take();
    const bool isClosed = std::any_of(orders.begin(), orders.end(), [worker](const Action &order) {
        return order.kind == Action::Close && order.worker == worker;
    });
    QTEST(isClosed, "isReplaced");
}

void TestPoolCalls::afterItsGraceTheWorkerIsKilled()
{
    Office office({.minWorkers = 1, .cancelGrace = 250ms});
    const CheckoutId id = office.checkout(3, {.method = office.pool.methodId(QStringLiteral("x"))});
    QVERIFY(office.pool.cancel(id, 1, 0s));
    (void)office.take();
    office.pool.advance(249ms);
    QVERIFY(office.take().empty());
    office.pool.advance(250ms);
    const auto orders = office.take();
    QCOMPARE(Office::named(orders, Action::Close).size(), std::size_t(1));
    QCOMPARE(Office::named(orders, Action::Fail), Calls{2});
    QCOMPARE(Office::named(orders, Action::Cancel), Calls{3});
    QCOMPARE(Office::failure(orders)->code(), Error::WorkerLost);
    QCOMPARE(Office::failure(orders)->detail(),
             QStringLiteral("killed, for the canceled 'x' did not end within 0.25 s"));
    QCOMPARE(office.pool.errorOf(id)->code(), Error::WorkerLost);
}

void TestPoolCalls::theGraceBeginsWhenNothingIsBeforeIt()
{
    Office office({.minWorkers = 1, .cancelGrace = 1s});
    const CheckoutId id = office.checkout(2);
    QVERIFY(office.pool.cancel(id, 2, 0s));
    office.pool.advance(20s);
    QVERIFY(!office.pool.errorOf(id));
    QVERIFY(office.replies(id, 1, 20s));
    office.pool.advance(20s + 999ms);
    QVERIFY(!office.pool.errorOf(id));
    office.pool.advance(21s);
    QCOMPARE(office.pool.errorOf(id).value_or(Error()).code(), Error::WorkerLost);
}

void TestPoolCalls::aSharedWorkerIsGivenUpAndTheOthersGoElsewhere()
{
    Office office({.minWorkers = 1, .maxWorkers = 1, .cancelGrace = 0s});
    const CheckoutId slow = office.pool.oneShot({}, {}, 0s);
    const CheckoutId other = office.pool.oneShot({}, {}, 0s);
    const WorkerId worker = office.pool.workerOf(slow);
    QCOMPARE(office.pool.workerOf(other), worker);
    QVERIFY(office.pool.cancel(slow, 1, 0s));
    (void)office.take();
    office.pool.advance(0s);
    QCOMPARE(Office::named(office.take(), Action::HangUp).size(), std::size_t(1));
    office.pool.lost(worker, Error(Error::WorkerLost, QStringLiteral("gone")), {.oldest = 1}, 0s);
    const auto orders = office.take();
    QVERIFY(!Office::failure(orders));
    QCOMPARE(office.pool.waitingCount(), 1);
}

// Its time-out must not cost the one that runs.
void TestPoolCalls::whoWaitsBehindAnotherIsGivenUpAlone()
{
    Office office({.minWorkers = 1, .maxWorkers = 1});
    const CheckoutId running = office.pool.oneShot({}, {}, 0s);
    const CheckoutId behind = office.pool.oneShot({}, {.deadline = 1s}, 0s);
    const CheckoutId last = office.pool.oneShot({}, {}, 0s);
    const WorkerId worker = office.pool.workerOf(running);
    QCOMPARE(office.pool.workerOf(behind), worker);
    office.begins(running, 1, 0s);
    (void)office.take();
    office.pool.advance(2s);
    const auto orders = office.take();
    QCOMPARE(Office::failure(orders).value_or(Error()).detail(),
             QStringLiteral("waited for the calls before it for 2 s"));
    QVERIFY(Office::named(orders, Action::HangUp).empty());
    QCOMPARE(Office::named(orders, Action::SendCancel), Calls{1});
    QVERIFY(office.replies(running, 1, 2s));
    QCOMPARE(Office::named(office.take(), Action::Finish), Calls{1});
    QVERIFY(office.pool.gaveUp(worker, {}, false, 2s)); // what the worker says of the one that never began
    QVERIFY(office.replies(last, 1, 2s));
    QCOMPARE(Office::named(office.take(), Action::Finish), Calls{1});
    QCOMPARE(office.pool.idleCount(), 1);
}

void TestPoolCalls::aPartingWorkerIsToldNothing()
{
    Office office({.minWorkers = 1, .maxWorkers = 1, .cancelGrace = 0s});
    std::vector<CheckoutId> ids;
    for (int i = 0; i < 3; ++i)
        ids.push_back(office.pool.oneShot({}, {}, 0s));
    QVERIFY(office.pool.cancel(ids[0], 1, 0s));
    office.pool.advance(0s);
    QCOMPARE(Office::named(office.take(), Action::HangUp).size(), std::size_t(1));
    QVERIFY(office.pool.cancel(ids[1], 1, 0s));
    const auto orders = office.take();
    QCOMPARE(Office::named(orders, Action::CancelAsked), Calls{1});
    QVERIFY(Office::named(orders, Action::SendCancel).empty());
    QVERIFY(office.pool.workerOf(ids[2]) != 0);
}

void TestPoolCalls::aWorkerThatUnderstandsNoCancelsIsDropped_data()
{
    QTest::addColumn<bool>("pipelines");
    QTest::newRow("one at a time") << false;
    QTest::newRow("an older one") << true;
}

void TestPoolCalls::aWorkerThatUnderstandsNoCancelsIsDropped()
{
    QFETCH(bool, pipelines);
    Office office({.minWorkers = 1}, pipelines ? Old : Wire::WorkerTraits());
    const CheckoutId id = office.checkout(3);
    (void)office.take();
    QVERIFY(office.pool.cancel(id, 1, 0s));
    const auto orders = office.take();
    QCOMPARE(Office::named(orders, Action::CancelAsked), Calls{1});
    QCOMPARE(Office::named(orders, Action::Fail), Calls{2});
    QCOMPARE(Office::named(orders, Action::Cancel), Calls{3});
    QVERIFY(Office::named(orders, Action::SendCancel).empty());
    QCOMPARE(Office::named(orders, Action::Close).size(), std::size_t(1));
    QCOMPARE(office.pool.errorOf(id)->code(), Error::Aborted);
}

void TestPoolCalls::aFailureOfACanceledCallCancelsThoseBehindIt()
{
    Office office({.minWorkers = 1});
    const CheckoutId id = office.checkout(2);
    QVERIFY(office.pool.cancel(id, 1, 0s));
    (void)office.take();
    QVERIFY(office.pool.failed(office.pool.workerOf(id), {id, 1}, Error(QStringLiteral("no luck")), 0s));
    const auto orders = office.take();
    QVERIFY(!Office::failure(orders));
    QCOMPARE(Office::named(orders, Action::Cancel), Calls{2});
    QVERIFY(!office.pool.errorOf(id));
}

void TestPoolCalls::aGhostIsNeverSentAgain()
{
    const Error lost(Error::WorkerLost, QStringLiteral("gone"));
    for (const bool isTold : {false, true}) {
        Office office({.minWorkers = 1});
        const CheckoutId id = office.checkout(2);
        QVERIFY(office.pool.cancel(id, 1, 0s));
        (void)office.take();
        Begun begun{.oldest = 1};
        if (isTold)
            begun.named.push_back({id, 1});
        office.pool.lost(office.pool.workerOf(id), lost, begun, 0s);
        QCOMPARE(office.pool.errorOf(id).has_value(), isTold); // it counts as begun only if somebody says so
        office.pool.advance(1s);
        for (std::vector<Action> orders = office.take(); !orders.empty(); orders = office.take()) {
            for (const Action &order : orders) {
                if (order.kind == Action::Send)
                    QCOMPARE(order.call, CallId(2));
                if (order.kind == Action::Connect)
                    office.pool.connected(order.worker, Modern, 1s);
            }
        }
    }
}

void TestPoolCalls::aTimeoutThatIsImpliedGivesWayToARunTimeout_data()
{
    QTest::addColumn<bool>("isImplied");
    QTest::addColumn<bool>("isOwn");
    QTest::addColumn<int>("endsAt");
    QTest::newRow("implied") << true << false << 60;
    QTest::newRow("the client's, and explicit") << false << false << 5;
    QTest::newRow("the checkout's") << true << true << 5;
}

void TestPoolCalls::aTimeoutThatIsImpliedGivesWayToARunTimeout()
{
    QFETCH(bool, isImplied);
    QFETCH(bool, isOwn);
    QFETCH(int, endsAt);
    Office office({.minWorkers = 1, .maxWorkers = 1, .timeout = 5s, .isTimeoutImplied = isImplied});
    const CheckoutId id = office.pool.checkout({.timeout = isOwn ? std::optional<Duration>(5s) : std::nullopt}, 0s);
    (void)office.pool.call(id, {.runTimeout = 60s}, 0s);
    office.begins(id, 1, 0s);
    (void)office.take();
    office.pool.advance(endsAt * 1s - 1ms, {});
    QVERIFY(!office.failure(office.take()));
    office.pool.advance(endsAt * 1s, {});
    const auto failure = office.failure(office.take());
    QVERIFY(failure);
    QCOMPARE(failure->code(), Error::Timeout);
    QCOMPARE(failure->message(), QStringLiteral("timed out after %1 seconds").arg(endsAt));
}

void TestPoolCalls::theRunIsCountedFromWhenItBegins()
{
    Office office({.minWorkers = 1, .timeout = 0s});
    const CheckoutId id
        = office.checkout(1, {.runTimeout = 2s, .method = office.pool.methodId(QStringLiteral("decode"))});
    office.pool.flushed(office.pool.workerOf(id), 0s);
    office.pool.advance(60s); // its worker is still being set up
    QVERIFY(!office.pool.errorOf(id));
    office.begins(id, 1, 60s);
    office.pool.advance(61s);
    QVERIFY(!office.pool.errorOf(id));
    office.pool.advance(62s);
    const Error error = office.pool.errorOf(id).value_or(Error());
    QCOMPARE(error.code(), Error::Timeout);
    QCOMPARE(error.message(), QStringLiteral("timed out after 2 seconds"));
    QCOMPARE(error.detail(), QStringLiteral("'decode' ran for 2 s"));
    QVERIFY(!office.pool.countsRuns());
}

// It has come through its setup, so another one may be connected at once: a crash costs one call, and no pause.
void TestPoolCalls::aWorkerThatDiesInItsFirstCallIsReplacedAtOnce()
{
    for (const bool isKnown : {true, false}) {
        Office office({.minWorkers = 1, .maxWorkers = 1});
        const CheckoutId id = office.checkout(1);
        const WorkerId worker = office.pool.workerOf(id);
        (void)office.take();
        office.pool.lost(worker, Error(Error::WorkerLost, QStringLiteral("died")), {.oldest = 1, .isKnown = isKnown},
                         1s);
        const auto orders = office.take();
        const bool connects = std::any_of(orders.begin(), orders.end(),
                                          [](const Action &order) { return order.kind == Action::Connect; });
        QCOMPARE(connects, isKnown);
    }
}

// Its worker was in setup, and there was nobody to wait for.
void TestPoolCalls::aLateFirstCallDoesNotSayThatItWaitedForOthers()
{
    const QString inSetup
        = QStringLiteral("its worker took 2 s to begin it: setup takes long, or nothing could be written");
    Office office({.minWorkers = 1, .maxWorkers = 1, .timeout = 0s});
    const CheckoutId id = office.checkout(1, {.deadline = 1s});
    office.begins(id, 1, 2s);
    office.pool.advance(3s);
    QCOMPARE(office.pool.errorOf(id).value_or(Error()).detail(), inSetup);

    Office shared({.minWorkers = 1, .maxWorkers = 1, .timeout = 0s});
    const CheckoutId first = shared.pool.oneShot({}, {.deadline = 1s}, 0s);
    const CheckoutId second = shared.pool.oneShot({}, {.deadline = 2s}, 0s);
    QCOMPARE(shared.pool.workerOf(first), shared.pool.workerOf(second));
    shared.begins(first, 1, 2s);
    (void)shared.take();
    shared.pool.advance(2s);
    QCOMPARE(Office::failure(shared.take()).value_or(Error()).detail(), inSetup);
}
void TestPoolCalls::aDeadlineSaysWhatItsTimeWentOn()
{
    Office office({.minWorkers = 1, .timeout = 0s});
    const CheckoutId id = office.checkout(1);
    const WorkerId worker = office.pool.workerOf(id);
    (void)office.pool.call(id, {.deadline = 200ms}, 0s);
    (void)office.take();
    office.pool.advance(999ms);
    QVERIFY(!office.pool.errorOf(id)); // it is its checkout's oldest later
    QVERIFY(office.pool.replied(worker, {id, 1}, 1s));
    office.pool.advance(999ms); // the clock that began it may be ahead of this one
    QCOMPARE(office.pool.errorOf(id).value_or(Error()).message(), QStringLiteral("timed out after 0.2 seconds"));
    QCOMPARE(office.pool.errorOf(id)->detail(), QStringLiteral("waited for the calls before it for 1 s"));

    Office oneByOne({.minWorkers = 1, .timeout = 0s}, {}); // as over JSON: the second call is not sent at first
    const CheckoutId waits = oneByOne.checkout(1);
    (void)oneByOne.pool.call(waits, {.deadline = 200ms}, 0s);
    QVERIFY(oneByOne.pool.replied(oneByOne.pool.workerOf(waits), {waits, 1}, 1s));
    oneByOne.pool.advance(1s);
    QCOMPARE(oneByOne.pool.errorOf(waits).value_or(Error()).detail(),
             QStringLiteral("waited for the calls before it for 1 s"));

    Office full({.minWorkers = 1, .timeout = 0s, .window = 1}); // here the window is full
    const CheckoutId outside = full.checkout(1);
    (void)full.pool.call(outside, {.deadline = 200ms}, 0s);
    full.begins(outside, 1, 0s);
    QVERIFY(full.replies(outside, 1, 1s));
    full.pool.advance(1s);
    QCOMPARE(full.pool.errorOf(outside).value_or(Error()).detail(),
             QStringLiteral("waited for the calls before it for 1 s"));

    Office busy({.minWorkers = 1, .maxWorkers = 1, .timeout = 0s});
    const CheckoutId first = busy.checkout(1);
    const CheckoutId second = busy.checkout(1, {.deadline = 3s});
    QVERIFY(busy.pool.replied(busy.pool.workerOf(first), {first, 1}, 2s));
    busy.pool.release(first, 2s);
    (void)busy.take();
    busy.pool.advance(3s);
    QCOMPARE(busy.pool.errorOf(second).value_or(Error()).detail(), QStringLiteral("waited for a worker for 2 s"));

    Office late({.minWorkers = 1, .maxWorkers = 1, .timeout = 0s}, {}); // the longer wait is named
    const CheckoutId before = late.checkout(1);
    const CheckoutId behind = late.checkout(1);
    (void)late.pool.call(behind, {.deadline = 3s}, 0s);
    QVERIFY(late.replies(before, 1, 2s));
    late.pool.release(before, 2s);
    QVERIFY(late.pool.workerOf(behind) != 0);
    QVERIFY(late.replies(behind, 1, 3s));
    late.pool.advance(3s);
    QCOMPARE(late.pool.errorOf(behind).value_or(Error()).detail(), QStringLiteral("waited for a worker for 2 s"));
}

void TestPoolCalls::whoBeginsAgainGetsNoMoreTime()
{
    Office office({.minWorkers = 1, .timeout = 0s});
    const CheckoutId id = office.checkout(1, {.runTimeout = 2s});
    office.pool.flushed(office.pool.workerOf(id), 0s);
    office.begins(id, 1, 1s);
    office.begins(id, 1, 2s);
    office.pool.advance(3s);
    QVERIFY(office.pool.errorOf(id));
}

void TestPoolCalls::theRunIsNotCountedBeforeItIsWritten()
{
    Office office({.minWorkers = 1, .timeout = 0s}, Old);
    const CheckoutId id = office.checkout(1, {.runTimeout = 2s});
    QVERIFY(office.pool.awaitsFlush(office.pool.workerOf(id)));
    office.pool.advance(10s);
    QVERIFY(!office.pool.errorOf(id));
    office.pool.flushed(office.pool.workerOf(id), 10s);
    QVERIFY(!office.pool.awaitsFlush(office.pool.workerOf(id)));
    office.pool.advance(12s);
    QVERIFY(office.pool.errorOf(id));
}

void TestPoolCalls::theRunBeginsWithTheAnswerBeforeIt()
{
    Office office({.minWorkers = 1, .timeout = 0s}, Old);
    const CheckoutId id = office.checkout(2, {.runTimeout = 2s});
    office.pool.flushed(office.pool.workerOf(id), 0s);
    QVERIFY(office.replies(id, 1, 1900ms));
    office.pool.advance(3800ms);
    QVERIFY(!office.pool.errorOf(id));
    office.pool.advance(3900ms);
    QVERIFY(office.pool.errorOf(id));
}

void TestPoolCalls::aDeadlineIsCountedFromTheCall()
{
    Office office({.minWorkers = 0, .timeout = 30s});
    const CheckoutId id = office.checkout(1, {.deadline = 2s}, 1s);
    office.pool.advance(2999ms);
    QVERIFY(!office.pool.errorOf(id));
    office.pool.advance(3s);
    QCOMPARE(office.pool.errorOf(id).value_or(Error()).message(), QStringLiteral("timed out after 2 seconds"));
}

void TestPoolCalls::aNegativeDeadlineIsOver()
{
    Office office({.minWorkers = 1, .timeout = 0s});
    const CheckoutId id = office.checkout(1, {.deadline = -2s}, 1s);
    const Error error = office.pool.errorOf(id).value_or(Error());
    QCOMPARE(error.code(), Error::Timeout);
    QCOMPARE(error.message(), QStringLiteral("timed out at once: a negative time limit is over already"));

    const CheckoutId shortest = office.checkout(1, {.deadline = 1ms}, 1s);
    office.pool.advance(1001ms);
    QCOMPARE(office.pool.errorOf(shortest).value_or(Error()).message(),
             QStringLiteral("timed out after 0.001 seconds"));
    (void)office.take();
    (void)office.pool.oneShot({}, {.deadline = -1ms}, 1s);
    const std::vector<Action> orders = office.take();
    QCOMPARE(Office::failure(orders).value_or(Error()).message(), error.message());
    QVERIFY(Office::named(orders, Action::Send).empty());
    QCOMPARE(office.pool.openCount(), 0);

    const CheckoutId unlimited = office.checkout(1, {.runTimeout = -1ms}, 1s);
    office.pool.advance(1h);
    QVERIFY(!office.pool.errorOf(unlimited));
}

void TestPoolCalls::aNegativeDeadlineIsNoticedWhenTheCallIsTheOldest()
{
    Office office({.minWorkers = 1, .timeout = 0s});
    const CheckoutId id = office.checkout(1);
    (void)office.take();
    (void)office.pool.call(id, {.deadline = -1ms}, 1s);
    (void)office.pool.call(id, {}, 1s);
    office.pool.advance(2s);
    QVERIFY(Office::named(office.take(), Action::Send).empty());
    QVERIFY(!office.pool.errorOf(id));
    QVERIFY(office.replies(id, 1, 3s));
    office.pool.advance(3s);
    const std::vector<Action> orders = office.take();
    QCOMPARE(Office::failure(orders).value_or(Error()).message(),
             QStringLiteral("timed out at once: a negative time limit is over already"));
    QVERIFY(Office::named(orders, Action::Send).empty());
    QVERIFY(office.pool.errorOf(id));
}

void TestPoolCalls::aDeadlineFiresWhenTheCallIsTheOldest()
{
    Office office({.minWorkers = 1, .timeout = 0s});
    const CheckoutId id = office.checkout(1);
    (void)office.pool.call(id, {.deadline = 1s}, 0s);
    office.pool.advance(5s);
    QVERIFY(!office.pool.errorOf(id));
    QVERIFY(office.replies(id, 1, 5s));
    office.pool.advance(5s);
    QVERIFY(office.pool.errorOf(id));
}

void TestPoolCalls::theClockOfTheNextStartsAfterAGhost()
{
    Office office({.minWorkers = 1, .timeout = 1s, .cancelGrace = -1s});
    const CheckoutId id = office.checkout(2);
    QVERIFY(office.pool.cancel(id, 1, 900ms));
    office.pool.advance(5s);
    QVERIFY(!office.pool.errorOf(id));
    QVERIFY(office.givesUp(id, 1, true, 5s));
    office.pool.advance(5999ms);
    QVERIFY(!office.pool.errorOf(id));
    office.pool.advance(6s);
    QVERIFY(office.pool.errorOf(id));
}

void TestPoolCalls::aTimeOutSaysWhereTheTimeWent()
{
    Office office({.minWorkers = 1, .maxWorkers = 1, .timeout = 1s}, Old);
    const CheckoutId busy = office.checkout(1, {.method = office.pool.methodId(QStringLiteral("sleep"))});
    const CheckoutId first = office.pool.checkout({.timeout = 0s}, 0s);
    (void)office.pool.call(first, {}, 0s);
    const CheckoutId second = office.checkout(1);
    const CheckoutId third = office.checkout(1);
    office.pool.advance(1s);
    QCOMPARE(office.pool.errorOf(busy)->detail(), QStringLiteral("'sleep' ran for 1 s"));
    QCOMPARE(office.pool.errorOf(second)->detail(), QStringLiteral("waited in line behind 1 checkout"));
    QCOMPARE(office.pool.errorOf(third)->code(), Error::Timeout);

    Pool nowhere({.minWorkers = 1, .timeout = 1s});
    nowhere.start(0s);
    nowhere.connectFailed(1, Error(Error::Unavailable, QStringLiteral("no server listens there")), 0s);
    const CheckoutId lonely = nowhere.checkout({}, 0s);
    (void)nowhere.call(lonely, {}, 0s);
    nowhere.advance(1s);
    QCOMPARE(nowhere.errorOf(lonely)->detail(), QStringLiteral("no server listens there"));
}

void TestPoolCalls::aTimeOutSaysThatNoWorkerWasReady()
{
    Pool pool({.minWorkers = 1, .maxWorkers = 1, .timeout = 5s});
    pool.start(0s);
    const CheckoutId id = pool.checkout({}, 0s);
    (void)pool.call(id, {}, 0s);
    pool.advance(5s);
    QCOMPARE(
        pool.errorOf(id).value_or(Error()).detail(),
        QStringLiteral(
            "no worker was ready: the server had not answered yet; it may be full or busy, or speak another protocol"));
}

void TestPoolCalls::aTimeOutSaysHowTheLastWorkerFailed_data()
{
    QTest::addColumn<bool>("dies");
    QTest::newRow("its setup throws") << false;
    QTest::newRow("it dies in setup") << true;
}

void TestPoolCalls::aTimeOutSaysHowTheLastWorkerFailed()
{
    QFETCH(bool, dies);
    Office office({.minWorkers = 1, .maxWorkers = 1, .timeout = 5s});
    Pool &pool = office.pool;
    const auto callOnce = [&pool] {
        const CheckoutId id = pool.checkout({}, 0s);
        (void)pool.call(id, {}, 0s);
        return id;
    };
    const CheckoutId first = callOnce();
    const CheckoutId second = callOnce();
    const WorkerId worker = pool.workerOf(first);
    QVERIFY(worker != 0);
    if (dies)
        pool.lost(worker, Error(Error::WorkerLost, QStringLiteral("died")).withDetail(QStringLiteral("no disk")), {1},
                  0s);
    else
        QVERIFY(pool.failed(worker, {first, 1}, Error(Error::SetupError, QStringLiteral("no disk")), 0s));
    pool.release(first, 0s);
    pool.advance(5s); // nobody has said that another worker is ready
    const QString detail = pool.errorOf(second).value_or(Error()).detail();
    QVERIFY2(detail.endsWith(QStringLiteral(", and the last one had failed: no disk")), qPrintable(detail));
}

void TestPoolCalls::afterAWorkerHasWorkedTheLastFailureIsForgotten()
{
    Office office({.minWorkers = 1, .maxWorkers = 1, .timeout = 5s, .reuseAfterError = true});
    Pool &pool = office.pool;
    const CheckoutId id = pool.checkout({}, 0s);
    const CallId failing = pool.call(id, {}, 0s);
    const WorkerId worker = pool.workerOf(id);
    QVERIFY(pool.failed(worker, {id, failing}, Error(Error::SetupError, QStringLiteral("no disk")), 0s));
    pool.release(id, 0s);
    const CheckoutId next = pool.checkout({}, 0s);
    const CallId good = pool.call(next, {}, 0s);
    const WorkerId its = pool.workerOf(next);
    QVERIFY(its != 0);
    QVERIFY(pool.replied(its, {next, good}, 0s));
    pool.lost(its, Error(Error::WorkerLost, QStringLiteral("died")).withDetail(QStringLiteral("no luck")), {}, 0s);
    pool.release(next, 0s);
    const CheckoutId last = pool.checkout({}, 0s);
    (void)pool.call(last, {}, 0s);
    pool.advance(5s);
    const QString detail = pool.errorOf(last).value_or(Error()).detail();
    QVERIFY2(detail.startsWith(QStringLiteral("no worker was ")) && !detail.contains(QStringLiteral("had failed")),
             qPrintable(detail));
}

void TestPoolCalls::higherPrioritiesAreServedFirst()
{
    Office office({.minWorkers = 1, .maxWorkers = 1});
    const CheckoutId holder = office.pool.checkout({}, 0s);
    const CheckoutId low = office.pool.checkout({.priority = -1}, 0s);
    const CheckoutId usual = office.pool.checkout({}, 0s);
    const CheckoutId high = office.pool.checkout({.priority = 5}, 0s);
    const CheckoutId high2 = office.pool.checkout({.priority = 5}, 0s);
    std::vector<CheckoutId> served;
    for (CheckoutId held = holder; served.size() < 4;) {
        office.pool.release(held, 0s);
        for (const CheckoutId id : {low, usual, high, high2}) {
            if (office.pool.workerOf(id) != 0)
                served.push_back(held = id);
        }
    }
    QCOMPARE(served, std::vector<CheckoutId>({high, high2, usual, low}));
}

void TestPoolCalls::onlyShortTimedCallsShareAWorker()
{
    Office office({.minWorkers = 1, .maxWorkers = 1}, Old);
    const CallOptions timed{.runTimeout = 2s, .method = office.pool.methodId(QStringLiteral("quick"))};
    for (int i = 0; i < 8; ++i) {
        const CheckoutId first = office.pool.oneShot({}, timed, 0s);
        const CheckoutId second = office.pool.oneShot({}, timed, 0s);
        QCOMPARE(office.pool.workerOf(second), WorkerId(0));
        office.pool.flushed(office.pool.workerOf(first), 0s);
        QVERIFY(office.replies(first, 1, 900us));
        office.pool.abort(second, Error(Error::Aborted, QStringLiteral("enough")), 0s);
        office.connectAll(10s * (i + 1));
    }
    const CheckoutId first = office.pool.oneShot({}, timed, 0s);
    const CheckoutId second = office.pool.oneShot({}, timed, 0s);
    QVERIFY(office.pool.workerOf(second) != 0);
    QCOMPARE(office.pool.workerOf(second), office.pool.workerOf(first));
}

void TestPoolCalls::inAnyOrderEachHasItsOwnEnd()
{
    Wire::WorkerTraits anyOrder = Modern;
    anyOrder.answersInOrder = false;
    Office office({.minWorkers = 1, .timeout = 0s}, anyOrder);
    const CheckoutId id = office.checkout(2);
    (void)office.pool.call(id, {.runTimeout = 1s, .method = office.pool.methodId(QStringLiteral("third"))}, 0s);
    (void)office.take();
    const WorkerId worker = office.pool.workerOf(id);
    QVERIFY(!office.pool.callOf(worker));
    QVERIFY(office.pool.failed(worker, {id, 2}, Error(QStringLiteral("no luck")), 0s));
    QCOMPARE(Office::named(office.take(), Action::Fail), Calls{2});
    QVERIFY(office.pool.isWith(worker, {id, 1}));
    office.begins(id, 3, 5s);
    office.pool.advance(5999ms);
    QVERIFY(!office.pool.errorOf(id));
    office.pool.advance(6s);
    QCOMPARE(office.pool.errorOf(id).value_or(Error()).detail(), QStringLiteral("'third' ran for 1 s"));
}

QTEST_APPLESS_MAIN(TestPoolCalls)
#include "tst_poolcalls.moc"
