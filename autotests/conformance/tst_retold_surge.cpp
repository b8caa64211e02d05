// SPDX-License-Identifier: MIT
// Retells surge.t: many more checkouts than workers are all served in the end, and none of them inside the call.
#include "helpers/retold.h"

using namespace Prefork;

class RetoldSurge : public Test::InBothPlaces
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data() { addPlaces(); }

    void aHundredCheckoutsOnFiveWorkers()
    {
        const std::unique_ptr<Client> client = makeClient({.maxWorkers = 5});
        QMap<int, int> results;
        int mostWorkers = 0;
        for (int i = 0; i < 100; ++i) {
            client->checkout()->callFunction({i}, [&, i](const QVariant &value) {
                results.insert(i, value.toInt());
                mostWorkers = std::max(mostWorkers, client->workerCount());
            });
        }
        QCOMPARE(results.size(), 0);
        WAIT_COMPARE(results.size(), 100);
        for (int i = 0; i < 100; ++i)
            QCOMPARE(results.value(i, -1), i);
        QCOMPARE(mostWorkers, 5);
    }
};

PREFORK_RETOLD_MAIN(RetoldSurge, [](Interface &interface) {
    interface.fallback([](const QString &, const QVariantList &arguments) { return arguments.value(0); });
})
#include "tst_retold_surge.moc"
