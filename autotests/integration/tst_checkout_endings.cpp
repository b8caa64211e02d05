// SPDX-License-Identifier: MIT
#include "helpers/answers.h"
#include "helpers/embedded.h"
#include "helpers/processes.h"
#include "helpers/protocols.h"

#include <QtPrefork/Client>
#include <QtPrefork/Server>

#include <QtCore/QElapsedTimer>
#include <QtCore/QPointer>
#include <QtCore/QTemporaryDir>
#include <QtTest/QSignalSpy>

using namespace Prefork;
using namespace std::chrono_literals;
using Test::answer;
using Test::failure;

/// How checkouts and clients end: released, given up, out of time, destroyed.
class CheckoutEndingsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_client = std::make_unique<Client>(Test::zygote(), ClientOptions{.minWorkers = 1, .maxWorkers = 1});
    }
    void cleanup() { m_client.reset(); }

    void aClientMayComeBeforeItsServer()
    {
        QTemporaryDir directory;
        const QString address = "unix:" + directory.filePath("socket");
        Client client(address, {.minWorkers = 0});
        Test::Journal journal;
        for (int i = 0; i < 50; ++i)
            journal.call(client.checkout(), QString::number(i), "echo", {i});
        QSignalSpy failed(&client, &Client::connectionFailed);
        WAIT_FOR(failed.size() >= 1);
        Server server(Test::zygote());
        QVERIFY(server.listen(address));
        WAIT_COMPARE(journal.size(), 50);
        QVERIFY(journal.entries().contains("49=49"));
    }

    void droppingAHandleCancelsNothing()
    {
        Test::Journal journal;
        for (int i = 0; i < 3; ++i)
            journal.call(m_client->checkout(), QString::number(i), "echo", {i});
        WAIT_COMPARE(journal.entries(), QStringList({"0=0", "1=1", "2=2"}));
        WAIT_COMPARE(m_client->idleWorkerCount(), 1);
    }
    // Nobody hears that this checkout ends, so it need not wait for a turn of the event loop to say so.
    void aDroppedCheckoutGoesWithItsLastCall()
    {
        CheckoutPtr checkout = m_client->checkout();
        const QPointer<Checkout> guard = checkout.get();
        bool isThereInCallback = false;
        checkout->call("echo", {1}, [&] { isThereInCallback = !guard.isNull(); });
        checkout.reset();
        QVERIFY(guard);
        WAIT_FOR(!guard);
        QVERIFY(isThereInCallback);
        WAIT_COMPARE(m_client->idleWorkerCount(), 1);
    }
    void aDroppedCheckoutStillSaysThatItEnds()
    {
        QStringList said;
        CheckoutPtr checkout = m_client->checkout();
        connect(checkout.get(), &Checkout::released, this, [&said] { said << "released"; });
        connect(checkout.get(), &QObject::destroyed, this, [&said] { said << "destroyed"; });
        checkout->call("echo", {1}, [&said] { said << "result"; });
        checkout.reset();
        WAIT_COMPARE(said, QStringList({"result", "released", "destroyed"}));
    }
    // The callback is destroyed before its checkout may be.
    void aCallbackMayHoldTheLastHandle()
    {
        CheckoutPtr checkout = m_client->checkout();
        const QPointer<Checkout> guard = checkout.get();
        checkout->call("echo", {1});
        checkout->call("echo", {2}, [checkout] { QVERIFY(!checkout->isReleased()); });
        checkout.reset();
        WAIT_FOR(!guard);
        QCOMPARE(answer(m_client->checkout(), "echo", {3}), QVariant(3));
    }
    void releaseWaitsForTheCallsBeforeIt()
    {
        const CheckoutPtr checkout = m_client->checkout();
        QSignalSpy released(checkout.get(), &Checkout::released);
        Test::Journal journal;
        journal.call(checkout, "first", "echo", {1});
        journal.call(checkout, "second", "echo", {2});
        checkout->release();
        checkout->release();
        QVERIFY(checkout->isReleased());
        WAIT_COMPARE(released.size(), 1);
        QCOMPARE(journal.entries(), QStringList({"first=1", "second=2"}));
        checkout->release();
        QCOMPARE(answer(m_client->checkout(), "echo", {3}), QVariant(3));
        QCOMPARE(released.size(), 1);
    }
    void aCallAfterReleaseFails()
    {
        const CheckoutPtr checkout = m_client->checkout();
        checkout->release();
        for (int i = 0; i < 2; ++i) {
            const Error error = failure(checkout, "echo");
            QCOMPARE(error.code(), Error::Shutdown);
            QVERIFY(error.isFatal());
        }
        QCOMPARE(answer(m_client->checkout(), "echo", {1}), QVariant(1));
    }
    void aCallAfterReleaseFailsBehindTheOnesBeforeIt()
    {
        const CheckoutPtr checkout = m_client->checkout();
        Test::Journal journal;
        journal.call(checkout, "before", "echo", {1});
        checkout->release();
        journal.call(checkout, "after", "echo", {2});
        WAIT_COMPARE(journal.size(), 2);
        QVERIFY(journal.entries().contains("before=1"));
        QVERIFY(journal.entries().contains("after!call on a released checkout"));
    }

    void abortBeforeThereIsAWorker()
    {
        const CheckoutPtr holder = m_client->checkout();
        QCOMPARE(answer(holder, "echo", {1}), QVariant(1));
        const CheckoutPtr checkout = m_client->checkout();
        expectAbort(checkout, [&] { checkout->abort("enough"); });
        QCOMPARE(m_client->waitingCheckoutCount(), 0);
        QCOMPARE(answer(holder, "echo", {2}), QVariant(2));
    }
    void abortInTheMiddleOfACall()
    {
        const CheckoutPtr checkout = m_client->checkout();
        const qint64 pid = Test::pidOf(checkout);
        expectAbort(checkout, [&] { checkout->abort("enough"); });
        QVERIFY(Test::pidOf(m_client->checkout()) != pid);
    }
    void abortWithNothingPendingWaitsForTheNextCall()
    {
        const CheckoutPtr checkout = m_client->checkout();
        QCOMPARE(answer(checkout, "echo", {1}), QVariant(1));
        checkout->abort("enough");
        checkout->abort("too late");
        QCOMPARE(checkout->error()->message(), "enough");
        QCOMPARE(failure(checkout, "echo").message(), "enough");
        QCOMPARE(failure(checkout, "echo").code(), Error::Aborted);
    }
    void abortHasAText()
    {
        const CheckoutPtr checkout = m_client->checkout();
        checkout->abort();
        QCOMPARE(failure(checkout, "echo").message(), "aborted");
    }

    void aTimeoutIsNotedWithItsLength_data()
    {
        QTest::addColumn<int>("milliseconds");
        QTest::addColumn<QString>("message");
        QTest::newRow("0.2 s") << 200 << "timed out after 0.2 seconds";
        QTest::newRow("1 s") << 1000 << "timed out after 1 second";
        QTest::newRow("25 ms") << 25 << "timed out after 0.025 seconds";
    }
    void aTimeoutIsNotedWithItsLength()
    {
        QFETCH(int, milliseconds);
        QFETCH(QString, message);
        const CheckoutPtr checkout = m_client->checkout({.timeout = std::chrono::milliseconds(milliseconds)});
        QElapsedTimer timer;
        timer.start();
        const Error error = failure(checkout, "sleep", {60000});
        QVERIFY(timer.elapsed() >= milliseconds);
        QCOMPARE(error.code(), Error::Timeout);
        QCOMPARE(error.message(), message);
        QCOMPARE(failure(checkout, "echo"), error.withMethod("echo")); // at once, and the same
        QCOMPARE(answer(m_client->checkout(), "echo", {1}), QVariant(1));
    }
    void noTimeoutIsNone()
    {
        Client client(Test::zygote(), {.minWorkers = 1, .timeout = 50ms});
        QCOMPARE(answer(client.checkout({.timeout = 0ms}), "sleep", {200}),
                 Test::isNative() ? QVariant() : QVariant::fromValue(nullptr)); // JSON has no other nothing
    }
    void aTimeoutSettlesTheRestAsCanceled()
    {
        const CheckoutPtr checkout = m_client->checkout({.timeout = 100ms});
        QSignalSpy canceled(checkout.get(), &Checkout::canceled);
        Test::Journal journal;
        journal.call(checkout, "long", "sleep", {60000});
        journal.call(checkout, "behind", "echo", {1});
        WAIT_COMPARE(journal.entries(), QStringList("long!timed out after 0.1 seconds"));
        WAIT_COMPARE(canceled.size(), 1);
        QCOMPARE(checkout->pendingCallCount(), 0);
    }

    void aDestroyedClientSettlesEverything()
    {
        const CheckoutPtr running = m_client->checkout();
        const CheckoutPtr waiting = m_client->checkout();
        const CheckoutPtr unused = m_client->checkout();
        QSignalSpy canceled(running.get(), &Checkout::canceled);
        Test::Journal journal;
        journal.call(running, "running", "sleep", {60000});
        journal.call(running, "behind", "echo", {1});
        journal.call(waiting, "waiting", "echo", {2});
        m_client.reset();
        QCOMPARE(journal.entries(),
                 QStringList({"running!the client was destroyed", "waiting!the client was destroyed"}));
        QCOMPARE(canceled.size(), 1);
        for (const CheckoutPtr &checkout : {running, waiting, unused})
            QCOMPARE(failure(checkout, "echo").code(), Error::Shutdown);
    }
    void aDestroyedClientLetsItsWorkersGo()
    {
        const CheckoutPtr checkout = m_client->checkout();
        const qint64 pid = Test::pidOf(checkout);
        m_client.reset();
        WAIT_FOR(!Test::exists(pid));
    }
    void aClientMayBeDestroyedInItsOwnCallback()
    {
        const CheckoutPtr checkout = m_client->checkout();
        Test::Journal journal;
        checkout->call("echo", {1}, [&] {
            m_client.reset();
            journal.note("destroyed");
        });
        journal.call(checkout, "behind", "echo", {2});
        WAIT_FOR(journal.entries().contains("destroyed"));
        QCOMPARE(journal.entries(), QStringList({"behind!the client was destroyed", "destroyed"}));
    }
    void aClientMayBeDestroyedInASlot_data()
    {
        QTest::addColumn<QString>("signal");
        for (const char *const signal : {"finished", "errored", "canceled", "released", "catcher"})
            QTest::addRow("%s", signal) << signal;
    }
    void aClientMayBeDestroyedInASlot()
    {
        QFETCH(QString, signal);
        CheckoutPtr checkout = m_client->checkout();
        bool isDestroyed = false;
        const auto destroy = [&] {
            m_client.reset();
            isDestroyed = true;
        };
        if (signal == "finished")
            connect(checkout.get(), &Checkout::finished, this, destroy);
        else if (signal == "errored")
            connect(checkout.get(), &Checkout::errored, this, destroy);
        else if (signal == "canceled")
            connect(checkout.get(), &Checkout::canceled, this, destroy);
        else if (signal == "released")
            connect(checkout.get(), &Checkout::released, this, destroy);
        frameTry(
            [&] {
                checkout->call("echo", {1});
                if (signal != "released")
                    checkout->call("fail", {"no luck"});
                checkout->call("echo", {2});
                checkout->call("echo", {3});
                checkout->release();
            },
            [&](const Error &) {
                if (signal == "catcher")
                    destroy();
            });
        WAIT_FOR(isDestroyed);
        WAIT_COMPARE(checkout->pendingCallCount(), 0);
    }
    void aHandleMayOutliveItsClientByFar()
    {
        CheckoutPtr checkout = m_client->checkout();
        m_client.reset();
        QCOMPARE(failure(checkout, "echo").code(), Error::Shutdown);
        checkout->release();
        checkout->abort();
        const QPointer<Checkout> watched = checkout.get();
        checkout.reset();
        WAIT_FOR(watched.isNull());
    }
    void aCheckoutMayBeAbortedInItsOwnSignals()
    {
        const CheckoutPtr checkout = m_client->checkout();
        connect(checkout.get(), &Checkout::finished, this, [&checkout] { checkout->abort("in a slot"); });
        Test::Journal journal;
        journal.call(checkout, "first", "echo", {1});
        journal.call(checkout, "second", "echo", {2});
        WAIT_COMPARE(journal.entries(), QStringList({"first=1", "second!in a slot"}));
    }
    // Without a turn of the event loop, which may have ended for good.
    void whatCatchersCallInTheClientsDestructorSettles()
    {
        auto *const client = m_client.release();
        const CheckoutPtr held = client->checkout();
        Test::Journal journal;
        frameTry([&] { held->call("sleep", {60000}, [](const QVariant &) { }); },
                 [&](const Error &) {
                     journal.note("held");
                     journal.call(held, "again", "echo", {1});
                     frameTry([&] { client->checkout()->call("echo", {2}, [](const QVariant &) { }); },
                              [&](const Error &error) {
                                  journal.note("fresh!" + error.message());
                                  frameTry([&] { client->call("echo", {3}, [](const QVariant &) { }); },
                                           [&](const Error &last) { journal.note("shot!" + last.message()); });
                              });
                 });
        int attempts = 0; // of one that does not give up while there is a client
        bool isGone = false;
        const std::function<void()> insist = [&] {
            if (isGone)
                return;
            frameTry([&] { client->checkout()->call("echo", {4}, [](const QVariant &) { }); },
                     [&](const Error &) { ++attempts, insist(); });
        };
        insist();
        delete client;
        isGone = true;
        const QString gone = "the client was destroyed";
        QCOMPARE(journal.entries(), QStringList({"held", "again!" + gone, "fresh!" + gone, "shot!" + gone}));
        QVERIFY(attempts > 1);
        QCoreApplication::processEvents(); // nobody comes back to what is no more
    }

private:
    // Of three calls, the first hears of it and no other runs.
    void expectAbort(const CheckoutPtr &checkout, const std::function<void()> &abort)
    {
        QSignalSpy errored(checkout.get(), &Checkout::errored);
        QSignalSpy canceled(checkout.get(), &Checkout::canceled);
        Test::Journal journal;
        journal.call(checkout, "first", "sleep", {60000});
        journal.call(checkout, "second", "echo", {2});
        journal.call(checkout, "third", "echo", {3});
        abort();
        QCOMPARE(journal.size(), 0);
        WAIT_COMPARE(journal.entries(), QStringList("first!enough"));
        WAIT_COMPARE(canceled.size(), 2);
        QCOMPARE(errored.size(), 1);
        QCOMPARE(errored.first().at(1).value<Error>().code(), Error::Aborted);
        QCOMPARE(failure(checkout, "echo").message(), "enough");
    }

    std::unique_ptr<Client> m_client;
};

PREFORK_TEST_MAIN(CheckoutEndingsTest, Test::addBasics)
#include "tst_checkout_endings.moc"
