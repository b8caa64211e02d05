// SPDX-License-Identifier: MIT
// Retells error-clears-checkout-queue.t: calls queue up on a checkout, and the first error takes those behind it out of
// the queue.
#include "helpers/retold.h"

using namespace Prefork;

class RetoldErrorClearsCheckoutQueue : public Test::InBothPlaces
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data() { addPlaces(); }

    void oneErrorAndNothingAfterIt()
    {
        const std::unique_ptr<Client> client = makeClient();
        QStringList events;
        CheckoutPtr checkout;
        frameTry(
            [&] {
                checkout = client->checkout();
                for (const char *const event : {"first", "second"})
                    checkout->call("echo", {event},
                                   [&events](const QVariant &value) { events.append(value.toString()); });
                checkout->call("fail", {"ouch"}, [&events] { events.append("not reached"); });
                for (const char *const event : {"removed", "removed too"})
                    checkout->call("echo", {event},
                                   [&events](const QVariant &value) { events.append(value.toString()); });
            },
            [&events](const Error &error) { events.append("caught " + error.message()); });
        QVERIFY(checkout->waitForSettled(Test::Patience));
        QCOMPARE(events, QStringList({"first", "second", "caught ouch"}));
        QCOMPARE(Test::answer(checkout, "count"), QVariant(4)); // after echo, echo and fail: the other two never ran
        QCOMPARE(events.size(), 3);
    }
};

PREFORK_RETOLD_MAIN(RetoldErrorClearsCheckoutQueue, Test::addBasics)
#include "tst_retold_error-clears-checkout-queue.moc"
