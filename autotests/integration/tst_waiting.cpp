// SPDX-License-Identifier: MIT
// flush(), and waiting for futures in the thread of their client.
#include "helpers/answers.h"
#include "helpers/embedded.h"
#include "helpers/gate.h"
#include "helpers/unhandled.h"

#include <QtPrefork/Client>
#include <QtPrefork/WaitFor>

#include <QtCore/QPromise>
#include <QtCore/QThread>

#include <thread>

using namespace Prefork;
using namespace std::chrono_literals;
using Test::Gate;

namespace {

inline constexpr Method<int(int)> twice{"twice"};
inline constexpr Method<void(QString)> failing{"failing"};
inline constexpr Method<void(QString)> passing{"passing"};

void fill(Interface &interface)
{
    Test::addBasics(interface);
    interface.add(twice, [](int n) { return 2 * n; });
    interface.add(failing, [](const QString &text) { throw Error(text); });
    interface.add(passing, [](const QString &gate) { Gate::pass(gate); });
}

// Without turning an event loop.
template <class Condition>
[[nodiscard]] bool comesTrue(Condition condition)
{
    const QDeadlineTimer patience(Test::Patience);
    while (!condition() && !patience.hasExpired())
        std::this_thread::sleep_for(1ms);
    return condition();
}

}

class WaitingTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_unhandled = std::make_unique<Test::UnhandledErrors>();
        m_client = std::make_unique<Client>(Test::zygote(), ClientOptions{.minWorkers = 1, .maxWorkers = 1});
        m_checkout = m_client->checkout();
        QVERIFY(Test::pidOf(m_checkout) > 0);
    }
    void cleanup()
    {
        m_checkout.reset();
        m_client.reset();
        QCOMPARE(m_unhandled->messages(), QStringList());
        m_unhandled.reset();
    }

    void aFlushedCallRunsWhileTheLoopStandsStill_data();
    void aFlushedCallRunsWhileTheLoopStandsStill();
    void flushingSettlesNothing();
    void flushingTwiceWritesOnce();
    void aFutureCanceledBeforeTheFlushNeverStarts();
    void whatHasNoWorkerIsNotFlushed();
    void flushingInACallback();

    void waitingForAResult();
    void waitingForAnError();
    void waitingForACanceledOne();
    void waitingForWhatHasFinished();
    void theTimeOutCancelsNothing();
    void whileItWaitsOtherThingsGoOn();
    void waitingInsideACallback();
    void waitingForAContinuation();
    void waitingForAnotherThread();
    void anotherThreadWaits();
    void theClientEndsMeanwhile();

private:
    std::unique_ptr<Test::UnhandledErrors> m_unhandled;
    std::unique_ptr<Client> m_client;
    CheckoutPtr m_checkout;
};

void WaitingTest::aFlushedCallRunsWhileTheLoopStandsStill_data()
{
    QTest::addColumn<bool>("isOneShot");
    QTest::addColumn<bool>("byCheckout");
    QTest::newRow("a checkout's, by the checkout") << false << true;
    QTest::newRow("a checkout's, by the client") << false << false;
    QTest::newRow("one-shot") << true << false;
}

void WaitingTest::aFlushedCallRunsWhileTheLoopStandsStill()
{
    QFETCH(bool, isOneShot);
    QFETCH(bool, byCheckout);
    if (isOneShot) {
        m_checkout->release();
        WAIT_COMPARE(m_client->idleWorkerCount(), 1);
    }
    Gate gate;
    gate.open();
    const QFuture<void> future
        = isOneShot ? m_client->future(passing, gate.path()) : m_checkout->future(passing, gate.path());
    QVERIFY(m_client->bytesToWrite() > 0);
    QVERIFY(byCheckout ? m_checkout->flush() : m_client->flush());
    QCOMPARE(m_client->bytesToWrite(), 0);
    QVERIFY(comesTrue([&gate] { return gate.isReached(); }));
    QVERIFY(!future.isFinished());
    QVERIFY(waitFor(future));
}

void WaitingTest::flushingSettlesNothing()
{
    QStringList heard;
    connect(m_checkout.get(), &Checkout::finished, this, [&heard] { heard.append("finished"); });
    connect(m_client.get(), &Client::bytesWritten, this, [&heard] { heard.append("written"); });
    Gate gate;
    gate.open();
    m_checkout->call(passing, gate.path(), [&heard] { heard.append("called back"); });
    m_checkout->call("echo", {QVariant::fromValue(static_cast<void *>(nullptr))}, nullptr,
                     [&heard] { heard.append("failed"); });
    QVERIFY(m_checkout->flush());
    QVERIFY(comesTrue([&gate] { return gate.isReached(); }));
    m_checkout->flush();
    QCOMPARE(heard, QStringList());
    QVERIFY(m_checkout->waitForSettled());
    QCOMPARE(heard.count("written"), 1);
    heard.removeOne("written");
    QCOMPARE(heard, QStringList({"finished", "called back", "failed"}));
}

void WaitingTest::flushingTwiceWritesOnce()
{
    QVERIFY(!m_checkout->flush());
    QVERIFY(!m_client->flush());
    const QFuture<int> future = m_checkout->future(twice, 4);
    QVERIFY(m_checkout->flush());
    QVERIFY(!m_checkout->flush());
    QVERIFY(waitFor(future));
    QCOMPARE(future.result(), 8);
}

void WaitingTest::aFutureCanceledBeforeTheFlushNeverStarts()
{
    const QVariant before = Test::answer(m_checkout, "count");
    QFuture<QVariant> future = m_checkout->future("count");
    future.cancel();
    m_checkout->flush();
    QVERIFY(waitFor(future));
    if (defaultProtocol() == Protocol::Native) // over JSON the checkout ends, with its worker
        QCOMPARE(Test::answer(m_checkout, "count"), QVariant(before.toLongLong() + 1));
}

void WaitingTest::whatHasNoWorkerIsNotFlushed()
{
    const CheckoutPtr inLine = m_client->checkout();
    const QFuture<int> future = inLine->future(twice, 4);
    QVERIFY(!inLine->flush());
    QVERIFY(m_client->bytesToWrite() > 0 && inLine->bytesToWrite() == m_client->bytesToWrite());
    m_checkout->release();
    QVERIFY(waitFor(future));
    QCOMPARE(future.result(), 8);
}

void WaitingTest::flushingInACallback()
{
    Gate gate;
    gate.open();
    bool isReached = false;
    m_checkout->call(twice, 1, [&] {
        m_checkout->call(passing, gate.path());
        m_checkout->flush();
        isReached = comesTrue([&gate] { return gate.isReached(); });
    });
    QVERIFY(m_checkout->waitForSettled());
    QVERIFY(isReached);
}

void WaitingTest::waitingForAResult()
{
    const QFuture<int> number = m_checkout->future(twice, 21);
    QVERIFY(!number.isFinished());
    QVERIFY(waitFor(number));
    QCOMPARE(number.result(), 42);
    const QFuture<QVariant> any = m_checkout->future("echo", {"a"});
    QVERIFY(waitFor(any, 1h * 24 * 365 * 1000));
    QCOMPARE(any.result(), "a");
}

void WaitingTest::waitingForAnError()
{
    const QFuture<void> future = m_checkout->future(failing, "no luck");
    QVERIFY(waitFor(future));
    QVERIFY_EXCEPTION_THROWN(QFuture<void>(future).waitForFinished(), Error);
}

void WaitingTest::waitingForACanceledOne()
{
    const Gate gate;
    Call call;
    const QFuture<void> future = m_checkout->with({.call = &call}).future(passing, gate.path());
    QTimer::singleShot(0, this, [call] { call.cancel(); });
    QVERIFY(waitFor(future));
    QVERIFY(future.isCanceled());
}

void WaitingTest::waitingForWhatHasFinished()
{
    QVERIFY(waitFor(QtFuture::makeReadyFuture(7), 0ms));
    QVERIFY(waitFor(QFuture<int>()));
    const QFuture<int> future = m_checkout->future(twice, 1);
    QVERIFY(!waitFor(future, 0ms));
    QVERIFY(!waitFor(future, -5s));
    QVERIFY(waitFor(future));
}

void WaitingTest::theTimeOutCancelsNothing()
{
    Gate gate;
    const QFuture<void> future = m_checkout->future(passing, gate.path());
    const QFuture<int> behind = m_checkout->future(twice, 3);
    QVERIFY(!waitFor(future, 20ms));
    WAIT_FOR(gate.isReached());
    QVERIFY(!waitFor(future, 20ms));
    QVERIFY(!future.isCanceled() && !future.isFinished());
    gate.open();
    QVERIFY(waitFor(behind));
    QVERIFY(future.isFinished() && !future.isCanceled());
    QCOMPARE(behind.result(), 6);
}

void WaitingTest::whileItWaitsOtherThingsGoOn()
{
    Gate gate;
    int ticks = 0;
    QString result;
    QTimer timer;
    connect(&timer, &QTimer::timeout, this, [&] {
        if (++ticks == 3)
            gate.open();
    });
    timer.start(1ms);
    m_checkout->call("echo", {"heard"}, [&result](const QVariant &value) { result = value.toString(); });
    QVERIFY(waitFor(m_checkout->future(passing, gate.path())));
    QVERIFY(ticks >= 3);
    QCOMPARE(result, "heard");
}

void WaitingTest::waitingInsideACallback()
{
    int result = 0;
    m_checkout->call(twice, 1, [&](int n) {
        const QFuture<int> inner = m_checkout->future(twice, n);
        if (waitFor(inner))
            result = inner.result();
    });
    QVERIFY(m_checkout->waitForSettled());
    QCOMPARE(result, 4);
}

void WaitingTest::waitingForAContinuation()
{
    const QFuture<QString> text = m_checkout->future(twice, 4).then([](int n) { return n + 1; }).then(this, [](int n) {
        return QString::number(n);
    });
    QVERIFY(waitFor(text));
    QCOMPARE(text.result(), "9");
}

void WaitingTest::waitingForAnotherThread()
{
    QPromise<int> promise;
    promise.start();
    std::thread thread([&promise] {
        promise.addResult(5);
        promise.finish();
    });
    const bool isInTime = waitFor(promise.future());
    thread.join();
    QVERIFY(isInTime);
}

void WaitingTest::anotherThreadWaits()
{
    const QFuture<int> future = m_checkout->future(twice, 8);
    int result = 0;
    const std::unique_ptr<QThread> thread(QThread::create([&] {
        if (waitFor(future))
            result = future.result();
    }));
    thread->start();
    WAIT_FOR(thread->isFinished());
    QCOMPARE(result, 16);
}

void WaitingTest::theClientEndsMeanwhile()
{
    const Gate gate;
    const QFuture<void> future = m_client->future(passing, gate.path());
    QTimer::singleShot(0, this, [this] { m_client.reset(); });
    QVERIFY(waitFor(future));
    QVERIFY(future.isCanceled()); // as every future with an error is
    QVERIFY_EXCEPTION_THROWN(QFuture<void>(future).waitForFinished(), Error);
}

PREFORK_TEST_MAIN(WaitingTest, fill)
#include "tst_waiting.moc"
