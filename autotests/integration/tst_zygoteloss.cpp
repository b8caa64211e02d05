// SPDX-License-Identifier: MIT
#include "helpers/processes.h"

#include <QtPrefork/Server>
#include <QtPrefork/Zygote>

#include <QtCore/QCoreApplication>
#include <QtCore/QScopeGuard>
#include <QtCore/QTemporaryDir>
#include <QtNetwork/QLocalSocket>
#include <QtTest/QSignalSpy>
#include <QtTest/QTest>

#include <csignal>
#include <memory>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace Prefork;

namespace {

std::vector<std::unique_ptr<Zygote>> spareZygotes; // forked before there was an application

std::unique_ptr<Zygote> takeZygote()
{
    auto zygote = std::move(spareZygotes.back());
    spareZygotes.pop_back();
    return zygote;
}

// Returns when it is dead; it stays to be reaped by its owner.
void killZygote(const Zygote &zygote)
{
    ::kill(pid_t(zygote.processId()), SIGKILL);
    siginfo_t info{};
    ::waitid(P_PID, id_t(zygote.processId()), &info, WEXITED | WNOWAIT);
}

}

class TestZygoteLoss : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aConnectionArrivesBeforeTheNewsOfTheDeath();
    void aWorkerThatHasHardlyBegunHidesNothing();
    void theServerIsDestroyedWhenItStopsListening();
    void aServerNoticesThatItsZygoteWasDestroyed();
};

void TestZygoteLoss::aConnectionArrivesBeforeTheNewsOfTheDeath()
{
    const auto zygote = takeZygote();
    const QTemporaryDir directory;
    Server server(zygote.get());
    QVERIFY2(server.listen(Address::unixSocket(directory.filePath(QStringLiteral("s")))), qPrintable(server.errorString()));
    QSignalSpy lost(&server, &Server::zygoteLost);
    killZygote(*zygote);
    QLocalSocket early;
    QLocalSocket late;
    early.connectToServer(server.address().path());
    late.connectToServer(server.address().path());
    QTRY_COMPARE_WITH_TIMEOUT(lost.size(), 1, 30000);
    QVERIFY(!server.isListening());
    QTRY_COMPARE_WITH_TIMEOUT(early.state(), QLocalSocket::UnconnectedState, 30000);
    QTRY_COMPARE_WITH_TIMEOUT(late.state(), QLocalSocket::UnconnectedState, 30000);
}

// It still has all that the zygote had: also the zygote's end of the line to the server.
void TestZygoteLoss::aWorkerThatHasHardlyBegunHidesNothing()
{
    const auto zygote = takeZygote();
    const QTemporaryDir directory;
    Server server(zygote.get());
    QVERIFY2(server.listen(Address::unixSocket(directory.filePath(QStringLiteral("s")))), qPrintable(server.errorString()));
    QSignalSpy lost(&server, &Server::zygoteLost);
    QLocalSocket client;
    client.connectToServer(server.address().path());
    QList<qint64> workers;
    QTRY_VERIFY_WITH_TIMEOUT(!(workers = Test::childrenOf(zygote->processId())).isEmpty(), 30000);
    const auto end = qScopeGuard([&workers] { ::kill(pid_t(workers.constFirst()), SIGKILL); });
    killZygote(*zygote);
    QTRY_COMPARE_WITH_TIMEOUT(lost.size(), 1, 30000);
    QVERIFY(!server.isListening());
    QVERIFY(Test::isRunning(workers.constFirst()));
}

void TestZygoteLoss::theServerIsDestroyedWhenItStopsListening()
{
    const auto zygote = takeZygote();
    const QTemporaryDir directory;
    auto server = std::make_unique<Server>(zygote.get());
    QVERIFY2(server->listen(Address::unixSocket(directory.filePath(QStringLiteral("s")))), qPrintable(server->errorString()));
    connect(server.get(), &Server::listeningChanged, this, [&server] { server.reset(); });
    killZygote(*zygote);
    QTRY_VERIFY_WITH_TIMEOUT(!server, 30000);
}

void TestZygoteLoss::aServerNoticesThatItsZygoteWasDestroyed()
{
    auto zygote = takeZygote();
    const QTemporaryDir directory;
    Server server(zygote.get());
    zygote.reset();
    QVERIFY(!server.listen(Address::unixSocket(directory.filePath(QStringLiteral("s")))));
    QCOMPARE(server.errorString(), QStringLiteral("the zygote is gone"));
}

int main(int argc, char *argv[])
{
    Interface interface;
    interface.preload([] {
        ::pthread_atfork(nullptr, nullptr, [] {
            for (;;) // as one that is stopped before it can do anything
                ::pause();
        });
    });
    for (int i = 0; i < 4; ++i)
        spareZygotes.push_back(std::make_unique<Zygote>(interface));
    QCoreApplication app(argc, argv);
    TestZygoteLoss test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_zygoteloss.moc"
