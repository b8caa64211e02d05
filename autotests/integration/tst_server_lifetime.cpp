// SPDX-License-Identifier: MIT
#include "helpers/answers.h"
#include "helpers/embedded.h"
#include "helpers/loglines.h"
#include "helpers/processes.h"
#include "helpers/protocols.h"

#include <QtPrefork/Client>
#include <QtPrefork/Server>

#include <QtCore/QElapsedTimer>
#include <QtCore/QTemporaryDir>
#include <QtNetwork/QNetworkProxy>
#include <QtNetwork/QTcpSocket>
#include <QtTest/QSignalSpy>

#include <csignal>

using namespace Prefork;
using namespace std::chrono_literals;
using Test::answer;
using Test::zygote;

// Servers in the program of their clients: what slots do to them, and what is left when they are gone.
class ServerLifetimeTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { m_directory = std::make_unique<QTemporaryDir>(); }
    // Looked at once when it is true: a worker that was asked for before its server ended may begin right after that.
    void cleanup()
    {
        QVERIFY(QTest::qWaitFor([] { return workers().isEmpty(); }, int(Test::Patience.count())));
    }
    void aSlotMayCloseIt();
    void aSlotMayDeleteIt();
    void onceReplacedItMayListenElsewhere();
    void aWorkerForkedAfterItsEndDoesNotStay();
    void aLongDeadlineIsNoDeadline();
    void aSilentJsonClientMayStaySilent();
    void noWorkerForWhoOnlyLooksIn();
    void theApplicationsProxyIsNotForIt();
    void itWarnsWhereAnybodyMayCall_data();
    void itWarnsWhereAnybodyMayCall();

private:
    [[nodiscard]] QString path(const char *name = "s") const
    {
        return QStringLiteral("unix:") + m_directory->filePath(QString::fromLatin1(name));
    }
    [[nodiscard]] static QList<qint64> workers() { return Test::childrenOf(zygote()->processId()); }

    std::unique_ptr<QTemporaryDir> m_directory;
};

void ServerLifetimeTest::aSlotMayCloseIt()
{
    Server server(zygote());
    QVERIFY2(server.listen(path()), qPrintable(server.errorString()));
    connect(&server, &Server::workerCountChanged, &server, &Server::close);
    Client client(path(), {.minWorkers = 0, .maxWorkers = 2});
    const CheckoutPtr first = client.checkout();
    const CheckoutPtr second = client.checkout(); // in the backlog meanwhile
    QVERIFY(Test::pidOf(first) > 0);
    WAIT_FOR(!server.isListening());
}

void ServerLifetimeTest::aSlotMayDeleteIt()
{
    auto *const server = new Server(zygote());
    QVERIFY2(server->listen(path()), qPrintable(server->errorString()));
    connect(server, &Server::workerCountChanged, server, [server] { delete server; });
    const QPointer<Server> guard = server;
    Client client(path(), {.minWorkers = 2, .maxWorkers = 2});
    WAIT_FOR(!guard);
}

void ServerLifetimeTest::onceReplacedItMayListenElsewhere()
{
    Server server(zygote());
    QSignalSpy finished(&server, &Server::finished);
    QVERIFY2(server.listen(path()), qPrintable(server.errorString()));
    Server next(zygote(), {.replace = true});
    QVERIFY2(next.listen(path()), qPrintable(next.errorString()));
    WAIT_COMPARE(finished.size(), 1);
    QVERIFY2(server.listen(path("elsewhere")), qPrintable(server.errorString()));
    Client client(path("elsewhere"), {.minWorkers = 0, .maxWorkers = 1});
    const qint64 pid = Test::pidOf(client.checkout());
    QVERIFY(pid > 0);
    QElapsedTimer timer;
    timer.start();
    while (timer.elapsed() < 300) { // it would leave between two of them
        WAIT_COMPARE(client.idleWorkerCount(), 1);
        QCOMPARE(Test::pidOf(client.checkout()), pid);
    }
}

void ServerLifetimeTest::aWorkerForkedAfterItsEndDoesNotStay()
{
    auto server = std::make_unique<Server>(zygote());
    QVERIFY2(server->listen(path()), qPrintable(server->errorString()));
    QSignalSpy counts(server.get(), &Server::workerCountChanged);
    QVERIFY(::kill(pid_t(zygote()->processId()), SIGSTOP) == 0);
    Client client(path(), {.minWorkers = 2, .maxWorkers = 2});
    WAIT_COMPARE(counts.size(), 2); // asked for
    server.reset();
    QVERIFY(::kill(pid_t(zygote()->processId()), SIGCONT) == 0);
    if (Test::isNative()) {
        WAIT_FOR(!client.connectionError().isEmpty()); // it has been told goodbye, and looks for others
    } else {
        WAIT_COMPARE(workers().size(), 2); // until their client hangs up
    }
}

void ServerLifetimeTest::aLongDeadlineIsNoDeadline()
{
    QTest::failOnWarning(
        QRegularExpression(QStringLiteral("Timers|timeout"))); // Qt's, of an interval that has become negative
    Server server(zygote());
    QVERIFY2(server.listen(path()), qPrintable(server.errorString()));
    QSignalSpy finished(&server, &Server::finished);
    Client client(path(), {.minWorkers = 0, .maxWorkers = 1});
    CheckoutPtr held = client.checkout();
    const qint64 pid = Test::pidOf(held);
    for (const std::chrono::milliseconds timeout :
         {std::chrono::milliseconds::max(), std::chrono::milliseconds(24h * 50), std::chrono::milliseconds(24h * 30)}) {
        server.shutdown(timeout);
        QCOMPARE(Test::pidOf(held), pid);
    }
    held.reset();
    client.close();
    WAIT_COMPARE(finished.size(), 1);
}

void ServerLifetimeTest::aSilentJsonClientMayStaySilent()
{
    Server server(zygote(), {.maxSilent = 0, .helloTimeout = 50ms});
    QVERIFY2(server.listen(QStringLiteral("tcp://127.0.0.1:0")), qPrintable(server.errorString()));
    QSignalSpy counts(&server, &Server::workerCountChanged);
    QTcpSocket silent;
    QTcpSocket slow; // has begun, and says no more
    silent.connectToHost(QStringLiteral("127.0.0.1"), server.address().port());
    WAIT_COMPARE(server.workerCount(), 1);
    slow.connectToHost(QStringLiteral("127.0.0.1"), server.address().port());
    slow.write("Q");
    WAIT_FOR(counts.size() >= 2); // it has got a worker, which may be gone already
    WAIT_COMPARE(slow.state(), QAbstractSocket::UnconnectedState);
    silent.write("[\"do\",{},\"pid\"]");
    WAIT_FOR(silent.bytesAvailable() > 0);
    QVERIFY(silent.readAll().startsWith("[\"ok\","));
}

void ServerLifetimeTest::noWorkerForWhoOnlyLooksIn()
{
    Server server(zygote());
    QVERIFY2(server.listen(QStringLiteral("tcp://127.0.0.1:0")), qPrintable(server.errorString()));
    QSignalSpy counts(&server, &Server::workerCountChanged);
    for (int i = 0; i < 5; ++i) { // gone before the event loop has turned, and so before they are accepted
        QTcpSocket visitor;
        visitor.connectToHost(QStringLiteral("127.0.0.1"), server.address().port());
        QVERIFY(visitor.waitForConnected(int(Test::Patience.count())));
        visitor.close();
    }
    Client client(server.address(), {.minWorkers = 0, .maxWorkers = 1});
    QVERIFY(Test::pidOf(client.checkout()) > 0);
    QCOMPARE(counts.size(), 1);
}

// Nobody is there who could be asked.
void ServerLifetimeTest::theApplicationsProxyIsNotForIt()
{
    const auto restore = qScopeGuard([] { QNetworkProxy::setApplicationProxy(QNetworkProxy()); });
    for (const QNetworkProxy::ProxyType type : {QNetworkProxy::Socks5Proxy, QNetworkProxy::HttpProxy}) {
        QNetworkProxy::setApplicationProxy(QNetworkProxy(type, QStringLiteral("127.0.0.1"), 1));
        Server server(zygote());
        QVERIFY2(server.listen(QStringLiteral("tcp://127.0.0.1:0")), qPrintable(server.errorString()));
        Client client(server.address(), {.minWorkers = 0, .maxWorkers = 1});
        QVERIFY(Test::pidOf(client.checkout()) > 0);
    }
}

void ServerLifetimeTest::itWarnsWhereAnybodyMayCall_data()
{
    QTest::addColumn<QString>("address");
    QTest::addColumn<qsizetype>("warnings");
    QTest::newRow("every network") << QStringLiteral("tcp://0.0.0.0:0") << qsizetype(1);
    QTest::newRow("in short") << QStringLiteral("tcp://0:0") << qsizetype(1);
    QTest::newRow("IPv6 too") << QStringLiteral("tcp://[::]:0") << qsizetype(1);
    QTest::newRow("mapped") << QStringLiteral("tcp://[::ffff:0.0.0.0]:0") << qsizetype(1);
    QTest::newRow("this machine") << QStringLiteral("tcp://127.0.0.1:0") << qsizetype(0);
    QTest::newRow("a unix socket") << QStringLiteral("unix:") << qsizetype(0);
}

void ServerLifetimeTest::itWarnsWhereAnybodyMayCall()
{
    QFETCH(const QString, address);
    QFETCH(const qsizetype, warnings);
    const Test::LogLines lines(QStringLiteral("anybody"));
    Server server(zygote());
    const bool listens = server.listen(address.startsWith(QStringLiteral("unix")) ? path() : address);
    if (!listens && address.contains(u'['))
        QSKIP("there is no IPv6 here");
    QVERIFY2(listens, qPrintable(server.errorString()));
    QCOMPARE(lines.count(), warnings);
}

PREFORK_TEST_MAIN(ServerLifetimeTest, Test::addBasics)
#include "tst_server_lifetime.moc"
