// SPDX-License-Identifier: MIT
// What a program may do wrong, or at a bad moment: it gets an error at worst, and never a crash.
#include "helpers/answers.h"
#include "helpers/embedded.h"
#include "helpers/gate.h"
#include "helpers/protocols.h"
#include "helpers/unhandled.h"

#include <QtPrefork/Client>

#include <QtTest/QSignalSpy>

using namespace Prefork;
using Test::answer;
using Test::failure;
using Test::Gate;

namespace {

struct Opaque
{
    int value = 0;
};

}

Q_DECLARE_METATYPE(Opaque)

class MisuseTest : public QObject
{
    Q_OBJECT

public:
    // The moments at which a program may do something to its own harm.
    enum class Moment { Callback, Catcher, Finished, Errored, Canceled, Released };
    Q_ENUM(Moment)

private Q_SLOTS:
    void init()
    {
        m_unhandled = std::make_unique<Test::UnhandledErrors>();
        m_client = std::make_unique<Client>(Test::zygote(), ClientOptions{.minWorkers = 1, .maxWorkers = 1});
    }
    void cleanup()
    {
        m_client.reset();
        m_unhandled.reset();
    }

    void aNullCallbackIsNoCallback()
    {
        const CheckoutPtr checkout = m_client->checkout();
        QSignalSpy finished(checkout.get(), &Checkout::finished);
        checkout->call("echo", {1}, nullptr);
        checkout->call("echo", {2}, std::function<void(QVariant)>());
        checkout->call("echo", {3}, static_cast<void (*)(const QVariant &)>(nullptr));
        checkout->call("echo", {4}, this, std::function<void()>());
        checkout->callFunction({"echo", 5}, nullptr);
        QVERIFY(checkout->waitForSettled(Test::Patience));
        QCOMPARE(finished.size(), 5);
        QVERIFY(!checkout->error());
        QCOMPARE(m_unhandled->messages(), QStringList());
    }

    void aReleasedCheckoutFailsItsCallsLater()
    {
        const CheckoutPtr checkout = m_client->checkout();
        QCOMPARE(answer(checkout, "echo", {1}), QVariant(1));
        checkout->release();
        checkout->release();
        Test::Journal journal;
        journal.call(checkout, "first", "echo", {2});
        QCOMPARE(journal.size(), 0);
        journal.call(checkout, "second", "echo", {3});
        WAIT_COMPARE(journal.entries(),
                     QStringList({"first!call on a released checkout", "second!call on a released checkout"}));
        QCOMPARE(failure(checkout, "echo").code(), Error::Shutdown);
        QCOMPARE(answer(m_client->checkout(), "echo", {4}), QVariant(4)); // its worker is free for others
    }
    void callsMadeBeforeTheReleaseAreServed()
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

    void theClientMayBeDestroyedAtAnyMoment_data() { addMoments(); }
    void theClientMayBeDestroyedAtAnyMoment()
    {
        CheckoutPtr checkout = m_client->checkout();
        doAt(&checkout, [this](CheckoutPtr *) { m_client.reset(); });
        QVERIFY(!m_client);
        QCOMPARE(checkout->pendingCallCount(), 0);
        QCOMPARE(failure(checkout, "echo").code(), Error::Shutdown);
    }
    void theLastHandleMayBeDroppedAtAnyMoment_data() { addMoments(); }
    void theLastHandleMayBeDroppedAtAnyMoment()
    {
        CheckoutPtr checkout = m_client->checkout();
        const QPointer<Checkout> watched(checkout.get());
        doAt(&checkout, [](CheckoutPtr *handle) { handle->reset(); });
        QVERIFY(!checkout);
        WAIT_FOR(watched.isNull());
        QCOMPARE(answer(m_client->checkout(), "echo", {1}), QVariant(1)); // its worker is free for others
    }
    void theCheckoutMayBeAbortedAtAnyMoment_data() { addMoments(); }
    void theCheckoutMayBeAbortedAtAnyMoment()
    {
        QFETCH(Moment, moment);
        CheckoutPtr checkout = m_client->checkout();
        doAt(&checkout, [](CheckoutPtr *handle) {
            (*handle)->abort("given up");
            (*handle)->abort("again");
        });
        WAIT_COMPARE(checkout->pendingCallCount(), 0);
        const Error error = failure(checkout, "echo");
        QCOMPARE(error.code(), moment == Moment::Released ? Error::Shutdown : Error::Aborted); // too late to be aborted
        QCOMPARE(answer(m_client->checkout(), "echo", {1}), QVariant(1));
    }
    void aCheckoutMayBeReleasedAtAnyMoment_data() { addMoments(); }
    void aCheckoutMayBeReleasedAtAnyMoment()
    {
        CheckoutPtr checkout = m_client->checkout();
        doAt(&checkout, [](CheckoutPtr *handle) { (*handle)->release(); });
        QVERIFY(checkout->isReleased());
        QCOMPARE(failure(checkout, "echo").code(), Error::Shutdown);
        QCOMPARE(answer(m_client->checkout(), "echo", {1}), QVariant(1));
    }

    void aCallbackMayThrow_data()
    {
        QTest::addColumn<bool>("hasCatcher");
        QTest::newRow("caught") << true;
        QTest::newRow("by nobody") << false;
    }
    void aCallbackMayThrow()
    {
        QFETCH(bool, hasCatcher);
        const CheckoutPtr checkout = m_client->checkout();
        Test::Journal journal;
        const auto callAndThrow = [&] { checkout->call("echo", {1}, [] { throw 42; }); };
        if (hasCatcher)
            frameTry(callAndThrow, [&journal](int number) { journal.note(QString::number(number)); });
        else
            callAndThrow();
        journal.call(checkout, "next", "echo", {2});
        WAIT_FOR(journal.entries().contains("next=2"));
        QCOMPARE(journal.size(), hasCatcher ? 2 : 1);
        QCOMPARE(m_unhandled->messages().size(), hasCatcher ? 0 : 1);
        QVERIFY(!checkout->error());
    }
    void aCatcherMayThrow()
    {
        const CheckoutPtr checkout = m_client->checkout();
        Test::Journal journal;
        frameTry([&] { checkout->call("fail", {"ouch"}); }, [](const Error &) { throw std::runtime_error("worse"); });
        WAIT_COMPARE(m_unhandled->messages(), QStringList("worse"));
        QCOMPARE(answer(checkout, "echo", {1}), QVariant(1));
    }

    void argumentsThatCannotBeSentFailTheirCallOnly_data()
    {
        QTest::addColumn<QVariant>("argument");
        QTest::newRow("of an unknown type") << QVariant::fromValue(Opaque());
        QTest::newRow("an object") << QVariant::fromValue<QObject *>(this);
        if (!Test::isNative()) {
            QTest::newRow("no number") << QVariant(std::numeric_limits<double>::quiet_NaN());
            QTest::newRow("no text") << QVariant(QString(QChar(0xd800)));
        }
        QTest::newRow("deep inside") << QVariant(QVariantMap{{"a", QVariantList{1, QVariant::fromValue(Opaque())}}});
        QTest::newRow("too long") << QVariant(QString(2000000, 'x'));
    }
    void argumentsThatCannotBeSentFailTheirCallOnly()
    {
        QFETCH(QVariant, argument);
        Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1, .maxMessageSize = 1000000});
        const CheckoutPtr checkout = client.checkout();
        const qint64 pid = Test::pidOf(checkout);
        std::optional<Error> caught;
        frameTry([&] { checkout->call("echo", QVariantList{argument}); },
                 [&caught](const Error &error) { caught = error; });
        QVERIFY(!caught); // not inside call()
        WAIT_FOR(caught.has_value());
        QCOMPARE(caught->code(), Error::BadArguments);
        QCOMPARE(caught->method(), "echo");
        QVERIFY2(caught->backTrace().contains("tst_misuse.cpp"), qPrintable(caught->backTrace()));
        QCOMPARE(Test::pidOf(checkout), pid);
        QCOMPARE(answer(checkout, "count"), QVariant(3)); // the worker never saw it
    }

    void anAbortBeforeAnyCallWaitsForTheFirst()
    {
        const CheckoutPtr checkout = m_client->checkout();
        checkout->abort("given up");
        Test::Journal journal;
        journal.call(checkout, "first", "echo", {1});
        QCOMPARE(journal.size(), 0);
        WAIT_COMPARE(journal.entries(), QStringList("first!given up"));
    }
    void anAbortWhileACallRuns()
    {
        Gate gate;
        const CheckoutPtr checkout = m_client->checkout();
        Test::Journal journal;
        journal.call(checkout, "running", "pass", {gate.path()});
        journal.call(checkout, "waiting", "echo", {1});
        QSignalSpy canceled(checkout.get(), &Checkout::canceled);
        WAIT_FOR(gate.isReached());
        checkout->abort("given up");
        QCOMPARE(journal.size(), 0); // not inside abort()
        QVERIFY(checkout->waitForSettled(Test::Patience));
        QCOMPARE(journal.entries(), QStringList("running!given up"));
        QCOMPARE(canceled.size(), 1);
    }
    void anAbortAfterTheReleaseOrWithoutAClientChangesNothing()
    {
        const CheckoutPtr released = m_client->checkout();
        released->release();
        released->abort("too late");
        QCOMPARE(failure(released, "echo").code(), Error::Shutdown);
        const CheckoutPtr orphan = m_client->checkout();
        m_client.reset();
        orphan->abort("too late");
        orphan->release();
        QCOMPARE(failure(orphan, "echo").code(), Error::Shutdown);
    }

    void aClientOfNothingIsUnavailable_data()
    {
        QTest::addColumn<int>("kind");
        QTest::addColumn<QString>("reason");
        QTest::newRow("invalid zygote") << 0 << "QCoreApplication";
        QTest::newRow("invalid address") << 1 << "carrier-pigeon";
        QTest::newRow("no address") << 2 << "address";
    }
    void aClientOfNothingIsUnavailable()
    {
        QFETCH(int, kind);
        QFETCH(QString, reason);
        const Interface interface;
        Zygote tooLate(interface); // there is an application already
        QVERIFY(!tooLate.isValid());
        const auto client = kind == 0
            ? std::make_unique<Client>(&tooLate)
            : std::make_unique<Client>(kind == 1 ? Address("carrier-pigeon:coop") : Address());
        QCOMPARE(client->workerCount(), 0);
        const CheckoutPtr checkout = client->checkout();
        for (int i = 0; i < 2; ++i) {
            const Error error = failure(checkout, "echo");
            QCOMPARE(error.code(), Error::Unavailable);
            QVERIFY2(error.message().contains(reason), qPrintable(error.message()));
        }
        checkout->abort();
        checkout->release();
        client->recycleWorkers();
        client->close();
    }

private:
    static void addMoments()
    {
        QTest::addColumn<Moment>("moment");
        QTest::newRow("callback") << Moment::Callback;
        QTest::newRow("catcher") << Moment::Catcher;
        QTest::newRow("finished") << Moment::Finished;
        QTest::newRow("errored") << Moment::Errored;
        QTest::newRow("canceled") << Moment::Canceled;
        QTest::newRow("released") << Moment::Released;
    }
    // Makes calls of every fate, does @p harm when one of them comes to the moment of the row, and waits until no call
    // is unsettled.
    static void doAt(CheckoutPtr *handle, const std::function<void(CheckoutPtr *)> &harm)
    {
        QFETCH(Moment, moment);
        auto done = std::make_shared<bool>(false);
        const auto at = [=](Moment now) {
            return [=] {
                if (now == moment && !std::exchange(*done, true))
                    harm(handle);
            };
        };
        Checkout *const checkout = handle->get();
        auto settled = std::make_shared<int>(0);
        connect(checkout, &Checkout::finished, checkout, at(Moment::Finished));
        connect(checkout, &Checkout::errored, checkout, at(Moment::Errored));
        connect(checkout, &Checkout::canceled, checkout, at(Moment::Canceled));
        connect(checkout, &Checkout::released, checkout, at(Moment::Released));
        connect(checkout, &Checkout::canceled, checkout, [settled] { ++*settled; });
        connect(checkout, &Checkout::finished, checkout, [settled] { ++*settled; });
        connect(checkout, &Checkout::errored, checkout, [settled] { ++*settled; });
        frameTry(
            [&] {
                checkout->call("echo", {1}, at(Moment::Callback));
                checkout->call("echo", {2});
                checkout->call("fail", {"ouch"});
                checkout->call("echo", {3});
                checkout->call("echo", {4});
            },
            [at](const Error &) { at(Moment::Catcher)(); });
        if (moment == Moment::Released)
            checkout->release();
        QVERIFY(Test::waitUntil([&] { return *done && *settled == 5; }));
    }

    std::unique_ptr<Test::UnhandledErrors> m_unhandled;
    std::unique_ptr<Client> m_client;
};

PREFORK_TEST_MAIN(MisuseTest, [](Interface &interface) {
    Test::addBasics(interface);
    interface.add("pass",
                  [](const QVariantList &arguments) { return Gate::pass(arguments.value(0).toString()), QVariant(); });
})
#include "tst_misuse.moc"
