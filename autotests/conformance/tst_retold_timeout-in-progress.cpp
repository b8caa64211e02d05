// SPDX-License-Identifier: MIT
// Retells timeout-in-progress.t: a call times out when its worker takes too long.
#include "helpers/gate.h"
#include "helpers/retold.h"

using namespace Prefork;
using namespace std::chrono_literals;

class RetoldTimeoutInProgress : public Test::InBothPlaces
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data() { addPlaces(); }

    void aCallTimesOutWhileItRuns()
    {
        const Test::Gate gate;
        const std::unique_ptr<Client> client = makeClient({.minWorkers = 1, .maxWorkers = 1});
        QVERIFY(Test::pidOf(client->checkout()) > 0); // so that a worker is there
        const CheckoutPtr checkout = client->checkout({.timeout = 2s}); // long enough to have begun on any machine
        const Test::Outcome outcome = Test::call(checkout, "pass", {gate.path()});
        QVERIFY(gate.isReached());
        QVERIFY(!outcome.result);
        QVERIFY(outcome.error);
        QCOMPARE(outcome.error->code(), Error::Timeout);
        QCOMPARE(outcome.error->message(), "timed out after 2 seconds");
    }
};

PREFORK_RETOLD_MAIN(RetoldTimeoutInProgress, [](Interface &interface) {
    interface.add("pid", [](const QVariantList &) { return QVariant(qint64(::getpid())); });
    interface.add("pass", [](const QVariantList &arguments) -> QVariant {
        Test::Gate::pass(arguments.value(0).toString());
        throw Error("nobody opens the gate");
    });
})
#include "tst_retold_timeout-in-progress.moc"
