// SPDX-License-Identifier: MIT
// Fresh workers: how soon they answer, and what they weigh.
#include "bare.h"
#include "ours.h"

#include <unistd.h>

namespace Bench {

namespace {

qint64 firstReply(Prefork::Client *client)
{
    qint64 pid = 0;
    client->checkout()->call(workerPid, [&pid](qint64 answer) {
        pid = answer;
        QCoreApplication::quit();
    });
    QCoreApplication::exec();
    return pid;
}

double medianSpawn(Program &program, double seconds)
{
    std::vector<double> samples;
    const auto start = Clock::now();
    do {
        const auto before = Clock::now();
        {
            Prefork::Client client(program.zygote(), workers(1));
            check(firstReply(&client) > 0);
            samples.push_back(secondsSince(before) * 1e6);
        }
        ::usleep(2000); // its end is not to be paid by the next
    } while (secondsSince(start) < seconds);
    return median(samples);
}

}

// The parameter is how much memory the program has come to use after it made its zygote.
double oursSpawn(const Context &context)
{
    Program program(context);
    const std::vector<char> weight(std::size_t(context.parameter), 'x');
    const double result = medianSpawn(program, context.seconds);
    check(weight.size() == std::size_t(context.parameter));
    return result;
}

double oursSpawnSpare(const Context &context)
{
    Program program(context, {.spareWorkers = 2});
    ::usleep(50'000); // the first ones are there
    return medianSpawn(program, context.seconds);
}

double oursWorkerMemory(const Context &context)
{
    Program program(context);
    Prefork::Client client(program.zygote(), workers(1));
    const Prefork::CheckoutPtr checkout = client.checkout();
    qint64 pid = 0;
    checkout->call(echo, text(0));
    checkout->call(workerPid, [&pid](qint64 answer) {
        pid = answer;
        QCoreApplication::quit();
    });
    program.exec();
    ::usleep(50'000);
    return Bare::privateDirty(pid_t(pid));
}

}
