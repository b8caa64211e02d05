// SPDX-License-Identifier: MIT
#include "helpers/answers.h"
#include "helpers/embedded.h"
#include "helpers/processes.h"
#include "helpers/protocols.h"

#include <QtPrefork/Client>
#include <QtPrefork/Server>

#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>
#include <QtCore/QTemporaryDir>
#include <QtNetwork/QLocalSocket>
#include <QtTest/QSignalSpy>

using namespace Prefork;
using Test::answer;
using Test::ServerProcess;

namespace {

QByteArray toJson(const QJsonArray &message)
{
    return QJsonDocument(message).toJson(QJsonDocument::Compact);
}

template <class... Items>
QByteArray call(const Items &...items)
{
    return toJson({"do", QJsonObject(), items...});
}

}

/// A server program seen from outside, and one in this program.
class TaskServerTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { m_directory = std::make_unique<QTemporaryDir>(); }

    // The original dies `unspecified listen path`; ours says so by a value.
    void t1_listeningNeedsAnAddress_data()
    {
        QTest::addColumn<Address>("address");
        QTest::newRow("none") << Address();
        QTest::newRow("empty") << Address("");
        QTest::newRow("unknown scheme") << Address("carrier-pigeon:coop");
        QTest::newRow("no path") << Address("unix:");
        QTest::newRow("no port") << Address("tcp://localhost");
    }
    void t1_listeningNeedsAnAddress()
    {
        QFETCH(Address, address);
        Server server(Test::zygote());
        QVERIFY(!server.listen(address));
        QVERIFY(!server.errorString().isEmpty());
        QVERIFY(!server.isListening());
        QVERIFY(!server.address().isValid());
    }
    void t1_listensOnUnixAndTcp_data()
    {
        QTest::addColumn<QString>("address");
        QTest::newRow("unix") << path();
        QTest::newRow("tcp") << "tcp://127.0.0.1:0";
    }
    void t1_listensOnUnixAndTcp()
    {
        QFETCH(QString, address);
        Server server(Test::zygote());
        QSignalSpy listening(&server, &Server::listeningChanged);
        QVERIFY2(server.listen(address.startsWith("unix") ? path() : address), qPrintable(server.errorString()));
        QVERIFY(server.isListening());
        QCOMPARE(listening, QList<QVariantList>({{true}}));
        Client client(server.address());
        QCOMPARE(answer(client.checkout(), "echo", {"x"}), QVariant("x"));
        server.close();
        QCOMPARE(listening.size(), 2);
    }

    // `AET-Server:NAME` and `AET-Worker:NAME(N)` in the original.
    void t8_titlesNameServerZygoteAndWorkers()
    {
        ServerProcess server;
        startEcho(server, {"--name", "paddock"});
        QCOMPARE(Test::titleOf(server.pid()), "paddock server");
        const QList<qint64> zygote = Test::childrenOf(server.pid());
        QCOMPARE(zygote.size(), 1);
        QCOMPARE(Test::titleOf(zygote.first()), "paddock zygote");
        Client first(server.address(), {.minWorkers = 1});
        QCOMPARE(Test::titleOf(Test::pidOf(first.checkout())), "paddock worker 1");
        Client second(server.address(), {.minWorkers = 1});
        QCOMPARE(Test::titleOf(Test::pidOf(second.checkout())), "paddock worker 2");
    }
    void t8_withoutANameTitlesAreLeftAlone()
    {
        ServerProcess server;
        startEcho(server, {"--name", ""});
        Client client(server.address());
        for (const qint64 pid : {server.pid(), Test::childrenOf(server.pid()).value(0), Test::pidOf(client.checkout())})
            QCOMPARE(Test::titleOf(pid), ECHO_SERVER);
    }

    // run() of the original blocks for ever; here the event loop is the program's own, and can end.
    void t9_serversLiveOnTheProgramsEventLoop()
    {
        Server first(Test::zygote());
        Server second(Test::zygote());
        QVERIFY(first.listen(path("first")));
        QVERIFY(second.listen(path("second")));
        Client toFirst(first.address());
        Client toSecond(second.address());
        QCOMPARE(answer(toFirst.checkout(), "echo", {1}), QVariant(1));
        QCOMPARE(answer(toSecond.checkout(), "echo", {2}), QVariant(2));
    }
    void t9_terminationEndsTheLoopGracefully()
    {
        ServerProcess server;
        startEcho(server);
        QCOMPARE(server.terminate(), 0);
        QVERIFY(!QFile::exists(m_directory->filePath("socket")));
    }

    void t10_aWorkerIsForkedForEachConnectionAndOnlyThen()
    {
        ServerProcess server;
        startEcho(server);
        const qint64 zygote = Test::childrenOf(server.pid()).value(0);
        QCOMPARE(Test::childrenOf(zygote).size(), 0);
        std::array<QLocalSocket, 3> connections;
        for (std::size_t i = 0; i < connections.size(); ++i) {
            connections[i].connectToServer(m_directory->filePath("socket"));
            WAIT_COMPARE(Test::childrenOf(zygote).size(), qsizetype(i + 1)); // at accept, before a byte is sent
        }
        QSet<QByteArray> replies;
        for (QLocalSocket &connection : connections)
            replies.insert(ask(connection, call("pid")));
        QCOMPARE(replies.size(), 3);
        for (const qint64 child : Test::childrenOf(zygote))
            QVERIFY(replies.contains(toJson({"ok", QJsonObject(), child})));
    }
    void t10_aWorkerServesItsConnectionInOrder()
    {
        ServerProcess server;
        startEcho(server);
        Client client(server.address());
        const CheckoutPtr checkout = client.checkout();
        Test::Journal journal;
        journal.call(checkout, "slow", "sleep", {50});
        journal.call(checkout, "fast", "echo", {1});
        WAIT_COMPARE(journal.entries(), QStringList({"slow=", "fast=1"}));
    }

    // One that is killed, that is: one that is told to go waits for its workers first. A native worker nobody holds
    // says goodbye.
    void t12_workersOutliveTheirServer()
    {
        ServerProcess server;
        startEcho(server);
        const qint64 zygote = Test::childrenOf(server.pid()).value(0);
        Client client(server.address(), {.minWorkers = 2});
        CheckoutPtr held = client.checkout();
        const qint64 pid = Test::pidOf(held);
        const qint64 pooled = Test::pidOf(client.checkout());
        WAIT_COMPARE(client.idleWorkerCount(), 1);

        server.kill();
        QCOMPARE(Test::pidOf(held), pid);
        if (Test::isNative()) {
            WAIT_FOR(!Test::isRunning(pooled));
        } else {
            QCOMPARE(Test::pidOf(client.checkout()), pooled);
            held.reset();
            QCOMPARE(Test::pidOf(client.checkout()), pid);
        }
        QVERIFY(Test::isRunning(zygote));
    }
    void t39_aServerIsReplacedWithoutAGap()
    {
        ServerProcess old;
        startEcho(old);
        Client client(old.address(), {.minWorkers = 0});
        CheckoutPtr held = client.checkout();
        const qint64 pid = Test::pidOf(held);
        ServerProcess next;
        QVERIFY(next.start(ECHO_SERVER, {"--listen", old.address(), "--replace"}));
        QCOMPARE(Test::pidOf(held), pid);
        Client newcomer(old.address(), {.minWorkers = 0});
        const qint64 newPid = Test::pidOf(newcomer.checkout());
        QVERIFY(Test::childrenOf(Test::childrenOf(next.pid()).value(0)).contains(newPid));
        held.reset();
        client.close();
        WAIT_FOR(!old.isRunning());
        QCOMPARE(old.waitForEnd(), 0);
    }
    void t12_theZygoteStaysUntilItsLastWorkerHasEnded()
    {
        ServerProcess server;
        startEcho(server);
        const qint64 zygote = Test::childrenOf(server.pid()).value(0);
        auto client = std::make_unique<Client>(server.address(), ClientOptions{.minWorkers = 1});
        const qint64 worker = Test::pidOf(client->checkout());
        server.kill();
        QVERIFY(Test::isRunning(worker));
        client.reset();
        WAIT_FOR(!Test::isRunning(worker));
        WAIT_FOR(!Test::isRunning(zygote));
    }

    // The original's always leaves with status 1 and tells nobody; ours with 0 if the client just left.
    void t13_aWorkerEndsWithItsConnection_data()
    {
        QTest::addColumn<QByteArray>("lastWords");
        QTest::newRow("silently") << QByteArray();
        QTest::newRow("inside a message") << call("echo").chopped(3);
        QTest::newRow("with a reply it cannot write") << call("echo", QString(8000000, 'x'));
    }
    void t13_aWorkerEndsWithItsConnection()
    {
        QFETCH(QByteArray, lastWords);
        ServerProcess server;
        startEcho(server);
        QLocalSocket connection;
        const qint64 worker = connectAndAskPid(connection);
        connection.write(lastWords);
        while (connection.bytesToWrite() > 0)
            QVERIFY(connection.waitForBytesWritten());
        connection.abort();
        WAIT_FOR(!Test::exists(worker));
        QLocalSocket next;
        QVERIFY(connectAndAskPid(next) != worker);
    }
    void t13_aWorkerEndsWhenTheClientBreaksTheProtocol()
    {
        ServerProcess server;
        startEcho(server);
        QLocalSocket guilty;
        QLocalSocket innocent;
        const qint64 worker = connectAndAskPid(guilty);
        const qint64 other = connectAndAskPid(innocent);
        guilty.write(toJson({"redo", QJsonObject()}));
        WAIT_COMPARE(guilty.state(), QLocalSocket::UnconnectedState);
        QCOMPARE(guilty.readAll(), "");
        WAIT_FOR(!Test::exists(worker));
        QVERIFY(Test::isRunning(other));
        QCOMPARE(ask(innocent, call("echo", 1)), toJson({"ok", QJsonObject(), 1}));
        WAIT_FOR(server.stderrText().contains("(pid " + QString::number(worker) + ") ends: ")); // one line to its log
    }

    // Whatever a worker does at its end, the listening socket is not its own.
    void t14_aWorkersDeathLeavesTheSocketAlone_data()
    {
        QTest::addColumn<QString>("method");
        QTest::newRow("by exit()") << "exit";
        QTest::newRow("by a crash") << "crash";
    }
    void t14_aWorkersDeathLeavesTheSocketAlone()
    {
        QFETCH(QString, method);
        ServerProcess server;
        startEcho(server);
        Client client(server.address(), {.minWorkers = 1});
        const CheckoutPtr checkout = client.checkout();
        const qint64 pid = Test::pidOf(checkout);
        const Error error = Test::failure(checkout, method, method == "exit" ? Arguments{3} : Arguments());
        QCOMPARE(error.code(), Error::WorkerLost);
        WAIT_FOR(!Test::exists(pid));
        QVERIFY(QFile::exists(m_directory->filePath("socket")));
        QCOMPARE(answer(client.checkout(), "echo", {"x"}), QVariant("x"));
        Client another(server.address());
        QCOMPARE(answer(another.checkout(), "echo", {"y"}), QVariant("y"));
    }

    // "Highly discouraged" in the original, whose fork inherits the client; nothing is inherited here.
    void t23_serverAndClientsInOneProgram()
    {
        Server server(Test::zygote());
        QVERIFY(server.listen(path()));
        Client overSocket(server.address());
        Client embedded(Test::zygote());
        const CheckoutPtr a = overSocket.checkout();
        const CheckoutPtr b = embedded.checkout();
        QVERIFY(Test::pidOf(a) != Test::pidOf(b));
        QCOMPARE(answer(a, "echo", {1}), QVariant(1));
        QCOMPARE(answer(b, "echo", {2}), QVariant(2));
        for (const qint64 pid : {Test::pidOf(a), Test::pidOf(b)})
            QCOMPARE(Test::statOf(pid).value(1).toLongLong(), Test::zygote()->processId());
    }
    void t23_closingOneLeavesTheOther()
    {
        auto server = std::make_unique<Server>(Test::zygote());
        QVERIFY(server->listen(path()));
        Client overSocket(server->address(), {.minWorkers = 1});
        auto embedded = std::make_unique<Client>(Test::zygote());
        const CheckoutPtr checkout = overSocket.checkout();
        QCOMPARE(answer(checkout, "echo", {1}), QVariant(1));
        QCOMPARE(answer(embedded->checkout(), "echo", {1}), QVariant(1));
        embedded.reset();
        QCOMPARE(answer(checkout, "echo", {2}), QVariant(2));
        server.reset();
        QCOMPARE(answer(checkout, "echo", {3}), QVariant(3));
    }

private:
    [[nodiscard]] QString path(const QString &name = QStringLiteral("socket")) const
    {
        return "unix:" + m_directory->filePath(name);
    }
    void startEcho(ServerProcess &server, QStringList options = {}) const
    {
        options << "--listen" << path();
        QVERIFY2(server.start(ECHO_SERVER, options), qPrintable(server.errorString()));
    }
    // One message and the bytes that come back, which are one reply.
    static QByteArray ask(QLocalSocket &connection, const QByteArray &message)
    {
        connection.write(message);
        QByteArray reply;
        while (!reply.endsWith(']') && connection.waitForReadyRead(int(Test::Patience.count())))
            reply += connection.readAll();
        return reply;
    }
    qint64 connectAndAskPid(QLocalSocket &connection) const
    {
        connection.connectToServer(m_directory->filePath("socket"));
        const QByteArray reply = ask(connection, call("pid"));
        return reply.sliced(9).chopped(1).toLongLong();
    }

    std::unique_ptr<QTemporaryDir> m_directory;
};

PREFORK_TEST_MAIN(TaskServerTest, Test::addBasics)
#include "tst_task_server.moc"
