// SPDX-License-Identifier: MIT
#include "helpers/faults.h"
#include "helpers/ledger.h"

#include <QtCore/QTemporaryDir>

#include <sys/resource.h>

using namespace Prefork;
using namespace std::chrono_literals;

namespace {

std::chrono::microseconds processorTime()
{
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return std::chrono::seconds(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
        + std::chrono::microseconds(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

}

/// A server that is there and does nothing: the kernel accepts connections in its name, until it has enough of them.
class FaultsServerStoppedTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        QVERIFY2(m_server.start(ECHO_SERVER, {"--listen", "unix:" + m_directory.filePath("socket")}), qPrintable(m_server.errorString()));
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
        Client client(m_server.address(), {.minWorkers = 0, .maxWorkers = 600, .timeout = Test::Patience});
        Test::Ledger ledger;
        for (int i = 0; i < Checkouts; ++i)
            ledger.call(client.checkout(), "echo", {i}, i);
        QTest::qWait(500); // while the connections are made
        const auto before = processorTime();
        QElapsedTimer clock;
        clock.start();
        QTest::qWait(2000); // which is what is measured
        const auto spent = processorTime() - before;
        const double share = double(spent.count()) / (double(clock.nsecsElapsed()) / 1000);
        QVERIFY2(share < 0.05, qPrintable(QString::number(share)));
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
