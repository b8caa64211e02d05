// SPDX-License-Identifier: MIT
// Calls whose result goes to a QFuture.
#include "futures/awaiter.h"
#include "helpers/retold.h"
#include "helpers/stopwatch.h"
#include "helpers/unhandled.h"
#include "helpers/worklog.h"

#include <QtPrefork/WaitFor>

#include <QtCore/QFutureWatcher>
#include <QtCore/QThread>
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
inline constexpr Method<void(QString)> refusing{"refusing"};

void fill(Interface &interface)
{
    Test::addBasics(interface);
    interface.add(add, [](int a, int b) { return a + b; });
    interface.add(nothing, [] { });
    interface.add(failing, [](const QString &text) -> int { throw Error(text, QVariantMap{{"left", 0}}); });
    interface.add(passing, [](const QString &gate) { Gate::pass(gate); });
    interface.add(refusing, [](const QString &text) { throw Error(text); });
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

// Notes what a coroutine gets.
template <class T>
Task await(QFuture<T> future, QString *got)
{
    try {
        if constexpr (std::is_void_v<T>) {
            co_await future;
            *got = "nothing";
        } else {
            *got = QString::number(co_await future);
        }
    } catch (const Error &error) {
        *got = QVariant::fromValue(error.code()).toString() + ": " + error.message();
    }
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
    // What docs/futures.md says of Qt's continuations.
    void aChainRunsWhatFits_data()
    {
        QTest::addColumn<QString>("outcome");
        QTest::addColumn<bool>("isCanceledFirst"); // in the chain
        QTest::addColumn<QStringList>("ran");
        for (const bool isFirst : {true, false}) {
            const char *const order = isFirst ? "onCanceled, onFailed" : "onFailed, onCanceled";
            QTest::addRow("result; %s", order) << "result" << isFirst << QStringList("then");
            QTest::addRow("error; %s", order) << "error" << isFirst << QStringList("no luck");
            QTest::addRow("behind an error; %s", order) << "behind" << isFirst << QStringList("Canceled");
            QTest::addRow("canceled; %s", order)
                << "canceled" << isFirst << (isFirst ? QStringList("canceled") : QStringList());
        }
    }
    void aChainRunsWhatFits()
    {
        QFETCH(QString, outcome);
        QFETCH(bool, isCanceledFirst);
        QStringList ran;
        const auto onCanceled = [&ran] { ran.append("canceled"); };
        const auto onFailed = [&ran](const Error &error) {
            ran.append(error.code() == Error::Canceled ? "Canceled" : error.message());
        };
        Gate gate;
        if (outcome == "behind")
            m_checkout->call(failing, "no luck", nullptr, [] { });
        Call call;
        const CallMaker<> maker = m_checkout->with({.call = &call});
        QFuture<void> future
            = outcome == "error" ? maker.future(refusing, "no luck") : maker.future(passing, gate.path());
        const QFuture<void> first = future.then([&ran] { ran.append("then"); });
        const QFuture<void> end = isCanceledFirst ? QFuture<void>(first).onCanceled(onCanceled).onFailed(onFailed)
                                                  : QFuture<void>(first).onFailed(onFailed).onCanceled(onCanceled);
        if (outcome == "canceled")
            QVERIFY(call.cancel());
        gate.open();
        QVERIFY(waitFor(end));
        QTEST(ran, "ran");
        QVERIFY(!end.isCanceled());
        QCOMPARE(future.isCanceled(), outcome != "result"); // an error cancels too
        QVERIFY(!call.cancel()); // which, unlike QFuture::cancel(), is safe now
    }
    void aChainCarriesAValue()
    {
        const auto chained = [](QFuture<int> future) {
            return future.then([](int n) { return 10 * n; }).onCanceled([] { return -1; }).onFailed([] { return -2; });
        };
        const QFuture<int> failed = chained(m_checkout->future(failing, "no luck"));
        const QFuture<int> behind = chained(m_checkout->future(add, 1, 2));
        Call call;
        const QFuture<int> canceled = chained(m_client->with({.call = &call}).future(add, 1, 2));
        QVERIFY(call.cancel());
        QVERIFY(waitFor(failed) && waitFor(behind) && waitFor(canceled));
        const QFuture<int> fine = chained(m_checkout->future(add, 1, 2));
        QVERIFY(waitFor(fine));
        QCOMPARE(QList<int>({fine.result(), failed.result(), behind.result(), canceled.result()}),
                 QList<int>({30, -2, -2, -1}));
    }
    void cancelingAContinuationDoesNotReachTheCall()
    {
        bool hasRun = false;
        const QFuture<int> future = m_checkout->future(add, 1, 2);
        QFuture<void> continuation = QFuture<int>(future).then([&hasRun](int) { hasRun = true; });
        continuation.cancel();
        QVERIFY(waitFor(future));
        QVERIFY(hasRun && !future.isCanceled());
        QCOMPARE(future.result(), 3);
    }
    void aSecondContinuationTakesThePlaceOfTheFirst()
    {
        QStringList ran;
        QFuture<int> future = m_checkout->future(add, 1, 2);
        const QFuture<void> first
            = future.then([&ran](int) { ran.append("first"); }).onCanceled([&ran] { ran.append("first canceled"); });
        const QFuture<void> second = future.then([&ran](int) { ran.append("second"); });
        QVERIFY(waitFor(second) && waitFor(first));
        QCOMPARE(ran, QStringList({"first canceled", "second"}));
    }
    void aContinuationRunsInTheThreadOfItsContext()
    {
        QThread thread;
        QObject elsewhere;
        elsewhere.moveToThread(&thread);
        thread.start();
        const auto here = [](int) { return QThread::currentThread(); };
        const QFuture<QThread *> own = m_checkout->future(add, 1, 2).then(this, here);
        const QFuture<QThread *> other = m_checkout->future(add, 1, 2).then(&elsewhere, here);
        const bool areInTime = waitFor(own) && waitFor(other);
        thread.quit();
        thread.wait();
        QVERIFY(areInTime);
        QCOMPARE(own.result(), QThread::currentThread());
        QCOMPARE(other.result(), &thread);
    }
    void allAreWaitedFor()
    {
        m_checkout->release();
        QList<QFuture<int>> futures{m_client->future(add, 1, 2), m_client->future(failing, "no luck"),
                                    m_client->future(add, 3, 4)};
        const QFuture<QList<QFuture<int>>> all = QtFuture::whenAll(futures.begin(), futures.end());
        QVERIFY(waitFor(all));
        QVERIFY(!all.isCanceled());
        const QList<QFuture<int>> finished = all.result();
        QCOMPARE(finished.size(), 3);
        QCOMPARE(finished.at(0).result() + finished.at(2).result(), 10);
        QCOMPARE(errorOf(finished.at(1)).message(), "no luck");
    }
    void anyIsWaitedFor()
    {
        Gate gate;
        QList<QFuture<void>> futures{m_checkout->future(passing, gate.path())};
        const std::unique_ptr<Client> other = makeClient({.protocol = Protocol::Native}); // with workers of its own
        futures.append(other->future(refusing, "no luck"));
        const QFuture<QtFuture::WhenAnyResult<void>> any = QtFuture::whenAny(futures.begin(), futures.end());
        QVERIFY(waitFor(any));
        QCOMPARE(any.result().index, 1);
        QCOMPARE(errorOf(any.result().future).message(), "no luck");
        QVERIFY(!futures.at(0).isFinished());
        gate.open();
        QVERIFY(waitFor(futures.at(0)) && !futures.at(0).isCanceled());
    }
    void aWatcherTellsOfTheEnd_data()
    {
        QTest::addColumn<QString>("outcome");
        QTest::addColumn<QStringList>("told");
        QTest::newRow("result") << "result" << QStringList({"result", "finished"});
        QTest::newRow("error") << "error" << QStringList({"canceled", "finished"});
        QTest::newRow("canceled") << "canceled" << QStringList({"canceled", "finished"});
    }
    void aWatcherTellsOfTheEnd()
    {
        QFETCH(QString, outcome);
        QStringList told;
        QFutureWatcher<int> watcher;
        connect(&watcher, &QFutureWatcherBase::resultReadyAt, this, [&told] { told.append("result"); });
        connect(&watcher, &QFutureWatcherBase::canceled, this, [&told] { told.append("canceled"); });
        connect(&watcher, &QFutureWatcherBase::finished, this, [&told] { told.append("finished"); });
        Call call;
        watcher.setFuture(outcome == "error" ? m_checkout->future(failing, "no luck")
                                             : m_checkout->with({.call = &call}).future(add, 1, 2));
        if (outcome == "canceled")
            call.cancel();
        WAIT_FOR(told.contains("finished"));
        QTEST(told, "told");
    }
    void aCoroutineAwaitsFutures()
    {
        QString number, nothingMore, error, canceled, ready;
        Gate gate;
        await(m_checkout->future(add, 1, 2), &number);
        await(m_checkout->future(nothing), &nothingMore);
        Call call;
        await(m_checkout->with({.call = &call}).future(passing, gate.path()), &canceled);
        await(m_checkout->future(failing, "no luck"), &error);
        QVERIFY(call.cancel());
        WAIT_FOR(!error.isEmpty() && !canceled.isEmpty());
        await(QtFuture::makeReadyFuture(7), &ready);
        QCOMPARE(QStringList({number, nothingMore, canceled, error, ready}),
                 QStringList({"3", "nothing", "Canceled: the call was canceled", "WorkerError: no luck", "7"}));
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
        Test::Stopwatch time;
        future.cancel();
        WAIT_FOR(!Test::isRunning(m_pid));
        const Test::Stopwatch::Milliseconds taken = time.stop();
        QVERIFY2(taken < 500ms, qPrintable(QString::number(taken.count())));
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
