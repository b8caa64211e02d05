// SPDX-License-Identifier: MIT
// Retells max_checkouts.t: a worker is replaced after so many checkouts, and its end does not take the server's socket
// with it.
#include "helpers/retold.h"

using namespace Prefork;

class RetoldMaxCheckouts : public Test::InBothPlaces
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data() { addPlaces(); }

    void aWorkerIsReplacedAfterTwoCheckouts()
    {
        const std::unique_ptr<Client> client = makeClient({.maxWorkers = 1, .maxCheckouts = 2});
        QList<qint64> pids;
        const auto notePid = [&] {
            client->checkout()->callFunction({}, [&pids](const QVariant &pid) { pids.append(pid.toLongLong()); });
        };
        for (int i = 0; i < 3; ++i)
            notePid();
        WAIT_COMPARE(pids.size(), 3);
        QVERIFY(pids.at(0) > 0);
        QCOMPARE(pids.at(1), pids.at(0));
        QVERIFY(pids.at(2) != pids.at(1));

        notePid(); // the second on that worker …
        notePid(); // … and the first on one that had to be connected when two had left
        WAIT_COMPARE(pids.size(), 5);
        QCOMPARE(pids.at(3), pids.at(2));
        QVERIFY(pids.at(4) != pids.at(3));
    }
    // Counted are checkouts, not calls.
    void aCheckoutMayMakeAnyNumberOfCalls()
    {
        const std::unique_ptr<Client> client = makeClient({.maxWorkers = 1, .maxCheckouts = 2});
        const CheckoutPtr checkout = client->checkout();
        QSet<qint64> pids;
        for (int i = 0; i < 5; ++i)
            checkout->callFunction({}, [&pids](const QVariant &pid) { pids.insert(pid.toLongLong()); });
        QVERIFY(checkout->waitForSettled(Test::Patience));
        QCOMPARE(pids.size(), 1);
    }
};

PREFORK_RETOLD_MAIN(RetoldMaxCheckouts, [](Interface &interface) {
    interface.fallback([](const QString &, const QVariantList &) { return QVariant(qint64(::getpid())); });
})
#include "tst_retold_max_checkouts.moc"
