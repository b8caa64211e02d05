// SPDX-License-Identifier: MIT
// How much a client takes on, and how long it reads.
#include "helpers/retold.h"
#include "helpers/worklog.h"

#include <QtTest/QSignalSpy>

#include <numeric>

using namespace Prefork;
using namespace std::chrono_literals;
using Test::Gate;

namespace {

constexpr qint64 MiB = 1024 * 1024;

void fill(Interface &interface)
{
    Test::addBasics(interface);
    interface.add("size",
                  [](const QVariantList &arguments) { return QVariant(arguments.value(0).toByteArray().size()); });
    interface.add("pass",
                  [](const QVariantList &arguments) { return Gate::pass(arguments.value(0).toString()), QVariant(); });
}

QByteArray load(qint64 size)
{
    return QByteArray(qsizetype(size), 'x');
}

}

class NativeFlowTest : public Test::InBothPlaces
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data() { addPlaces(); }

    // As long as other events wait, there is one reply at a time.
    void withoutABudgetEveryReplyLetsTheEventLoopTurn()
    {
        constexpr int Count = 64;
        const auto client
            = makeClient({.minWorkers = 1, .maxWorkers = 1, .protocol = Protocol::Native, .readBudget = 0us});
        const CheckoutPtr checkout = client->checkout();
        QCOMPARE(Test::answer(checkout, "echo", {1}), QVariant(1));
        Gate gate;
        QList<int> replies;
        int turns = 0;
        QList<int> turnsBefore;
        checkout->call("pass", {gate.path()});
        for (int i = 0; i < Count - 1; ++i) {
            checkout->call("echo", {i}, [&](const QVariant &value) {
                replies.append(value.toInt());
                turnsBefore.append(turns);
                QTimer::singleShot(0, checkout.get(), [&turns] { ++turns; });
            });
        }
        WAIT_FOR(gate.isReached());
        WAIT_COMPARE(client->bytesToWrite() + checkout->bytesToWrite(), 0);
        gate.open();
        QVERIFY(checkout->waitForSettled(Test::Patience));
        QList<int> expected(Count - 1);
        std::iota(expected.begin(), expected.end(), 0);
        QCOMPARE(replies, expected);
        QCOMPARE(turnsBefore, expected); // each had its turn before the next reply
    }
    void withoutABudgetAllRepliesCome_data()
    {
        QTest::addColumn<int>("payload");
        QTest::newRow("small") << 1;
        QTest::newRow("larger than a read") << 300000;
    }
    void withoutABudgetAllRepliesCome()
    {
        QFETCH(int, payload);
        const int count = payload > 1000 ? 30 : 1000;
        const auto client
            = makeClient({.minWorkers = 1, .maxWorkers = 3, .protocol = Protocol::Native, .readBudget = 0us});
        std::array<CheckoutPtr, 3> checkouts;
        int replies = 0;
        for (CheckoutPtr &checkout : checkouts) {
            checkout = client->checkout();
            for (int i = 0; i < count; ++i) {
                checkout->call("echo", {QByteArray(payload, char('a' + i % 26))},
                               [&replies, payload, i](const QVariant &value) {
                                   replies += value.toByteArray() == QByteArray(payload, char('a' + i % 26));
                               });
            }
        }
        for (const CheckoutPtr &checkout : checkouts)
            QVERIFY(checkout->waitForSettled(Test::Patience));
        QCOMPARE(replies, 3 * count);
    }

    void bytesToWriteCountsWhatHasNotLeft()
    {
        constexpr int Calls = 8;
        const auto client = makeClient({.minWorkers = 1, .maxWorkers = 1, .protocol = Protocol::Native});
        qint64 written = 0;
        connect(client.get(), &Client::bytesWritten, this, [&written](qint64 bytes) { written += bytes; });
        const CheckoutPtr checkout = client->checkout();
        const qint64 pid = Test::pidOf(checkout);
        WAIT_COMPARE(client->bytesToWrite(), 0);
        WAIT_FOR(written > 0);
        const qint64 before = written;
        ::kill(pid_t(pid), SIGSTOP);
        WAIT_FOR(Test::statOf(pid).value(0) == "T");
        QSignalSpy finished(checkout.get(), &Checkout::finished);
        for (int i = 0; i < Calls; ++i)
            checkout->call("size", {load(MiB)});
        const qint64 all = client->bytesToWrite();
        QVERIFY2(all >= Calls * MiB && all < Calls * (MiB + 100), qPrintable(QString::number(all)));
        QCOMPARE(checkout->bytesToWrite(), all / Calls * (Calls - 1)); // one is the connection's, which has stalled
        WAIT_FOR(written > before); // what the kernel takes
        QVERIFY(client->bytesToWrite() < all);
        QCOMPARE(checkout->bytesToWrite(), all / Calls * (Calls - 1));
        ::kill(pid_t(pid), SIGCONT);
        WAIT_COMPARE(finished.size(), Calls);
        QCOMPARE(client->bytesToWrite(), 0);
        QCOMPARE(checkout->bytesToWrite(), 0);
        WAIT_COMPARE(written - before, all);
    }
    void aCallBeyondTheBoundFailsItsCheckout()
    {
        const auto client
            = makeClient({.minWorkers = 2, .maxWorkers = 2, .protocol = Protocol::Native, .maxBytesToWrite = 4 * MiB});
        const CheckoutPtr checkout = client->checkout();
        const CheckoutPtr other = client->checkout();
        const qint64 pid = Test::pidOf(checkout);
        QVERIFY(Test::pidOf(other) != pid);
        ::kill(pid_t(pid), SIGSTOP);
        WAIT_FOR(Test::statOf(pid).value(0) == "T");
        QSignalSpy canceled(checkout.get(), &Checkout::canceled);
        Test::Journal journal;
        for (int i = 0; i < 4; ++i) // of which three and what is around them have room
            journal.call(checkout, QString::number(i), "size", {load(MiB)});
        ::kill(pid_t(pid), SIGCONT);
        QVERIFY(checkout->waitForSettled(Test::Patience));
        QCOMPARE(journal.size(), 1);
        QCOMPARE(canceled.size(), 3);
        QVERIFY(checkout->error());
        QCOMPARE(checkout->error()->code(), Error::QueueFull);
        QCOMPARE(Test::answer(other, "size", {load(MiB)}), QVariant(MiB));
    }
    void theBoundIsThatOfAllCheckouts()
    {
        constexpr int Workers = 4;
        const auto client = makeClient(
            {.minWorkers = Workers, .maxWorkers = Workers, .protocol = Protocol::Native, .maxBytesToWrite = 8 * MiB});
        std::array<CheckoutPtr, Workers> checkouts;
        std::array<qint64, Workers> pids{};
        for (int i = 0; i < Workers; ++i) {
            checkouts[std::size_t(i)] = client->checkout();
            pids[std::size_t(i)] = Test::pidOf(checkouts[std::size_t(i)]);
        }
        for (const qint64 pid : pids) {
            ::kill(pid_t(pid), SIGSTOP);
            WAIT_FOR(Test::statOf(pid).value(0) == "T");
        }
        Test::Journal journal;
        for (int i = 0; i < Workers; ++i) {
            journal.call(checkouts[std::size_t(i)], QString::number(i), "size", {load(3 * MiB)});
            bool turned = false; // the connection takes the call, and the kernel some of it
            QTimer::singleShot(0, this, [&turned] { turned = true; });
            WAIT_FOR(turned);
            QVERIFY(client->bytesToWrite() <= 8 * MiB);
        }
        for (const qint64 pid : pids)
            ::kill(pid_t(pid), SIGCONT);
        WAIT_COMPARE(journal.size(), Workers);
        const auto refused = std::count_if(checkouts.begin(), checkouts.end(), [](const CheckoutPtr &checkout) {
            return checkout->error() && checkout->error()->code() == Error::QueueFull;
        });
        QVERIFY2(refused >= 1, qPrintable(journal.entries().join(' ')));
        QVERIFY(refused < Workers);
        QCOMPARE(journal.entries().filter(QString::number(3 * MiB)).size(), Workers - refused);
    }
    void oneCallIsTakenWhateverItsSize()
    {
        const auto client
            = makeClient({.minWorkers = 1, .maxWorkers = 1, .protocol = Protocol::Native, .maxBytesToWrite = 1});
        const CheckoutPtr checkout = client->checkout();
        for (int i = 0; i < 2; ++i)
            QCOMPARE(Test::answer(checkout, "size", {load(MiB)}), QVariant(MiB));
    }
};

PREFORK_RETOLD_MAIN(NativeFlowTest, fill)
#include "tst_native_flow.moc"
