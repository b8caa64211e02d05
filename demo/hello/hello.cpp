// SPDX-License-Identifier: MIT
#include <QtPrefork/Client>
#include <QtPrefork/Interface>
#include <QtPrefork/Zygote>

#include <QtCore/QCoreApplication>
#include <QtCore/QDebug>
#include <QtCore/QFuture>

#include <unistd.h>

// clang-format off
inline constexpr Prefork::Method<int(int)> square{"square"};

int main(int argc, char *argv[])
{
    Prefork::Interface work;
    work.add(square, [](int n) { sleep(1); return n * n; }); // plain blocking code, in a process of its own
    Prefork::Zygote zygote(work); // forks here, before the Qt application exists
    QCoreApplication app(argc, argv);
    Prefork::Client client(&zygote);
    client.future(square, 7)
        .then(&app, [](int n) { qInfo() << "7 * 7 =" << n; })
        .onFailed(&app, [](const Prefork::Error &error) { qWarning() << error; })
        .then(&app, [] { qApp->quit(); });
    return app.exec(); // never blocked meanwhile
}
