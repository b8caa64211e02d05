// SPDX-License-Identifier: MIT
// Retells timeout-hung-worker.t: a worker that hangs is killed by its own side, before the client's time-out, and the
// call is told.
#include "helpers/gate.h"
#include "helpers/processes.h"
#include "helpers/retold.h"

using namespace Prefork;
using namespace std::chrono_literals;

class RetoldTimeoutHungWorker : public Test::InBothPlaces
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data() { addPlaces(); }

    void aHungWorkerIsKilled()
    {
        const Test::Gate gate;
        const std::unique_ptr<Client> client = makeClient();
        const CheckoutPtr checkout = client->checkout({.timeout = Test::Patience});
        const qint64 pid = Test::answer(checkout, "pid").toLongLong();
        const Error error = Test::failure(checkout, "pass", {gate.path()});
        QVERIFY(gate.isReached());
        QCOMPARE(error.code(), Error::WorkerLost);
        QCOMPARE(error.message(), "worker connection suddenly died");
        WAIT_FOR(!Test::exists(pid));
    }
};

PREFORK_RETOLD_MAIN(RetoldTimeoutHungWorker,
                    [](Interface &interface) {
                        interface.add("pid", [](const QVariantList &) { return QVariant(qint64(::getpid())); });
                        interface.add("pass", [](const QVariantList &arguments) -> QVariant {
                            Test::Gate::pass(arguments.value(0).toString());
                            throw Error("nobody opens the gate");
                        });
                    },
                    {.hungTimeout = 1s})
#include "tst_retold_timeout-hung-worker.moc"
