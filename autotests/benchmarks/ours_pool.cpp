// SPDX-License-Identifier: MIT
// What depends on how many wait, or have gone before.
#include "ours.h"

namespace Bench {

namespace {

// The checkout before is released when its callback is gone: the next waits for that.
void nextCheckout(Prefork::Client *client, Meter *meter)
{
    client->checkout()->call(echo, text(0), [client, meter](const QString &reply) {
        check(reply.size() == 6);
        if (meter->tick())
            nextCheckout(client, meter);
        else
            QCoreApplication::quit();
    });
}

// The time until so many checkouts that wait at the same time have had their call.
double settleAll(Prefork::Client *client, qint64 count)
{
    const auto start = Clock::now();
    for (qint64 i = 0; i < count; ++i) {
        client->checkout()->call(echo, text(0), [&count](const QString &) {
            if (--count == 0)
                QCoreApplication::quit();
        });
    }
    QCoreApplication::exec();
    return secondsSince(start);
}

}

double oursCheckouts(const Context &context)
{
    Program program(context);
    Prefork::Client client(program.zygote(), workers(Workers));
    Meter meter(context.seconds);
    for (int i = 0; i < Workers; ++i)
        nextCheckout(&client, &meter);
    program.exec();
    return meter.perSecond();
}

double oursQueue(const Context &context)
{
    Program program(context);
    Prefork::Client client(program.zygote(), workers(Workers));
    settleAll(&client, 500);
    std::vector<double> times;
    const auto start = Clock::now();
    do {
        times.push_back(settleAll(&client, context.parameter) * 1e3);
    } while (secondsSince(start) < context.seconds);
    return median(times);
}

double oursChain(const Context &context)
{
    Program program(context);
    Prefork::Client client(program.zygote(), workers(1));
    const Prefork::CheckoutPtr checkout = client.checkout();
    Meter meter(context.seconds);
    qint64 before = context.parameter;
    const std::function<void()> next = [&] {
        checkout->call(echo, text(0), [&](const QString &) {
            if (before > 0 && --before == 0)
                meter = Meter(context.seconds);
            if (before > 0 || meter.tick())
                next();
            else
                QCoreApplication::quit();
        });
    };
    next();
    program.exec();
    return meter.medianMicroseconds();
}

}
