// SPDX-License-Identifier: MIT
// A program of somebody else's, who has nothing but the installed package: an embedded zygote, a typed call, an error
// caught in its frame.
#include <QtPrefork/Client>
#include <QtPrefork/Frame>
#include <QtPrefork/Interface>
#include <QtPrefork/Zygote>

#include <QtCore/QCoreApplication>

#include <cstdio>
#include <stdexcept>

inline constexpr Prefork::Method<int(int, int)> divide{"divide"};

int main(int argc, char *argv[])
{
    Prefork::Interface arithmetic;
    arithmetic.add(divide, [](int a, int b) {
        if (b == 0)
            throw std::domain_error("division by zero");
        return a / b;
    });
    Prefork::Zygote zygote(arithmetic);
    QCoreApplication app(argc, argv);
    Prefork::Client client(&zygote, {.name = "stranger"});

    Prefork::frameTry(
        [&] {
            const auto checkout = client.checkout();
            checkout->call(divide, 42, 6, [checkout](int result) {
                std::printf("42 / 6 = %d\n", result);
                checkout->call(divide, 1, 0);
            });
        },
        [](const Prefork::Error &error) {
            std::printf("caught: %s\n%s", qPrintable(error.message()), qPrintable(error.backTrace()));
            QCoreApplication::exit(error.code() == Prefork::Error::WorkerError ? 0 : 1);
        });
    return app.exec();
}
