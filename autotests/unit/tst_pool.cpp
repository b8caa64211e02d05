// SPDX-License-Identifier: MIT
// Single decisions of the pool; its promises as a whole are tst_pool_model's.
#include "pool/pool_p.h"

#include <QtTest/QTest>

#include <algorithm>

using namespace Prefork;
using namespace Prefork::Pooling;
using namespace std::chrono_literals;

namespace {

qsizetype count(const std::vector<Action> &actions, Action::Kind kind)
{
    return std::count_if(actions.begin(), actions.end(), [kind](const Action &action) { return action.kind == kind; });
}

std::vector<Action> takeActions(Pool &pool)
{
    std::vector<Action> actions;
    pool.takeActions(&actions);
    return actions;
}

// Connects every worker the pool asks for, at once.
void connectAll(Pool &pool, Time now)
{
    for (std::vector<Action> actions = takeActions(pool); count(actions, Action::Connect) > 0;
         actions = takeActions(pool)) {
        for (const Action &action : actions) {
            if (action.kind == Action::Connect)
                pool.connected(action.worker, {}, now);
        }
    }
}

// The worker of a checkout answers its oldest call.
bool replied(Pool &pool, CheckoutId checkout, Time now)
{
    const WorkerId worker = pool.workerOf(checkout);
    return pool.replied(worker, pool.callOf(worker).value_or(CallRef()), now);
}

const Error Lost(Error::WorkerLost, QStringLiteral("lost"));

}

class TestPool : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void growsInParallelButNotInACrowd();
    void triesAgainLaterAndLater();
    void takesTheMostRecentlyUsedWorker();
    void letsIdleWorkersGo();
    void checkoutsTimeOutInTheOrderOfTheirTimes();
    void replacesAWorkerBeforeItsLastCheckoutEnds();
    void refusesMoreThanMayWait();
    void aTimeOutIsNamedInSeconds_data();
    void aTimeOutIsNamedInSeconds();
    void aNegativeTimeOutIsOver();
    void everySettlementStartsTheTimeAnew();
    void whenUnavailableKeepsOnlyWhatIsHeld();
    void workersThatNeverAnswerAreReplacedWithPauses();
    void aCrowdWaitsAsCheaplyAsAFew();
};

void TestPool::growsInParallelButNotInACrowd()
{
    Pool pool({.minWorkers = 0, .maxWorkers = 20});
    for (int i = 0; i < 30; ++i)
        (void)pool.checkout({}, 0s);
    QCOMPARE(count(takeActions(pool), Action::Connect), 8);
    pool.connected(1, {}, 0s);
    QCOMPARE(count(takeActions(pool), Action::Connect), 1);
}

void TestPool::triesAgainLaterAndLater()
{
    Pool pool({.minWorkers = 1});
    Time now = 1s;
    pool.start(now);
    Duration longest = 0s;
    for (WorkerId worker = 1; worker <= 10; ++worker) {
        QCOMPARE(count(takeActions(pool), Action::Connect), 1);
        pool.connectFailed(worker, Lost, now);
        QVERIFY(takeActions(pool).empty());
        const Duration wait = pool.nextWakeup().value() - now;
        QVERIFY(wait >= 50ms && wait <= 1s);
        longest = std::max(longest, wait);
        now += wait;
        pool.advance(now);
    }
    QVERIFY(longest > 500ms);
}

void TestPool::takesTheMostRecentlyUsedWorker()
{
    Pool pool({.minWorkers = 3});
    pool.start(0s);
    connectAll(pool, 0s);
    const CheckoutId a = pool.checkout({}, 0s);
    const CheckoutId b = pool.checkout({}, 0s);
    const WorkerId recent = pool.workerOf(a);
    pool.release(b, 0s);
    pool.release(a, 0s);
    for (int i = 0; i < 5; ++i) {
        const CheckoutId next = pool.checkout({}, 0s);
        QCOMPARE(pool.workerOf(next), recent);
        pool.release(next, 0s);
    }
}

void TestPool::letsIdleWorkersGo()
{
    Pool pool({.minWorkers = 1, .idleTimeout = 10s});
    pool.start(0s);
    std::vector<CheckoutId> checkouts;
    for (int i = 0; i < 4; ++i)
        checkouts.push_back(pool.checkout({}, 0s));
    connectAll(pool, 0s);
    QCOMPARE(pool.workerCount(), 4);
    for (const CheckoutId checkout : checkouts)
        pool.release(checkout, 1s);
    QCOMPARE(pool.nextWakeup(), std::optional<Time>(11s));
    pool.advance(10s);
    QCOMPARE(pool.workerCount(), 4);
    pool.advance(11s);
    QCOMPARE(pool.workerCount(), 1);
    QVERIFY(!pool.nextWakeup());
}

// Some alarms come in the order of their times, others do not, and most are removed before they are due.
void TestPool::checkoutsTimeOutInTheOrderOfTheirTimes()
{
    Pool pool({.minWorkers = 0, .maxWorkers = 1});
    const auto add = [&pool](Duration timeout) {
        const CheckoutId id = pool.checkout({.timeout = timeout}, 0s);
        (void)pool.call(id, {}, 0s);
        return id;
    };
    const CheckoutId fifth = add(5s);
    for (int i = 0; i < 1000; ++i) // they leave the line of alarms very long
        pool.abort(add(6s), Lost, 0s);
    const CheckoutId third = add(3s);
    const CheckoutId seventh = add(7s);
    const CheckoutId alsoThird = add(3s);
    (void)takeActions(pool);
    QCOMPARE(pool.nextWakeup(), std::optional<Time>(3s));
    pool.advance(3s);
    pool.advance(4s);
    pool.advance(10s);
    std::vector<CheckoutId> failed;
    for (const Action &action : takeActions(pool)) {
        if (action.kind == Action::Fail)
            failed.push_back(action.checkout);
    }
    QCOMPARE(failed, std::vector<CheckoutId>({third, alsoThird, fifth, seventh}));
    QVERIFY(!pool.nextWakeup());
}

void TestPool::replacesAWorkerBeforeItsLastCheckoutEnds()
{
    Pool pool({.minWorkers = 1, .maxWorkers = 2, .maxCheckouts = 2});
    pool.start(0s);
    connectAll(pool, 0s);
    const CheckoutId first = pool.checkout({}, 0s);
    const WorkerId worn = pool.workerOf(first);
    pool.release(first, 0s);
    QCOMPARE(count(takeActions(pool), Action::Connect), 0);
    const CheckoutId last = pool.checkout({}, 0s);
    QCOMPARE(pool.workerOf(last), worn);
    QCOMPARE(count(takeActions(pool), Action::Connect), 1);
    pool.release(last, 0s);
    const std::vector<Action> actions = takeActions(pool);
    QCOMPARE(count(actions, Action::Close), 1);
    QCOMPARE(count(actions, Action::SendDone), 0);
}

void TestPool::refusesMoreThanMayWait()
{
    Pool pool({.maxQueued = 2});
    std::vector<CheckoutId> checkouts;
    for (int i = 0; i < 4; ++i)
        checkouts.push_back(pool.checkout({}, 0s));
    QVERIFY(!pool.errorOf(checkouts[1]));
    QCOMPARE(pool.errorOf(checkouts[2]).value().code(), Error::QueueFull);
    QCOMPARE(pool.errorOf(checkouts[3]).value().code(), Error::QueueFull);
    QCOMPARE(pool.errorOf(checkouts[3]).value().message(),
             QStringLiteral("as many checkouts wait already as ClientOptions::maxQueued allows (2)"));
    QCOMPARE(pool.waitingCount(), 2);
}

void TestPool::aTimeOutIsNamedInSeconds_data()
{
    QTest::addColumn<int>("milliseconds");
    QTest::addColumn<QString>("message");
    QTest::newRow("whole") << 30000 << QStringLiteral("timed out after 30 seconds");
    QTest::newRow("one") << 1000 << QStringLiteral("timed out after 1 second");
    QTest::newRow("tenths") << 300 << QStringLiteral("timed out after 0.3 seconds");
    QTest::newRow("thousandths") << 1001 << QStringLiteral("timed out after 1.001 seconds");
}

void TestPool::aTimeOutIsNamedInSeconds()
{
    QFETCH(int, milliseconds);
    Pool pool({});
    const Duration timeout = std::chrono::milliseconds(milliseconds);
    const CheckoutId checkout = pool.checkout({.timeout = timeout}, 5s);
    pool.advance(1h);
    QVERIFY(!pool.errorOf(checkout)); // nothing was asked of it
    (void)pool.call(checkout, {}, 1h);
    pool.advance(1h + timeout - 1ns);
    QVERIFY(!pool.errorOf(checkout));
    pool.advance(1h + timeout);
    QTEST(pool.errorOf(checkout).value_or(Error()).message(), "message");
}

void TestPool::aNegativeTimeOutIsOver()
{
    Pool pool({});
    const CheckoutId checkout = pool.checkout({.timeout = -5s}, 0s);
    (void)pool.call(checkout, {}, 0s);
    const Error error = pool.errorOf(checkout).value_or(Error());
    QCOMPARE(error.code(), Error::Timeout);
    QCOMPARE(error.message(), QStringLiteral("timed out at once: a negative time limit is over already"));
    QCOMPARE(error.detail(), QStringLiteral("it was not sent"));
}

void TestPool::everySettlementStartsTheTimeAnew()
{
    Pool pool({.minWorkers = 1, .timeout = 1s});
    pool.start(0s);
    connectAll(pool, 0s);
    const CheckoutId checkout = pool.checkout({}, 0s);
    for (int i = 0; i < 3; ++i)
        (void)pool.call(checkout, {}, 0s);
    QVERIFY(replied(pool, checkout, 900ms));
    QVERIFY(replied(pool, checkout, 1800ms));
    pool.advance(2700ms);
    QVERIFY(!pool.errorOf(checkout));
    pool.advance(2800ms);
    QVERIFY(pool.errorOf(checkout));
}

void TestPool::whenUnavailableKeepsOnlyWhatIsHeld()
{
    Pool pool({.minWorkers = 3});
    pool.start(0s);
    connectAll(pool, 0s);
    const CheckoutId held = pool.checkout({}, 0s);
    pool.setUnavailable(Error(Error::Unavailable, QStringLiteral("gone")), 0s);
    QCOMPARE(pool.workerCount(), 1);
    QVERIFY(!pool.errorOf(held));
    QCOMPARE(pool.errorOf(pool.checkout({}, 0s)).value().code(), Error::Unavailable);
    pool.release(held, 0s);
    QCOMPARE(pool.workerCount(), 0);
}

// Whatever they say when they go: a client must not connect as fast as it can.
void TestPool::workersThatNeverAnswerAreReplacedWithPauses()
{
    for (const Pool::Loss loss : {Pool::Loss::Unexpected, Pool::Loss::ForRoom}) {
        Pool pool({.minWorkers = 1, .maxWorkers = 1});
        pool.start(0s);
        (void)pool.call(pool.checkout({.timeout = 0s}, 0s), {}, 0s);
        int connections = 0;
        for (Time now = 0s; now < 3s; now += 1ms) {
            pool.advance(now);
            for (const Action &action : takeActions(pool)) {
                if (action.kind != Action::Connect)
                    continue;
                ++connections;
                pool.connected(action.worker, {.pipelines = true}, now);
                pool.lost(action.worker, Error(Error::WorkerLost, QStringLiteral("gone")), {}, now, loss);
            }
        }
        QVERIFY2(connections >= 3 && connections <= 12, qPrintable(QString::number(connections)));
    }
}

void TestPool::aCrowdWaitsAsCheaplyAsAFew()
{
    constexpr int Crowd = 20000;
    Pool pool({.minWorkers = 0, .maxWorkers = 1});
    for (int i = 0; i < Crowd; ++i)
        (void)pool.call(pool.checkout({.timeout = std::chrono::milliseconds(1 + i * 7919 % 60000)}, 0s), {}, 0s);
    qsizetype failed = 0;
    for (Time now = 0s; pool.waitingCount() > 0; now += 10ms) {
        pool.advance(now);
        failed += count(takeActions(pool), Action::Fail);
    }
    QCOMPARE(failed, Crowd);
    QVERIFY(!pool.nextWakeup());
}

QTEST_APPLESS_MAIN(TestPool)
#include "tst_pool.moc"
