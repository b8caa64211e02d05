// SPDX-License-Identifier: MIT
#include "helpers/answers.h"
#include "helpers/embedded.h"
#include "helpers/processes.h"

#include <QtPrefork/Client>
#include <QtPrefork/Server>

#include <QtCore/QTemporaryDir>

using namespace Prefork;
using Test::answer;
using Test::failure;

namespace {

// Made in main(), before the application, for the tests to do away with.
std::unique_ptr<Zygote> s_toKill;
std::unique_ptr<Zygote> s_toDestroy;
std::unique_ptr<Zygote> s_zygote;
std::unique_ptr<Zygote> s_careless;
std::unique_ptr<Zygote> s_robbed;

#ifdef __SANITIZE_THREAD__
const QString HasAnother = "has 3"; // its own comes with the first
#else
const QString HasAnother = "has 2";
#endif

}

class ZygoteTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void refusesWhatCannotWorkAndSaysWhy_data()
    {
        QTest::addColumn<QString>("misbehaviour");
        QTest::addColumn<QStringList>("says");
        QTest::newRow("QCoreApplication is there")
            << "after-application" << QStringList{"before QCoreApplication", "top of main()"};
        QTest::newRow("a thread is there") << "after-thread" << QStringList{"before any thread", HasAnother};
        QTest::newRow("preload throws") << "preload-throws" << QStringList{"preload failed: the hay is wet"};
        QTest::newRow("preload crashes") << "preload-crashes" << QStringList{"was killed by SIGSEGV"};
        QTest::newRow("preload exits") << "preload-exits" << QStringList{"exited with status 9"};
        QTest::newRow("preload leaves a descriptor")
            << "preload-leaks" << QStringList{"descriptor", "/dev/zero", "keepDescriptor"};
        QTest::newRow("close-on-exec does not help") << "preload-leaks-close-on-exec" << QStringList{"/dev/full"};
        QTest::newRow("preload declares what is not open")
            << "preload-declares-too-much" << QStringList{"descriptor 99", "keepDescriptor", "not open"};
        QTest::newRow("what was open before is declared")
            << "declares-one-from-before" << QStringList{"declared", "open it in preload"};
        QTest::newRow("preload reopens what was open before")
            << "preload-reopens-one-from-before" << QStringList{"preload left descriptor", "/dev/zero"};
        QTest::newRow("messages of 4 GiB")
            << "messages-too-large" << QStringList{"maxMessageSize", "4294967296", "4294967295"};
        QTest::newRow("preload starts a thread") << "preload-starts-thread" << QStringList{"preload started a thread"};
    }
    void refusesWhatCannotWorkAndSaysWhy()
    {
        QFETCH(QString, misbehaviour);
        QFETCH(QStringList, says);
        const Test::Ended ended = Test::runProgram(BAD_ZYGOTE, {misbehaviour});
        QVERIFY2(ended.exitCode == 3, qPrintable(QString::number(ended.exitCode) + ended.errors));
        for (const QString &part : says)
            QVERIFY2(ended.errors.contains(part), qPrintable(ended.errors));
        QVERIFY2(ended.errors.contains("prefork.zygote: the zygote is not valid: "), qPrintable(ended.errors));
    }
    void acceptsWhatCan() { QCOMPARE(Test::runProgram(BAD_ZYGOTE, {"none"}).exitCode, 0); }
    void leadsASessionOfItsOwn()
    {
        QCOMPARE(::getsid(pid_t(s_zygote->processId())), pid_t(s_zygote->processId()));
        QVERIFY(::getsid(0) != s_zygote->processId());
    }
    // A library that preload starts may not want to wait for children.
    void aPreloadThatIgnoresTheEndsOfChildrenHidesNone()
    {
        Client client(s_careless.get(), {.minWorkers = 0, .maxWorkers = 1});
        QCOMPARE(failure(client.checkout(), "exit", {7}).detail(), "the worker exited with status 7");
        QCOMPARE(answer(client.checkout(), "echo", {1}), QVariant(1));
    }
    void endsThatOthersHaveWaitedForAreEndsToo()
    {
        Client client(s_robbed.get(), {.minWorkers = 0, .maxWorkers = 1});
        QCOMPARE(failure(client.checkout(), "exit", {7}).detail(),
                 "the worker ended in a way that was hidden from its zygote");
        QCOMPARE(answer(client.checkout(), "echo", {1}), QVariant(1));
        QVERIFY(!Test::childrenOf(s_robbed->processId()).isEmpty());
    }

    void aWorkersDeathIsExplained_data()
    {
        QTest::addColumn<int>("signal");
        QTest::addColumn<QString>("detail");
        QTest::newRow("SIGKILL") << SIGKILL << "the worker was killed by SIGKILL";
        QTest::newRow("SIGUSR1") << SIGUSR1 << "the worker was killed by SIGUSR1";
    }
    void aWorkersDeathIsExplained()
    {
        QFETCH(int, signal);
        QFETCH(QString, detail);
        Client client(s_zygote.get(), {.minWorkers = 1});
        const CheckoutPtr checkout = client.checkout();
        std::optional<Error> error;
        frameTry(
            [&] {
                checkout->call("pid", {}, [&](const QVariant &pid) {
                    checkout->call("sleep", {600000});
                    ::kill(pid.toInt(), signal);
                });
            },
            [&](const Error &caught) { error = caught; });
        WAIT_FOR(error.has_value());
        QCOMPARE(error->code(), Error::WorkerLost);
        QCOMPARE(error->message(), "worker connection suddenly died");
        QCOMPARE(error->detail(), detail);
        QCOMPARE(error->method(), "sleep");
        QCOMPARE(answer(client.checkout(), "echo", {1}), QVariant(1));
    }
    void anExitIsExplained()
    {
        Client client(s_zygote.get(), {.minWorkers = 1});
        QCOMPARE(failure(client.checkout(), "exit", {7}).detail(), "the worker exited with status 7");
    }
    // Not of the row T43: there the next checkout gets the dead one.
    void anIdleWorkersDeathIsNobodysBusiness()
    {
        Client client(s_zygote.get(), {.minWorkers = 1, .maxWorkers = 1});
        const qint64 pid = Test::pidOf(client.checkout());
        ::kill(pid_t(pid), SIGKILL);
        const QDeadlineTimer patience(Test::Patience);
        while (Test::exists(pid) && !patience.hasExpired()) { } // the client has no chance to notice before
        const qint64 next = Test::pidOf(client.checkout());
        QVERIFY(next > 0 && next != pid);
    }

    void aServerWhoseZygoteDiesEndsWithAnError()
    {
        QTemporaryDir directory;
        Test::ServerProcess server;
        QVERIFY(server.start(ECHO_SERVER, {"--listen", "unix:" + directory.filePath("socket")}));
        Client client(server.address(), {.minWorkers = 1});
        const CheckoutPtr held = client.checkout();
        QCOMPARE(answer(held, "echo", {1}), QVariant(1));
        ::kill(pid_t(Test::childrenOf(server.pid()).value(0)), SIGKILL);
        QCOMPARE(server.waitForEnd(), 1);
        QVERIFY(server.stderrText().contains("the zygote is gone"));
        QVERIFY(!QFile::exists(directory.filePath("socket")));
        QCOMPARE(answer(held, "echo", {2}), QVariant(2));
    }
    void anEmbeddedClientKeepsItsWorkersWhenTheZygoteDies()
    {
        losesItsZygote(s_toKill, "the zygote is gone: it was killed by SIGKILL; restart the program to get another one",
                       [] { ::kill(pid_t(s_toKill->processId()), SIGKILL); });
    }
    void anEmbeddedClientKeepsItsWorkersWhenTheZygoteIsDestroyed()
    {
        const qint64 process = s_toDestroy->processId();
        losesItsZygote(s_toDestroy,
                       "the zygote is gone: its Zygote object was destroyed, which must live as long as what uses it",
                       [] { s_toDestroy.reset(); });
        WAIT_FOR(!Test::isRunning(process)); // it stayed until its last worker had ended, and no longer
    }

private:
    void losesItsZygote(const std::unique_ptr<Zygote> &zygote, const QString &text, void (*lose)())
    {
        auto client = std::make_unique<Client>(
            zygote.get(), ClientOptions{.minWorkers = 1, .maxWorkers = 2, .reuseAfterError = true});
        const CheckoutPtr held = client->checkout();
        const qint64 pid = Test::pidOf(held);
        const CheckoutPtr second = client->checkout();
        QVERIFY(Test::pidOf(second) != pid);
        const CheckoutPtr waiting = client->checkout();
        Test::Journal journal;
        journal.call(waiting, "waiting", "echo", {1});
        QCOMPARE(journal.size(), 0);
        lose();
        WAIT_COMPARE(journal.entries(), QStringList("waiting!" + text));
        QCOMPARE(waiting->error()->code(), Error::Unavailable);

        if (zygote) {
            Client late(zygote.get());
            QCOMPARE(failure(late.checkout(), "echo").message(), text);
            Server server(zygote.get());
            QVERIFY(!server.listen("tcp://127.0.0.1:0"));
            QCOMPARE(server.errorString(), text);
        }
        const CheckoutPtr later = client->checkout();
        for (int i = 0; i < 2; ++i)
            QCOMPARE(failure(later, "echo").code(), Error::Unavailable);
        QCOMPARE(failure(held, "fail", {"no luck"}).message(), "no luck");
        QCOMPARE(Test::pidOf(held), pid);
        client.reset();
        WAIT_FOR(!Test::isRunning(pid));
    }
};

int main(int argc, char *argv[])
{
    Interface interface;
    Test::addBasics(interface);
    interface.add("exit",
                  [](const QVariantList &arguments) { return std::exit(arguments.value(0).toInt()), QVariant(); });
    for (auto *const zygote : {&s_zygote, &s_toKill, &s_toDestroy})
        *zygote = std::make_unique<Zygote>(interface);
    interface.preload([] { ::signal(SIGCHLD, SIG_IGN); });
    s_careless = std::make_unique<Zygote>(interface);
    interface.preload([] { ::pthread_atfork([] { ::signal(SIGCHLD, SIG_IGN); }, nullptr, nullptr); });
    s_robbed = std::make_unique<Zygote>(interface);
    QCoreApplication app(argc, argv);
    ZygoteTest test;
    const int result = QTest::qExec(&test, argc, argv);
    for (auto *const zygote : {&s_zygote, &s_careless, &s_robbed})
        zygote->reset();
    s_toKill.reset();
    return result;
}

#include "tst_zygote.moc"
