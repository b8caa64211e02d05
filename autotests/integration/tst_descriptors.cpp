// SPDX-License-Identifier: MIT
#include "helpers/answers.h"
#include "helpers/embedded.h"
#include "helpers/faults.h"
#include "helpers/processes.h"

#include <QtPrefork/Client>
#include <QtPrefork/Server>

#include <QtCore/QTemporaryDir>
#include <QtCore/QTemporaryFile>
#include <QtNetwork/QLocalSocket>
#include <QtNetwork/QTcpServer>

#include <fcntl.h>
#include <map>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <syslog.h>

using namespace Prefork;
using Test::answer;

namespace {

int s_kept = -1; // opened by preload, in zygote and workers

bool isNothing(int descriptor)
{
    struct stat file{};
    return ::fstat(descriptor, &file) == 0 && S_ISCHR(file.st_mode) && file.st_rdev == makedev(1, 3);
}

// But for standard ones, those that are not /dev/null.
QVariantList openDescriptors()
{
    QVariantList list;
    const QStringList names = QDir("/proc/self/fd").entryList(QDir::Files | QDir::System | QDir::NoDotAndDotDot);
    for (const QString &name : names) {
        const int descriptor = name.toInt();
        if (::fcntl(descriptor, F_GETFD) >= 0 && (descriptor <= 2 || !isNothing(descriptor))) // not the directory's own
            list.append(name.toInt());
    }
    return list;
}

bool isSocket(int descriptor)
{
    int type = 0;
    socklen_t length = sizeof type;
    return ::getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &type, &length) == 0;
}

// What a program has opened before it made its zygote, and goes on to write to in its workers.
std::vector<int> s_logs;
std::map<int, std::unique_ptr<Zygote>> s_zygotes; // by how many were open

void openLogs(std::size_t count)
{
    while (s_logs.size() < count) {
        const int log = s_logs.size() % 2 == 0 ? ::open("/dev/zero", O_RDWR) : ::socket(AF_UNIX, SOCK_DGRAM, 0);
        s_logs.push_back(log);
    }
}

void writeLogs()
{
    for (const int log : s_logs) {
        for (int i = 0; i < 3; ++i) [[maybe_unused]]
            const ssize_t written = ::write(log, "a line of the log\n", 18);
    }
    ::syslog(LOG_DEBUG, "a worker of a test");
}

// Everything a careless program may have open, nothing of it close-on-exec.
void openEverything()
{
    int ends[2];
    QVERIFY(::open("/dev/null", O_RDWR) > 2);
    QVERIFY(::pipe(ends) == 0);
    QVERIFY(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
    QVERIFY(::socket(AF_INET, SOCK_STREAM, 0) > 2);
    QVERIFY(::dup2(ends[0], 700) == 700);
}

void fill(Interface &interface)
{
    openEverything();
    Test::addBasics(interface);
    interface.preload([&interface] {
        s_kept = ::open("/proc/self/comm", O_RDONLY);
        interface.keepDescriptor(s_kept);
        const int closed = ::open("/dev/null", O_RDONLY);
        ::close(closed);
    });
    interface.add("descriptors", [](const QVariantList &) { return QVariant(openDescriptors()); });
    interface.add("kept", [](const QVariantList &) { return QVariant(s_kept); });
    interface.add("sockets", [](const QVariantList &) {
        QVariantList sockets;
        for (const QVariant &descriptor : openDescriptors()) {
            if (descriptor.toInt() > 2 && isSocket(descriptor.toInt()))
                sockets.append(descriptor);
        }
        return QVariant(sockets);
    });
    interface.add("readKept", [](const QVariantList &) {
        std::array<char, 64> bytes{};
        const ssize_t count = ::pread(s_kept, bytes.data(), bytes.size(), 0);
        return QVariant(QString::fromLatin1(bytes.data(), std::max<ssize_t>(0, count)));
    });
}

}

class DescriptorsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { openEverything(); }

    void aWorkerHasNothingButItsConnection_data()
    {
        QTest::addColumn<QString>("how");
        QTest::newRow("embedded") << "embedded";
        QTest::newRow("over unix") << "unix";
        QTest::newRow("over tcp") << "tcp";
    }
    void aWorkerHasNothingButItsConnection()
    {
        QFETCH(QString, how);
        QTemporaryDir directory;
        QTemporaryFile file;
        QTcpServer listener;
        QVERIFY(file.open() && listener.listen(QHostAddress::LocalHost));
        Server server(Test::zygote());
        QVERIFY(server.listen(how == "tcp" ? QString("tcp://127.0.0.1:0") : "unix:" + directory.filePath("socket")));
        auto client
            = how == "embedded" ? std::make_unique<Client>(Test::zygote()) : std::make_unique<Client>(server.address());
        std::vector<CheckoutPtr> others;
        for (int i = 0; i < 5; ++i) {
            others.push_back(client->checkout());
            QCOMPARE(answer(others.back(), "echo", {i}), QVariant(i));
        }
        const CheckoutPtr checkout = client->checkout();
        const QVariantList sockets = answer(checkout, "sockets").toList();
        QCOMPARE(sockets.size(), 1);
        QVariantList expected{0, 1, 2, answer(checkout, "kept"), sockets.first()};
        QVariantList found = answer(checkout, "descriptors").toList();
        const auto byNumber = [](const QVariant &a, const QVariant &b) { return a.toInt() < b.toInt(); };
        std::sort(expected.begin(), expected.end(), byNumber);
        std::sort(found.begin(), found.end(), byNumber);
        QCOMPARE(found, expected);
    }
    void whatPreloadDeclaresIsOfUseToWorkers()
    {
        Client client(Test::zygote());
        QVERIFY(answer(client.checkout(), "readKept").toString().startsWith("tst_descriptor"));
    }
    void theZygoteHasNothingOfTheProgramsEither()
    {
        // Standard input, output, errors; its end of the channel; its poller; both ends of what SIGTERM writes to; and
        // what preload keeps.
        WAIT_COMPARE(Test::childrenOf(Test::zygote()->processId()).size(), 0);
        WAIT_COMPARE(Test::descriptorCount(Test::zygote()->processId()), 8);
    }
    void row66_whatWasOpenBeforeIsNothing_data()
    {
        QTest::addColumn<int>("open");
        for (const auto &[open, zygote] : s_zygotes)
            QTest::addRow("%d", open) << open;
    }
    void row66_whatWasOpenBeforeIsNothing()
    {
        QFETCH(int, open);
        Zygote &zygote = *s_zygotes.at(open);
        QVERIFY2(zygote.isValid(), qPrintable(zygote.errorString()));
        Client client(&zygote, {.minWorkers = 0, .maxWorkers = 3});
        std::vector<CheckoutPtr> checkouts;
        for (int i = 0; i < 3; ++i) {
            checkouts.push_back(client.checkout());
            QCOMPARE(answer(checkouts.back(), "log", {i}), QVariant(i));
        }
        for (const CheckoutPtr &checkout : checkouts) {
            QCOMPARE(answer(checkout, "log", {"again"}), QVariant("again"));
            QCOMPARE(answer(checkout, "isEachLogNothing", {open}), QVariant(true));
            QCOMPARE(answer(checkout, "opensElsewhere", {open}), QVariant(true));
        }
        for (int i = 0; i < open; ++i) {
            const QString link = QString("/proc/%1/fd/%2").arg(zygote.processId()).arg(s_logs.at(std::size_t(i)));
            QCOMPARE(QFile::symLinkTarget(link), "/dev/null");
        }
    }
    void connectionsLeaveNothingBehind()
    {
        QTemporaryDir directory;
        Test::ServerProcess server;
        QVERIFY(server.start(ECHO_SERVER, {"--listen", "unix:" + directory.filePath("socket")}));
        const qint64 zygote = Test::childrenOf(server.pid()).value(0);
        const auto connectOnce = [&] {
            QLocalSocket socket;
            socket.connectToServer(directory.filePath("socket"));
            return socket.waitForConnected(int(Test::Patience.count()));
        };
        const ClientOptions oneWorker{.minWorkers = 1, .maxWorkers = 1};
        { // one that has answered has been forked, and can be waited for
            Client first(server.address(), oneWorker);
            QCOMPARE(answer(first.checkout(), "echo", {1}), QVariant(1));
        }
        WAIT_COMPARE(Test::childrenOf(zygote).size(), 0);
        const qsizetype ofServer = Test::descriptorsAtRest(server.pid());
        const qsizetype ofZygote = Test::descriptorsAtRest(zygote);
        QVERIFY(ofServer > 3 && ofZygote > 3);
        for (int i = 0; i < 500; ++i)
            QVERIFY(connectOnce());
        Client client(server.address(), oneWorker); // its worker is the last to be forked, so the others were before
        QCOMPARE(answer(client.checkout(), "echo", {1}), QVariant(1));
        WAIT_COMPARE(Test::childrenOf(zygote).size(), client.workerCount()); // no zombie either
        WAIT_COMPARE(Test::descriptorCount(server.pid()), ofServer);
        WAIT_COMPARE(Test::descriptorCount(zygote),
                     ofZygote + 2 * client.workerCount()); // the process and its connection
    }
};

int main(int argc, char *argv[])
{
    ::openlog("tst_descriptors", LOG_NDELAY, LOG_USER);
    Interface interface;
    interface.add("log", [](const QVariantList &arguments) { return writeLogs(), arguments.value(0); });
    interface.add("isEachLogNothing", [](const QVariantList &arguments) {
        return QVariant(std::all_of(s_logs.begin(), s_logs.begin() + arguments.value(0).toInt(), isNothing));
    });
    interface.add("opensElsewhere", [](const QVariantList &arguments) {
        const int descriptor = ::open("/dev/full", O_RDONLY);
        return QVariant(std::find(s_logs.begin(), s_logs.begin() + arguments.value(0).toInt(), descriptor)
                        == s_logs.begin() + arguments.value(0).toInt());
    });
    for (const int open : {1, 3, 40, 200}) {
        openLogs(std::size_t(open));
        s_zygotes[open] = std::make_unique<Zygote>(interface);
    }
    const int result = Test::runWithZygote<DescriptorsTest>(argc, argv, fill);
    s_zygotes.clear();
    return result;
}

#include "tst_descriptors.moc"
