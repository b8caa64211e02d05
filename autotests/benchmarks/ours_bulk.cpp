// SPDX-License-Identifier: MIT
// Large messages, there and back.
#include "ours.h"

double Bench::oursBulk(const Context &context)
{
    Program program(context);
    Prefork::Client client(program.zygote(), workers(1));
    const Prefork::CheckoutPtr checkout = client.checkout();
    const QByteArray bytes(context.parameter, 'x');
    Meter meter(context.seconds, 1);
    const std::function<void()> next = [&] {
        checkout->call(echoBytes, bytes, [&](const QByteArray &reply) {
            check(reply.size() == bytes.size());
            if (meter.tick())
                next();
            else
                QCoreApplication::quit();
        });
    };
    next();
    program.exec();
    return meter.perSecond() * double(bytes.size()) / 1e6;
}
