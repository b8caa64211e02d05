// SPDX-License-Identifier: MIT
// Calls whose result goes to a QFuture.
#include "helpers/retold.h"
#include "helpers/unhandled.h"
#include "helpers/worklog.h"

#include <QtCore/QElapsedTimer>
#include <QtCore/QFutureWatcher>
#include <QtTest/QSignalSpy>

using namespace Prefork;
using namespace std::chrono_literals;
using Test::Gate;
using Test::WorkLog;

namespace {

inline constexpr Method<int(int, int)> add{"add"};
inline constexpr Method<void()> nothing{"nothing"};
inline constexpr Method<int(QString)> failing{"failing"};
inline constexpr Method<void(QString)> passing{"passing"};

void fill(Interface &interface)
{
    Test::addBasics(interface);
    interface.add(add, [](int a, int b) { return a + b; });
    interface.add(nothing, [] { });
    interface.add(failing, [](const QString &text) -> int { throw Error(text, QVariantMap{{"left", 0}}); });
    interface.add(passing, [](const QString &gate) { Gate::pass(gate); });
}

// The error a future holds; of one that has none, NoError.
template <class T>
Error errorOf(QFuture<T> future)
{
    try {
        future.waitForFinished();
    } catch (const Error &error) {
        return error;
    }
    return {};
}

}

class NativeFuturesTest : public Test::InBothPlaces
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data() { addPlaces(); }
    void init()
    {
        m_unhandled = std::make_unique<Test::UnhandledErrors>();
        m_client = makeClient({.minWorkers = 1, .maxWorkers = 1, .protocol = Protocol::Native});
        m_checkout = m_client->checkout();
        m_pid = Test::pidOf(m_checkout);
    }
    void cleanup()
    {
        m_checkout.reset();
        m_client.reset();
        QCOMPARE(m_unhandled->messages(), QStringList());
        m_unhandled.reset();
    }

    void aFutureGetsTheResult_data() { addMakers(); }
    void aFutureGetsTheResult()
    {
        const QFuture<int> sum = make(add, 20, 22);
        const QFuture<void> none = make(nothing);
        QVERIFY(!sum.isFinished());
        m_checkout->release();
        WAIT_FOR(sum.isFinished() && none.isFinished());
        QCOMPARE(sum.result(), 42);
        QVERIFY(!none.isCanceled());
    }
    void aContinuationGetsTheResult()
    {
        int seen = 0;
        m_checkout->future(add, 1, 2).then([&seen](int sum) { seen = sum; });
        WAIT_COMPARE(seen, 3);
    }
    void anErrorIsTheFuturesAndNobodyElses_data() { addMakers(); }
    void anErrorIsTheFuturesAndNobodyElses()
    {
        int catchers = 0;
        std::optional<QFuture<int>> future;
        frameTry([&] { future = make(failing, "no luck"); }, [&catchers](const Error &) { ++catchers; });
        m_checkout->release();
        WAIT_FOR(future->isFinished());
        const Error error = errorOf(*future);
        QCOMPARE(error.code(), Error::WorkerError);
        QCOMPARE(error.message(), "no luck");
        QCOMPARE(error.method(), "failing");
        QCOMPARE(error.data(), QVariant(QVariantMap{{"left", 0}}));
        QVERIFY2(error.backTrace().contains("tst_native_futures.cpp") && error.backTrace().contains("-> failing"),
                 qPrintable(error.backTrace()));
        QCOMPARE(catchers, 0);
    }
    void thoseBehindAnErrorAreCanceled()
    {
        const QFuture<int> first = m_checkout->future(failing, "no luck");
        const QFuture<int> second = m_checkout->future(add, 1, 2);
        WAIT_FOR(first.isFinished() && second.isFinished());
        QCOMPARE(errorOf(first).message(), "no luck");
        QVERIFY(second.isCanceled());
        QCOMPARE(second.resultCount(), 0);
        const Error why = errorOf(second);
        QCOMPARE(why.code(), Error::Canceled);
        QCOMPARE(why.detail(), "no luck");
        QCOMPARE(why.method(), "add");
        QVERIFY(!why.isFatal() && why.backTrace().contains("-> add"));
        QVERIFY_EXCEPTION_THROWN(static_cast<void>(second.result()), Error);
        QCOMPARE(Test::pidOf(m_checkout), m_pid);
    }
    // The method does not ask whether it was canceled, and is given no time to end by itself.
    void cancelingEndsADeafWorker_data() { addMakers(); }
    void cancelingEndsADeafWorker()
    {
        QFETCH(bool, isOneShot);
        m_checkout.reset();
        m_client = makeClient({.minWorkers = 1, .maxWorkers = 1, .cancelGrace = 0ms, .protocol = Protocol::Native});
        m_checkout = m_client->checkout();
        m_pid = Test::pidOf(m_checkout);
        if (isOneShot)
            m_checkout->release();
        const Gate gate;
        QFuture<void> future = make(passing, gate.path());
        WAIT_FOR(gate.isReached());
        QVERIFY(Test::isRunning(m_pid));
        QElapsedTimer timer;
        timer.start();
        future.cancel();
        WAIT_FOR(!Test::isRunning(m_pid));
        QVERIFY2(timer.elapsed() < 500, qPrintable(QString::number(timer.elapsed())));
        WAIT_FOR(future.isFinished());
        QVERIFY(future.isCanceled());
        if (!isOneShot) {
            WAIT_FOR(m_checkout->error());
            QCOMPARE(m_checkout->error()->code(), Error::WorkerLost);
        }
        QVERIFY(Test::pidOf(m_client->checkout()) > 0);
    }
    // That is what distinguishes it from an error.
    void cancelingOneShotsLosesNoOthers()
    {
        m_checkout->release();
        const Gate gate;
        QFuture<void> future = m_client->future(passing, gate.path());
        WAIT_FOR(gate.isReached());
        const QFuture<int> sum = m_client->future(add, 1, 2);
        WAIT_COMPARE(m_client->bytesToWrite(), 0);
        QCOMPARE(m_client->waitingCheckoutCount(), 0);
        future.cancel();
        WAIT_FOR(sum.isFinished());
        QCOMPARE(errorOf(sum).message(), QString());
        QCOMPARE(sum.result(), 3);
    }
    void aFutureOfADeadClientIsFinished()
    {
        const Gate gate;
        const QFuture<void> running = m_checkout->future(passing, gate.path());
        const QFuture<int> behind = m_checkout->future(add, 1, 2);
        WAIT_FOR(gate.isReached());
        m_client.reset();
        QVERIFY(running.isFinished() && behind.isFinished());
        QCOMPARE(errorOf(running).code(), Error::Shutdown);
        QCOMPARE(errorOf(behind).code(), Error::Canceled);
        QCOMPARE(errorOf(behind).detail(), "the client was destroyed");
    }

private:
    static void addMakers()
    {
        QTest::addColumn<bool>("isOneShot");
        QTest::newRow("of a checkout") << false;
        QTest::newRow("one-shot") << true;
    }
    template <class R, class... A, class... Arguments>
    [[nodiscard]] QFuture<R> make(Method<R(A...)> method, const Arguments &...arguments)
    {
        QFETCH(bool, isOneShot);
        return isOneShot ? m_client->future(method, arguments...) : m_checkout->future(method, arguments...);
    }

    std::unique_ptr<Test::UnhandledErrors> m_unhandled;
    std::unique_ptr<Client> m_client;
    CheckoutPtr m_checkout;
    qint64 m_pid = 0;
};

PREFORK_RETOLD_MAIN(NativeFuturesTest, fill)
#include "tst_native_futures.moc"
