// SPDX-License-Identifier: MIT
#include "helpers/answers.h"
#include "helpers/embedded.h"
#include "helpers/socketfiles.h"

#include <QtPrefork/Client>
#include <QtPrefork/Server>

#include <QtCore/QTemporaryDir>
#include <QtNetwork/QHostInfo>
#include <QtNetwork/QTcpServer>

using namespace Prefork;
using Test::answer;
using Test::Found;
using Test::lookAt;
using Test::makeFile;
using Test::ServerProcess;

class ServerPathsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { m_directory = std::make_unique<QTemporaryDir>(); }

    void aPathMayHave107Bytes()
    {
        Server server(Test::zygote());
        QVERIFY2(server.listen("unix:" + pathOfLength(107)), qPrintable(server.errorString()));
        Client client(server.address(), {.waitForServer = false});
        QCOMPARE(answer(client.checkout(), "echo", {1}), QVariant(1));
    }
    void aPathMayNotHave108Bytes()
    {
        Server server(Test::zygote());
        const QString path = pathOfLength(108);
        QVERIFY(!server.listen("unix:" + path));
        QVERIFY2(server.errorString().contains("108") && server.errorString().contains("107"),
                 qPrintable(server.errorString()));
        QVERIFY(isEmpty());
    }
    void bytesAreCountedNotCharacters()
    {
        Server server(Test::zygote());
        QString path = pathOfLength(107);
        path.chop(1);
        QVERIFY(!server.listen("unix:" + path + u'\u20ac'));
        path.chop(2);
        QVERIFY2(server.listen("unix:" + path + u'\u20ac'), qPrintable(server.errorString()));
    }
    void aRelativePathIsTakenFromTheCurrentDirectory()
    {
        const QString before = QDir::currentPath();
        QDir::setCurrent(m_directory->path());
        const Address address("unix:relative socket");
        QDir::setCurrent(before);
        Server server(Test::zygote());
        QVERIFY2(server.listen(address), qPrintable(server.errorString()));
        QVERIFY(QFile::exists(path("relative socket")));
        QCOMPARE(server.address().path(), QDir(m_directory->path()).canonicalPath() + "/relative socket");
    }
    void strangeNamesAreNames_data()
    {
        QTest::addColumn<QString>("name");
        for (const char *const name :
             {"with space", "ques?tion", "ha#sh", "per%20cent", "\u03bb", "new\nline", "quote'\""})
            QTest::addRow("%s", name) << name;
    }
    void strangeNamesAreNames()
    {
        QFETCH(QString, name);
        Server server(Test::zygote());
        QVERIFY2(server.listen(Address::unixSocket(path(name))), qPrintable(server.errorString()));
        QVERIFY(QFile::exists(path(name)));
        Client client(server.address().toString());
        QCOMPARE(answer(client.checkout(), "echo", {1}), QVariant(1));
    }
    void aMissingDirectoryIsNamed()
    {
        Server server(Test::zygote());
        QVERIFY(!server.listen("unix:" + path("missing/socket")));
        QVERIFY2(server.errorString().contains(path("missing")), qPrintable(server.errorString()));
        QVERIFY(isEmpty());
    }

    void whatIsNotASocketIsLeftAsItIs_data()
    {
        QTest::addColumn<QString>("kind");
        for (const char *const kind : {"file", "directory", "fifo", "symlink", "symlink to nowhere"})
            QTest::addRow("%s", kind) << kind;
    }
    void whatIsNotASocketIsLeftAsItIs()
    {
        QFETCH(QString, kind);
        const QString place = path("socket");
        if (kind == "file")
            QVERIFY(makeFile(place));
        else if (kind == "directory")
            QVERIFY(QDir().mkdir(place));
        else if (kind == "fifo")
            QCOMPARE(::mkfifo(QFile::encodeName(place).constData(), 0600), 0);
        else
            QVERIFY((kind != "symlink" || makeFile(path("target"))) && QFile::link(path("target"), place));
        const Found before = lookAt(place);

        Server server(Test::zygote());
        QVERIFY(!server.listen("unix:" + place));
        QVERIFY(server.errorString().contains(place));
        QCOMPARE(lookAt(place).inode, before.inode);
        QCOMPARE(lookAt(place).mode, before.mode);
        if (kind == "file")
            QCOMPARE(QFileInfo(place).size(), 8);
    }
    void aLiveServerIsLeftAlone()
    {
        Server first(Test::zygote());
        QVERIFY(first.listen(socket()));
        const ino_t before = lookAt(path("socket")).inode;
        Server second(Test::zygote());
        QVERIFY(!second.listen(socket()));
        QVERIFY2(second.errorString().contains("live"), qPrintable(second.errorString()));
        QCOMPARE(lookAt(path("socket")).inode, before);
        QCOMPARE(
            QDir(m_directory->path()).entryList(QDir::AllEntries | QDir::System | QDir::Hidden | QDir::NoDotAndDotDot),
            QStringList("socket"));
        Client client(socket());
        QCOMPARE(answer(client.checkout(), "echo", {1}), QVariant(1));
    }
    void theSocketOfADeadServerIsReplaced()
    {
        ServerProcess dead;
        QVERIFY(dead.start(ECHO_SERVER, {"--listen", socket()}));
        dead.kill();
        QVERIFY(S_ISSOCK(lookAt(path("socket")).mode));
        Server server(Test::zygote());
        QVERIFY2(server.listen(socket()), qPrintable(server.errorString()));
        Client client(socket());
        QCOMPARE(answer(client.checkout(), "echo", {1}), QVariant(1));
    }

    void theModeIsAsAskedWhateverTheUmask_data()
    {
        QTest::addColumn<int>("mask");
        QTest::addColumn<uint>("wanted");
        QTest::newRow("the default is its owner's") << 0000 << 0600U;
        QTest::newRow("a group's") << 0077 << 0660U;
        QTest::newRow("everybody's") << 0777 << 0666U;
    }
    void theModeIsAsAskedWhateverTheUmask()
    {
        QFETCH(int, mask);
        QFETCH(uint, wanted);
        const mode_t before = ::umask(mode_t(mask));
        const auto restore = qScopeGuard([before] { ::umask(before); });
        Server server(Test::zygote(), wanted == 0600 ? ServerOptions() : ServerOptions{.socketMode = wanted});
        QVERIFY(server.listen(socket()));
        QCOMPARE(uint(lookAt(path("socket")).mode & 07777), wanted);
    }

    void closingRemovesTheSocket()
    {
        Server server(Test::zygote());
        QVERIFY(server.listen(socket()));
        server.close();
        QVERIFY(isEmpty());
        QVERIFY(server.listen(socket()));
        Client client(socket());
        QCOMPARE(answer(client.checkout(), "echo", {1}), QVariant(1));
    }
    void closingRemovesNobodyElsesSocket()
    {
        Server first(Test::zygote());
        QVERIFY(first.listen(socket()));
        QVERIFY(QFile::remove(path("socket")));
        Server second(Test::zygote());
        QVERIFY(second.listen(socket()));
        first.close();
        QVERIFY(S_ISSOCK(lookAt(path("socket")).mode));
        Client client(socket());
        QCOMPARE(answer(client.checkout(), "echo", {1}), QVariant(1));
    }
    void closingRemovesNobodyElsesFile()
    {
        Server server(Test::zygote());
        QVERIFY(server.listen(socket()));
        QVERIFY(QFile::remove(path("socket")) && makeFile(path("socket")));
        server.close();
        QCOMPARE(QFileInfo(path("socket")).size(), 8);
    }
    void aServerListensOnce()
    {
        Server server(Test::zygote());
        QVERIFY(server.listen(socket()));
        QVERIFY(!server.listen("unix:" + path("other")));
        QVERIFY(server.errorString().contains("already"));
        QCOMPARE(server.address(), Address(socket()));
        QVERIFY(!QFile::exists(path("other")));
    }

    void ofTwoThatStartAtOnceOneWins()
    {
        for (int round = 0; round < 10; ++round) {
            const QString place = socket() + QString::number(round);
            std::array<QProcess, 2> racers;
            for (QProcess &racer : racers)
                racer.start(ECHO_SERVER, {"--listen", place});
            const auto hasLost = [](const QProcess &racer) { return racer.state() == QProcess::NotRunning; };
            WAIT_FOR(hasLost(racers[0]) || hasLost(racers[1]));
            QProcess &loser = hasLost(racers[0]) ? racers[0] : racers[1];
            QProcess &winner = hasLost(racers[0]) ? racers[1] : racers[0];
            QCOMPARE(loser.exitCode(), 2);
            QVERIFY2(loser.readAllStandardError().contains("live server"), "the loser says why");
            Client client(place, {.minWorkers = 1});
            QCOMPARE(answer(client.checkout(), "echo", {round}), QVariant(round));
            QVERIFY(winner.readAllStandardOutput().startsWith("listening on "));
            winner.terminate();
            WAIT_FOR(winner.state()
                     == QProcess::NotRunning); // it waits for the client's release, and that for the event loop
            QCOMPARE(winner.exitCode(), 0);
        }
        QVERIFY(isEmpty());
    }

    void tcpPortZeroIsAFreeOne()
    {
        Server server(Test::zygote());
        QVERIFY(server.listen("tcp://127.0.0.1:0"));
        QVERIFY(server.address().port() > 0);
        QCOMPARE(server.address().host(), "127.0.0.1");
        Client client(server.address());
        QCOMPARE(answer(client.checkout(), "echo", {1}), QVariant(1));
    }
    void aTcpPortInUseIsAnError()
    {
        QTcpServer other;
        QVERIFY(other.listen(QHostAddress::LocalHost));
        Server server(Test::zygote());
        QVERIFY(!server.listen(Address::tcp("127.0.0.1", other.serverPort())));
        QVERIFY2(server.errorString().contains(QString::number(other.serverPort())), qPrintable(server.errorString()));
    }
    void tcpNamesAreResolved()
    {
        Server server(Test::zygote());
        QVERIFY(!server.listen("tcp://nobody.invalid:0"));
        QVERIFY2(server.errorString().contains("unknown host nobody.invalid"), qPrintable(server.errorString()));
        if (QHostInfo::fromName("localhost").addresses().isEmpty())
            QSKIP("this machine does not know localhost");
        QVERIFY2(server.listen("tcp://localhost:0"), qPrintable(server.errorString()));
        Client client(server.address());
        QCOMPARE(answer(client.checkout(), "echo", {1}), QVariant(1));
    }
    void tcpOverIpv6()
    {
        if (QTcpServer probe; !probe.listen(QHostAddress::LocalHostIPv6))
            QSKIP("this machine has no IPv6");
        Server server(Test::zygote());
        QVERIFY2(server.listen("tcp://[::1]:0"), qPrintable(server.errorString()));
        QVERIFY(server.address().toString().startsWith("tcp://[::1]:"));
        Client client(server.address().toString());
        QCOMPARE(answer(client.checkout(), "echo", {1}), QVariant(1));
    }

private:
    [[nodiscard]] QString path(const QString &name) const { return m_directory->filePath(name); }
    [[nodiscard]] QString socket() const { return "unix:" + path("socket"); }
    [[nodiscard]] bool isEmpty() const
    {
        return QDir(m_directory->path()).isEmpty(QDir::AllEntries | QDir::System | QDir::Hidden | QDir::NoDotAndDotDot);
    }
    [[nodiscard]] QString pathOfLength(qsizetype length) const { return path("x").leftJustified(length, 'x'); }

    std::unique_ptr<QTemporaryDir> m_directory;
};

PREFORK_TEST_MAIN(ServerPathsTest, Test::addBasics)
#include "tst_server_paths.moc"
