// SPDX-License-Identifier: MIT
#include "hasher.h"

#include <QtPrefork/Interface>
#include <QtPrefork/Server>
#include <QtPrefork/ShutdownSignals>
#include <QtPrefork/Zygote>

#include <QtCore/QCoreApplication>

QString bcrypt(const QString &plain, int cost);
bool bcryptVerify(const QString &crypted, const QString &plain);

namespace {
constexpr int cost = 10;
}

int main(int argc, char *argv[])
{
    Prefork::Interface hasher;
    hasher.setup([] { /* once per worker, on its first call: open what must not be shared */ });
    hasher.add(Hasher::hash, [](const QString &plain) { return bcrypt(plain, cost); });
    hasher.add(Hasher::verify,
               [](const QString &crypted, const QString &plain) { return bcryptVerify(crypted, plain); });

    Prefork::Zygote zygote(hasher, {.name = "passwd-hasher"}); // forks here
    QCoreApplication app(argc, argv);
    Prefork::ShutdownSignals signals; // SIGINT, SIGTERM -> graceful quit
    Prefork::Server server(&zygote);
    if (!server.listen("unix:/run/user/1000/passwd-hasher.socket"))
        qFatal("%s", qPrintable(server.errorString()));
    return app.exec();
}
