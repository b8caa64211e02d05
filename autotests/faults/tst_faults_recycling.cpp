// SPDX-License-Identifier: MIT
// Workers that are replaced while there is work, and workers that must not be.
#include "helpers/embedded.h"
#include "helpers/faults.h"
#include "helpers/ledger.h"
#include "helpers/protocols.h"

#include <QtCore/QElapsedTimer>
#include <QtCore/QProcess>
#include <QtCore/QRandomGenerator>

#include <map>
#include <set>

using namespace Prefork;
using namespace std::chrono_literals;
using Test::answer;

namespace {

QString s_doneFault; // in a worker: how its next checkoutDone ends
bool s_isDirty = false;

void spinFor(std::chrono::milliseconds time)
{
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) { }
}

void fill(Interface &interface)
{
    Test::addBasics(interface);
    interface.add("spin", [](const QVariantList &arguments) {
        return spinFor(std::chrono::milliseconds(arguments.value(0).toInt())), arguments.value(1);
    });
    interface.add("makeDirty", [](const QVariantList &arguments) {
        s_doneFault = arguments.value(0).toString();
        s_isDirty = true;
        return QVariant(qint64(::getpid()));
    });
    interface.add("isDirty", [](const QVariantList &) { return QVariant(s_isDirty); });
    interface.checkoutDone([] {
        if (s_doneFault == "throw")
            throw Error("cannot tidy up");
        if (s_doneFault == "die")
            ::raise(SIGKILL);
        while (s_doneFault == "hang")
            ::pause();
        s_isDirty = false;
    });
}

}

class FaultsRecyclingTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void row58_workersAreReplacedUnderLoad_data()
    {
        QTest::addColumn<int>("maxCheckouts");
        QTest::addColumn<int>("checkouts");
        QTest::newRow("after each") << 1 << 2000;
        QTest::newRow("after two") << 2 << 4000;
        QTest::newRow("after a thousand") << 1000 << 20000;
    }
    void row58_workersAreReplacedUnderLoad()
    {
        QFETCH(int, maxCheckouts);
        QFETCH(int, checkouts);
        Client client(Test::zygote(), {.minWorkers = 4, .maxWorkers = 4, .timeout = 0ms, .maxCheckouts = maxCheckouts});
        Test::Ledger ledger;
        std::map<qint64, int> perWorker;
        for (int i = 0; i < checkouts; ++i) {
            const CheckoutPtr checkout = client.checkout();
            ledger.call(checkout, "echo", {i}, i);
            frameTry(
                [&] {
                    checkout->call("pid", {}, [&perWorker](const QVariant &pid) { ++perWorker[pid.toLongLong()]; });
                },
                [](const Error &) {});
        }
        QVERIFY(ledger.wait());
        QVERIFY(Test::waitUntil(
            [&] { return client.waitingCheckoutCount() == 0 && client.idleWorkerCount() == client.workerCount(); }));
        QCOMPARE(ledger.served(), checkouts);
        QCOMPARE(ledger.wrong(), 0);
        QVERIFY(ledger.isEachSettledOnce());
        int answered = 0;
        for (const auto &[pid, count] : perWorker) {
            QVERIFY(count <= maxCheckouts);
            answered += count;
        }
        QCOMPARE(answered, checkouts);
    }

    // Workers leave just when a checkout comes: the way to another one is nobody's error.
    void row59_idleWorkersLeave()
    {
        constexpr int Trials = 400;
        Client client(Test::zygote(), {.minWorkers = 0, .maxWorkers = 2, .idleTimeout = 1ms});
        Test::Ledger ledger;
        std::set<qint64> workers;
        QElapsedTimer clock;
        for (int i = 0; i < Trials; ++i) {
            CheckoutPtr checkout = client.checkout();
            ledger.call(checkout, "echo", {i}, i);
            QVERIFY(ledger.wait());
            workers.insert(Test::pidOf(checkout));
            checkout.reset();
            const int pause = QRandomGenerator::global()->bounded(2000); // microseconds
            for (clock.start(); clock.nsecsElapsed() < pause * 1000;)
                QCoreApplication::processEvents();
        }
        QCOMPARE(ledger.served(), ledger.made());
        QCOMPARE(ledger.wrong(), 0);
        QVERIFY(ledger.isEachSettledOnce());
        QVERIFY(workers.size() > 1);
        QVERIFY(qsizetype(workers.size()) < Trials);
        WAIT_COMPARE(client.workerCount(), 0);
    }

    void row60_checkoutDoneFails_data()
    {
        QTest::addColumn<QString>("fault");
        QTest::newRow("throws") << "throw";
        QTest::newRow("dies") << "die";
        QTest::newRow("hangs") << "hang";
    }
    void row60_checkoutDoneFails()
    {
        QFETCH(QString, fault);
        Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1});
        CheckoutPtr checkout = client.checkout();
        const qint64 pid = answer(checkout, "makeDirty", {fault}).toLongLong();
        QVERIFY(pid > 0);
        checkout.reset();
        // Over JSON nothing says that the worker has not tidied up: a call that comes at once may meet its end.
        for (int i = 0; i < 3; ++i) {
            const Test::Outcome next = Test::call(client.checkout(), "isDirty");
            QVERIFY(!next.result || !next.result->toBool());
            QVERIFY(next.result || next.error->code() == Error::WorkerLost);
            QVERIFY(next.result || !Test::isNative());
        }
        WAIT_FOR(!Test::exists(pid));
        VERIFY_SERVES_ON(client, pid);
    }

    // Time counts from when the worker has begun, not from when the call was made, and nobody is killed for being slow.
    void row61_busyMachine()
    {
        QProcess hogs[2];
        const auto end = qScopeGuard([&hogs] {
            for (QProcess &hog : hogs) {
                hog.kill();
                hog.waitForFinished();
            }
        });
        for (QProcess &hog : hogs) {
            hog.start("sh", {"-c", "while :; do :; done"});
            QVERIFY(hog.waitForStarted());
        }
        Client client(Test::zygote(), {.minWorkers = 2, .maxWorkers = 2, .timeout = 0ms});
        Test::Ledger ledger;
        for (int i = 0; i < 20; ++i) {
            const CheckoutPtr checkout = client.checkout();
            ledger.call(checkout, "sleep", {300});
            ledger.call(checkout, "spin", {10, i}, i);
        }
        QVERIFY(ledger.wait());
        QCOMPARE(ledger.served(), ledger.made()); // all of which together took longer than one may
        QCOMPARE(ledger.wrong(), 0);
    }
};

PREFORK_TEST_MAIN(FaultsRecyclingTest, fill, {.hungTimeout = std::chrono::seconds(2)})
#include "tst_faults_recycling.moc"
