// SPDX-License-Identifier: MIT
// A client's beginning, reload and end, and a crowd.
#include "helpers/calls.h"
#include "helpers/embedded.h"
#include "helpers/loglines.h"
#include "helpers/protocols.h"

#include <QtPrefork/Client>
#include <QtPrefork/Server>

#include <QtCore/QFile>
#include <QtCore/QProcess>
#include <QtCore/QTemporaryDir>
#include <QtNetwork/QLocalServer>
#include <QtNetwork/QLocalSocket>
#include <QtTest/QSignalSpy>

#include <csignal>
#include <set>

using namespace Prefork;
using namespace std::chrono_literals;

class ClientStatesTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theStateTellsWhetherThereAreWorkers();
    void theStateOfAClientWithoutServerIsConnecting();
    void theLogSaysOnceThatCallsWaitForAServer();
    void aClientWithoutCallsWaitsForItsServerInSilence();
    void aFileThatIsNoSocketIsCalledSo();
    void aServerThatHangsUpAtOnceIsExplained();
    void closingWaitsForCheckoutsAndThenLetsWorkersGo();
    void aNegativeDeadlineIsNone();
    void closingEndsAtTheDeadline();
    void closingAnIdleClientTakesNoTime();
    void aClosingClientGivesNoNewCheckouts();
    void recyclingReplacesIdleWorkersNowAndHeldOnesLater();
    void theProtocolMayChangeBeforeTheHello_data();
    void theProtocolMayChangeBeforeTheHello();
    void anyApplicationWillDo_data();
    void anyApplicationWillDo();
    void waitingForSettledBlocksUntilThen();
    void waitingForSettledGivesUp();
    void aCallbackMayWait();
    void whatAnEventLoopWasToDeleteIsDeletedWhenItHasEnded();
    void twentyThousandCheckoutsAreServed();
    void twentyThousandCheckoutsTimeOut();
    void aLongChainOfCallsInCallbacksTakesNoMoreMemory();
    void anIdleWorkersDeathIsNobodysError();
};

void ClientStatesTest::theStateTellsWhetherThereAreWorkers()
{
    Client client(Test::zygote(), {.minWorkers = 0});
    QSignalSpy changes(&client, &Client::stateChanged);
    QCOMPARE(client.state(), Client::Disconnected);
    const CheckoutPtr checkout = client.checkout();
    QCOMPARE(client.state(), Test::isNative() ? Client::Connecting : Client::Connected); // natively it has to say hello
    QCOMPARE(changes.count(), 0);
    const auto state = [&changes](qsizetype i) { return changes.at(i).first().value<Client::State>(); };
    QVERIFY(Test::waitUntil([&] { return !changes.isEmpty() && state(changes.size() - 1) == Client::Connected; }));
    if (changes.size() == 2 && Test::isNative())
        QCOMPARE(state(0), Client::Connecting);
    else
        QCOMPARE(changes.size(), 1);
}

void ClientStatesTest::theStateOfAClientWithoutServerIsConnecting()
{
    Client client("unix:/nowhere/at-all");
    QCOMPARE(client.state(), Client::Connecting);
    Client invalid("nonsense");
    QCOMPARE(invalid.state(), Client::Closed);
}

void ClientStatesTest::theLogSaysOnceThatCallsWaitForAServer()
{
    const Test::LogLines log(QStringLiteral("/nowhere/at-all"));
    Client client("unix:/nowhere/at-all", {.timeout = 0s});
    QSignalSpy failures(&client, &Client::connectionFailed);
    const CheckoutPtr checkout = client.checkout();
    QTRY_COMPARE_WITH_TIMEOUT(log.count(), 1, 10000);
    QVERIFY2(log.lines().constFirst().contains(QLatin1String("there is no such socket; calls wait for it")),
             qPrintable(log.lines().constFirst()));
    failures.clear();
    QTRY_VERIFY_WITH_TIMEOUT(failures.count() > 2, 10000);
    QCOMPARE(log.count(), 1);
}

void ClientStatesTest::aClientWithoutCallsWaitsForItsServerInSilence()
{
    const Test::LogLines log(QStringLiteral("/nowhere/at-all"));
    Client client("unix:/nowhere/at-all");
    QSignalSpy failures(&client, &Client::connectionFailed);
    QTRY_VERIFY_WITH_TIMEOUT(failures.count() > 5, 20000); // which takes more than a second
    QCOMPARE(log.count(), 0);
}

void ClientStatesTest::aFileThatIsNoSocketIsCalledSo()
{
    const QTemporaryDir directory;
    QFile file(directory.filePath(QStringLiteral("plain")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    for (const QString &path : {file.fileName(), directory.path()}) {
        Client client(Address::unixSocket(path), {.waitForServer = false});
        const Test::Outcome outcome = Test::call(client.checkout(), "echo");
        QVERIFY(outcome.error);
        QCOMPARE(outcome.error->code(), Error::Unavailable);
        QVERIFY2(outcome.error->message().endsWith(QLatin1String(": the file there is no socket")),
                 qPrintable(outcome.error->message()));
    }
}

void ClientStatesTest::aServerThatHangsUpAtOnceIsExplained()
{
    const QTemporaryDir directory;
    QLocalServer server;
    QVERIFY(server.listen(directory.filePath(QStringLiteral("s"))));
    connect(&server, &QLocalServer::newConnection, this, [&server] {
        QLocalSocket *const peer = server.nextPendingConnection();
        connect(peer, &QLocalSocket::readyRead, peer, &QLocalSocket::abort); // it has got the call, or the hello
    });
    Client client(Address::unixSocket(server.fullServerName()), {.waitForServer = false});
    const Test::Outcome outcome = Test::call(client.checkout(), "echo");
    QVERIFY(outcome.error);
    const QString text = outcome.error->message() + outcome.error->detail();
    QVERIFY2(text.contains(Test::isNative() ? QLatin1String("it may not speak the native protocol")
                                            : QLatin1String("the server may not allow JSON or this user")),
             qPrintable(text));
}

void ClientStatesTest::closingWaitsForCheckoutsAndThenLetsWorkersGo()
{
    Client client(Test::zygote(), {.maxWorkers = 2});
    QSignalSpy closed(&client, &Client::closed);
    QVariantList results;
    for (int i = 0; i < 6; ++i)
        client.checkout()->call("echo", {i}, [&results](const QVariant &value) { results.append(value); });
    client.close(Test::Patience);
    QCOMPARE(client.state(), Client::Closing);
    QVERIFY(closed.wait(30000));
    QCOMPARE(results.size(), 6);
    QCOMPARE(client.state(), Client::Closed);
    QCOMPARE(client.workerCount(), 0);
    QCOMPARE(closed.count(), 1);
}

void ClientStatesTest::aNegativeDeadlineIsNone()
{
    Client client(Test::zygote(), {.maxWorkers = 1});
    QSignalSpy closed(&client, &Client::closed);
    QVariantList results;
    for (int i = 0; i < 3; ++i)
        client.checkout()->call("echo", {i}, [&results](const QVariant &value) { results.append(value); });
    client.close(-1ms);
    QVERIFY(closed.wait(30000));
    QCOMPARE(results, QVariantList({0, 1, 2}));
}

void ClientStatesTest::closingEndsAtTheDeadline()
{
    Client client(Test::zygote());
    QSignalSpy closed(&client, &Client::closed);
    const CheckoutPtr held = client.checkout();
    const CheckoutPtr busy = client.checkout();
    Error caught;
    frameTry([&] { busy->call("sleep", {1500}); }, [&caught](const Error &error) { caught = error; });
    client.close(50ms);
    QVERIFY(closed.wait(30000));
    QCOMPARE(caught.code(), Error::Shutdown);
    QCOMPARE(held->error().value_or(Error()).code(), Error::Shutdown);
}

void ClientStatesTest::closingAnIdleClientTakesNoTime()
{
    Client client(Test::zygote());
    QSignalSpy closed(&client, &Client::closed);
    client.close();
    QCOMPARE(client.state(), Client::Closed);
    QCOMPARE(closed.count(), 0);
    QVERIFY(closed.wait(30000));
}

void ClientStatesTest::aClosingClientGivesNoNewCheckouts()
{
    Client client(Test::zygote());
    const CheckoutPtr old = client.checkout();
    client.close(Test::Patience);
    const Test::Outcome refused = Test::call(client.checkout(), "pid");
    QCOMPARE(refused.error.value_or(Error()).code(), Error::Shutdown);
    QVERIFY(Test::call(old, "pid").result);
}

void ClientStatesTest::recyclingReplacesIdleWorkersNowAndHeldOnesLater()
{
    Client client(Test::zygote(), {.minWorkers = 2, .maxWorkers = 2});
    CheckoutPtr held = client.checkout();
    const QVariant heldPid = Test::call(held, "pid").result.value_or(QVariant());
    const QVariant idlePid = Test::call(client.checkout(), "pid").result.value_or(QVariant());
    QVERIFY(heldPid != idlePid);
    client.recycleWorkers();
    QCOMPARE(Test::call(held, "pid").result, std::optional(heldPid));
    const QVariant freshPid = Test::call(client.checkout(), "pid").result.value_or(QVariant());
    QVERIFY(freshPid.isValid() && freshPid != idlePid && freshPid != heldPid);
    held->release();
    const CheckoutPtr a = client.checkout();
    const CheckoutPtr b = client.checkout();
    QVERIFY(Test::call(a, "pid").result != heldPid);
    QVERIFY(Test::call(b, "pid").result != heldPid);
}

void ClientStatesTest::theProtocolMayChangeBeforeTheHello_data()
{
    QTest::addColumn<QString>("listener");
    QTest::addColumn<int>("changes");
    for (const char *listener : {"none", "unix", "tcp"}) {
        for (const int changes : {1, 2, 3})
            QTest::addRow("%s, %d times", listener, changes) << QString::fromLatin1(listener) << changes;
    }
}

void ClientStatesTest::theProtocolMayChangeBeforeTheHello()
{
    QFETCH(const QString, listener);
    QFETCH(const int, changes);
    const QTemporaryDir directory;
    Server server(Test::zygote());
    if (listener == QStringLiteral("unix"))
        QVERIFY(server.listen(Address::unixSocket(directory.filePath(QStringLiteral("socket")))));
    else if (listener == QStringLiteral("tcp"))
        QVERIFY(server.listen(QStringLiteral("tcp://127.0.0.1:0")));
    const ClientOptions options{.minWorkers = 2, .maxWorkers = 2};
    const auto client = server.isListening() ? std::make_unique<Client>(server.address(), options)
                                             : std::make_unique<Client>(Test::zygote(), options);
    Protocol protocol = client->protocol();
    for (int i = 0; i < changes; ++i) {
        protocol = protocol == Protocol::Native ? Protocol::Json : Protocol::Native;
        QVERIFY(client->setProtocol(protocol));
    }
    QCOMPARE(client->protocol(), protocol);
    const CheckoutPtr one = client->checkout();
    const CheckoutPtr other = client->checkout();
    for (const CheckoutPtr &checkout : {one, other, one}) {
        const QVariant answer = Test::call(checkout, "echo", {QByteArray("bytes")}).result.value_or(QVariant());
        QCOMPARE(answer.typeId(), int(protocol == Protocol::Native ? QMetaType::QByteArray : QMetaType::QString));
        QCOMPARE(answer.toString(), QStringLiteral("bytes"));
    }
    QCOMPARE(client->workerCount(), 2);
}

void ClientStatesTest::anyApplicationWillDo_data()
{
    QTest::addColumn<QString>("mode");
    QTest::addColumn<QString>("listener");
    for (const char *mode :
         {"before", "before, exec", "none", "outliving", "several", "a death between two", "a talker"}) {
        for (const char *listener : {"zygote", "unix", "tcp"})
            QTest::addRow("%s, %s", mode, listener) << QString::fromLatin1(mode) << QString::fromLatin1(listener);
    }
}

// A client that is older than the application, outlives it, meets another one, or sees none.
void ClientStatesTest::anyApplicationWillDo()
{
    QFETCH(const QString, mode);
    QFETCH(const QString, listener);
    const QTemporaryDir directory;
    Server server(Test::zygote());
    QString address = listener;
    if (listener != QStringLiteral("zygote")) {
        const bool isTcp = listener == QStringLiteral("tcp");
        QVERIFY(server.listen(isTcp ? Address(QStringLiteral("tcp://127.0.0.1:0"))
                                    : Address::unixSocket(directory.filePath(QStringLiteral("socket")))));
        address = server.address().toString();
    }
    QProcess program;
    program.start(QStringLiteral(CLIENT_AND_APPLICATIONS), {mode, address}, QIODevice::ReadOnly);
    QVERIFY(Test::waitUntil([&program] { return program.state() == QProcess::NotRunning; }));
    QVERIFY2(program.exitStatus() == QProcess::NormalExit && program.exitCode() == 0,
             program.readAllStandardError().constData());
}

void ClientStatesTest::waitingForSettledBlocksUntilThen()
{
    Client client(Test::zygote());
    const CheckoutPtr checkout = client.checkout();
    QVERIFY(checkout->waitForSettled());
    QVariantList results;
    for (int i = 0; i < 3; ++i)
        checkout->call("echo", {i}, [&results](const QVariant &value) { results.append(value); });
    QVERIFY(checkout->waitForSettled());
    QCOMPARE(results, (QVariantList{0, 1, 2}));
    QCOMPARE(checkout->pendingCallCount(), 0);
}

void ClientStatesTest::waitingForSettledGivesUp()
{
    Client client(Test::zygote());
    const CheckoutPtr checkout = client.checkout();
    checkout->call("sleep", {1500});
    QVERIFY(!checkout->waitForSettled(30ms));
    QCOMPARE(checkout->pendingCallCount(), 1);
    const UnhandledErrorHandler before = setUnhandledErrorHandler([](const Error &) { });
    checkout->abort();
    QVERIFY(checkout->waitForSettled());
    setUnhandledErrorHandler(before);
}

void ClientStatesTest::aCallbackMayWait()
{
    Client client(Test::zygote());
    const CheckoutPtr outer = client.checkout();
    QVariant inner;
    outer->call("pid", {}, [&] {
        const CheckoutPtr checkout = client.checkout();
        checkout->call("echo", {"inner"}, [&inner](const QVariant &value) { inner = value; });
        QVERIFY(checkout->waitForSettled());
    });
    QVERIFY(outer->waitForSettled());
    QCOMPARE(inner, QVariant(QStringLiteral("inner")));
}

// The loop ends in the turn in which the last handle's checkout would be deleted in the next.
void ClientStatesTest::whatAnEventLoopWasToDeleteIsDeletedWhenItHasEnded()
{
    Client client(Test::zygote());
    const CheckoutPtr checkout = client.checkout();
    CheckoutPtr other = client.checkout();
    const QPointer<Checkout> deleted(other.get());
    bool isReleased = false;
    connect(other.get(), &Checkout::released, this, [&] { isReleased = true; });
    checkout->call("echo", {1}, [&] {
        other.reset();
        checkout->abort(); // which ends the call below, right behind
    });
    checkout->call("echo", {2});
    QVERIFY(checkout->waitForSettled());
    QVERIFY(isReleased);
    QVERIFY(deleted.isNull());
}

void ClientStatesTest::twentyThousandCheckoutsAreServed()
{
    constexpr int Count = 20000;
    Client client(Test::zygote(), {.maxWorkers = 2, .timeout = 0ms});
    QVERIFY(Test::waitUntil([&] { return client.idleWorkerCount() == 2; }));
    std::vector<int> order;
    for (int i = 0; i < Count; ++i)
        client.checkout()->call("echo", {i},
                                [&order, i](const QVariant &value) { order.push_back(value.toInt() == i ? i : -1); });
    QCOMPARE(client.waitingCheckoutCount(), Count - 2);
    QVERIFY(Test::waitUntilAll([&] { return order.size(); }, [] { return std::size_t(Count); }));
    QCOMPARE(std::set<int>(order.begin(), order.end()).size(), std::size_t(Count));
    QVERIFY(std::find(order.begin(), order.end(), -1) == order.end());
}

void ClientStatesTest::twentyThousandCheckoutsTimeOut()
{
    constexpr int Count = 20000;
    Client client("unix:/nowhere/at-all");
    int timedOut = 0;
    frameTry(
        [&] {
            for (int i = 0; i < Count; ++i)
                client.checkout({.timeout = std::chrono::milliseconds(1 + i * 7 % 400)})->call("pid");
        },
        [&timedOut](const Error &error) { timedOut += error.code() == Error::Timeout; });
    QVERIFY(Test::waitUntilAll([&] { return timedOut; }, [] { return Count; }));
    QCOMPARE(client.waitingCheckoutCount(), 0);
}

void ClientStatesTest::aLongChainOfCallsInCallbacksTakesNoMoreMemory()
{
    constexpr int Links = 20000;
    Client client(Test::zygote(), {.name = "chain"});
    const CheckoutPtr checkout = client.checkout();
    const auto memory = [] {
        QFile status(QStringLiteral("/proc/self/statm"));
        return status.open(QIODevice::ReadOnly) ? status.readAll().split(' ').value(1).toLongLong() * 4096 : 0;
    };
    int links = 0;
    qint64 early = 0;
    QString trace;
    std::function<void()> next = [&] {
        if (++links == Links / 10)
            early = memory();
        if (links < Links)
            checkout->call("echo", {links}, [&next] { next(); });
        else
            trace = Frame::current().backTrace(QStringLiteral("end"));
    };
    frameTry(next, [](const Error &error) { QFAIL(qPrintable(error.message())); });
    QVERIFY(Test::waitUntilAll([&] { return links; }, [] { return Links; }));
    QVERIFY(trace.contains(QStringLiteral("frames left out")));
    const qint64 growth = memory() - early;
#ifndef __SANITIZE_ADDRESS__ // which keeps what was freed
    QVERIFY2(growth < 2000000, qPrintable(QString::number(growth)));
#else
    Q_UNUSED(growth)
#endif
}

void ClientStatesTest::anIdleWorkersDeathIsNobodysError()
{
    Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1});
    QVariant pid = Test::call(client.checkout(), "pid").result.value_or(QVariant());
    for (int i = 0; i < 20; ++i) {
        QCOMPARE(::kill(pid_t(pid.toLongLong()), SIGKILL), 0);
        const Test::Outcome next = Test::call(client.checkout(), "pid");
        QVERIFY2(next.result || next.error->code() == Error::WorkerLost, "neither served nor told");
        if (!next.result) // it was given the call before the kernel had carried the kill out
            QCOMPARE(next.error->detail(), QStringLiteral("the worker was killed by SIGKILL"));
        pid = next.result.value_or(QVariant());
        if (!pid.isValid())
            pid = Test::call(client.checkout(), "pid").result.value_or(QVariant());
    }
}

PREFORK_TEST_MAIN(ClientStatesTest, Test::addBasics)
#include "tst_client_states.moc"
