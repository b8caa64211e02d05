// SPDX-License-Identifier: MIT
// Calls that give a QFuture, and calls without a checkout.
#include "ours.h"

#include <QtCore/QFuture>

namespace Bench {

#if BENCH_NATIVE

namespace {

constexpr int FuturesInFlight = 64;
constexpr int OneShotsInFlight = 4;

void nextFuture(Prefork::Checkout *checkout, Meter *meter)
{
    checkout->future(echo, text(0)).then([checkout, meter](const QString &reply) {
        check(reply.size() == 6);
        if (meter->tick())
            nextFuture(checkout, meter);
        else
            QCoreApplication::quit();
    });
}

void nextOneShot(Prefork::Client *client, Meter *meter)
{
    client->call(echo, text(0), [client, meter](const QString &reply) {
        check(reply.size() == 6);
        if (meter->tick())
            nextOneShot(client, meter);
        else
            QCoreApplication::quit();
    });
}

}

double oursFuture(const Context &context)
{
    Program program(context);
    Prefork::Client client(program.zygote(), workers(Workers));
    Meter meter(context.seconds);
    std::vector<Prefork::CheckoutPtr> checkouts;
    for (int i = 0; i < Workers; ++i) {
        checkouts.push_back(client.checkout());
        for (int call = 0; call < FuturesInFlight; ++call)
            nextFuture(checkouts.back().get(), &meter);
    }
    program.exec();
    return meter.perSecond();
}

double oursOneShot(const Context &context)
{
    Program program(context);
    Prefork::Client client(program.zygote(), workers(Workers));
    Meter meter(context.seconds);
    for (int call = 0; call < Workers * OneShotsInFlight; ++call)
        nextOneShot(&client, &meter);
    program.exec();
    return meter.perSecond();
}

#else

double oursFuture(const Context &)
{
    return NotBuilt;
}

double oursOneShot(const Context &)
{
    return NotBuilt;
}

#endif

}
