// SPDX-License-Identifier: MIT
// Retells worker-_exits.t: a worker that leaves in the middle of a call is noticed at once and not by the time-out, in
// the frame of the call, and ends the checkout: every later call gets the same error.
#include "helpers/retold.h"

using namespace Prefork;
using namespace std::chrono_literals;

class RetoldWorkerExits : public Test::InBothPlaces
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data() { addPlaces(); }

    void aWorkerThatLeavesEndsTheCheckout()
    {
        const std::unique_ptr<Client> client = makeClient();
        const CheckoutPtr checkout = client->checkout({.timeout = Test::Patience});
        QStringList caught;
        int results = 0;
        const auto result = [&results] { ++results; };
        frameTry([&] { checkout->callFunction({1}, result); },
                 [&](const Error &first) {
                     caught.append(first.message());
                     QCOMPARE(first.code(), Error::WorkerLost);
                     frameTry([&] { checkout->callFunction({2}, result); },
                              [&caught, first](const Error &second) {
                                  caught.append(second.message());
                                  QCOMPARE(second.code(), first.code());
                              });
                 });
        const QString lost = QStringLiteral("worker connection suddenly died");
        WAIT_COMPARE(caught, QStringList({lost, lost}));
        QCOMPARE(results, 0);
    }
};

PREFORK_RETOLD_MAIN(RetoldWorkerExits, [](Interface &interface) {
    interface.fallback([](const QString &, const QVariantList &) -> QVariant { ::_exit(1); });
})
#include "tst_retold_worker-_exits.moc"
