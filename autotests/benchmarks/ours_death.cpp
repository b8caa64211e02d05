// SPDX-License-Identifier: MIT
// How soon a program hears that the worker that had its call is dead.
#include "ours.h"

#include <QtPrefork/Frame>

#include <QtCore/QTimer>

#include <csignal>

namespace Bench {

namespace {

double killOne(Prefork::Client *client)
{
    using namespace std::chrono_literals;
    double milliseconds = 0;
    Clock::time_point death;
    Prefork::frameTry(
        [&] {
            const Prefork::CheckoutPtr checkout = client->checkout();
            checkout->call(workerPid, [&, client](qint64 pid) {
                check(pid > 1);
                // By then the call is with the worker.
                QTimer::singleShot(2ms, client, [&death, pid] {
                    death = Clock::now();
                    ::kill(pid_t(pid), SIGKILL);
                });
            });
            checkout->call(sleepSeconds, 60);
        },
        [&](const Prefork::Error &error) {
            check(error.code() == Prefork::Error::WorkerLost);
            milliseconds = secondsSince(death) * 1e3;
            QCoreApplication::quit();
        });
    QCoreApplication::exec();
    return milliseconds;
}

}

// The parameter is how many die.
double oursDeath(const Context &context)
{
    ::qputenv("QT_LOGGING_RULES", "prefork.zygote.warning=false"); // it would warn of each
    Program program(context);
    Prefork::Client client(program.zygote(), workers(1));
    std::vector<double> samples;
    for (qint64 i = 0; i < context.parameter; ++i)
        samples.push_back(killOne(&client));
    return quantile(samples, 0.99);
}

}
