// SPDX-License-Identifier: MIT
// Containers without /proc or /dev, limits that have been lowered, directories that have been removed, and paths of any
// length.
#include "helpers/faults.h"
#include "helpers/socketfiles.h"

#include <QtCore/QTemporaryDir>

#include <cerrno>
#include <sys/syscall.h>

using namespace Prefork;
using namespace Test;
using namespace std::chrono_literals;

namespace {

constexpr int HighNumber = 900; // where a log of looking-server's is
constexpr int NotAllowed = 77; // what hide says then

bool mayHide()
{
    return runProgram(HIDE, {"/proc", "/bin/true"}).exitCode != NotAllowed;
}

QStringList refusing(const QList<long> &calls)
{
    QStringList numbers;
    for (const long call : calls)
        numbers.append(QString::number(call));
    return {REFUSE_CALLS, QString::number(EPERM), numbers.join(u',')};
}

QVariantList sorted(QVariantList numbers)
{
    std::sort(numbers.begin(), numbers.end(),
              [](const QVariant &a, const QVariant &b) { return a.toInt() < b.toInt(); });
    return numbers;
}

}

class FaultsContainersTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { m_directory = std::make_unique<QTemporaryDir>(); }
    void row68_whatIsNotThere_data();
    void row68_whatIsNotThere();
    void row68_whatIsAtAPath();
    void row68_aThreadIsNoticedWithoutProc();
    void row68_numbersAboveTheLimit_data();
    void row68_numbersAboveTheLimit();
    void row69_theLongestPath_data();
    void row69_theLongestPath();
    void row69_aDirectoryThatHasBeenRemoved();

private:
    [[nodiscard]] bool start(ServerProcess &server, QStringList command)
    {
        const QString program = command.takeFirst();
        return server.start(program, command);
    }
    void useAndEnd(ServerProcess &server, bool keepsHighNumber, const QString &nothing);

    std::unique_ptr<QTemporaryDir> m_directory;
};

// Each worker has its own connection, what was kept, and nothing at the numbers of the logs.
void FaultsContainersTest::useAndEnd(ServerProcess &server, bool keepsHighNumber, const QString &nothing)
{
    Client client(server.address(), {.minWorkers = 0, .maxWorkers = 3, .timeout = 0ms});
    std::vector<CheckoutPtr> checkouts;
    for (int i = 0; i < 3; ++i) {
        checkouts.push_back(client.checkout());
        QCOMPARE(answer(checkouts.back(), "echo", {i}), QVariant(i));
    }
    for (const CheckoutPtr &checkout : checkouts) {
        QCOMPARE(answer(checkout, "writeLogs"), QVariant(true));
        QCOMPARE(answer(checkout, "isKeptOfUse"), QVariant(true));
        const QVariantList connections = answer(checkout, "connections").toList();
        QCOMPARE(connections.size(), 1);
        QCOMPARE(sorted(answer(checkout, "open").toList()), sorted({answer(checkout, "kept"), connections.first()}));
        QCOMPARE(answer(checkout, "isNothing", {HighNumber}), QVariant(keepsHighNumber));
    }
    const int log = answer(checkouts.front(), "log").toInt();
    const QString link
        = QFile::symLinkTarget(QString("/proc/%1/fd/%2").arg(childrenOf(server.pid()).value(0)).arg(log));
    QVERIFY2(link.contains(nothing), qPrintable(link)); // of the zygote, or the ForkedServer
    checkouts.clear();
    QCOMPARE(server.terminate(), 0);
}

void FaultsContainersTest::row68_whatIsNotThere_data()
{
    QTest::addColumn<QString>("hidden");
    QTest::addColumn<QStringList>("refusing");
    QTest::addColumn<QString>("nothing"); // what is at the numbers of the logs
    const QList<long> closeRange{SYS_close_range};
    QTest::newRow("proc") << "/proc" << QStringList() << "/dev/null";
    QTest::newRow("proc and close_range") << "/proc" << refusing(closeRange) << "/dev/null";
    QTest::newRow("proc, close_range and pidfds")
        << "/proc" << refusing(closeRange + QList<long>{SYS_pidfd_open}) << "/dev/null";
    QTest::newRow("dev") << "/dev" << QStringList() << "memfd:nothing";
    QTest::newRow("dev and memfd_create") << "/dev" << refusing({SYS_memfd_create}) << "socket:";
    QTest::newRow("proc, dev and close_range") << "/proc:/dev" << refusing(closeRange) << "memfd:nothing";
}

void FaultsContainersTest::row68_whatIsNotThere()
{
    QFETCH(QString, hidden);
    QFETCH(QStringList, refusing);
    QFETCH(QString, nothing);
    if (!mayHide() || isSanitized())
        QSKIP("directories may not be hidden here, or the sanitizers cannot do without them");
    ServerProcess server;
    const QString address = "unix:" + m_directory->filePath("s");
    QVERIFY2(start(server, QStringList{HIDE, hidden} + refusing + QStringList{LOOKING_SERVER, address}),
             qPrintable(server.errorString()));
    QCOMPARE(server.address(), address);
    QCOMPARE(namesIn(m_directory->path()), QStringList("s"));
#ifdef PREFORK
    const Ended ended = runProgram(HIDE, {hidden, PREFORK, "call", address, "echo", "5"});
    QVERIFY2(ended.output == "5\n", qPrintable(ended.output + ended.errors));
#endif
    useAndEnd(server, true, nothing);
    QVERIFY(namesIn(m_directory->path()).isEmpty());
}

// A dead socket is replaced, a live one is not, and one is taken over when that was asked for.
void FaultsContainersTest::row68_whatIsAtAPath()
{
    if (!mayHide() || isSanitized())
        QSKIP("directories may not be hidden here, or the sanitizers cannot do without them");
    const QString address = "unix:" + m_directory->filePath("s");
    const QStringList command{HIDE, "/proc", ECHO_SERVER, "--shutdown-timeout", "0.2", "--listen", address};
    const auto inode = [this] { return lookAt(m_directory->filePath("s")).inode; };
    ServerProcess dead;
    QVERIFY2(start(dead, command), qPrintable(dead.errorString()));
    dead.kill();
    const ino_t left = inode();
    ServerProcess server;
    QVERIFY2(start(server, command), qPrintable(server.errorString()));
    QVERIFY(inode() != left);
    QVERIFY(S_ISSOCK(lookAt(m_directory->filePath("s")).mode));
    QCOMPARE(lookAt(m_directory->filePath("s")).mode & 07777, mode_t(0600));
    const Ended late = runProgram(HIDE, command.sliced(1));
    QCOMPARE(late.exitCode, 2);
    QVERIFY2(late.errors.contains("a live server is listening there already"), qPrintable(late.errors));
    ServerProcess next;
    QVERIFY2(start(next, command + QStringList{"--replace"}), qPrintable(next.errorString()));
    QCOMPARE(server.waitForEnd(), 0);
    Client client(address, {.minWorkers = 0, .maxWorkers = 1});
    QCOMPARE(answer(client.checkout(), "echo", {1}), QVariant(1));
    QCOMPARE(next.terminate(), 0);
    QCOMPARE(namesIn(m_directory->path()), QStringList());
}

void FaultsContainersTest::row68_numbersAboveTheLimit_data()
{
    QTest::addColumn<QStringList>("options");
    QTest::addColumn<QStringList>("before");
    for (const char *const how : {"", "forked", "hard", "forked hard"}) {
        const QStringList options = QString(how).split(' ', Qt::SkipEmptyParts);
        const QStringList withoutCloseRange = QStringList{HIDE, "/proc"} + refusing({SYS_close_range});
        QTest::addRow("soft %s", how) << options << QStringList();
        QTest::addRow("soft %s without close_range and proc", how) << options << withoutCloseRange;
    }
}

// They are nothing, or if nobody can open anything there any more, closed.
void FaultsContainersTest::row68_numbersAboveTheLimit()
{
    QFETCH(QStringList, options);
    QFETCH(QStringList, before);
    if ((!before.isEmpty() && !mayHide()) || isSanitized())
        QSKIP("directories may not be hidden here, or the sanitizers cannot do without them");
    ServerProcess server;
    const QStringList command = before + QStringList{LOOKING_SERVER, "unix:" + m_directory->filePath("s")} + options;
    QVERIFY2(start(server, command), qPrintable(server.errorString()));
    useAndEnd(server, !options.contains("hard"), "/dev/null");
}

void FaultsContainersTest::row69_theLongestPath_data()
{
    QTest::addColumn<int>("bytes");
    QTest::addColumn<QString>("shape");
    QTest::addColumn<bool>("hasProc");
    for (const int bytes : {106, 107, 108}) {
        for (const char *const shape : {"long name", "long directory", "relative"}) {
            QTest::addRow("%d, %s", bytes, shape) << bytes << shape << true;
            QTest::addRow("%d, %s, without proc", bytes, shape) << bytes << shape << false;
        }
    }
}

// What a server can listen on a client can connect to.
void FaultsContainersTest::row69_theLongestPath()
{
    QFETCH(int, bytes);
    QFETCH(QString, shape);
    QFETCH(bool, hasProc);
    if (!hasProc && (!mayHide() || isSanitized()))
        QSKIP("directories may not be hidden here, or the sanitizers cannot do without them");
    const QTemporaryDir parent("/tmp/XXXXXX");
    QString path = parent.path() + '/';
    if (shape == "long directory") {
        path = path.leftJustified(bytes - 2, 'd');
        QVERIFY(QDir().mkdir(path));
        path += '/';
    }
    path = path.leftJustified(bytes, 'n');
    const QString given = shape == "relative" ? path.sliced(parent.path().size() + 1) : path;
    const QStringList hiding = hasProc ? QStringList() : QStringList{HIDE, "/proc"};
    const QStringList inside{"/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", parent.path()};
    const QStringList command
        = inside + hiding + QStringList{ECHO_SERVER, "--shutdown-timeout", "0.2", "--listen", "unix:" + given};
    ServerProcess server;
    if (bytes > Address::MaxPathBytes) {
        const Ended ended = runProgram(command.first(), command.sliced(1));
        QCOMPARE(ended.exitCode, 2);
        QVERIFY2(ended.errors.contains("has 108 bytes, and the kernel allows 107"), qPrintable(ended.errors));
        return;
    }
    QVERIFY2(start(server, command), qPrintable(server.errorString()));
    QCOMPARE(server.address(), "unix:" + path);
    Client client(server.address(), {.minWorkers = 0, .maxWorkers = 1, .waitForServer = false});
    QCOMPARE(answer(client.checkout(), "echo", {1}), QVariant(1));
#ifdef PREFORK
    const QStringList call = inside + hiding + QStringList{PREFORK, "call", "unix:" + given, "echo", "5"};
    const Ended ended = runProgram(call.first(), call.sliced(1));
    QVERIFY2(ended.output == "5\n", qPrintable(ended.output + ended.errors));
#endif
    QCOMPARE(server.terminate(), 0);
    QVERIFY(!QFile::exists(path));
}

// There is no such address, and above all not one in the root directory.
void FaultsContainersTest::row69_aDirectoryThatHasBeenRemoved()
{
    const QList<QStringList> commands{
        {ECHO_SERVER, "--listen", "unix:s"},
        {LOOKING_SERVER, "unix:s", "forked"},
#ifdef PREFORK
        {PREFORK, "call", "unix:s", "echo", "5"},
#endif
    };
    for (const QStringList &command : commands) {
        const QString place = m_directory->filePath("gone");
        QVERIFY(QDir().mkdir(place));
        const Ended ended
            = runProgram("/bin/sh", QStringList{"-c", "cd \"$0\" && rmdir \"$0\" && exec \"$@\"", place} + command);
        QCOMPARE(ended.exitCode, 2);
        QVERIFY2(ended.errors.contains("relative to the current directory, which has been removed"),
                 qPrintable(ended.errors));
        QVERIFY(!QFile::exists("/s"));
    }
}

// Of how many there are nobody tells then, but that they are more than one.
void FaultsContainersTest::row68_aThreadIsNoticedWithoutProc()
{
    if (!mayHide() || isSanitized())
        QSKIP("directories may not be hidden here, or the sanitizers have threads themselves");
    for (const char *const how : {"after-thread", "preload-starts-thread"}) {
        const Ended ended = runProgram(HIDE, {"/proc", BAD_ZYGOTE, how});
        QCOMPARE(ended.exitCode, 3);
        QVERIFY2(ended.errors.contains("thread"), qPrintable(ended.errors));
    }
    QCOMPARE(runProgram(HIDE, {"/proc", BAD_ZYGOTE, "none"}).exitCode, 0);
}

QTEST_GUILESS_MAIN(FaultsContainersTest)
#include "tst_faults_containers.moc"
