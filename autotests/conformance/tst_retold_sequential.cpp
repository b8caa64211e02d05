// SPDX-License-Identifier: MIT
// Retells sequential.t: checkouts get the only worker first come, first served; a call made in a callback belongs to
// the checkout that has it.
#include "helpers/retold.h"

using namespace Prefork;

class RetoldSequential : public Test::InBothPlaces
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data() { addPlaces(); }

    void callsRunByCheckoutAndCheckoutsInOrder()
    {
        const std::unique_ptr<Client> client = makeClient({.maxWorkers = 1});
        QStringList order;
        QSet<qint64> pids;
        const auto note = [&](const QString &name) {
            return [&order, &pids, name](const QVariant &pid) {
                order.append(name);
                pids.insert(pid.toLongLong());
            };
        };
        {
            auto first = client->checkout();
            first->callFunction({}, [&, first](const QVariant &pid) {
                note("first")(pid);
                first->callFunction({}, note("first again")); // before the second checkout, which has waited for longer
                client->checkout()->callFunction({}, note("third"));
            });
        }
        client->checkout()->callFunction({}, note("second"));
        WAIT_COMPARE(order, QStringList({"first", "first again", "second", "third"}));
        QCOMPARE(pids.size(), 1);
    }
};

PREFORK_RETOLD_MAIN(RetoldSequential, [](Interface &interface) {
    interface.fallback([](const QString &, const QVariantList &) { return QVariant(qint64(::getpid())); });
})
#include "tst_retold_sequential.moc"
