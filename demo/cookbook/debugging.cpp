// SPDX-License-Identifier: MIT
// A program to be looked into with gdb or valgrind. With --repeat it calls its worker ten times a second, until it is
// ended.
#include <QtPrefork/Client>
#include <QtPrefork/Interface>
#include <QtPrefork/Zygote>

#include <QtCore/QCoreApplication>
#include <QtCore/QTimer>

#include <cstdio>

using namespace Prefork;
using namespace std::chrono_literals;

namespace {

inline constexpr Method<double(QList<double>)> mean{"mean"};

double meanOf(const QList<double> &numbers)
{
    double sum = 0;
    for (const double number : numbers)
        sum += number;
    return sum / double(numbers.size());
}

}

int main(int argc, char *argv[])
{
    Interface work;
    work.add(mean, meanOf);
    // [patience]
    Zygote zygote(work, {.name = "debugging", .hungTimeout = 0ms}); // no worker is killed because it stands still
    QCoreApplication app(argc, argv);
    Client client(&zygote, {.maxWorkers = 1, .timeout = 0ms}); // no call is given up, and all go to one worker
    // [patience]

    QTimer next;
    const auto call = [&] {
        client.call(mean, QList<double>{1, 2, 6}, [&](double result) {
            std::printf("the mean is %g\n", result);
            std::fflush(stdout);
            if (app.arguments().contains(QStringLiteral("--repeat")))
                next.start(100ms);
            else
                QCoreApplication::quit();
        });
    };
    next.setSingleShot(true);
    QObject::connect(&next, &QTimer::timeout, call);
    call();
    return QCoreApplication::exec();
}
