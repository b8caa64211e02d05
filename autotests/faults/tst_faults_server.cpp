// SPDX-License-Identifier: MIT
#include "helpers/calls.h"
#include "helpers/faults.h"
#include "helpers/processes.h"
#include "helpers/protocols.h"
#include "helpers/stopwatch.h"

#include <QtPrefork/Client>
#include <QtPrefork/Server>
#include <QtPrefork/Zygote>

#include <QtCore/QElapsedTimer>
#include <QtCore/QTemporaryDir>

#include <csignal>
#include <fcntl.h>
#include <optional>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

using namespace Prefork;
using namespace std::chrono_literals;

namespace {

Zygote *brokenZygote = nullptr;

QStringList zeroArguments(const QString &address)
{
    return {QStringLiteral("--listen"), address};
}

}

// What becomes of calls when their server is killed, replaced or told to go.
class TestFaultsServer : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();
    void row17_aKilledServerComesBack();
    void row17_workersOfAKilledServer();
    void row17_aStoppedWorkerOfAKilledServer();
    void row18_takenOverUnderLoad();
    void row18_withoutReplaceALiveServerStays();
    void row19_aNewServerThatCannotStart();
    void row20_aSetupThatAlwaysFails();
    void row29_nobodyReadsTheServersLog();
    void standardDescriptorsMayBeClosed_data();
    void standardDescriptorsMayBeClosed();
    void row62_askedOnceItLetsCheckoutsFinish();
    void row62_whoTakesTooLongIsKilled();
    void row62_askedTwiceItGoesAtOnce();
    void row62_hangupAndQuitLeaveNobodyBehind();
    void row63_aKilledZygoteEndsItsServer();
    void row63_aStoppedZygoteIsOnlyADelay();

private:
    [[nodiscard]] bool start(Test::ServerProcess &server, const QStringList &more = {})
    {
        return server.start(QStringLiteral(ECHO_SERVER), zeroArguments(m_address) + more);
    }
    [[nodiscard]] static qint64 zygoteOf(const Test::ServerProcess &server)
    {
        return Test::childrenOf(server.pid()).value(0);
    }

    std::unique_ptr<QTemporaryDir> m_directory;
    QString m_address;
};

void TestFaultsServer::init()
{
    m_directory = std::make_unique<QTemporaryDir>();
    m_address = QStringLiteral("unix:") + m_directory->filePath(QStringLiteral("s.socket"));
}

void TestFaultsServer::row17_aKilledServerComesBack()
{
    Test::ServerProcess first;
    QVERIFY2(start(first), qPrintable(first.errorString()));
    Client client(m_address, {.maxWorkers = 4, .timeout = 0ms});
    int begun = 0;
    std::vector<CheckoutPtr> holders(4);
    for (CheckoutPtr &holder : holders) {
        holder = client.checkout();
        QVERIFY(Test::call(holder, "pid").result);
        holder->call("sleep", {300}, [&begun](const QVariant &) { ++begun; });
    }
    int served = 0;
    for (int i = 0; i < 1000; ++i)
        client.checkout()->call("echo", {i}, [&served, i](const QVariant &result) { served += result.toInt() == i; });
    first.kill();
    Test::ServerProcess second;
    QVERIFY2(start(second), qPrintable(second.errorString()));
    QVERIFY(Test::waitUntil([&] { return begun == 4; })); // their workers finish what they have
    holders.clear();
    QVERIFY(Test::waitUntilAll([&] { return served; }, [] { return 1000; }));
}

void TestFaultsServer::row17_workersOfAKilledServer()
{
    Test::ServerProcess server;
    QVERIFY2(start(server), qPrintable(server.errorString()));
    Client client(m_address, {.minWorkers = 0, .maxWorkers = 2, .timeout = 0ms});
    CheckoutPtr held = client.checkout();
    CheckoutPtr other = client.checkout();
    const qint64 heldPid = Test::call(held, "pid").result.value_or(QVariant()).toLongLong();
    const qint64 freePid = Test::call(other, "pid").result.value_or(QVariant()).toLongLong();
    QVERIFY(heldPid > 0 && freePid > 0 && heldPid != freePid);
    const qint64 zygote = zygoteOf(server);
    other.reset();
    QVERIFY(Test::waitUntil([&] { return client.idleWorkerCount() == 1; }));
    Test::Stopwatch time;
    server.kill();
    if (!Test::isNative()) {
        QVERIFY(Test::isRunning(freePid)); // until its client hangs up
    } else {
        QVERIFY(QTest::qWaitFor([freePid] { return !Test::isRunning(freePid); }, int(Test::Patience.count())));
        const Test::Stopwatch::Milliseconds taken = time.stop();
        QVERIFY2(taken <= 1s, qPrintable(QString::number(taken.count())));
    }
    QCOMPARE(Test::call(held, "pid").result.value_or(QVariant()).toLongLong(), heldPid);
    QVERIFY(Test::isRunning(zygote));
    held.reset();
    client.close();
    QVERIFY(Test::waitUntil([&] { return client.workerCount() == 0; }));
    QVERIFY(Test::waitForEnd(heldPid, int(Test::Patience.count())));
    QVERIFY(Test::waitForEnd(freePid, int(Test::Patience.count())));
    QVERIFY(Test::waitForEnd(zygote, int(Test::Patience.count())));
}

// A process group with a stopped process in it gets SIGHUP from the kernel when it is orphaned.
void TestFaultsServer::row17_aStoppedWorkerOfAKilledServer()
{
    Test::ServerProcess server;
    QVERIFY2(start(server, {QStringLiteral("--hung-timeout"), QStringLiteral("3")}), qPrintable(server.errorString()));
    Client client(m_address, {.minWorkers = 0, .maxWorkers = 2, .timeout = 0ms});
    const CheckoutPtr held = client.checkout();
    const CheckoutPtr stopped = client.checkout();
    const qint64 pid = Test::call(held, "pid").result.value_or(QVariant()).toLongLong();
    const qint64 stoppedPid = Test::call(stopped, "pid").result.value_or(QVariant()).toLongLong();
    QVERIFY(pid > 0 && stoppedPid > 0);
    const qint64 zygote = zygoteOf(server);
    const qint64 idleTicks = Test::processorTicks(stoppedPid);
    std::optional<Error> error;
    frameTry([&] { stopped->call("spin", {60000}, [](const QVariant &) { }); },
             [&error](const Error &thrown) { error = thrown; });
    QTRY_VERIFY_WITH_TIMEOUT(Test::processorTicks(stoppedPid) > idleTicks, 30000);
    QVERIFY(Test::stop(stoppedPid));
    server.kill();
    QVERIFY(Test::waitUntil([&] { return error.has_value(); }));
    QCOMPARE(error->code(), Error::WorkerLost);
    QVERIFY(Test::isRunning(zygote)); // it was the one to kill the worker
    QCOMPARE(Test::call(held, "pid").result.value_or(QVariant()).toLongLong(), pid);
}

void TestFaultsServer::row18_takenOverUnderLoad()
{
    constexpr int Rounds = 20;
    std::vector<std::unique_ptr<Test::ServerProcess>> servers;
    servers.push_back(std::make_unique<Test::ServerProcess>());
    QVERIFY2(start(*servers.back()), qPrintable(servers.back()->errorString()));
    Client client(m_address, {.maxWorkers = 4});
    int asked = 0;
    int served = 0;
    QStringList errors;
    bool isOver = false;
    std::function<void()> next = [&] {
        if (isOver)
            return;
        const int number = ++asked;
        frameTry(
            [&] {
                client.checkout()->call("echo", {number}, [&, number](const QVariant &result) {
                    served += result.toInt() == number;
                    next();
                });
            },
            [&](const Error &error) { errors += error.message() + u' ' + error.detail(); });
    };
    for (int i = 0; i < 8; ++i)
        next();
    for (int round = 0; round < Rounds; ++round) {
        const int before = served;
        servers.push_back(std::make_unique<Test::ServerProcess>());
        QVERIFY2(start(*servers.back(), {QStringLiteral("--replace")}), qPrintable(servers.back()->errorString()));
        QVERIFY(Test::waitUntil([&] { return served > before + 50 || !errors.isEmpty(); }));
        QVERIFY2(errors.isEmpty(), qPrintable(errors.join(u'\n')));
        QVERIFY(QFile::exists(m_directory->filePath(QStringLiteral("s.socket"))));
        if (!Test::isNative())
            continue; // its clients stay with the old server until they hang up
        Test::ServerProcess &old = *servers[servers.size() - 2];
        QVERIFY(Test::waitUntil([&] { return !old.isRunning(); })); // drained, and nobody told it to
        QCOMPARE(old.waitForEnd(), 0);
    }
    isOver = true;
    QVERIFY(Test::waitUntil([&] { return served == asked; }));
    QVERIFY2(errors.isEmpty(), qPrintable(errors.join(u'\n')));
    client.close();
    QVERIFY(Test::waitUntil([&] { return client.workerCount() == 0; }));
    Client newcomer(m_address);
    QVERIFY(Test::call(newcomer.checkout(), "pid").result); // of the last
    QVERIFY(servers.back()->isRunning());
    servers.pop_back();
    for (const auto &old : servers)
        QCOMPARE(old->waitForEnd(), 0);
}

void TestFaultsServer::row18_withoutReplaceALiveServerStays()
{
    Test::ServerProcess server;
    QVERIFY2(start(server), qPrintable(server.errorString()));
    const Test::Ended second = Test::runProgram(QStringLiteral(ECHO_SERVER), zeroArguments(m_address));
    QCOMPARE(second.exitCode, 2);
    QVERIFY2(second.errors.contains(QStringLiteral("a live server is listening there already")),
             qPrintable(second.errors));
    Client client(m_address);
    QVERIFY(Test::call(client.checkout(), "pid").result);
}

void TestFaultsServer::row19_aNewServerThatCannotStart()
{
    Test::ServerProcess old;
    QVERIFY2(start(old), qPrintable(old.errorString()));
    ServerOptions options;
    options.replace = true;
    Server server(brokenZygote, options);
    QVERIFY(!server.listen(m_address));
    QVERIFY2(server.errorString().contains(QStringLiteral("nothing to preload")), qPrintable(server.errorString()));
    Client client(m_address);
    QVERIFY(Test::call(client.checkout(), "pid").result);
    QVERIFY(old.isRunning());
}

void TestFaultsServer::row20_aSetupThatAlwaysFails()
{
    Test::ServerProcess server;
    QVERIFY2(start(server, {QStringLiteral("--fail-setup"), QStringLiteral("boom")}), qPrintable(server.errorString()));
    Client client(m_address, {.minWorkers = 0});
    QElapsedTimer time;
    time.start();
    int errors = 0;
    while (time.elapsed() < 2000) {
        const Test::Outcome outcome = Test::call(client.checkout(), "pid");
        QVERIFY(outcome.error);
        QCOMPARE(outcome.error->message(), QStringLiteral("setup exception: boom"));
        ++errors;
    }
    QVERIFY2(errors <= 20, qPrintable(QString::number(errors))); // a worker each
}

void TestFaultsServer::row29_nobodyReadsTheServersLog()
{
    const QByteArray fifo = QFile::encodeName(m_directory->filePath(QStringLiteral("log")));
    QCOMPARE(::mkfifo(fifo.constData(), 0600), 0);
    const int reader = ::open(fifo.constData(), O_RDWR | O_CLOEXEC); // so that the server can open it
    QVERIFY(reader >= 0);
    Test::ServerProcess server;
    server.setEnvironment(
        {QStringLiteral("QT_LOGGING_RULES=prefork.server=true"), QStringLiteral("QT_FORCE_STDERR_LOGGING=1")});
    QVERIFY2(server.start(QStringLiteral("/bin/sh"),
                          {QStringLiteral("-c"), QStringLiteral("exec \"$0\" --listen \"$1\" 2>\"$2\""),
                           QStringLiteral(ECHO_SERVER), m_address, QFile::decodeName(fifo)}),
             qPrintable(server.errorString()));
    ::close(reader);
    Test::ServerProcess heir;
    QVERIFY2(start(heir, {QStringLiteral("--replace")}), qPrintable(heir.errorString()));
    QCOMPARE(server.waitForEnd(), 0); // it has said that it is replaced
}

void TestFaultsServer::standardDescriptorsMayBeClosed_data()
{
    QTest::addColumn<QString>("closed");
    for (const char *const closed : {"<&-", ">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"})
        QTest::newRow(closed) << QString::fromLatin1(closed);
}

void TestFaultsServer::standardDescriptorsMayBeClosed()
{
    QFETCH(QString, closed);
    QProcess server;
    server.start(QStringLiteral("/bin/sh"),
                 {QStringLiteral("-c"), QStringLiteral("exec \"$0\" --listen \"$1\" ") + closed,
                  QStringLiteral(ECHO_SERVER), m_address});
    const auto end = qScopeGuard([&server] {
        server.kill();
        server.waitForFinished(-1);
    });
    Client client(m_address, {.minWorkers = 0, .timeout = 0ms});
    std::optional<QVariant> result;
    client.checkout()->call("echo", {1}, [&result](const QVariant &value) { result = value; });
    QVERIFY(Test::waitUntil([&result] { return result.has_value(); }));
    QCOMPARE(*result, QVariant(1));
}

void TestFaultsServer::row62_askedOnceItLetsCheckoutsFinish()
{
    Test::ServerProcess server;
    QVERIFY2(start(server), qPrintable(server.errorString()));
    Client client(m_address, {.minWorkers = 0, .maxWorkers = 2});
    CheckoutPtr held = client.checkout();
    const qint64 worker = Test::call(held, "pid").result.value_or(QVariant()).toLongLong();
    const qint64 zygote = zygoteOf(server);
    server.sendSignal(SIGTERM);
    QTRY_VERIFY_WITH_TIMEOUT(!QFile::exists(m_directory->filePath(QStringLiteral("s.socket"))), 30000);
    for (int i = 0; i < 3; ++i)
        QCOMPARE(Test::call(held, "pid").result.value_or(QVariant()).toLongLong(), worker);
    QVERIFY(server.isRunning());
    held.reset();
    QTRY_VERIFY_WITH_TIMEOUT(!server.isRunning(), 30000);
    QCOMPARE(server.waitForEnd(), 0);
    if (!Test::isNative())
        client.close(); // idle connections without goodbyes have been left to the zygote
    QVERIFY(Test::isNative()
                ? !Test::exists(worker)
                : Test::waitForEnd(worker, int(Test::Patience.count()))); // the server waits for the others
    QVERIFY(Test::isNative() ? !Test::exists(zygote) : Test::waitForEnd(zygote, int(Test::Patience.count())));
}

void TestFaultsServer::row62_whoTakesTooLongIsKilled()
{
    Test::ServerProcess server;
    QVERIFY2(start(server, {QStringLiteral("--shutdown-timeout"), QStringLiteral("0.2")}),
             qPrintable(server.errorString()));
    Client client(m_address, {.minWorkers = 0});
    const CheckoutPtr held = client.checkout();
    const qint64 worker = Test::call(held, "pid").result.value_or(QVariant()).toLongLong();
    const qint64 idleTicks = Test::processorTicks(worker);
    std::optional<Error> lost;
    frameTry([&] { held->call("spin", {600000}, [](const QVariant &) { }); },
             [&](const Error &error) { lost = error; });
    QTRY_VERIFY_WITH_TIMEOUT(Test::processorTicks(worker) > idleTicks, 30000); // it has begun
    server.sendSignal(SIGTERM);
    QVERIFY(Test::waitUntil([&] { return lost.has_value(); }));
    QCOMPARE(lost->code(), Error::WorkerLost);
    if (Test::isNative())
        QVERIFY2(lost->detail().contains(QStringLiteral("because its server shut down")), qPrintable(lost->detail()));
    QCOMPARE(server.waitForEnd(), 0);
    QVERIFY(!Test::exists(worker));
}

void TestFaultsServer::row62_askedTwiceItGoesAtOnce()
{
    Test::ServerProcess server;
    QVERIFY2(start(server, {QStringLiteral("--shutdown-timeout"), QStringLiteral("1000")}),
             qPrintable(server.errorString()));
    Client client(m_address, {.minWorkers = 0, .timeout = 0ms});
    const CheckoutPtr held = client.checkout();
    const qint64 worker = Test::call(held, "pid").result.value_or(QVariant()).toLongLong();
    std::optional<Error> lost;
    frameTry([&] { held->call("spin", {600000}, [](const QVariant &) { }); },
             [&](const Error &error) { lost = error; });
    server.sendSignal(SIGTERM);
    QTRY_VERIFY_WITH_TIMEOUT(!QFile::exists(m_directory->filePath(QStringLiteral("s.socket"))), 30000);
    QVERIFY(!lost);
    server.sendSignal(SIGINT);
    QCOMPARE(server.waitForEnd(), 0);
    QVERIFY(!Test::exists(worker));
    QVERIFY(Test::waitUntil([&] { return lost.has_value(); }));
}

void TestFaultsServer::row62_hangupAndQuitLeaveNobodyBehind()
{
    for (const int signal : {SIGHUP, SIGQUIT}) {
        Test::ServerProcess server;
        QVERIFY2(start(server), qPrintable(server.errorString()));
        Client client(m_address, {.minWorkers = 1, .maxWorkers = 1});
        const qint64 worker = Test::call(client.checkout(), "pid").result.value_or(QVariant()).toLongLong();
        const qint64 zygote = zygoteOf(server);
        QVERIFY(worker > 0 && zygote > 0);
        server.sendSignal(signal);
        QCOMPARE(server.waitForEnd(), -1); // no graceful end was asked for
        client.close();
        QVERIFY(Test::waitUntil([&] { return client.workerCount() == 0; }));
        QVERIFY(Test::waitForEnd(worker, int(Test::Patience.count())));
        QVERIFY(Test::waitForEnd(zygote, int(Test::Patience.count())));
    }
}

void TestFaultsServer::row63_aKilledZygoteEndsItsServer()
{
    Test::ServerProcess server;
    QVERIFY2(start(server), qPrintable(server.errorString()));
    Client client(m_address, {.minWorkers = 0, .maxWorkers = 2, .timeout = 0ms});
    const CheckoutPtr held = client.checkout();
    const qint64 worker = Test::call(held, "pid").result.value_or(QVariant()).toLongLong();
    ::kill(pid_t(zygoteOf(server)), SIGKILL);
    QCOMPARE(server.waitForEnd(), 1);
    QVERIFY2(server.stderrText().contains(QStringLiteral("the zygote is gone")), qPrintable(server.stderrText()));
    QCOMPARE(Test::call(held, "pid").result.value_or(QVariant()).toLongLong(), worker);
    const CheckoutPtr waiting = client.checkout();
    std::optional<QVariant> later;
    waiting->call("pid", {}, [&later](const QVariant &result) { later = result; });
    Test::ServerProcess next; // as a supervisor would
    QVERIFY2(start(next), qPrintable(next.errorString()));
    QVERIFY(Test::waitUntil([&] { return later.has_value(); }));
}

void TestFaultsServer::row63_aStoppedZygoteIsOnlyADelay()
{
    Test::ServerProcess server;
    QVERIFY2(start(server), qPrintable(server.errorString()));
    const qint64 zygote = zygoteOf(server);
    ::kill(pid_t(zygote), SIGSTOP);
    Client client(m_address, {.minWorkers = 0, .timeout = 0ms});
    int served = 0;
    for (int i = 0; i < 10; ++i)
        client.checkout()->call("pid", {}, [&served](const QVariant &) { ++served; });
    QTRY_VERIFY_WITH_TIMEOUT(client.connectionError().contains(QStringLiteral("busy")) || !Test::isNative(), 30000);
    QCOMPARE(served, 0);
    ::kill(pid_t(zygote), SIGCONT);
    QVERIFY(Test::waitUntil([&] { return served == 10; }));
}

int main(int argc, char *argv[])
{
    Interface interface;
    interface.preload([] { throw QStringLiteral("nothing to preload"); });
    Zygote broken(interface);
    brokenZygote = &broken;
    QCoreApplication app(argc, argv);
    TestFaultsServer test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_faults_server.moc"
