// SPDX-License-Identifier: MIT
// Retells manual-request-abort.t: a checkout given up fails its running call and every later one with the reason that
// was given.
#include "helpers/gate.h"
#include "helpers/processes.h"
#include "helpers/retold.h"

using namespace Prefork;

class RetoldManualRequestAbort : public Test::InBothPlaces
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data() { addPlaces(); }

    void anAbortedCheckoutStaysAborted()
    {
        const Test::Gate gate;
        const std::unique_ptr<Client> client = makeClient({.maxWorkers = 1});
        const CheckoutPtr holder = client->checkout();
        QCOMPARE(Test::answer(holder, "echo", {1}), QVariant(1));
        const CheckoutPtr checkout = client->checkout();
        Caught caught;
        callTwice(checkout, gate, &caught);
        checkout->abort("given up"); // before it has a worker
        WAIT_COMPARE(caught.messages, QStringList({"given up", "given up"}));
        QCOMPARE(caught.results, 0);
        QCOMPARE(checkout->error()->code(), Error::Aborted);
        QCOMPARE(Test::answer(holder, "count"), QVariant(2)); // the only worker has heard of nothing
        QVERIFY(!gate.isReached());
    }
    void theWorkerIsCutOff()
    {
        Test::Gate gate;
        const std::unique_ptr<Client> client = makeClient();
        const CheckoutPtr checkout = client->checkout();
        const qint64 pid = Test::answer(checkout, "pid").toLongLong();
        Caught caught;
        callTwice(checkout, gate, &caught);
        WAIT_FOR(gate.isReached());
        checkout->abort("given up");
        WAIT_COMPARE(caught.messages, QStringList({"given up", "given up"}));
        QCOMPARE(caught.results, 0);
        gate.open();
        WAIT_FOR(!Test::exists(pid));
    }

private:
    struct Caught
    {
        QStringList messages;
        int results = 0;
    };
    // The second call is made in the catcher of the first.
    static void callTwice(const CheckoutPtr &checkout, const Test::Gate &gate, Caught *caught)
    {
        const auto result = [caught] { ++caught->results; };
        frameTry([&] { checkout->call("pass", {gate.path()}, result); },
                 [checkout, caught, result](const Error &first) {
                     caught->messages.append(first.message());
                     frameTry([&] { checkout->call("pid", {}, result); },
                              [caught](const Error &second) { caught->messages.append(second.message()); });
                 });
    }
};

PREFORK_RETOLD_MAIN(RetoldManualRequestAbort, [](Interface &interface) {
    Test::addBasics(interface);
    interface.add("pass", [](const QVariantList &arguments) {
        return Test::Gate::pass(arguments.value(0).toString()), QVariant();
    });
})
#include "tst_retold_manual-request-abort.moc"
