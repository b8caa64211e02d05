// SPDX-License-Identifier: MIT
// What the original gets wrong and ours must not: a test for each quirk, named after its row.
#include "helpers/answers.h"
#include "helpers/embedded.h"
#include "helpers/gate.h"
#include "helpers/processes.h"
#include "helpers/protocols.h"
#include "helpers/unhandled.h"

#include <QtPrefork/Client>
#include <QtPrefork/Local>

#include <QtTest/QSignalSpy>

using namespace Prefork;
using namespace std::chrono_literals;
using Test::answer;
using Test::Gate;

namespace {

void fill(Interface &interface)
{
    Test::addBasics(interface);
    interface.add("pass",
                  [](const QVariantList &arguments) { return Gate::pass(arguments.value(0).toString()), QVariant(); });
    interface.add("passAndFail", [](const QVariantList &arguments) -> QVariant {
        Gate::pass(arguments.value(0).toString());
        throw Error("ouch");
    });
}

// The calls that were canceled, by number.
QList<CallId> callsOf(const QSignalSpy &spy)
{
    QList<CallId> calls;
    for (const QVariantList &emission : spy)
        calls.append(emission.first().value<CallId>());
    return calls;
}

bool isSubset(const QList<qint64> &part, const QList<qint64> &whole)
{
    return std::all_of(part.begin(), part.end(), [&whole](qint64 item) { return whole.contains(item); });
}

Local<int> s_variable{-1};

}

class QuirksTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    // There: one new connection at a time, and none ever let go.
    void t33_waitingCheckoutsConnectTheirWorkersAtOnce_data()
    {
        QTest::addColumn<int>("waiting");
        QTest::addColumn<int>("workers");
        QTest::newRow("as many as wait") << 7 << 7;
        QTest::newRow("no more than the maximum") << 30 << 12;
    }
    void t33_waitingCheckoutsConnectTheirWorkersAtOnce()
    {
        QFETCH(int, waiting);
        QFETCH(int, workers);
        const Test::UnhandledErrors unfinished;
        Client client(Test::zygote(), {.minWorkers = 0, .maxWorkers = 12});
        QCOMPARE(client.workerCount(), 0);
        std::vector<CheckoutPtr> checkouts;
        for (int i = 0; i < waiting; ++i) {
            checkouts.push_back(client.checkout());
            checkouts.back()->call("echo", {i});
        }
        constexpr int ConnectingAtOnce = 8;
        // before the event loop could have brought one of them
        QCOMPARE(client.workerCount(), Test::isNative() ? std::min(workers, ConnectingAtOnce) : workers);
        WAIT_COMPARE(client.workerCount(), workers);
    }
    void t33_waitingCheckoutsRunAtTheSameTime()
    {
        const Test::UnhandledErrors unfinished;
        std::array<Gate, 4> gates;
        Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 4});
        std::vector<CheckoutPtr> checkouts;
        for (const Gate &gate : gates) {
            checkouts.push_back(client.checkout());
            checkouts.back()->call("pass", {gate.path()});
        }
        WAIT_FOR(std::all_of(gates.begin(), gates.end(), [](const Gate &gate) { return gate.isReached(); }));
    }
    void t33_idleWorkersAboveTheMinimumAreLetGo()
    {
        Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 4, .idleTimeout = 50ms});
        std::vector<CheckoutPtr> checkouts;
        QList<qint64> pids;
        for (int i = 0; i < 4; ++i) {
            checkouts.push_back(client.checkout());
            pids.append(Test::pidOf(checkouts.back()));
        }
        QCOMPARE(client.workerCount(), 4);
        checkouts.clear();
        WAIT_COMPARE(client.workerCount(), 1);
        WAIT_COMPARE(std::count_if(pids.begin(), pids.end(), Test::exists), 1);
        QVERIFY(pids.contains(Test::pidOf(client.checkout())));
    }

    // There: any.
    void t40_theWorkerUsedLastIsUsedNext()
    {
        Client client(Test::zygote(), {.minWorkers = 3, .maxWorkers = 3});
        std::array<CheckoutPtr, 3> checkouts;
        std::array<qint64, 3> pids{};
        for (std::size_t i = 0; i < checkouts.size(); ++i) {
            checkouts[i] = client.checkout();
            pids[i] = Test::pidOf(checkouts[i]);
        }
        for (const std::size_t last : {1, 0, 2}) {
            for (std::size_t i = 0; i < checkouts.size(); ++i) {
                if (i != last)
                    checkouts[i].reset();
            }
            checkouts[last].reset();
            WAIT_COMPARE(client.idleWorkerCount(), 3);
            for (int i = 0; i < 3; ++i)
                QCOMPARE(Test::pidOf(client.checkout()), pids[last]);
            // hold them all again, each at its place
            for (int i = 0; i < 3; ++i) {
                const CheckoutPtr checkout = client.checkout();
                const qint64 pid = Test::pidOf(checkout);
                checkouts[std::size_t(std::find(pids.begin(), pids.end(), pid) - pids.begin())] = checkout;
            }
        }
    }

    // There: the next checkout gets the dead worker.
    void t43_anIdleWorkerThatDiesIsReplacedByItself()
    {
        const Test::UnhandledErrors unhandled;
        Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1});
        const qint64 pid = Test::pidOf(client.checkout());
        WAIT_COMPARE(client.idleWorkerCount(), 1);
        const QList<qint64> before = Test::childrenOf(Test::zygote()->processId());
        ::kill(pid_t(pid), SIGKILL);
        WAIT_FOR(!isSubset(Test::childrenOf(Test::zygote()->processId()), before)); // nobody asked for it
        WAIT_COMPARE(client.idleWorkerCount(), 1);
        QVERIFY(!Test::isRunning(pid));
        const qint64 next = Test::pidOf(client.checkout());
        QVERIFY(next > 0);
        QVERIFY(next != pid);
        QCOMPARE(unhandled.messages(), QStringList());
    }
    void t43_theNextCheckoutIsServedHoweverFreshTheDeath()
    {
        Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1});
        for (int i = 0; i < 20; ++i) {
            const qint64 pid = Test::pidOf(client.checkout());
            QVERIFY(pid > 0);
            WAIT_COMPARE(client.idleWorkerCount(), 1);
            ::kill(pid_t(pid), SIGKILL);
            // Dead, and the client has had no turn to notice. Over JSON nothing tells whether a call began: there the
            // worker must be gone as far as its connection, which is closed before its remains are.
            while (defaultProtocol() == Protocol::Json ? ::kill(pid_t(pid), 0) == 0 : Test::isRunning(pid)) { }
            QCOMPARE(answer(client.checkout(), "echo", {i}), QVariant(i));
        }
    }

    // There: nobody hears of them at all.
    void t55_callsBehindAnErrorAreCanceled()
    {
        Client client(Test::zygote());
        const CheckoutPtr checkout = client.checkout();
        QSignalSpy canceled(checkout.get(), &Checkout::canceled);
        QSignalSpy errored(checkout.get(), &Checkout::errored);
        QSignalSpy finished(checkout.get(), &Checkout::finished);
        int catchers = 0;
        int callbacks = 0;
        frameTry(
            [&] {
                checkout->call("count", {}, [&callbacks] { ++callbacks; });
                checkout->call("fail", {"ouch"}, [&callbacks] { ++callbacks; });
                for (int i = 0; i < 3; ++i)
                    checkout->call("count", {}, [&callbacks] { ++callbacks; });
            },
            [&](const Error &) { ++catchers; });
        QVERIFY(checkout->waitForSettled(Test::Patience));
        QCOMPARE(catchers, 1);
        QCOMPARE(callbacks, 1);
        QCOMPARE(callsOf(finished), QList<CallId>{1});
        QCOMPARE(callsOf(errored), QList<CallId>{2});
        QCOMPARE(callsOf(canceled), QList<CallId>({3, 4, 5}));
        QCOMPARE(answer(checkout, "count"), QVariant(3)); // after count and fail: none of the others ran
        QCOMPARE(catchers, 1);
    }

    // There: it waits for another time-out. The witness times out when that would end, and began before it.
    void t59_afterATimeoutLaterCallsFailAtOnce()
    {
        const Gate gate;
        Client client(Test::zygote(), {.timeout = 1s});
        const CheckoutPtr checkout = client.checkout();
        const CheckoutPtr witness = client.checkout();
        Test::Journal journal;
        frameTry([&] { checkout->call("pass", {gate.path()}); },
                 [&](const Error &error) {
                     journal.note(error.message());
                     journal.call(witness, "witness", "pass", {gate.path()});
                     journal.call(checkout, "later", "echo", {1});
                 });
        const QString text = QStringLiteral("timed out after 1 second");
        WAIT_COMPARE(journal.size(), 3);
        QCOMPARE(journal.entries(), QStringList({text, "later!" + text, "witness!" + text}));
        QCOMPARE(checkout->error()->code(), Error::Timeout);
    }

    // There: the error lands in the frame of the last call made, and the others run.
    void t65_anErrorOfACallInFlightLandsInItsOwnFrame()
    {
        Gate gate;
        Client client(Test::zygote());
        const CheckoutPtr checkout = client.checkout();
        QCOMPARE(answer(checkout, "count"), QVariant(1)); // has its worker
        QSignalSpy canceled(checkout.get(), &Checkout::canceled);
        Test::Journal journal;
        journal.call(checkout, "A", "passAndFail", {gate.path()});
        WAIT_FOR(gate.isReached());
        journal.call(checkout, "B", "count");
        journal.call(checkout, "C", "count");
        bool turned = false;
        QTimer::singleShot(0, checkout.get(), [&turned] { turned = true; });
        WAIT_FOR(turned); // what may be sent by now has been sent
        gate.open();
        QVERIFY(checkout->waitForSettled(Test::Patience));
        QCOMPARE(journal.entries(), QStringList("A!ouch"));
        QCOMPARE(callsOf(canceled), QList<CallId>({3, 4}));
        QCOMPARE(answer(checkout, "count"), QVariant(2)); // neither B nor C ran
        QCOMPARE(journal.size(), 1);
    }

    // There: such a call may take for ever.
    void t66_aCallMadeInACallbackHasTheTimeoutToo()
    {
        const Gate gate;
        Client client(Test::zygote(), {.timeout = 1s});
        WAIT_COMPARE(client.idleWorkerCount(), 2); // none has to be waited for
        Test::Journal journal;
        const CheckoutPtr checkout = client.checkout();
        checkout->call("echo", {1}, [&] { journal.call(checkout, "inner", "pass", {gate.path()}); });
        WAIT_COMPARE(journal.entries(), QStringList("inner!timed out after 1 second"));
    }

    // There: it escapes into the event loop, and the rest of the queue is never sent.
    void t67_theQueueGoesOnWhenACallbackThrows()
    {
        const Test::UnhandledErrors unhandled;
        Client client(Test::zygote());
        const CheckoutPtr checkout = client.checkout();
        Test::Journal journal;
        checkout->call("echo", {1}, [] { throw std::runtime_error("dropped the bucket"); });
        journal.call(checkout, "second", "echo", {2});
        journal.call(checkout, "third", "echo", {3});
        WAIT_COMPARE(journal.entries(), QStringList({"second=2", "third=3"}));
        QCOMPARE(unhandled.messages(), QStringList("dropped the bucket"));
        QVERIFY(!checkout->error());
    }
    void t67_aCallbackMadeLaterHasACatcherOfItsOwn()
    {
        const Test::UnhandledErrors unhandled;
        Client client(Test::zygote());
        const CheckoutPtr checkout = client.checkout();
        Test::Journal journal;
        checkout->call("echo", {1}, [] { throw std::runtime_error("dropped the bucket"); });
        journal.call(checkout, "second", "fail", {"ouch"});
        WAIT_COMPARE(journal.entries(), QStringList("second!ouch"));
        QCOMPARE(unhandled.messages(), QStringList("dropped the bucket"));
    }

    // There: it sees what the parent had when it was entered.
    void f13_aNestedRunSeesWhatItsParentHasWritten()
    {
        QList<int> seen;
        frameLocal(s_variable, 1, [&] {
            s_variable = 2;
            const auto look = [&seen] { seen.append(*s_variable); };
            frame("child", look)();
            fub(look)();
            frameTry(look, [](const Error &) { });
            frame("writer", [] { s_variable = 3; })();
            look();
        });
        QCOMPARE(seen, QList<int>({2, 2, 2, 3}));
        QCOMPARE(*s_variable, -1);
    }
};

PREFORK_TEST_MAIN(QuirksTest, fill)
#include "tst_quirks.moc"
