// SPDX-License-Identifier: MIT
#include "helpers/calls.h"
#include "helpers/loglines.h"
#include "helpers/processes.h"

#include <QtPrefork/Client>
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

std::vector<std::unique_ptr<Zygote>> servingZygotes; // whose workers do not stop before they have begun

std::unique_ptr<Zygote> takeZygote(std::vector<std::unique_ptr<Zygote>> &zygotes = spareZygotes)
{
    auto zygote = std::move(zygotes.back());
    zygotes.pop_back();
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
    void aProgramWithClientsOnlyIsToldOfTheDeath();
    void aZygoteThatIsToldToEndIsNotValid();
    void aKilledZygoteIsReaped_data();
    void aKilledZygoteIsReaped();
    void aZygoteThatStillServesIsReapedWhenItEnds();
};

void TestZygoteLoss::aConnectionArrivesBeforeTheNewsOfTheDeath()
{
    const auto zygote = takeZygote();
    const QTemporaryDir directory;
    Server server(zygote.get());
    QVERIFY2(server.listen(Address::unixSocket(directory.filePath(QStringLiteral("s")))),
             qPrintable(server.errorString()));
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
    QVERIFY2(server.listen(Address::unixSocket(directory.filePath(QStringLiteral("s")))),
             qPrintable(server.errorString()));
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
    QVERIFY2(server->listen(Address::unixSocket(directory.filePath(QStringLiteral("s")))),
             qPrintable(server->errorString()));
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
    QCOMPARE(server.errorString(),
             QStringLiteral("the zygote is gone: its Zygote object was destroyed, which must live as long as "
                            "what uses it"));
}

void TestZygoteLoss::aKilledZygoteIsReaped_data()
{
    QTest::addColumn<bool>("isUsed");
    QTest::newRow("used") << true;
    QTest::newRow("unused") << false;
}

void TestZygoteLoss::aProgramWithClientsOnlyIsToldOfTheDeath()
{
    const auto zygote = takeZygote(servingZygotes);
    Client client(zygote.get(), {.minWorkers = 0});
    QVERIFY(Test::call(client.checkout(), "pid").result);
    QVERIFY(zygote->isValid());
    QCOMPARE(zygote->errorString(), QString());
    const Test::LogLines warnings(QStringLiteral("the zygote is gone"));
    killZygote(*zygote);
    QTRY_VERIFY_WITH_TIMEOUT(!zygote->isValid(), 30000);
    const QString text
        = QStringLiteral("the zygote is gone: it was killed by SIGKILL; restart the program to get another one");
    QCOMPARE(zygote->errorString(), text);
    QCOMPARE(warnings.lines(), QStringList(text));
    client.recycleWorkers();
    const Test::Outcome outcome = Test::call(client.checkout(), "pid");
    QVERIFY(outcome.error);
    QCOMPARE(outcome.error->code(), Error::Unavailable);
    QCOMPARE(outcome.error->message(), text);
    QVERIFY(!Zygote::find() || Zygote::find()->isValid());
}

void TestZygoteLoss::aZygoteThatIsToldToEndIsNotValid()
{
    const auto zygote = takeZygote(servingZygotes);
    const Test::LogLines warnings(QStringLiteral("the zygote is gone"));
    ::kill(pid_t(zygote->processId()), SIGTERM);
    QTRY_VERIFY_WITH_TIMEOUT(!zygote->isValid(), 30000);
    QCOMPARE(zygote->errorString(), QStringLiteral("the zygote has been told to end by SIGTERM"));
    QVERIFY(Test::isRunning(zygote->processId()));
    QCOMPARE(warnings.count(), 0);
}

// While its Zygote lives on.
void TestZygoteLoss::aKilledZygoteIsReaped()
{
    QFETCH(const bool, isUsed);
    const auto zygote = takeZygote(servingZygotes);
    std::unique_ptr<Client> client;
    if (isUsed) {
        client = std::make_unique<Client>(zygote.get(), ClientOptions{.minWorkers = 0});
        QVERIFY(Test::call(client->checkout(), "pid").result);
    }
    const qint64 pid = zygote->processId();
    QVERIFY(Test::exists(pid));
    ::kill(pid_t(pid), SIGKILL);
    QTRY_VERIFY_WITH_TIMEOUT(!Test::exists(pid), 30000);
    QCOMPARE(zygote->processId(), pid);
}

void TestZygoteLoss::aZygoteThatStillServesIsReapedWhenItEnds()
{
    auto zygote = takeZygote(servingZygotes);
    const qint64 pid = zygote->processId();
    Client client(zygote.get(), {.minWorkers = 0, .timeout = std::chrono::milliseconds(0)});
    const CheckoutPtr held = client.checkout();
    QVERIFY(Test::call(held, "pid").result);
    const pid_t other = ::fork();
    if (other == 0)
        ::_exit(7);
    zygote.reset();
    QVERIFY(Test::isRunning(pid));
    QVERIFY(Test::call(held, "pid").result); // it serves on
    held->abort();
    client.close();
    QTRY_VERIFY_WITH_TIMEOUT(!Test::exists(pid), 30000);
    int status = 0;
    QCOMPARE(::waitpid(other, &status, 0), other); // nobody else's child was taken
    QCOMPARE(WEXITSTATUS(status), 7);
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
    Interface serving;
    serving.add("pid", [](const QVariantList &) { return QVariant(qint64(::getpid())); });
    for (int i = 0; i < 5; ++i)
        servingZygotes.push_back(std::make_unique<Zygote>(serving));
    QCoreApplication app(argc, argv);
    TestZygoteLoss test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_zygote_loss.moc"
