// SPDX-License-Identifier: MIT
// Workers that have to go, because nobody waits for them or because they hang, and workers that may stay.
#include "helpers/answers.h"
#include "helpers/embedded.h"
#include "helpers/gate.h"
#include "helpers/processes.h"
#include "helpers/stopwatch.h"
#include "helpers/zygotelog.h"

#include <QtPrefork/Client>

#include <QtCore/QElapsedTimer>
#include <QtCore/QRegularExpression>

#include <ctime>

using namespace Prefork;
using namespace std::chrono_literals;

namespace {

constexpr auto KillGraceOfHung = 1s; // more than whoever goes needs for it on a busy machine

std::unique_ptr<Zygote> s_usual; // all made before there is an application
std::unique_ptr<Zygote> s_atOnce;
std::unique_ptr<Zygote> s_never;
std::unique_ptr<Zygote> s_impatient;

int s_witness = -1; // in a worker: where its SIGTERM handler leaves a mark

void blockAllSignals()
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, nullptr);
}

void noteTermination(int)
{
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    [[maybe_unused]] const ssize_t written = ::write(s_witness, &now, sizeof now);
}

void noteTerminationAndLeave(int signal)
{
    noteTermination(signal);
    ::_exit(0);
}

void fill(Interface &interface)
{
    Test::addBasics(interface);
    interface.preload([] { Test::ZygoteLog::begin(); });
    interface.add("pass", [](const QVariantList &arguments) {
        return Test::Gate::pass(arguments.value(0).toString()), QVariant("passed");
    });
    interface.add("passDeaf", [](const QVariantList &arguments) {
        blockAllSignals();
        return Test::Gate::pass(arguments.value(0).toString()), QVariant();
    });
    interface.add("hang", [](const QVariantList &arguments) {
        s_witness = ::open(QFile::encodeName(arguments.value(0).toString()).constData(), O_WRONLY | O_CLOEXEC);
        ::signal(SIGTERM, arguments.value(1).toBool() ? noteTerminationAndLeave : noteTermination);
        for (;;)
            ::pause();
        return QVariant();
    });
}

// A client whose one worker is behind the gate.
class BusyClient
{
public:
    BusyClient(Zygote *zygote, const char *method, const Test::Gate &gate)
        : m_client(std::make_unique<Client>(zygote, ClientOptions{.minWorkers = 1, .maxWorkers = 1}))
    {
        const CheckoutPtr checkout = m_client->checkout();
        m_pid = Test::pidOf(checkout);
        frameTry([&] { checkout->call(method, {gate.path()}); }, [](const Error &) {});
        m_isBusy = QTest::qWaitFor([&] { return gate.isReached(); }, int(Test::Patience.count())); // which is no event
    }
    [[nodiscard]] bool isBusy() const { return m_isBusy; }
    [[nodiscard]] qint64 pid() const { return m_pid; }
    void hangUp() { m_client.reset(); }

private:
    std::unique_ptr<Client> m_client;
    qint64 m_pid = 0;
    bool m_isBusy = false;
};

}

class AbandonedTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aWorkerNobodyWaitsForIsKilled_data()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<bool>("isStopped");
        QTest::addColumn<QString>("end");
        QTest::newRow("it does nothing about it") << QByteArray("pass") << false << "was killed by SIGTERM";
        QTest::newRow("it blocks all signals") << QByteArray("passDeaf") << false << "was killed by SIGKILL";
        QTest::newRow("it is stopped") << QByteArray("pass") << true << "was killed by SIGKILL";
    }
    void aWorkerNobodyWaitsForIsKilled()
    {
        QFETCH(QByteArray, method);
        QFETCH(bool, isStopped);
        QFETCH(QString, end);
        Test::Gate gate;
        BusyClient client(s_usual.get(), method.constData(), gate);
        QVERIFY(client.isBusy());
        if (isStopped)
            QCOMPARE(::kill(pid_t(client.pid()), SIGSTOP), 0);
        QElapsedTimer timer;
        timer.start();
        Test::Stopwatch time;
        client.hangUp();
        QVERIFY(Test::waitForEnd(client.pid(), int(Test::Patience.count())));
        QVERIFY2(timer.elapsed() >= 250, qPrintable(QString::number(timer.elapsed())));
        const Test::Stopwatch::Milliseconds taken = time.stop();
        QVERIFY2(taken <= 500ms, qPrintable(QString::number(taken.count())));
        WAIT_COMPARE(Test::ZygoteLog::about(client.pid()).size(), 2);
        const QStringList lines = Test::ZygoteLog::about(client.pid());
        QVERIFY2(lines.first().startsWith(QString("I Killing abandoned worker (%1): ").arg(client.pid())),
                 qPrintable(lines.first()));
        QVERIFY2(lines.first().contains(QString("at method '%1'").arg(QString(method))), qPrintable(lines.first()));
        QVERIFY2(lines.last().endsWith(end + " because its client had hung up"), qPrintable(lines.last()));
    }
    void theGraceMayBeNothing()
    {
        Test::Gate gate;
        BusyClient client(s_atOnce.get(), "pass", gate);
        QVERIFY(client.isBusy());
        Test::Stopwatch time;
        client.hangUp();
        QVERIFY(Test::waitForEnd(client.pid(), int(Test::Patience.count())));
        const Test::Stopwatch::Milliseconds taken = time.stop();
        QVERIFY2(taken <= 200ms, qPrintable(QString::number(taken.count()))); // less than the usual grace
    }
    void theGraceMayBeForEver()
    {
        Test::Gate gate;
        BusyClient client(s_never.get(), "pass", gate);
        QVERIFY(client.isBusy());
        client.hangUp();
        QVERIFY(!Test::waitForEnd(client.pid(), 500));
        gate.open();
        endsByItself(client.pid());
    }
    void anIdleWorkerEndsByItself()
    {
        Client client(s_atOnce.get(), {.minWorkers = 1, .maxWorkers = 1});
        const CheckoutPtr checkout = client.checkout();
        const qint64 pid = Test::pidOf(checkout);
        WAIT_FOR(Test::statOf(pid).value(0) == "S"); // it has answered, so that it waits for the next call
        checkout->abort();
        endsByItself(pid);
    }

    void aHungWorkerIsAskedToGoFirst_data()
    {
        QTest::addColumn<bool>("goes");
        QTest::addColumn<QString>("detail");
        QTest::newRow("and goes") << true << "the worker exited with status 0 because it hung";
        QTest::newRow("but stays") << false << "the worker was killed by SIGKILL because it hung";
    }
    void aHungWorkerIsAskedToGoFirst()
    {
        QFETCH(bool, goes);
        QFETCH(QString, detail);
        QTemporaryDir directory;
        const QByteArray path = QFile::encodeName(directory.filePath("witness"));
        QCOMPARE(::mkfifo(path.constData(), 0600), 0);
        const int witness = ::open(path.constData(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
        Client client(s_impatient.get(), {.minWorkers = 1, .maxWorkers = 1});
        const CheckoutPtr checkout = client.checkout();
        const qint64 pid = Test::pidOf(checkout);
        const Error error = Test::failure(checkout, "hang", {directory.filePath("witness"), goes});
        const auto end = std::chrono::steady_clock::now().time_since_epoch();
        timespec asked{};
        const ssize_t count = ::read(witness, &asked, sizeof asked);
        ::close(witness);
        QCOMPARE(count, ssize_t(sizeof asked)); // it was asked, and once
        QCOMPARE(error.code(), Error::WorkerLost);
        QCOMPARE(error.detail(), detail);
        const auto stayed = end - std::chrono::seconds(asked.tv_sec) - std::chrono::nanoseconds(asked.tv_nsec);
        QVERIFY(goes || stayed > KillGraceOfHung / 2);
        const QStringList lines = Test::ZygoteLog::about(pid);
        QVERIFY2(lines.value(0).startsWith(QString("W Killing hung worker (%1): worker ").arg(pid)),
                 qPrintable(lines.value(0)));
        static const QRegularExpression how("has been at method 'hang' for \\d+\\.");
        QVERIFY2(lines.value(0).contains(how), qPrintable(lines.value(0)));
    }

private:
    static void endsByItself(qint64 pid)
    {
        WAIT_FOR(!Test::exists(pid));
        WAIT_COMPARE(Test::ZygoteLog::about(pid).size(), 1);
        const QString line = Test::ZygoteLog::about(pid).value(0);
        QVERIFY2(line.startsWith("D ") && line.endsWith("exited with status 0"), qPrintable(line));
    }
};

int main(int argc, char *argv[])
{
    const Test::ZygoteLog log;
    Interface interface;
    fill(interface);
    s_usual = std::make_unique<Zygote>(interface);
    s_atOnce = std::make_unique<Zygote>(interface, ZygoteOptions{.abandonedGrace = 0ms});
    s_never = std::make_unique<Zygote>(interface, ZygoteOptions{.abandonedGrace = -1ms});
    s_impatient
        = std::make_unique<Zygote>(interface, ZygoteOptions{.hungTimeout = 500ms, .killGrace = KillGraceOfHung});
    QCoreApplication app(argc, argv);
    AbandonedTest test;
    const int result = QTest::qExec(&test, argc, argv);
    for (const auto *const zygote : {&s_usual, &s_atOnce, &s_never, &s_impatient})
        Test::killWorkersOf((*zygote)->processId());
    return result;
}

#include "tst_abandoned.moc"
