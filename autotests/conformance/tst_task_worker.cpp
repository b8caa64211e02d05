// SPDX-License-Identifier: MIT
#include "helpers/answers.h"
#include "helpers/embedded.h"
#include "helpers/processes.h"

#include <QtPrefork/Client>
#include <QtPrefork/Worker>

#include <QtCore/QAbstractEventDispatcher>
#include <QtCore/QTemporaryDir>
#include <QtCore/QThread>

#include <csignal>

using namespace Prefork;
using namespace std::chrono_literals;
using Test::answer;
using Test::failure;

namespace {

QString s_log; // written by the workers
int s_setupAttempts = 0; // in each worker its own
bool s_doneThrows = false;

void log(const char *what)
{
    QFile file(s_log);
    if (file.open(QIODevice::Append))
        file.write(QByteArray(what) + ' ' + QByteArray::number(::getpid()) + '\n');
}

QByteArrayList logged()
{
    QFile file(s_log);
    return file.open(QIODevice::ReadOnly) ? file.readAll().split('\n') : QByteArrayList();
}

QByteArrayList loggedBy(qint64 pid)
{
    QByteArrayList entries;
    for (const QByteArray &line : logged()) {
        if (line.endsWith(' ' + QByteArray::number(pid)))
            entries.append(line.left(line.indexOf(' ')));
    }
    return entries;
}

bool failsSetup(int attempt)
{
    return QFile::exists(s_log + QStringLiteral(".failing")) && attempt <= 2;
}

void spin(const QVariantList &)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, nullptr);
    for (;;) { }
}

void fill(Interface &interface)
{
    static QTemporaryDir directory;
    s_log = directory.filePath(QStringLiteral("log"));
    Test::addBasics(interface);
    interface.setup([] {
        ++s_setupAttempts;
        log("setup");
        if (failsSetup(s_setupAttempts))
            throw QStringLiteral("attempt %1").arg(s_setupAttempts);
    });
    interface.checkoutDone([] {
        log("done");
        if (s_doneThrows)
            throw std::runtime_error("untidy");
    });
    interface.add("setupAttempts", [](const QVariantList &) { return QVariant(s_setupAttempts); });
    interface.add("beUntidy", [](const QVariantList &) {
        s_doneThrows = true;
        return QVariant(qint64(::getpid()));
    });
    interface.add("spin", [](const QVariantList &) { return spin({}), QVariant(); });
    interface.add("hasApplication",
                  [](const QVariantList &) { return QVariant(QCoreApplication::instance() != nullptr); });
    interface.add("hasEventLoop", [](const QVariantList &) {
        return QVariant(QAbstractEventDispatcher::instance() != nullptr || QThread::currentThread()->loopLevel() > 0);
    });
    interface.add("threads", [](const QVariantList &) {
        return QVariant(QString::fromLatin1(Test::statusOf(::getpid(), "Threads")));
    });
    interface.add("number", [](const QVariantList &) { return QVariant(Worker::number()); });
}

}

class TaskWorkerTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_client = std::make_unique<Client>(Test::zygote(),
                                            ClientOptions{.minWorkers = 1, .maxWorkers = 1, .reuseAfterError = true});
    }
    void cleanup()
    {
        m_client.reset();
        QFile::remove(s_log);
        QFile::remove(s_log + QStringLiteral(".failing"));
    }

    void t5_setupRunsOnceAndOnTheFirstCall()
    {
        WAIT_COMPARE(m_client->idleWorkerCount(), 1); // a checkout released before there is a worker never has one
        m_client->checkout()->release(); // the worker tidies up, and is not set up for it
        const CheckoutPtr checkout = m_client->checkout();
        const qint64 pid = Test::pidOf(checkout);
        QCOMPARE(Test::pidOf(checkout), pid);
        QCOMPARE(loggedBy(pid), QByteArrayList({"done", "setup"}));
    }
    void t5_setupRunsOncePerWorkerNotPerCheckout()
    {
        const qint64 pid = Test::pidOf(m_client->checkout());
        const CheckoutPtr second = m_client->checkout(); // held, or the worker might be tidying up once more
        QCOMPARE(Test::pidOf(second), pid);
        QCOMPARE(loggedBy(pid), QByteArrayList({"setup", "done"}));
    }
    void t5_setupThatFailsIsTheErrorOfTheCallAndIsRetried()
    {
        makeSetupFail();
        const CheckoutPtr checkout = m_client->checkout();
        const Error first = failure(checkout, "setupAttempts");
        QCOMPARE(first.code(), Error::SetupError);
        QCOMPARE(first.message(), "setup exception: attempt 1");
        QVERIFY(!first.isFatal());
        QCOMPARE(failure(checkout, "setupAttempts").message(), "setup exception: attempt 2");
        QCOMPARE(answer(checkout, "setupAttempts"), QVariant(3));
        QCOMPARE(answer(checkout, "setupAttempts"), QVariant(3));
    }
    // By default a worker is not kept after an error, so that its successor tries for the first time.
    void t5_anotherWorkerTriesSetupAnew()
    {
        makeSetupFail();
        Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1});
        for (int i = 0; i < 3; ++i)
            QCOMPARE(failure(client.checkout(), "setupAttempts").message(), "setup exception: attempt 1");
    }

    void t6_checkoutDoneRunsWhenACheckoutIsReleased()
    {
        CheckoutPtr checkout = m_client->checkout();
        const qint64 pid = Test::pidOf(checkout);
        QCOMPARE(loggedBy(pid), QByteArrayList({"setup"}));
        checkout.reset(); // the same as release()
        WAIT_COMPARE(loggedBy(pid), QByteArrayList({"setup", "done"}));
        WAIT_COMPARE(m_client->idleWorkerCount(), 1); // a checkout released before there is a worker never has one
        m_client->checkout()->release();
        WAIT_COMPARE(loggedBy(pid), QByteArrayList({"setup", "done", "done"}));
    }
    void t6_checkoutDoneRunsBeforeTheNextCheckoutsFirstCall()
    {
        const CheckoutPtr first = m_client->checkout();
        const qint64 pid = Test::pidOf(first);
        const CheckoutPtr second = m_client->checkout();
        first->release();
        QCOMPARE(Test::pidOf(second), pid);
        QCOMPARE(loggedBy(pid), QByteArrayList({"setup", "done"}));
    }
    void t6_checkoutDoneDoesNotRunWhenTheWorkerIsDropped_data()
    {
        QTest::addColumn<bool>("byAbort");
        QTest::newRow("after an error") << false;
        QTest::newRow("by abort") << true;
    }
    void t6_checkoutDoneDoesNotRunWhenTheWorkerIsDropped()
    {
        QFETCH(bool, byAbort);
        Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1});
        const CheckoutPtr checkout = client.checkout();
        const qint64 pid = Test::pidOf(checkout);
        if (byAbort)
            checkout->abort();
        else
            QCOMPARE(failure(checkout, "fail", {"no luck"}).message(), "no luck");
        checkout->release();
        WAIT_FOR(!Test::isRunning(pid));
        QCOMPARE(loggedBy(pid), QByteArrayList({"setup"}));
    }
    // The original's next checkout would get the dead worker (T43); ours never does.
    void t6_checkoutDoneThatThrowsEndsTheWorker()
    {
        const CheckoutPtr first = m_client->checkout();
        const qint64 pid = answer(first, "beUntidy").toLongLong();
        first->release();
        WAIT_FOR(!Test::exists(pid)); // then its client knows, over JSON too
        const qint64 next = Test::pidOf(m_client->checkout());
        QVERIFY(next > 0);
        QVERIFY(next != pid);
    }
    void t6_aCallSentBehindACheckoutDoneThatThrowsIsNotLost()
    {
        const CheckoutPtr first = m_client->checkout();
        const qint64 pid = answer(first, "beUntidy").toLongLong();
        first->release();
        const Test::Outcome outcome = Test::call(m_client->checkout(), "pid");
        // It was written to a worker that was about to end: nobody can know whether it began.
        if (outcome.error)
            QCOMPARE(outcome.error->code(), Error::WorkerLost);
        else
            QVERIFY(outcome.result && *outcome.result != QVariant(pid));
    }

    // The original's worker kills itself by SIGALRM, which blocking the signal prevents; ours is killed from outside.
    void t7_aHungWorkerIsKilledWhateverItBlocks()
    {
        CheckoutPtr checkout = m_client->checkout();
        const qint64 pid = Test::pidOf(checkout);
        const Error error = failure(checkout, "spin");
        QCOMPARE(error.code(), Error::WorkerLost);
        QCOMPARE(error.message(), "worker connection suddenly died");
        QCOMPARE(error.detail(), "the worker was killed by SIGKILL because it hung");
        WAIT_FOR(!Test::exists(pid));
        QCOMPARE(failure(checkout, "pid"), error.withMethod("pid"));
        QVERIFY(Test::pidOf(m_client->checkout()) != pid);
    }
    // Measured a call: several in a row may together take longer.
    void t7_aWorkerThatAnswersIsNotHung()
    {
        const CheckoutPtr checkout = m_client->checkout();
        const qint64 pid = Test::pidOf(checkout);
        Test::Journal journal;
        for (int i = 0; i < 4; ++i)
            journal.call(checkout, QString::number(i), "sleep", {600});
        WAIT_COMPARE(journal.entries(), QStringList({"0=", "1=", "2=", "3="}));
        QCOMPARE(Test::pidOf(checkout), pid);
    }

    void t18_aWorkerHasNoApplicationAndNoEventLoop()
    {
        const CheckoutPtr checkout = m_client->checkout();
        QVERIFY(QCoreApplication::instance());
        QCOMPARE(answer(checkout, "hasApplication"), QVariant(false));
        QCOMPARE(answer(checkout, "hasEventLoop"), QVariant(false));
#ifndef __SANITIZE_THREAD__ // which has one in every process
        QCOMPARE(answer(checkout, "threads"), QVariant("1"));
#endif
    }
    void t8_workersAreNumbered()
    {
        const qulonglong number = answer(m_client->checkout(), "number").toULongLong();
        QVERIFY(number > 0);
        Client other(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1});
        QCOMPARE(answer(other.checkout(), "number").toULongLong(), number + 1);
        QCOMPARE(Worker::number(), 0);
    }
    // Embedded workers take the name as those of a server do; the program's own title is its own.
    void t8_titlesNameTheZygoteAndItsWorkers()
    {
        const CheckoutPtr checkout = m_client->checkout();
        const qint64 pid = Test::pidOf(checkout);
        QCOMPARE(Test::titleOf(Test::zygote()->processId()), "tester zygote");
        QCOMPARE(Test::titleOf(pid), "tester worker " + answer(checkout, "number").toByteArray());
        QVERIFY(Test::titleOf(QCoreApplication::applicationPid()).contains("tst_task_worker"));
    }

private:
    static void makeSetupFail()
    {
        QFile marker(s_log + QStringLiteral(".failing"));
        QVERIFY(marker.open(QIODevice::WriteOnly));
    }

    std::unique_ptr<Client> m_client;
};

PREFORK_TEST_MAIN(TaskWorkerTest, fill, {.name = "tester", .hungTimeout = 2s})
#include "tst_task_worker.moc"
