// SPDX-License-Identifier: MIT
// What clients, the log and the zygote itself have of a worker's end.
#include "helpers/answers.h"
#include "helpers/embedded.h"
#include "helpers/gate.h"
#include "helpers/processes.h"
#include "helpers/protocols.h"
#include "helpers/rawreplies.h"
#include "helpers/zygotelog.h"

#include <QtPrefork/Client>
#include <QtPrefork/Server>
#include <QtPrefork/Worker>

#include <QtCore/QElapsedTimer>
#include <QtCore/QRegularExpression>
#include <QtNetwork/QLocalSocket>

#include <chrono>
#include <sys/socket.h>
#include <sys/wait.h>

using namespace Prefork;

namespace {

const Test::ZygoteLog s_log;

void fill(Interface &interface)
{
    Test::addBasics(interface);
    interface.preload([] { Test::ZygoteLog::begin(); });
    interface.add("pass", [](const QVariantList &arguments) {
        return Test::Gate::pass(arguments.value(0).toString()), QVariant();
    });
    interface.add("forkAndPass", [](const QVariantList &arguments) {
        const pid_t child = ::fork();
        if (child == 0) { // asks and talks as if it were the worker
            Test::Gate::pass(arguments.value(0).toString());
            const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(20);
            while (std::chrono::steady_clock::now() < until && !Worker::isCanceled())
                Worker::setProgress(1, 2);
            Worker::emitEvent(QStringLiteral("stray"));
            ::_exit(0);
        }
        int status = -1;
        ::waitpid(child, &status, 0);
        return QVariant(status);
    });
    interface.add("exit", [](const QVariantList &arguments) { return ::exit(arguments.value(0).toInt()), QVariant(); });
    interface.add("crash", [](const QVariantList &) { return ::raise(SIGSEGV), QVariant(); });
    interface.add("descriptorLimit", [](const QVariantList &) { return QVariant(qint64(::sysconf(_SC_OPEN_MAX))); });
}

}

class WorkerDeathTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        m_server = std::make_unique<Server>(Test::zygote());
        QVERIFY(m_server->listen("unix:" + m_directory.filePath("socket")));
    }
    void cleanupTestCase() { m_server.reset(); }

    void theClientSeesTheEndAndOthersDoNot()
    {
        QLocalSocket first;
        QLocalSocket second;
        const qint64 pid = pidBehind(first);
        const qint64 sibling = pidBehind(second);
        QVERIFY(pid > 0 && sibling > 0);
        QElapsedTimer timer;
        timer.start();
        QCOMPARE(::kill(pid_t(pid), SIGKILL), 0);
        QVERIFY(Test::waitForInput(int(first.socketDescriptor()), int(Test::Patience.count())));
        char byte = 0;
        QCOMPARE(::recv(int(first.socketDescriptor()), &byte, 1, 0), 0);
        qDebug("the end of file came %.2f ms after the signal", double(timer.nsecsElapsed()) / 1e6);
        QCOMPARE(pidBehind(second), sibling);
        QVERIFY(!Test::isRunning(pid) && Test::isRunning(sibling));
    }
    void whatTheClientHasWrittenBeforeDoesNoHarm()
    {
        QLocalSocket socket;
        const qint64 pid = pidBehind(socket);
        Test::Gate gate;
        socket.write(R"(["do",{},"echo",1])" + Test::rawCall("pass", gate.path().toUtf8()));
        WAIT_FOR(gate.isReached());
        socket.write(R"(["do",{},"echo",2])");
        QVERIFY(socket.flush());
        ::kill(pid_t(pid), SIGKILL);
        WAIT_COMPARE(socket.state(), QLocalSocket::UnconnectedState);
        QCOMPARE(socket.error(), QLocalSocket::PeerClosedError);
        QCOMPARE(socket.readAll(), R"(["ok",{},1])");
    }

    void anUnexpectedEndIsLogged_data()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<QString>("says");
        QTest::newRow("signal") << QByteArray("crash") << "was killed by SIGSEGV, after \\d+\\.. s at method 'crash'";
        QTest::newRow("exit") << QByteArray("exit") << "exited with status 7, after \\d+\\.. s at method 'exit'";
    }
    void anUnexpectedEndIsLogged()
    {
        QFETCH(QByteArray, method);
        QFETCH(QString, says);
        QLocalSocket socket;
        const qint64 pid = pidBehind(socket);
        socket.write(Test::rawCall(method, "7"));
        WAIT_FOR(!Test::ZygoteLog::about(pid).isEmpty());
        const QString line = Test::ZygoteLog::about(pid).first();
        QVERIFY2(line.contains(QRegularExpression("^W worker .* " + says + '$')), qPrintable(line));
    }
    void aKillIsPerhapsForLackOfMemory()
    {
        QLocalSocket socket;
        const qint64 pid = pidBehind(socket);
        WAIT_FOR(Test::statOf(pid).value(0) == "S"); // it has answered, so that it waits for the next call
        ::kill(pid_t(pid), SIGKILL);
        WAIT_FOR(!Test::ZygoteLog::about(pid).isEmpty());
        const QString line = Test::ZygoteLog::about(pid).first();
        QVERIFY2(line.endsWith("was killed by SIGKILL, perhaps out of memory, with nothing to do"), qPrintable(line));
    }
    void aWorkerThatHasItsReasonsIsNoNews()
    {
        QLocalSocket socket;
        const qint64 pid = pidBehind(socket);
        socket.write("this is not JSON");
        WAIT_FOR(!Test::ZygoteLog::about(pid).isEmpty());
        const QStringList lines = Test::ZygoteLog::about(pid);
        QVERIFY2(lines.last().startsWith("D ") && lines.last().endsWith("exited with status 1"),
                 qPrintable(lines.last()));
    }

    // Its child has the connection too, and must neither read what is for the worker nor write in its place.
    void aMethodMayFork()
    {
        Client client(m_server->address(), {.minWorkers = 1, .maxWorkers = 1});
        const CheckoutPtr checkout = client.checkout();
        QVERIFY(Test::pidOf(checkout) > 0);
        Test::Gate gate;
        Test::Journal journal;
        int notices = 0;
        checkout->with({})
            .onProgress([&](const Progress &) { ++notices; })
            .onEvent([&](const QString &, const QVariantList &) { ++notices; })
            .call("forkAndPass", {gate.path()}, [&](const QVariant &status) { journal.note(status.toString()); });
        WAIT_FOR(gate.isReached());
        journal.call(checkout, QStringLiteral("echo"), "echo", {7});
        if (Test::isNative()) // over JSON it is written when its turn comes
            WAIT_COMPARE(client.bytesToWrite(), 0);
        gate.open();
        WAIT_COMPARE(journal.entries(), QStringList({QStringLiteral("0"), QStringLiteral("echo=7")}));
        QCOMPARE(notices, 0);
    }

    void manyWorkersLeaveNothingInTheZygote()
    {
        const qint64 zygote = Test::zygote()->processId();
        WAIT_COMPARE(Test::childrenOf(zygote).size(), 0);
        // Connections of workers that died may linger, for a second.
        constexpr qsizetype Own = 7;
        WAIT_COMPARE(Test::descriptorCount(zygote), Own);
        for (int i = 0; i < 200; ++i) {
            QLocalSocket socket;
            const qint64 pid = pidBehind(socket);
            QVERIFY(pid > 0);
            if (i % 2)
                ::kill(pid_t(pid), SIGKILL);
        }
        WAIT_COMPARE(Test::childrenOf(zygote).size(), 0);
        WAIT_COMPARE(Test::descriptorCount(zygote), Own);
    }
    void workersMayOpenAsManyDescriptorsAsTheProgram()
    {
        Client client(Test::zygote());
        QCOMPARE(Test::answer(client.checkout(), "descriptorLimit").toLongLong(), qint64(::sysconf(_SC_OPEN_MAX)));
    }

private:
    // 0 if it does not answer.
    qint64 pidBehind(QLocalSocket &socket)
    {
        if (socket.state() == QLocalSocket::UnconnectedState)
            socket.connectToServer(m_directory.filePath("socket"));
        socket.write(R"(["do",{},"pid"])");
        if (!Test::waitUntil([&] { return socket.bytesAvailable() > 0; }))
            return 0;
        return Test::nextNumber(socket);
    }

    QTemporaryDir m_directory;
    std::unique_ptr<Server> m_server;
};

PREFORK_TEST_MAIN(WorkerDeathTest, fill)
#include "tst_worker_death.moc"
