// SPDX-License-Identifier: MIT
#include "helpers/faults.h"
#include "helpers/ledger.h"
#include "helpers/rest.h"

#include <QtCore/QTemporaryDir>

using namespace Prefork;
using namespace std::chrono_literals;

/// A server that is there and does nothing: the kernel accepts connections in its name, until it has enough of them.
class FaultsServerStoppedTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        QVERIFY2(m_server.start(ECHO_SERVER, {"--listen", "unix:" + m_directory.filePath("socket")}),
                 qPrintable(m_server.errorString()));
        QVERIFY(Test::stop(m_server.pid()));
    }
    void cleanup()
    {
        m_server.sendSignal(SIGCONT);
        QCOMPARE(m_server.terminate(), 0);
    }

    // More connections wanted than the kernel takes.
    void row31_serverIsStopped()
    {
        constexpr int Checkouts = 1000;
        constexpr int MostSleeps = 100; // some five in fact
        Client client(m_server.address(), {.minWorkers = 0, .maxWorkers = 600, .timeout = 0ms});
        Test::Ledger ledger;
        for (int i = 0; i < Checkouts; ++i)
            ledger.call(client.checkout(), "echo", {i}, i);
        QTest::qWait(500); // while the connections are made
        QString disturbance;
        const QDeadlineTimer patience(Test::Patience);
        for (qsizetype before = Test::descriptorCount(::getpid()), now = before;; before = now) {
            const Test::Rest rest({::getpid()});
            QEventLoop loop; // unlike qWait() it sleeps all the time
            QTimer::singleShot(2s, &loop, &QEventLoop::quit);
            loop.exec();
            disturbance = rest.disturbance(MostSleeps);
            now = Test::descriptorCount(::getpid());
            if (now == before || patience.hasExpired()) // else they were still being made
                break;
        }
        QVERIFY2(disturbance.isEmpty(), qPrintable(disturbance));
        QCOMPARE(ledger.settled(), 0);
        m_server.sendSignal(SIGCONT);
        QVERIFY(ledger.wait());
        QCOMPARE(ledger.served(), Checkouts);
        QCOMPARE(ledger.wrong(), 0);
        QVERIFY(ledger.isEachSettledOnce());
    }
    void row31_deadlinesHoldMeanwhile()
    {
        Client client(m_server.address(), {.minWorkers = 0, .maxWorkers = 4, .timeout = 200ms});
        Test::Ledger ledger;
        for (int i = 0; i < 100; ++i)
            ledger.call(client.checkout(), "echo", {i}, i);
        QVERIFY(ledger.wait());
        QCOMPARE(ledger.failed(Error::Timeout), 100);
        m_server.sendSignal(SIGCONT);
        QCOMPARE(Test::answer(client.checkout({.timeout = Test::Patience}), "echo", {1}), QVariant(1));
    }

private:
    QTemporaryDir m_directory;
    Test::ServerProcess m_server;
};

QTEST_GUILESS_MAIN(FaultsServerStoppedTest)
#include "tst_faults_server_stopped.moc"
