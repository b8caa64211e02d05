// SPDX-License-Identifier: MIT
// How patient a program's timers have to be while replies pour in.
#include "ours.h"
#include "stall.h"

double Bench::oursStall(const Context &context)
{
    Program program(context);
    Prefork::Client client(program.zygote(), workers(Workers));
    std::vector<Prefork::CheckoutPtr> checkouts;
    for (int i = 0; i < Workers; ++i) {
        checkouts.push_back(client.checkout());
        checkouts.back()->call(echo, text(0));
    }
    for (const Prefork::CheckoutPtr &checkout : checkouts)
        check(checkout->waitForSettled());
    Stall stall;
    for (int i = 0; i < StallReplies; ++i)
        checkouts[std::size_t(i % Workers)]->call(echo, text(0), [&stall](const QString &) { stall.reply(); });
    stall.start();
    program.exec();
    return stall.longestMilliseconds();
}
