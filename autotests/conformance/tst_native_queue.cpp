// SPDX-License-Identifier: MIT
// Many calls of a checkout at its worker at a time: what becomes of them when one fails, or the worker does.
#include "helpers/retold.h"
#include "helpers/worklog.h"

#include <QtTest/QSignalSpy>

#include <numeric>

using namespace Prefork;
using namespace std::chrono_literals;
using Test::Gate;
using Test::WorkLog;

namespace {

constexpr int Window = 64;

// In a worker.
QString s_doneLog;
QString s_doneGate;

void fill(Interface &interface)
{
    Test::addBasics(interface);
    Test::addNoting(interface);
    interface.add("tidyLater", [](const QVariantList &arguments) {
        s_doneLog = arguments.value(0).toString();
        s_doneGate = arguments.value(1).toString();
        return QVariant(qint64(::getpid()));
    });
    interface.checkoutDone([] {
        if (s_doneGate.isEmpty())
            return;
        Gate::pass(std::exchange(s_doneGate, {}));
        WorkLog::append(s_doneLog, QStringLiteral("done"));
    });
}

QList<CallId> callsOf(const QSignalSpy &spy)
{
    QList<CallId> calls;
    for (const QVariantList &emission : spy)
        calls.append(emission.first().value<CallId>());
    return calls;
}

QStringList numbers(int first, int last)
{
    QStringList list;
    for (int i = first; i <= last; ++i)
        list.append(QString::number(i));
    return list;
}

void stop(qint64 pid)
{
    ::kill(pid_t(pid), SIGSTOP);
    WAIT_FOR(Test::statOf(pid).value(0) == "T");
}

}

class NativeQueueTest : public Test::InBothPlaces
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data() { addPlaces(); }

    void anErrorKeepsThoseBehindItFromRunning_data()
    {
        QTest::addColumn<int>("calls");
        QTest::newRow("as many as the window takes") << Window;
        QTest::newRow("more") << 3 * Window;
    }
    void anErrorKeepsThoseBehindItFromRunning()
    {
        QFETCH(int, calls);
        const auto client
            = makeClient({.minWorkers = 1, .maxWorkers = 1, .protocol = Protocol::Native, .maxInFlight = Window});
        const CheckoutPtr checkout = client->checkout();
        const qint64 pid = Test::pidOf(checkout);
        QSignalSpy finished(checkout.get(), &Checkout::finished);
        QSignalSpy errored(checkout.get(), &Checkout::errored);
        QSignalSpy canceled(checkout.get(), &Checkout::canceled);
        const WorkLog log;
        Gate gate;
        Test::Journal journal;
        checkout->call("notePassing", {log.path(), 1, gate.path()});
        checkout->call("note", {log.path(), 2});
        journal.call(checkout, "third", "noteAndFail", {log.path(), 3});
        for (int i = 4; i <= calls; ++i)
            checkout->call("note", {log.path(), i});
        WAIT_FOR(gate.isReached());
        if (calls == Window)
            WAIT_COMPARE(checkout->bytesToWrite() + client->bytesToWrite(), 0); // all are with the worker
        else
            QVERIFY(checkout->bytesToWrite() > 0);
        QCOMPARE(checkout->pendingCallCount(), calls);
        gate.open();
        QVERIFY(checkout->waitForSettled(Test::Patience));

        QCOMPARE(journal.entries(), QStringList("third!no luck"));
        QCOMPARE(callsOf(finished), QList<CallId>({2, 3})); // pidOf() was the first
        QCOMPARE(callsOf(errored), QList<CallId>{4});
        QList<CallId> behind(calls - 3);
        std::iota(behind.begin(), behind.end(), CallId(5));
        QCOMPARE(callsOf(canceled), behind);

        QCOMPARE(Test::answer(checkout, "note", {log.path(), "next"}),
                 QVariant(pid)); // behind them on the same connection
        QCOMPARE(log.entries(), QStringList({"1", "2", "3", "next"}));
        QCOMPARE(canceled.size(), calls - 3);
    }
    // Those made by the catcher, in the middle of the replies, belong to no error.
    void callsMadeAfterAnErrorRun()
    {
        const auto client = makeClient({.minWorkers = 1, .maxWorkers = 1, .protocol = Protocol::Native});
        const CheckoutPtr checkout = client->checkout();
        const WorkLog log;
        for (int round = 0; round < 20; ++round) {
            frameTry([&] { checkout->call("noteAndFail", {log.path(), round}); },
                     [&, round](const Error &) { checkout->call("note", {log.path(), 1000 + round}); });
            for (int i = 0; i < 20; ++i)
                checkout->call("note", {log.path(), "never"});
            QVERIFY(checkout->waitForSettled(Test::Patience));
        }
        QStringList expected;
        for (int round = 0; round < 20; ++round)
            expected += QStringList({QString::number(round), QString::number(1000 + round)});
        QCOMPARE(log.entries(), expected);
    }

    void callsThatNeverBeganAreMadeElsewhere()
    {
        const auto client = makeClient({.minWorkers = 1, .maxWorkers = 1, .protocol = Protocol::Native});
        const qint64 pid = Test::pidOf(client->checkout());
        WAIT_COMPARE(client->idleWorkerCount(), 1);
        stop(pid);
        const WorkLog log;
        const CheckoutPtr checkout = client->checkout();
        QList<qint64> pids;
        for (int i = 1; i <= 10; ++i)
            checkout->call("note", {log.path(), i},
                           [&pids](const QVariant &value) { pids.append(value.toLongLong()); });
        WAIT_COMPARE(client->bytesToWrite(), 0);
        ::kill(pid_t(pid), SIGKILL);
        QVERIFY(checkout->waitForSettled(Test::Patience));
        QVERIFY2(!checkout->error(), checkout->error() ? qPrintable(checkout->error()->detail()) : "");
        QCOMPARE(log.entries(), numbers(1, 10));
        QCOMPARE(pids.size(), 10);
        QVERIFY(!pids.contains(pid));
        QCOMPARE(pids.count(pids.first()), 10);
    }
    void aWorkerThatDiesInTheMiddleTakesItsCheckoutAlong()
    {
        const auto client = makeClient({.minWorkers = 1, .maxWorkers = 1, .protocol = Protocol::Native});
        const qint64 pid = Test::pidOf(client->checkout());
        const WorkLog log;
        const Gate gate;
        const CheckoutPtr checkout = client->checkout();
        QSignalSpy canceled(checkout.get(), &Checkout::canceled);
        Test::Journal journal;
        journal.call(checkout, "begun", "notePassing", {log.path(), 1, gate.path()});
        for (int i = 2; i <= 10; ++i)
            journal.call(checkout, "behind", "note", {log.path(), i});
        WAIT_FOR(gate.isReached());
        WAIT_COMPARE(client->bytesToWrite(), 0);
        ::kill(pid_t(pid), SIGKILL);
        QVERIFY(checkout->waitForSettled(Test::Patience));
        QCOMPARE(journal.entries(), QStringList("begun!worker connection suddenly died"));
        QVERIFY(checkout->error());
        QCOMPARE(checkout->error()->code(), Error::WorkerLost);
        QCOMPARE(checkout->error()->detail(), "the worker was killed by SIGKILL");
        QCOMPARE(canceled.size(), 9);
        QVERIFY(Test::pidOf(client->checkout()) > 0);
        QCOMPARE(log.entries(), QStringList("1"));
    }
    void aDeadIdleWorkersSuccessorServesTheNextCall()
    {
        const auto client = makeClient({.minWorkers = 1, .maxWorkers = 1, .protocol = Protocol::Native});
        const WorkLog log;
        for (int i = 0; i < 20; ++i) {
            const qint64 pid = Test::pidOf(client->checkout());
            QVERIFY(pid > 0);
            WAIT_COMPARE(client->idleWorkerCount(), 1);
            ::kill(pid_t(pid), SIGKILL);
            while (Test::isRunning(pid)) { } // the client has no turn to notice
            const QVariant next = Test::answer(client->checkout(), "note", {log.path(), i});
            QVERIFY2(next.toLongLong() > 0 && next != QVariant(pid), qPrintable(next.toString()));
        }
        QCOMPARE(log.entries(), numbers(0, 19));
    }

    void theProtocolChangesOnlyWhileNobodyUsesIt()
    {
        const auto client = makeClient({.minWorkers = 1, .maxWorkers = 1, .protocol = Protocol::Native});
        CheckoutPtr checkout = client->checkout();
        const qint64 pid = Test::pidOf(checkout);
        QVERIFY(client->setProtocol(Protocol::Native)); // no change
        QVERIFY(!client->setProtocol(Protocol::Json));
        QCOMPARE(client->protocol(), Protocol::Native);
        QCOMPARE(Test::pidOf(checkout), pid);
        checkout.reset();
        bool isSettled = false;
        client->call("echo", {1}, [&isSettled] { isSettled = true; });
        QVERIFY(!client->setProtocol(Protocol::Json));
        WAIT_FOR(isSettled);

        const auto bytesOf = [&] { return Test::answer(client->checkout(), "echo", {QByteArray("b")}).typeId(); };
        QCOMPARE(bytesOf(), int(QMetaType::QByteArray));
        WAIT_FOR(client->setProtocol(Protocol::Json));
        QCOMPARE(client->protocol(), Protocol::Json);
        const qint64 next = Test::pidOf(client->checkout());
        QVERIFY(next > 0 && next != pid);
        QCOMPARE(bytesOf(), int(QMetaType::QString)); // which has no other
        WAIT_FOR(client->setProtocol(Protocol::Native));
        QCOMPARE(bytesOf(), int(QMetaType::QByteArray));
    }
    void theNextCheckoutWaitsForCheckoutDone()
    {
        const auto client = makeClient({.minWorkers = 1, .maxWorkers = 1, .protocol = Protocol::Native});
        const WorkLog log;
        Gate gate;
        CheckoutPtr first = client->checkout();
        const qint64 pid = Test::answer(first, "tidyLater", {log.path(), gate.path()}).toLongLong();
        const CheckoutPtr second = client->checkout();
        QVariant secondPid;
        second->call("note", {log.path(), "next"}, [&secondPid](const QVariant &value) { secondPid = value; });
        first.reset();
        WAIT_FOR(gate.isReached());
        QCOMPARE(client->waitingCheckoutCount(), 1);
        QCOMPARE(client->idleWorkerCount(), 0);
        QCOMPARE(client->bytesToWrite(), second->bytesToWrite()); // nothing of it is on its way
        gate.open();
        WAIT_COMPARE(secondPid, QVariant(pid));
        QCOMPARE(log.entries(), QStringList({"done", "next"}));
    }
};

PREFORK_RETOLD_MAIN(NativeQueueTest, fill)
#include "tst_native_queue.moc"
