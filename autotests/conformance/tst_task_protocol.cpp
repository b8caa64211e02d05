// SPDX-License-Identifier: MIT
// Rows of the protocol for which a peer has to say something its library never would.
#include "helpers/calls.h"
#include "helpers/serverprocess.h"

#include <QtPrefork/Client>

#include <QtCore/QTemporaryDir>
#include <QtNetwork/QLocalServer>
#include <QtNetwork/QLocalSocket>
#include <QtTest/QTest>

using namespace Prefork;

class TaskProtocolTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void t22_anUnknownCommandEndsTheWorkerAndIsLogged();
    void t82_aWorkerIgnoresMetaItDoesNotKnow();
    void t82_aClientIgnoresMetaItDoesNotKnow();

private:
    [[nodiscard]] QByteArray exchange(const QByteArray &bytes);

    QTemporaryDir m_directory;
    Test::ServerProcess m_server;
};

void TaskProtocolTest::initTestCase()
{
    const QString path = m_directory.filePath("echo");
    QVERIFY2(m_server.start(ECHO_SERVER, {"--listen", "unix:" + path}), qPrintable(m_server.errorString()));
}

// Says its piece, and hears everything there is until the other end hangs up or all is said.
QByteArray TaskProtocolTest::exchange(const QByteArray &bytes)
{
    QLocalSocket socket;
    socket.connectToServer(m_directory.filePath("echo"));
    socket.write(bytes);
    QByteArray heard;
    while (!heard.endsWith("\"end\"]") && socket.waitForReadyRead(int(Test::Patience.count())))
        heard += socket.readAll();
    return heard;
}

void TaskProtocolTest::t22_anUnknownCommandEndsTheWorkerAndIsLogged()
{
    QCOMPARE(exchange(R"(["do",{},"echo",1]["redo",{}]["do",{},"echo","end"])"), QByteArray(R"(["ok",{},1])"));
    QVERIFY(Test::waitUntil([&] { return m_server.stderrText().contains("unknown command 'redo'"); }));
    QCOMPARE(exchange(R"(["do",{},"echo","end"])"), QByteArray(R"(["ok",{},"end"])"));
}

void TaskProtocolTest::t82_aWorkerIgnoresMetaItDoesNotKnow()
{
    QCOMPARE(exchange(R"(["do",{"ld":{"start":1},"later":[true]},"echo","end"])"), QByteArray(R"(["ok",{},"end"])"));
}

void TaskProtocolTest::t82_aClientIgnoresMetaItDoesNotKnow()
{
    QLocalServer server;
    QVERIFY(server.listen(m_directory.filePath("peer")));
    connect(&server, &QLocalServer::newConnection, &server, [&server] {
        QLocalSocket *const socket = server.nextPendingConnection();
        connect(socket, &QLocalSocket::readyRead, socket, [socket] {
            if (socket->readAll().contains("\"do\""))
                socket->write(R"(["ok",{"ld":{"start":1},"later":[true]},"value","and more"])");
        });
    });
    Client client("unix:" + m_directory.filePath("peer"), {.protocol = Protocol::Json});
    QCOMPARE(Test::call(client.checkout(), "anything").result, std::optional(QVariant(QStringLiteral("value"))));
}

QTEST_GUILESS_MAIN(TaskProtocolTest)
#include "tst_task_protocol.moc"
