// SPDX-License-Identifier: MIT
#include "helpers/calls.h"
#include "helpers/jsonpeer.h"
#include "helpers/processes.h"

#include <QtPrefork/Client>
#include <QtPrefork/ForkedServer>
#include <QtPrefork/Server>
#include <QtPrefork/Zygote>

#include <QtCore/QElapsedTimer>
#include <QtCore/QTemporaryDir>

#include <fcntl.h>
#include <optional>
#include <sys/stat.h>

using namespace Prefork;
using namespace std::chrono_literals;
using Test::JsonPeer;

namespace {

constexpr int ShortTime = 300; // ms; in which nothing is to happen
std::unique_ptr<QTemporaryDir> forkedDirectory;
std::unique_ptr<ForkedServer> forked;

Interface pidInterface()
{
    Interface interface;
    interface.add("pid", [](const QVariantList &) { return QVariant(qint64(::getpid())); });
    return interface;
}

}

// What a server's end costs clients that have no goodbyes: nothing, while nobody is in a hurry.
class TestFaultsRestarts : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_directory = std::make_unique<QTemporaryDir>();
        m_unixAddress = QStringLiteral("unix:") + m_directory->filePath(QStringLiteral("s.socket"));
    }
    void row76_idleJsonConnectionsOutliveTheirServer_data()
    {
        QTest::addColumn<bool>("isTcp");
        QTest::newRow("unix") << false;
        QTest::newRow("tcp") << true;
    }
    void row76_idleJsonConnectionsOutliveTheirServer();
    void row76_whoIsHeldIsLeftWhenItIsReleased();
    void row76_noLongerThanTheDrainTimeout();
    void row76_aSecondSignalKillsThem();
    void row76_aReplacedServerIsToldToGo();
    void row76_finishedDoesNotWaitForThem();
    void row76_nativeConnectionsEndWithTheirServer();
    void row76_aForkedServerLeavesNobody();
    void row77_theSocketFileIsRemoved();
    void row78_nobodyReadsTheLog();

private:
    [[nodiscard]] bool start(Test::ServerProcess &server, const QString &address, const QStringList &more = {})
    {
        return server.start(QStringLiteral(ECHO_SERVER), QStringList{QStringLiteral("--listen"), address} + more);
    }
    [[nodiscard]] static qint64 zygoteOf(const Test::ServerProcess &server)
    {
        return Test::childrenOf(server.pid()).value(0);
    }

    std::unique_ptr<QTemporaryDir> m_directory;
    QString m_unixAddress;
};

void TestFaultsRestarts::row76_idleJsonConnectionsOutliveTheirServer()
{
    QFETCH(const bool, isTcp);
    Test::ServerProcess server;
    QVERIFY2(start(server, isTcp ? QStringLiteral("tcp://127.0.0.1:0") : m_unixAddress,
                   {QStringLiteral("--shutdown-timeout"), QStringLiteral("1000")}),
             qPrintable(server.errorString()));
    const Address address(server.address());
    const qint64 zygote = zygoteOf(server);
    JsonPeer used(address);
    JsonPeer silent(address);
    const QByteArray worker = used.ask("pid");
    QVERIFY(!worker.isEmpty());
    JsonPeer last(address);
    QVERIFY(!last.ask("pid").isEmpty()); // all have been accepted
    QCOMPARE(server.terminate(), 0); // nobody is waited for
    Test::ServerProcess next; // at the same place
    QVERIFY2(start(next, address.toString()), qPrintable(next.errorString()));
    QCOMPARE(used.ask("pid"), worker);
    const QByteArray late = silent.ask("pid");
    QVERIFY(!late.isEmpty() && late != worker);
    QCOMPARE(Test::statOf(late.toLongLong()).value(1).toLongLong(), zygote);
    JsonPeer fresh(address);
    const QByteArray fromNext = fresh.ask("pid");
    QVERIFY(!fromNext.isEmpty());
    QCOMPARE(Test::statOf(fromNext.toLongLong()).value(1).toLongLong(), zygoteOf(next));
    QCOMPARE(used.ask("pid"), worker);
    used.close();
    silent.close();
    last.close();
    QVERIFY(Test::waitForEnd(zygote, int(Test::Patience.count()))); // nobody is left behind for good
}

void TestFaultsRestarts::row76_whoIsHeldIsLeftWhenItIsReleased()
{
    Test::ServerProcess server;
    QVERIFY2(start(server, m_unixAddress), qPrintable(server.errorString()));
    const JsonPeer peer(server.address());
    peer.begin("pid");
    const QByteArray worker = peer.value();
    server.sendSignal(SIGTERM);
    QTRY_VERIFY_WITH_TIMEOUT(!QFile::exists(m_directory->filePath(QStringLiteral("s.socket"))), 30000);
    QVERIFY(server.isRunning());
    peer.release();
    QCOMPARE(server.waitForEnd(), 0);
    QCOMPARE(peer.ask("pid"), worker);
}

void TestFaultsRestarts::row76_noLongerThanTheDrainTimeout()
{
    Test::ServerProcess server;
    QVERIFY2(
        start(server, QStringLiteral("tcp://127.0.0.1:0"), {QStringLiteral("--drain-timeout"), QStringLiteral("2")}),
        qPrintable(server.errorString()));
    const JsonPeer used(server.address());
    const JsonPeer silent(server.address());
    const JsonPeer busy(server.address());
    const qint64 zygote = zygoteOf(server);
    QVERIFY(!used.ask("pid").isEmpty() && !busy.ask("pid").isEmpty());
    QElapsedTimer time;
    time.start();
    QCOMPARE(server.terminate(), 0);
    busy.begin("sleep", ",100000");
    QVERIFY(used.ends() && silent.ends() && busy.ends());
    QVERIFY2(time.elapsed() >= 2000, qPrintable(QString::number(time.elapsed())));
    QVERIFY(Test::waitForEnd(zygote, int(Test::Patience.count())));
}

void TestFaultsRestarts::row76_aSecondSignalKillsThem()
{
    Test::ServerProcess server;
    QVERIFY2(start(server, QStringLiteral("tcp://127.0.0.1:0"),
                   {QStringLiteral("--shutdown-timeout"), QStringLiteral("1000")}),
             qPrintable(server.errorString()));
    const JsonPeer used(server.address());
    const JsonPeer silent(server.address());
    const JsonPeer holder(server.address());
    const QByteArray worker = used.ask("pid");
    const qint64 zygote = zygoteOf(server);
    holder.begin("sleep", ",600000");
    QTRY_COMPARE_WITH_TIMEOUT(Test::childrenOf(zygote).size(), 2, 30000);
    server.sendSignal(SIGTERM);
    const Address address(server.address());
    QVERIFY(QTest::qWaitFor([&] { return !JsonPeer(address).isConnected(); }, int(Test::Patience.count()))); // heard
    QVERIFY(!used.ends(ShortTime) && !silent.ends(0));
    QVERIFY(server.isRunning());
    server.sendSignal(SIGTERM);
    QCOMPARE(server.waitForEnd(), 0);
    QVERIFY(used.ends() && silent.ends() && holder.ends());
    QVERIFY(!Test::exists(worker.toLongLong())); // the server has waited for every child
    QVERIFY(Test::waitForEnd(zygote, int(Test::Patience.count())));
}

void TestFaultsRestarts::row76_aReplacedServerIsToldToGo()
{
    Test::ServerProcess server;
    QVERIFY2(start(server, m_unixAddress), qPrintable(server.errorString()));
    const JsonPeer peer(server.address());
    const QByteArray worker = peer.ask("pid");
    Test::ServerProcess next;
    QVERIFY2(start(next, m_unixAddress, {QStringLiteral("--replace")}), qPrintable(next.errorString()));
    QCOMPARE(peer.ask("pid"), worker);
    QTest::qWait(ShortTime); // it drains
    QVERIFY(server.isRunning());
    QCOMPARE(server.terminate(), 0);
    QCOMPARE(peer.ask("pid"), worker);
}

void TestFaultsRestarts::row76_finishedDoesNotWaitForThem()
{
    Test::ServerProcess server; // it ends when it has finished
    QVERIFY2(start(server, m_unixAddress, {QStringLiteral("--shutdown-timeout"), QStringLiteral("1000")}),
             qPrintable(server.errorString()));
    std::vector<std::unique_ptr<JsonPeer>> peers;
    for (int i = 0; i < 100; ++i)
        peers.push_back(std::make_unique<JsonPeer>(server.address()));
    for (int i = 0; i < 100; i += 2)
        QVERIFY(!peers[std::size_t(i)]->ask("pid").isEmpty());
    QCOMPARE(server.terminate(), 0);
    for (const auto &peer : peers)
        QVERIFY(!peer->ask("pid").isEmpty());
}

void TestFaultsRestarts::row76_nativeConnectionsEndWithTheirServer()
{
    Test::ServerProcess server;
    QVERIFY2(start(server, m_unixAddress), qPrintable(server.errorString()));
    Client client(m_unixAddress, {.minWorkers = 2, .maxWorkers = 2});
    QVERIFY(Test::call(client.checkout(), "pid").result);
    const qint64 zygote = zygoteOf(server);
    server.sendSignal(SIGTERM);
    QVERIFY(Test::waitUntil(
        [&] { return !client.connectionError().isEmpty(); })); // it has been told goodbye, and looks for others
    QCOMPARE(server.waitForEnd(), 0);
    QVERIFY(Test::waitForEnd(zygote, int(Test::Patience.count())));
}

void TestFaultsRestarts::row76_aForkedServerLeavesNobody()
{
    QVERIFY2(forked->isValid(), qPrintable(forked->errorString()));
    const JsonPeer used(forked->address());
    const JsonPeer silent(forked->address());
    QVERIFY(!used.ask("pid").isEmpty());
    const qint64 zygote = Test::childrenOf(forked->processId()).value(0);
    forked.reset();
    QVERIFY(used.ends() && silent.ends());
    QVERIFY(Test::waitForEnd(zygote, int(Test::Patience.count())));
}

void TestFaultsRestarts::row77_theSocketFileIsRemoved()
{
    const QString path = m_directory->filePath(QStringLiteral("s.socket"));
    Test::ServerProcess server;
    QVERIFY2(start(server, m_unixAddress), qPrintable(server.errorString()));
    const JsonPeer before(server.address());
    const QByteArray worker = before.ask("pid");
    Client client(m_unixAddress, {.minWorkers = 0, .timeout = 0ms});
    for (int i = 0; i < 3; ++i) {
        QVERIFY(QFile::remove(path));
        client.recycleWorkers();
        QVERIFY(Test::call(client.checkout(), "pid").result); // over a connection of its own
        QVERIFY(QFile::exists(path));
        QCOMPARE(before.ask("pid"), worker);
    }
    QVERIFY2(server.stderrText().contains(QStringLiteral("made anew")), qPrintable(server.stderrText()));
    Test::ServerProcess next; // which is not the worse for it
    QVERIFY2(start(next, m_unixAddress, {QStringLiteral("--replace")}), qPrintable(next.errorString()));
    QVERIFY(server.isRunning());
    QCOMPARE(server.terminate(), 0);
    QVERIFY(QFile::exists(path));
    QCOMPARE(next.terminate(), 0);
    QVERIFY(!QFile::exists(path));
}

void TestFaultsRestarts::row78_nobodyReadsTheLog()
{
    const QByteArray fifo = QFile::encodeName(m_directory->filePath(QStringLiteral("log")));
    QCOMPARE(::mkfifo(fifo.constData(), 0600), 0);
    const int reader = ::open(fifo.constData(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    const QByteArray block(4096, 'x');
    while (::write(reader, block.constData(), size_t(block.size())) > 0) { }
    Test::ServerProcess server;
    server.setEnvironment({QStringLiteral("QT_LOGGING_RULES=prefork.server=true")});
    QVERIFY2(server.start(QStringLiteral("/bin/sh"),
                          {QStringLiteral("-c"), QStringLiteral("exec \"$0\" --listen \"$1\" 2>\"$2\""),
                           QStringLiteral(ECHO_SERVER), m_unixAddress, QFile::decodeName(fifo)}),
             qPrintable(server.errorString()));
    Client client(m_unixAddress, {.minWorkers = 0, .timeout = 0ms});
    const auto removeAndCall = [&] {
        const bool isRemoved = QFile::remove(m_directory->filePath(QStringLiteral("s.socket")));
        client.recycleWorkers();
        return isRemoved && Test::call(client.checkout(), "pid").result;
    };
    for (int i = 0; i < 3; ++i)
        QVERIFY(removeAndCall()); // each is worth a line
    QByteArray log;
    const auto readLog = [&] {
        char bytes[4096];
        for (ssize_t count = 1; count > 0; log.append(bytes, std::max<ssize_t>(count, 0)))
            count = ::read(reader, bytes, sizeof bytes);
    };
    readLog();
    QVERIFY(!log.contains("made anew"));
    QVERIFY(removeAndCall());
    readLog();
    QVERIFY2(log.contains("3 lines were lost here") && log.contains("made anew"), log.right(1000).constData());
    Test::ServerProcess heir;
    QVERIFY2(start(heir, m_unixAddress, {QStringLiteral("--replace")}), qPrintable(heir.errorString()));
    client.close();
    QCOMPARE(server.waitForEnd(), 0);
    ::close(reader);
}

int main(int argc, char *argv[])
{
    forkedDirectory = std::make_unique<QTemporaryDir>();
    forked = std::make_unique<ForkedServer>(
        pidInterface(), Address(QStringLiteral("unix:") + forkedDirectory->filePath(QStringLiteral("s.socket"))));
    QCoreApplication app(argc, argv);
    TestFaultsRestarts test;
    const int result = QTest::qExec(&test, argc, argv);
    forked.reset();
    return result;
}

#include "tst_faults_restarts.moc"
