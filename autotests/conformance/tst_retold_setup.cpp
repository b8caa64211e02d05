// SPDX-License-Identifier: MIT
// Retells setup.t: setup runs before the first call of a worker, and once only.
#include "helpers/retold.h"

using namespace Prefork;

namespace {

int s_counter = 0; // in each worker its own

}

class RetoldSetup : public Test::InBothPlaces
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data() { addPlaces(); }

    void setupRunsOnceBeforeTheFirstCall()
    {
        const std::unique_ptr<Client> client = makeClient({.maxWorkers = 1});
        QCOMPARE(Test::answer(client->checkout(), "count"), QVariant(101));
        QCOMPARE(Test::answer(client->checkout(), "count"), QVariant(102)); // another checkout, the same worker
    }
};

PREFORK_RETOLD_MAIN(RetoldSetup, [](Interface &interface) {
    interface.setup([] { s_counter = 100; });
    interface.fallback([](const QString &, const QVariantList &) { return QVariant(++s_counter); });
})
#include "tst_retold_setup.moc"
