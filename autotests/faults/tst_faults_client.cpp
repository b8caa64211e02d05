// SPDX-License-Identifier: MIT
// Clients that die or end in the middle of something, and those that change their mind when it is almost too late.
#include "helpers/embedded.h"
#include "helpers/faults.h"
#include "helpers/ledger.h"
#include "helpers/stopwatch.h"
#include "helpers/unhandled.h"
#include "helpers/worklog.h"

#include <QtPrefork/Server>

#include <QtCore/QElapsedTimer>
#include <QtCore/QProcess>
#include <QtCore/QRandomGenerator>
#include <QtCore/QTemporaryDir>

#include <cstring>

using namespace Prefork;
using namespace std::chrono_literals;
using Test::answer;
using Test::failure;
using Test::Gate;

namespace {

void fill(Interface &interface)
{
    Test::addBasics(interface);
    Test::addNoting(interface);
    interface.add("linger", [](const QVariantList &arguments) {
        return ::usleep(arguments.value(0).toUInt()), arguments.value(1);
    });
}

// The program that is killed: `--client ADDRESS PHASE GATE` comes to that phase, says the pid of its worker, and stays
// there.
int runClient(int argc, char *argv[])
{
    QCoreApplication app(argc, argv);
    const QString phase = argv[3];
    const QString gate = argv[4];
    Client client(QString(argv[2]), {.minWorkers = 1, .maxWorkers = 1});
    CheckoutPtr checkout = client.checkout();
    const qint64 pid = Test::pidOf(checkout);
    if (phase == "idle")
        checkout.reset();
    if (phase == "mid-write")
        Test::stop(pid);
    CheckoutPtr queued = phase == "queued" ? client.checkout() : nullptr;
    if (queued)
        queued->call("pid", {});
    if (phase == "mid-request") {
        checkout->call("notePassing", {gate + ".log", "begun", gate});
        if (!QTest::qWaitFor([&] { return QFile::exists(gate + ".reached"); }, int(Test::Patience.count())))
            return 1;
    }
    if (phase == "mid-write")
        checkout->call("echo", {QString(4000000, 'x')});
    QTest::qWait(0);
    std::printf("%lld\n", static_cast<long long>(pid));
    std::fflush(stdout);
    return QCoreApplication::exec();
}

// Has an application for a while, and a client with calls to make for longer.
int runWithoutApplication(int argc, char *argv[])
{
    Interface interface;
    fill(interface);
    Zygote zygote(interface);
    std::unique_ptr<Client> client;
    CheckoutPtr running;
    CheckoutPtr waiting;
    int errors = 0;
    {
        QCoreApplication app(argc, argv);
        client = std::make_unique<Client>(&zygote, ClientOptions{.minWorkers = 1, .maxWorkers = 1});
        running = client->checkout();
        waiting = client->checkout();
        const auto count = [&errors](const Error &error) { errors += error.code() == Error::Shutdown; };
        frameTry([&] { running->call("linger", {300000, 1}); }, count);
        frameTry([&] { waiting->call("echo", {1}); }, count);
        QCoreApplication::processEvents();
    }
    client.reset();
    return errors == 2 ? 0 : 1;
}

}

class FaultsClientTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void row13_clientIsKilled_data()
    {
        QTest::addColumn<QString>("phase");
        QTest::addColumn<int>("promised");
        QTest::newRow("idle") << "idle" << 100;
        QTest::newRow("queued") << "queued" << 100;
        QTest::newRow("holding a checkout") << "holding" << 100;
        QTest::newRow("mid-request") << "mid-request" << 100 + 250; // the grace of those that compute
        QTest::newRow("mid-write") << "mid-write" << 0;
    }
    void row13_clientIsKilled()
    {
        QFETCH(QString, phase);
        QFETCH(int, promised);
        std::vector<double> times;
        for (int i = 0; i < 3; ++i) {
            Gate gate;
            QTemporaryDir directory;
            Server server(Test::zygote());
            QVERIFY(server.listen("unix:" + directory.filePath("socket")));
            QProcess client;
            client.setProcessChannelMode(QProcess::ForwardedErrorChannel);
            client.start(QCoreApplication::applicationFilePath(),
                         {"--client", server.address().toString(), phase, gate.path()});
            WAIT_FOR(client.canReadLine());
            const qint64 pid = client.readLine().trimmed().toLongLong();
            QVERIFY(Test::isRunning(pid));
            Test::Stopwatch time;
            client.kill();
            if (phase == "mid-write") { // it is we who stopped its worker
                QVERIFY(client.waitForFinished(int(Test::Patience.count())));
                QCOMPARE(::kill(pid_t(pid), SIGCONT), 0);
            }
            QVERIFY(Test::waitForEnd(pid, int(Test::Patience.count())));
            times.push_back(time.stop().count());
            WAIT_FOR(!Test::exists(pid)); // no zombie
            WAIT_COMPARE(client.state(), QProcess::NotRunning);
            Client other(server.address());
            QCOMPARE(answer(other.checkout(), "echo", {1}), QVariant(1));
        }
        const double usual = Test::median(times);
        QVERIFY2(promised == 0 || usual <= promised, qPrintable(QString::number(usual)));
    }

    void row14_clientEndsInItsOwnCallback()
    {
        Test::UnhandledErrors unhandled;
        auto client = std::make_unique<Client>(Test::zygote(), ClientOptions{.maxWorkers = 2});
        const CheckoutPtr checkout = client->checkout();
        const CheckoutPtr waiting = client->checkout();
        Test::Ledger ledger;
        ledger.call(waiting, "linger", {300000, 1});
        ledger.call(waiting, "echo", {1});
        bool isDestroyed = false;
        checkout->call("echo", {1}, [&] {
            client.reset();
            isDestroyed = true;
        });
        WAIT_FOR(isDestroyed);
        QVERIFY(ledger.wait());
        QVERIFY(ledger.isEachSettledOnce());
        QCOMPARE(ledger.failed(Error::Shutdown), 1);
        QCOMPARE(ledger.canceled(), 1);
        QCOMPARE(failure(checkout, "echo").code(), Error::Shutdown);
    }
    void row14_callbacksThrow()
    {
        Test::UnhandledErrors unhandled;
        Client client(Test::zygote(), {.minWorkers = 2, .maxWorkers = 2});
        for (int i = 0; i < 20; ++i) {
            const CheckoutPtr checkout = client.checkout();
            checkout->call("echo", {1}, [] { throw 42; });
            QVERIFY(checkout->waitForSettled(Test::Patience));
        }
        QCOMPARE(unhandled.messages().size(), 20);
        QCOMPARE(client.workerCount(), 2);
        WAIT_COMPARE(client.idleWorkerCount(), 2);
    }
    void row14_applicationEndsBeforeTheClient()
    {
        const Test::Ended ended = Test::runProgram(QCoreApplication::applicationFilePath(), {"--without-application"});
        QVERIFY2(ended.exitCode == 0, qPrintable(ended.errors));
    }

    // The pool's model test has a million of them, with a clock of its own: here they are real.
    void row15_timeoutRacesHandOff()
    {
        constexpr int Trials = 2000;
        Client client(Test::zygote(), {.minWorkers = 2, .maxWorkers = 2, .timeout = 0ms});
        QCOMPARE(answer(client.checkout(), "echo", {1}), QVariant(1));
        Test::Ledger holders;
        Test::Ledger ledger;
        while (ledger.made() < Trials) {
            for (int i = 0; i < 2; ++i)
                holders.call(client.checkout(), "linger", {500 + QRandomGenerator::global()->bounded(1000), i}, i);
            for (int i = 0; i < 8; ++i) {
                const CheckoutPtr checkout = client.checkout({.timeout = std::chrono::milliseconds(1 + i % 3)});
                ledger.call(checkout, "linger", {0, i}, i);
            }
            QVERIFY(ledger.wait() && holders.wait());
        }
        QVERIFY(ledger.isEachSettledOnce() && holders.isEachSettledOnce());
        QCOMPARE(holders.served(), holders.made());
        QCOMPARE(ledger.wrong(), 0);
        QVERIFY(ledger.failed(Error::Timeout) > 0);
        QCOMPARE(ledger.served() + ledger.failed(Error::Timeout), ledger.made());
        WAIT_COMPARE(client.idleWorkerCount(), 2); // none was lost on the way
        QCOMPARE(client.waitingCheckoutCount(), 0);
    }

    void row16_cancelRacesCompletion()
    {
        constexpr int Trials = 500;
        Client client(Test::zygote(), {.minWorkers = 4, .maxWorkers = 4});
        Test::Ledger ledger;
        QObject context;
        qint64 delay = 0; // of aborts, in microseconds; it follows how fast this machine is
        for (int i = 0; i < Trials; ++i) {
            WAIT_FOR(client.idleWorkerCount() >= 1);
            const qsizetype before = ledger.served();
            const CheckoutPtr checkout = client.checkout();
            ledger.call(checkout, "echo", {i}, i);
            QElapsedTimer clock;
            for (clock.start(); clock.nsecsElapsed() < delay * 1000;)
                QCoreApplication::processEvents();
            checkout->abort();
            QVERIFY(ledger.wait());
            const bool wasTooEarly = ledger.served() == before;
            delay = wasTooEarly ? delay + delay / 8 + 5 + i % 20 : std::max<qint64>(0, delay - delay / 4 - 30);
        }
        QVERIFY(ledger.isEachSettledOnce());
        QCOMPARE(ledger.wrong(), 0);
        QVERIFY(ledger.served() > 0);
        QVERIFY(ledger.failed(Error::Aborted) > 0);
        QCOMPARE(ledger.served() + ledger.failed(Error::Aborted), ledger.made());
        QCOMPARE(answer(client.checkout(), "echo", {1}), QVariant(1));
    }
};

int main(int argc, char *argv[])
{
    if (argc == 5 && std::strcmp(argv[1], "--client") == 0)
        return runClient(argc, argv);
    if (argc == 2 && std::strcmp(argv[1], "--without-application") == 0)
        return runWithoutApplication(argc, argv);
    return Test::runWithZygote<FaultsClientTest>(argc, argv, fill);
}

#include "tst_faults_client.moc"
