// SPDX-License-Identifier: MIT
// Other users of the machine: who they are to server and client, and what they can do to a socket's path.
#include "helpers/answers.h"
#include "helpers/embedded.h"
#include "helpers/socketfiles.h"
#include "helpers/strangers.h"

#include <QtPrefork/Client>
#include <QtPrefork/PeerPolicy>
#include <QtPrefork/Server>
#include <QtPrefork/Worker>

#include <QtCore/QElapsedTimer>
#include <QtCore/QRegularExpression>
#include <QtCore/QTemporaryDir>

#include <fcntl.h>

using namespace Prefork;
using Test::answer;
using Test::failure;
using Test::Nobody;
using Test::Stranger;

Q_DECLARE_METATYPE(Prefork::PeerPolicy)

namespace {

QStringList s_log;

void fill(Interface &interface)
{
    Test::addBasics(interface);
    interface.add("number", [](const QVariantList &) { return QVariant(Worker::number()); });
}

void keepLine(QtMsgType, const QMessageLogContext &context, const QString &line)
{
    s_log.append(QString::fromLatin1(context.category) + ": " + line);
}

enum Conversation { Served = 10, HungUp = 20, NoConnection = 30 };

// Of a stranger.
Conversation converse(int socket)
{
    constexpr std::string_view Call = R"(["do",{},"echo",1])";
    char byte = 0;
    [[maybe_unused]] const ssize_t sent = ::send(socket, Call.data(), Call.size(), MSG_NOSIGNAL);
    return socket < 0 ? NoConnection : ::recv(socket, &byte, 1, 0) == 1 ? Served : HungUp;
}

// Does what it can to make whoever binds or removes DIRECTORY/socket and DIRECTORY/sub/socket do it elsewhere, until it
// is killed.
int raceFor(const QByteArray &directory, const QByteArray &victims)
{
    const QByteArray file = victims + "/file";
    const int place = ::open(directory.constData(), O_RDONLY | O_DIRECTORY);
    ::mkdirat(place, "mine", 0755);
    for (unsigned turn = 0; ::getppid() != 1; ++turn) {
        ::symlinkat(file.constData(), place, "bait");
        ::renameat(place, "bait", place, "socket");
        ::symlinkat(victims.constData(), place, "sub");
        ::linkat(AT_FDCWD, file.constData(), place, "socket", 0);
        ::unlinkat(place, turn % 3 ? "socket" : "bait", 0);
        ::renameat(place, "socket", place, "taken");
        ::unlinkat(place, "taken", 0);
        ::unlinkat(place, "sub", 0);
        ::renameat(place, "mine", place, "sub");
        ::renameat(place, "sub", place, "mine");
    }
    return 0;
}

}

class FaultsSecurityTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        s_log.clear();
        m_directory = std::make_unique<QTemporaryDir>();
        QVERIFY(Test::make(m_directory->path(), 0755));
    }

    void aPolicyAllowsWhomItSays_data()
    {
        QTest::addColumn<PeerPolicy>("policy");
        QTest::addColumn<QList<bool>>("allows"); // this user, root, user 7 of group 8, nobody knows whom
        const bool root = Test::isRoot();
        const PeerPolicy none{.sameUser = false, .root = false};
        QTest::newRow("default") << PeerPolicy() << QList<bool>{true, true, false, false};
        QTest::newRow("none") << none << QList<bool>{false, false, false, false};
        QTest::newRow("same user") << PeerPolicy{.root = false} << QList<bool>{true, root, false, false};
        QTest::newRow("root") << PeerPolicy{.sameUser = false} << QList<bool>{root, true, false, false};
        QTest::newRow("user") << PeerPolicy{.sameUser = false, .root = false, .users = {7}}
                              << QList<bool>{false, false, true, false};
        QTest::newRow("its group") << PeerPolicy{.sameUser = false, .root = false, .groups = {8}}
                                   << QList<bool>{false, false, true, false};
        QTest::newRow("not its group") << PeerPolicy{.sameUser = false, .root = false, .groups = {7}}
                                       << QList<bool>{false, false, false, false};
        QTest::newRow("the unknown") << PeerPolicy{.sameUser = false,
                                                   .root = false,
                                                   .users = {quint32(-1)},
                                                   .groups = {quint32(-1)}}
                                     << QList<bool>{false, false, false, false};
        QTest::newRow("anyone") << PeerPolicy{.sameUser = false, .root = false, .anyone = true}
                                << QList<bool>{true, true, true, true};
    }
    void aPolicyAllowsWhomItSays()
    {
        QFETCH(PeerPolicy, policy);
        QFETCH(QList<bool>, allows);
        constexpr quint32 Strange = 12345;
        const QList<bool> found{policy.allows(::geteuid(), Strange), policy.allows(0, Strange), policy.allows(7, 8),
                                policy.allows(quint32(-1), quint32(-1))};
        QCOMPARE(found, allows);
    }

    void row53_wrongUid_data()
    {
        QTest::addColumn<PeerPolicy>("peers");
        QTest::addColumn<int>("ends");
        QTest::newRow("default") << PeerPolicy() << int(HungUp);
        QTest::newRow("another user") << PeerPolicy{.users = {7}, .groups = {7}} << int(HungUp);
        QTest::newRow("user") << PeerPolicy{.users = {Nobody}} << int(Served);
        QTest::newRow("group") << PeerPolicy{.groups = {Nobody}} << int(Served);
        QTest::newRow("anyone") << PeerPolicy{.anyone = true} << int(Served);
    }
    void row53_wrongUid()
    {
        QFETCH(PeerPolicy, peers);
        QFETCH(int, ends);
        if (!Test::isRoot())
            QSKIP("only root can start a process of another user's");
        Server server(Test::zygote(), {.socketMode = 0666, .peers = peers});
        QVERIFY2(server.listen(socket()), qPrintable(server.errorString()));
        const qint64 before = workerNumber();
        const auto restore = qScopeGuard([old = qInstallMessageHandler(keepLine)] { qInstallMessageHandler(old); });
        Stranger stranger(Stranger::OtherUser, [address = rawAddress()] { return converse(Test::connectTo(address)); });
        QCOMPARE(stranger.status(), ends);
        QCOMPARE(workerNumber(), before + (ends == Served ? 2 : 1));
        QCOMPARE(s_log.size(), ends == Served ? 0 : 1);
        if (ends == HungUp) {
            const QString line = "prefork.server: refused a connection to " + server.address().toString()
                + ": ServerOptions::peers does not allow user 65534 (group 65534, pid ";
            QVERIFY2(s_log.first().startsWith(line), qPrintable(s_log.first()));
        }
    }
    void row53_aFloodIsNoFloodInTheLog()
    {
        Server server(Test::zygote(), {.peers = {.sameUser = false, .root = false}});
        QVERIFY2(server.listen(socket()), qPrintable(server.errorString()));
        const auto restore = qScopeGuard([old = qInstallMessageHandler(keepLine)] { qInstallMessageHandler(old); });
        constexpr int Count = 50;
        QElapsedTimer time;
        time.start();
        QList<int> connections;
        for (int i = 0; i < Count; ++i)
            connections.append(Test::connectTo(rawAddress()));
        const auto told = [] { // each in a line of its own, or together with others
            static const QRegularExpression more("^prefork.server: refused (\\d+) more connections within a second$");
            int sum = 0;
            for (const QString &line : std::as_const(s_log)) {
                const QRegularExpressionMatch match = more.match(line);
                sum += match.hasMatch() ? match.captured(1).toInt() : 1;
            }
            return sum;
        };
        WAIT_FOR(told() == Count);
        const qint64 seconds = 1 + time.elapsed() / 1000;
        QVERIFY2(s_log.size() <= 4 * seconds, qPrintable(s_log.join('\n'))); // three of a second, and the rest in one
        for (const int connection : connections) {
            QCOMPARE(int(converse(connection)), int(HungUp));
            ::close(connection);
        }
    }

    void row54_theConnectorIsGone_data()
    {
        QTest::addColumn<bool>("allowed");
        QTest::newRow("allowed") << true;
        QTest::newRow("not allowed") << false;
    }
    void row54_theConnectorIsGone()
    {
        QFETCH(bool, allowed);
        Server server(Test::zygote(), {.peers = {.sameUser = allowed, .root = allowed}});
        QVERIFY2(server.listen(socket()), qPrintable(server.errorString()));
        const auto restore = qScopeGuard([old = qInstallMessageHandler(keepLine)] { qInstallMessageHandler(old); });
        std::array<int, 2> report{};
        QCOMPARE(::pipe2(report.data(), O_CLOEXEC | O_NONBLOCK), 0);
        Stranger connector(Stranger::Self, [address = rawAddress(), &report] {
            const int connection = Test::connectTo(address);
            if (::fork() != 0)
                return 0;
            const char ends = char(converse(connection));
            return ::write(report[1], &ends, 1) == 1 ? 0 : 1;
        });
        QCOMPARE(connector.statusAtOnce(), 0); // before the server has accepted
        char ends = 0;
        WAIT_FOR(::read(report[0], &ends, 1) == 1 || ends != 0);
        QCOMPARE(int(ends), int(allowed ? Served : HungUp));
        ::close(report[0]);
        ::close(report[1]);
    }

    void row55_pathRaces()
    {
        if (!Test::isRoot())
            QSKIP("only root can start a process of another user's");
        const QString place = path("sticky");
        const QString victims = path("victims");
        QVERIFY(Test::makeDirectory(place, 01777) && Test::makeDirectory(victims, 0755)
                && Test::makeFile(victims + "/file"));
        const Test::Found before = Test::lookAt(victims + "/file");
        Stranger attacker(Stranger::OtherUser,
                          [&, into = QFile::encodeName(place), victim = QFile::encodeName(victims)] {
                              return raceFor(into, victim);
                          });
        const auto isAtIt = [&place] { return QFile::exists(place + "/mine") || QFile::exists(place + "/sub"); };
        QVERIFY(QTest::qWaitFor(isAtIt, int(Test::Patience.count()))); // a second look may find neither for a moment
        Server server(Test::zygote());
        Server below(Test::zygote());
        int listened = 0;
        QElapsedTimer timer;
        for (timer.start(); timer.elapsed() < 1000;) {
            listened += server.listen("unix:" + place + "/socket");
            QVERIFY2(!below.listen("unix:" + place + "/sub/socket"),
                     "it listens in a directory that somebody else may replace");
            server.close();
        }
        QVERIFY2(!attacker.hasEnded(), "the attacker is at it to the end");
        qDebug("the server could listen %d times", listened);
        QCOMPARE(Test::namesIn(victims), QStringList("file"));
        QCOMPARE(Test::lookAt(victims + "/file").inode, before.inode);
        QCOMPARE(Test::lookAt(victims + "/file").mode, before.mode);
        QCOMPARE(QFileInfo(victims + "/file").size(), 8);
        for (const QString &name : Test::namesIn(place))
            QVERIFY2(!name.startsWith(".prefork"), "the server has left something behind");
    }

    void row56_aSquatterHearsNothing_data()
    {
        QTest::addColumn<PeerPolicy>("servers");
        QTest::addColumn<int>("hears"); // the squatter's exit status
        QTest::newRow("default") << PeerPolicy() << 0;
        QTest::newRow("allowed") << PeerPolicy{.users = {Nobody}} << 1;
    }
    void row56_aSquatterHearsNothing()
    {
        QFETCH(PeerPolicy, servers);
        QFETCH(int, hears);
        if (!Test::isRoot())
            QSKIP("only root can start a process of another user's");
        QVERIFY(Test::makeDirectory(path("sticky"), 01777));
        const QString place = path("sticky/socket");
        Stranger squatter(Stranger::OtherUser, [address = Test::socketAddress(QFile::encodeName(place))] {
            char byte = 0;
            const int connection = ::accept(Test::listenAt(address), nullptr, nullptr);
            return connection < 0 ? 2 : int(::recv(connection, &byte, 1, 0));
        });
        const int patience = int(Test::Patience.count());
        QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(place), patience);
        Client client("unix:" + place, {.minWorkers = 0, .maxWorkers = 1, .waitForServer = false, .servers = servers});
        const CheckoutPtr checkout = client.checkout();
        Error error;
        frameTry([&] { checkout->call("echo", {1}, [] { }); }, [&](const Error &caught) { error = caught; });
        QCOMPARE(squatter.status(), hears);
        WAIT_FOR(error.code() != Error::NoError);
        if (hears == 0) {
            QCOMPARE(error.code(), Error::Unavailable);
            const QString said = "could not connect to unix:" + place
                + ": the server runs as user 65534, which ClientOptions::servers does not allow";
            QVERIFY2((error.message() + error.detail()).contains(said), qPrintable(error.message() + error.detail()));
        }
    }
    void row56_abstractAddressesAreRefused()
    {
        Server server(Test::zygote());
        QVERIFY(!server.listen("unix:@prefork"));
        QVERIFY2(server.errorString().contains("abstract socket, which anybody may take"),
                 qPrintable(server.errorString()));
    }

    void row57_umask_data()
    {
        QTest::addColumn<uint>("mask");
        QTest::addColumn<uint>("mode");
        for (const uint mask : {0U, 077U, 0777U}) {
            for (const uint mode : {0600U, 0660U, 0666U, 0U})
                QTest::addRow("%03o %03o", mask, mode) << mask << mode;
        }
    }
    void row57_umask()
    {
        QFETCH(uint, mask);
        QFETCH(uint, mode);
        const auto restore = qScopeGuard([old = ::umask(mode_t(mask))] { ::umask(old); });
        Server server(Test::zygote(), {.socketMode = mode});
        QVERIFY2(server.listen(socket()), qPrintable(server.errorString()));
        QCOMPARE(uint(Test::lookAt(path("socket")).mode & 07777), mode);
    }

private:
    [[nodiscard]] QString path(const QString &name) const { return m_directory->filePath(name); }
    [[nodiscard]] QString socket() const { return "unix:" + path("socket"); }
    [[nodiscard]] sockaddr_un rawAddress() const { return Test::socketAddress(QFile::encodeName(path("socket"))); }
    // Of a fresh worker; they are numbered through.
    [[nodiscard]] qint64 workerNumber() const
    {
        Client client(socket(), {.minWorkers = 0, .maxWorkers = 1});
        return answer(client.checkout(), "number").toLongLong();
    }

    std::unique_ptr<QTemporaryDir> m_directory;
};

PREFORK_TEST_MAIN(FaultsSecurityTest, fill)
#include "tst_faults_security.moc"
