// SPDX-License-Identifier: MIT
#include "helpers/answers.h"
#include "helpers/embedded.h"

#include <QtPrefork/Client>
#include <QtPrefork/Server>

#include <QtCore/QTemporaryDir>
#include <QtTest/QSignalSpy>

using namespace Prefork;
using namespace std::chrono_literals;
using Test::answer;
using Test::failure;

class TaskPoolTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { m_directory = std::make_unique<QTemporaryDir>(); }

    // `need connect` there; here every checkout says what is wrong with the address.
    void t30_aClientNeedsAnAddress_data()
    {
        QTest::addColumn<Address>("address");
        QTest::newRow("none") << Address();
        QTest::newRow("unknown scheme") << Address("carrier-pigeon:coop");
        QTest::newRow("no port") << Address("tcp://localhost");
        QTest::newRow("path too long") << Address("unix:/" + QString(107, 'x'));
    }
    void t30_aClientNeedsAnAddress()
    {
        QFETCH(Address, address);
        Client client(address);
        const Error error = failure(client.checkout(), "echo");
        QCOMPARE(error.code(), Error::Unavailable);
        QCOMPARE(error.message(), address.errorString());
        QVERIFY(!error.message().isEmpty());
        QCOMPARE(client.workerCount(), 0);
    }
    void t30_aClientKnowsItsAddress()
    {
        QCOMPARE(Client(path()).address(), Address(path()));
        QVERIFY(!Client(Test::zygote()).address().isValid());
    }

    void t31_twoWorkersAreConnectedFromTheStart()
    {
        Client client(Test::zygote());
        QCOMPARE(client.workerCount(), 2);
        WAIT_COMPARE(client.idleWorkerCount(), 2);
    }
    void t31_asManyAsWanted_data()
    {
        QTest::addColumn<int>("minimum");
        QTest::addColumn<int>("maximum");
        QTest::addColumn<int>("count");
        QTest::newRow("none") << 0 << 20 << 0;
        QTest::newRow("three") << 3 << 20 << 3;
        QTest::newRow("no more than the maximum") << 5 << 2 << 2;
        QTest::newRow("nonsense") << -1 << 1 << 0;
    }
    void t31_asManyAsWanted()
    {
        QFETCH(int, minimum);
        QFETCH(int, maximum);
        QFETCH(int, count);
        Client client(Test::zygote(), {.minWorkers = minimum, .maxWorkers = maximum});
        WAIT_COMPARE(client.idleWorkerCount(), count);
        QCOMPARE(client.workerCount(), count);
        QCOMPARE(answer(client.checkout(), "echo", {1}), QVariant(1));
    }
    void t31_theMinimumIsKept()
    {
        Client client(Test::zygote(), {.minWorkers = 2, .idleTimeout = 1ms});
        std::vector<CheckoutPtr> checkouts;
        for (int i = 0; i < 4; ++i)
            checkouts.push_back(client.checkout());
        for (const CheckoutPtr &checkout : checkouts)
            QCOMPARE(answer(checkout, "echo", {1}), QVariant(1));
        QCOMPARE(client.workerCount(), 4);
        checkouts.clear();
        WAIT_COMPARE(client.workerCount(), 2);
        QCOMPARE(client.idleWorkerCount(), 2);
    }

    void t32_noMoreThanTheMaximumAndTheRestWaitsInLine()
    {
        Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 2});
        Test::Journal journal;
        std::vector<CheckoutPtr> checkouts;
        QSet<qint64> pids;
        for (int i = 0; i < 8; ++i) {
            checkouts.push_back(client.checkout());
            checkouts.back()->call("pid", {}, [&pids](const QVariant &pid) { pids.insert(pid.toLongLong()); });
            journal.call(checkouts.back(), QString::number(i), "echo", {i});
        }
        QCOMPARE(client.workerCount(), 2);
        WAIT_COMPARE(journal.size(), 2);
        QCOMPARE(client.waitingCheckoutCount(), 6);
        for (std::size_t i = 0; i < 6; ++i) { // each that goes makes room for the first in line, and for no other
            checkouts[i]->release();
            WAIT_COMPARE(journal.size(), qsizetype(i) + 3);
            QCOMPARE(journal.entries().last(), QStringLiteral("%1=%1").arg(i + 2));
        }
        QCOMPARE(client.workerCount(), 2);
        QCOMPARE(pids.size(), 2);
    }
    void t32_theDefaultMaximumIsTwenty()
    {
        Client client(Test::zygote());
        std::vector<CheckoutPtr> checkouts;
        for (int i = 0; i < 25; ++i)
            checkouts.push_back(client.checkout());
        for (int i = 0; i < 20; ++i)
            QCOMPARE(answer(checkouts[i], "echo", {i}), QVariant(i));
        QCOMPARE(client.workerCount(), 20);
        QCOMPARE(client.waitingCheckoutCount(), 5);
    }

    // It tries again after 0.2 s and then every second there; ours backs off with jitter, so only that it tries is
    // promised.
    void t38_checkoutsWaitForTheServer()
    {
        Client client(path());
        QSignalSpy failed(&client, &Client::connectionFailed);
        Test::Journal journal;
        std::vector<CheckoutPtr> checkouts;
        for (int i = 0; i < 5; ++i) {
            checkouts.push_back(client.checkout());
            journal.call(checkouts.back(), QString::number(i), "echo", {i});
        }
        WAIT_FOR(failed.size() >= 2);
        QVERIFY2(client.connectionError().contains(m_directory->path()), qPrintable(client.connectionError()));
        QCOMPARE(journal.size(), 0);

        Server server(Test::zygote());
        QVERIFY(server.listen(path()));
        WAIT_COMPARE(journal.size(), 5);
        for (int i = 0; i < 5; ++i)
            QVERIFY(journal.entries().contains(QStringLiteral("%1=%1").arg(i)));
        QCOMPARE(client.connectionError(), "");
    }
    void t38_theServerMayComeBack()
    {
        auto server = std::make_unique<Server>(Test::zygote());
        QVERIFY(server->listen(path()));
        Client client(path(), {.minWorkers = 1});
        CheckoutPtr checkout = client.checkout();
        QCOMPARE(answer(checkout, "echo", {1}), QVariant(1));
        server.reset();
        QCOMPARE(failure(checkout, "fail", {"replace me"}).message(), "replace me");
        checkout.reset();

        QSignalSpy failed(&client, &Client::connectionFailed);
        Test::Journal journal;
        const CheckoutPtr next = client.checkout();
        journal.call(next, "later", "echo", {2});
        WAIT_FOR(failed.size() >= 1);
        server = std::make_unique<Server>(Test::zygote());
        QVERIFY(server->listen(path()));
        WAIT_COMPARE(journal.entries(), QStringList("later=2"));
    }
    void t38_theyWaitNoLongerThanTheirTimeout()
    {
        Client client(path());
        const Error error = failure(client.checkout({.timeout = 200ms}), "echo");
        QCOMPARE(error.code(), Error::Timeout);
        QCOMPARE(error.message(), "timed out after 0.2 seconds");
    }
    void t38_theyNeedNotWait()
    {
        Client client(path(), {.waitForServer = false});
        const CheckoutPtr checkout = client.checkout();
        const Error error = failure(checkout, "echo");
        QCOMPARE(error.code(), Error::Unavailable);
        QVERIFY2(error.message().contains(m_directory->path()), qPrintable(error.message()));
        QCOMPARE(failure(checkout, "echo").code(), Error::Unavailable);

        Server server(Test::zygote());
        QVERIFY(server.listen(path()));
        QCOMPARE(answer(client.checkout(), "echo", {1}), QVariant(1)); // each checkout has its own luck
    }

private:
    [[nodiscard]] QString path() const { return "unix:" + m_directory->filePath("socket"); }

    std::unique_ptr<QTemporaryDir> m_directory;
};

PREFORK_TEST_MAIN(TaskPoolTest, Test::addBasics)
#include "tst_task_pool.moc"
