// SPDX-License-Identifier: MIT
// Typed calls with callbacks on checkouts that are kept.
#include "ours.h"

namespace Bench {

namespace {

class Caller
{
public:
    Caller(const Context &context, Prefork::Client *client, int checkouts, int inFlight)
        : m_text(text(context.parameter))
        , m_meter(context.seconds)
    {
        for (int i = 0; i < checkouts; ++i) {
            m_checkouts.push_back(client->checkout());
            for (int call = 0; call < inFlight; ++call)
                next(m_checkouts.back().get());
        }
    }

    [[nodiscard]] const Meter &meter() const { return m_meter; }

private:
    void next(Prefork::Checkout *checkout)
    {
        checkout->call(echo, m_text, [this, checkout](const QString &reply) {
            check(reply.size() == m_text.size());
            if (m_meter.tick())
                next(checkout);
            else
                QCoreApplication::quit();
        });
    }

    QString m_text;
    Meter m_meter;
    std::vector<Prefork::CheckoutPtr> m_checkouts;
};

double sequential(const Context &context, const Prefork::ClientOptions &options)
{
    Program program(context);
    Prefork::Client client(program.zygote(), options);
    const Caller caller(context, &client, 1, 1);
    program.exec();
    return caller.meter().medianMicroseconds();
}

}

double oursSequential(const Context &context)
{
    return sequential(context, workers(1));
}

double oursSequentialRate(const Context &context)
{
    return 1e6 / oursSequential(context);
}

double oursJsonSequential(const Context &context)
{
    Prefork::ClientOptions options = workers(1);
#if BENCH_NATIVE
    options.protocol = Prefork::Protocol::Json;
#endif
    return sequential(context, options);
}

double oursPipelined(const Context &context)
{
    constexpr int InFlight = 64;
    Program program(context);
    Prefork::Client client(program.zygote(), workers(Workers));
    const Caller caller(context, &client, Workers, InFlight);
    program.exec();
    return caller.meter().perSecond();
}

}
