// SPDX-License-Identifier: MIT
// Clients of the JSON protocol that say that they write no more, and what the zygote makes of it.
#include "helpers/answers.h"
#include "helpers/embedded.h"
#include "helpers/gate.h"
#include "helpers/processes.h"
#include "helpers/rawreplies.h"
#include "helpers/rest.h"
#include "helpers/zygotelog.h"

#include <QtPrefork/Server>

#include <QtNetwork/QLocalSocket>
#include <QtNetwork/QTcpSocket>

#include <sys/socket.h>

using namespace Prefork;
using namespace std::chrono_literals;

namespace {

constexpr auto Grace = 1200ms;

std::unique_ptr<Zygote> s_slow; // both made before there is an application
std::unique_ptr<Zygote> s_atOnce;

}

class HalfCloseTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void overUnixTheRepliesStillCome()
    {
        const QTemporaryDir directory;
        Server server(s_atOnce.get());
        QVERIFY(server.listen("unix:" + directory.filePath("socket")));
        QLocalSocket socket;
        socket.connectToServer(directory.filePath("socket"));
        socket.write(R"(["do",{},"pid"]["do",{},"sleep",300]["do",{},"echo","there"])");
        WAIT_FOR(socket.bytesAvailable() > 0);
        const qint64 pid = Test::nextNumber(socket);
        QVERIFY(pid > 0);
        QCOMPARE(::shutdown(int(socket.socketDescriptor()), SHUT_WR), 0);
        WAIT_COMPARE(socket.state(), QLocalSocket::UnconnectedState);
        QCOMPARE(socket.readAll(), QByteArray(R"(["ok",{},null]["ok",{},"there"])"));
        WAIT_COMPARE(Test::ZygoteLog::about(pid).size(), 1);
        QVERIFY(Test::ZygoteLog::about(pid).first().endsWith("exited with status 0"));
    }
    void overTcpItIsAHangUp()
    {
        Server server(s_atOnce.get());
        QVERIFY(server.listen("tcp://127.0.0.1:0"));
        Test::Gate gate;
        QTcpSocket socket;
        socket.connectToHost(server.address().host(), server.address().port());
        socket.write(R"(["do",{},"pid"])" + Test::rawCall("pass", gate.path().toUtf8()));
        WAIT_FOR(gate.isReached() && socket.bytesAvailable() > 0);
        const qint64 pid = Test::nextNumber(socket);
        QCOMPARE(::shutdown(int(socket.socketDescriptor()), SHUT_WR), 0);
        WAIT_COMPARE(socket.state(), QTcpSocket::UnconnectedState);
        QCOMPARE(socket.readAll(), QByteArray());
        WAIT_COMPARE(Test::ZygoteLog::about(pid).filter("because its client had hung up").size(), 1);
    }

    void theZygoteSleepsMeanwhile_data()
    {
        QTest::addColumn<bool>("isHalf");
        QTest::newRow("half closed") << true;
        QTest::newRow("closed") << false;
    }
    void theZygoteSleepsMeanwhile()
    {
        QFETCH(bool, isHalf);
        const QTemporaryDir directory;
        Server server(s_slow.get());
        QVERIFY(server.listen("unix:" + directory.filePath("socket")));
        Test::Gate gate;
        QLocalSocket socket;
        socket.connectToServer(directory.filePath("socket"));
        socket.write(R"(["do",{},"pid"])" + Test::rawCall("pass", gate.path().toUtf8()));
        WAIT_FOR(gate.isReached() && socket.bytesAvailable() > 0);
        const qint64 pid = Test::nextNumber(socket);
        const Test::Rest rest({s_slow->processId()});
        if (isHalf)
            QCOMPARE(::shutdown(int(socket.socketDescriptor()), SHUT_WR), 0);
        else
            socket.abort();
        QVERIFY(!Test::waitForEnd(pid, 1000));
        const QString disturbance = rest.disturbance(50);
        QVERIFY2(disturbance.isEmpty(), qPrintable(disturbance));
        QCOMPARE(Test::waitForEnd(pid, 700), !isHalf);
    }
};

int main(int argc, char *argv[])
{
    const Test::ZygoteLog log;
    Interface interface;
    Test::addBasics(interface);
    interface.preload([] { Test::ZygoteLog::begin(); });
    interface.add("pass", [](const QVariantList &arguments) {
        return Test::Gate::pass(arguments.value(0).toString()), QVariant();
    });
    s_slow = std::make_unique<Zygote>(interface, ZygoteOptions{.abandonedGrace = Grace});
    s_atOnce = std::make_unique<Zygote>(interface, ZygoteOptions{.abandonedGrace = 0ms});
    QCoreApplication app(argc, argv);
    HalfCloseTest test;
    const int result = QTest::qExec(&test, argc, argv);
    for (const auto *const zygote : {&s_slow, &s_atOnce})
        Test::killWorkersOf((*zygote)->processId());
    return result;
}

#include "tst_halfclose.moc"
