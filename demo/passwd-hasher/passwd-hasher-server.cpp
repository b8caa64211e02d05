// SPDX-License-Identifier: MIT
// Hashes passwords in worker processes: it takes tens of milliseconds of computing, which would block an event loop.
#include "common/serve.h"

#include "bcrypt.h"
#include "hasher.h"

#include <QtPrefork/Interface>

int main(int argc, char *argv[])
{
    constexpr unsigned cost = 10;

    Demo::ServerCommandLine commandLine(
        argc, argv, QStringLiteral("Workers that hash passwords: hash(plain), verify(crypted, plain)."));
    commandLine.parse();

    Prefork::Interface hasher;
    hasher.add(Hasher::hash, [](const QString &plain) { return Bcrypt::hash(plain, cost); });
    hasher.add(Hasher::verify,
               [](const QString &crypted, const QString &plain) { return Bcrypt::verify(crypted, plain); });

    Prefork::Zygote zygote(hasher, {.name = "passwd-hasher"});
    QCoreApplication app(argc, argv);
    return commandLine.serve(&zygote);
}
