// SPDX-License-Identifier: MIT
// Retells setup-errors.t: what setup throws is the error of the call, which never runs, and by default the worker is
// replaced.
#include "helpers/retold.h"

using namespace Prefork;

namespace {

int s_attempts = 0; // in each worker its own

}

class RetoldSetupErrors : public Test::InBothPlaces
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data() { addPlaces(); }

    void eachCheckoutMeetsTheFirstAttemptOfANewWorker()
    {
        const std::unique_ptr<Client> client = makeClient({.maxWorkers = 1});
        for (int i = 0; i < 2; ++i) {
            const Error error = Test::failure(client->checkout(), "anything");
            QCOMPARE(error.code(), Error::SetupError);
            QCOMPARE(error.message(), "setup exception: no oats, attempt 1");
        }
    }
    // What the original says by "by default".
    void aWorkerThatIsKeptTriesAgain()
    {
        const std::unique_ptr<Client> client = makeClient({.maxWorkers = 1, .reuseAfterError = true});
        QCOMPARE(Test::failure(client->checkout(), "anything").message(), "setup exception: no oats, attempt 1");
        QCOMPARE(Test::failure(client->checkout(), "anything").message(), "setup exception: no oats, attempt 2");
    }
};

PREFORK_RETOLD_MAIN(RetoldSetupErrors, [](Interface &interface) {
    interface.setup([] { throw Error("no oats, attempt " + QString::number(++s_attempts)); });
    interface.fallback([](const QString &, const QVariantList &) -> QVariant { throw Error("never reached"); });
})
#include "tst_retold_setup-errors.moc"
