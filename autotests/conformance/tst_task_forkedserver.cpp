// SPDX-License-Identifier: MIT
#include "helpers/calls.h"
#include "helpers/processes.h"

#include <QtPrefork/Client>
#include <QtPrefork/ForkedServer>

#include <QtCore/QFile>
#include <QtCore/QTemporaryDir>

#include <array>
#include <sys/wait.h>
#include <unistd.h>

using namespace Prefork;

namespace {

std::unique_ptr<QTemporaryDir> directory;
std::unique_ptr<ForkedServer> server;
std::unique_ptr<ForkedServer> misplaced;
std::unique_ptr<ForkedServer> broken;
qint64 orphan = 0; // the server of a program that has ended without a word

Interface pidInterface()
{
    Interface interface;
    interface.add("pid", [](const QVariantList &) { return QVariant(qint64(::getpid())); });
    return interface;
}

Address at(const char *name)
{
    return QStringLiteral("unix:") + directory->filePath(QString::fromLatin1(name));
}

// The program is forked away, so that it can end.
qint64 serverOfAProgramThatEnds()
{
    std::array<int, 2> ends{};
    if (::pipe(ends.data()) != 0)
        qFatal("no pipe");
    const pid_t program = ::fork();
    if (program == 0) {
        const ForkedServer forked(pidInterface(), at("orphan.socket"));
        const qint64 pid = forked.processId();
        ssize_t written = ::write(ends[1], &pid, sizeof pid);
        ::_exit(written == sizeof pid ? 0 : 1);
    }
    qint64 pid = 0;
    const ssize_t count = ::read(ends[0], &pid, sizeof pid);
    ::waitpid(program, nullptr, 0);
    ::close(ends[0]);
    ::close(ends[1]);
    return count == sizeof pid ? pid : 0;
}

}

// The original's fork_task_server.
class TaskForkedServerTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void t15_aForkedServerServesLikeAnyOther()
    {
        QVERIFY2(server->isValid(), qPrintable(server->errorString()));
        QCOMPARE(server->address(), at("s.socket"));
        Client client(server->address());
        const qint64 worker = Test::call(client.checkout(), "pid").result.value_or(QVariant()).toLongLong();
        const qint64 zygote = Test::childrenOf(server->processId()).value(0);
        QVERIFY(worker > 0 && zygote > 0 && worker != server->processId());
        QCOMPARE(Test::statOf(worker).value(1).toLongLong(), zygote);
        QCOMPARE(Test::statOf(server->processId()).value(1).toLongLong(), qint64(::getpid()));
    }
    void t15_itEndsWhenItIsDropped()
    {
        const qint64 pid = server->processId();
        const qint64 zygote = Test::childrenOf(pid).value(0);
        QVERIFY(Test::isRunning(pid));
        server.reset();
        QVERIFY(!Test::exists(pid)); // reaped as well
        QVERIFY(Test::waitForEnd(zygote, int(Test::Patience.count())));
        QVERIFY(!QFile::exists(at("s.socket").path()));
    }
    void t15_itEndsWithItsProgramHoweverThatEnds()
    {
        QVERIFY(orphan > 0);
        QVERIFY(Test::waitForEnd(orphan, int(Test::Patience.count())));
        QVERIFY(!QFile::exists(at("orphan.socket").path()));
    }
    void t16_itSaysWhyItDoesNotListenOrCannotFork()
    {
        QVERIFY(!misplaced->isValid());
        QVERIFY2(misplaced->errorString().contains(QStringLiteral("does not exist")),
                 qPrintable(misplaced->errorString()));
        QCOMPARE(misplaced->processId(), 0);
        QVERIFY(!broken->isValid());
        QVERIFY2(broken->errorString().contains(QStringLiteral("nothing to preload")),
                 qPrintable(broken->errorString()));
        const ForkedServer late(pidInterface(), at("late.socket"));
        QCOMPARE(
            late.errorString(),
            QStringLiteral("the forked server must be made before QCoreApplication: move it to the top of main()"));
    }
};

int main(int argc, char *argv[])
{
    directory = std::make_unique<QTemporaryDir>();
    orphan = serverOfAProgramThatEnds();
    Interface interface = pidInterface();
    server = std::make_unique<ForkedServer>(interface, at("s.socket"), ZygoteOptions{.name = "forked"});
    misplaced = std::make_unique<ForkedServer>(interface, at("missing/s.socket"));
    interface.preload([] { throw QStringLiteral("nothing to preload"); });
    broken = std::make_unique<ForkedServer>(interface, at("b.socket"));
    QCoreApplication app(argc, argv);
    TaskForkedServerTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_task_forkedserver.moc"
