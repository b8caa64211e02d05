// SPDX-License-Identifier: MIT
// Lets one worker hash a password and verify the hash, and never blocks.
#include "common/connect.h"

#include "hasher.h"

#include <QtPrefork/Client>
#include <QtPrefork/Frame>

int main(int argc, char *argv[])
{
    QCoreApplication app(argc, argv);
    Demo::ClientCommandLine commandLine(QStringLiteral(
        "Has PASSWORD hashed by a passwd-hasher-server, and the hash verified.\n"
        "Exits 0, or 1 if the worker answered with an error, 2 for a bad command line, 3 for no answer."));
    // This is good enough only for a demo: anybody on the machine can read the command lines of others.
    commandLine.addArgument(QStringLiteral("PASSWORD"), QStringLiteral("What to hash."));
    if (const auto exitCode = commandLine.parse())
        return *exitCode;
    const QString password = commandLine.arguments().first();

    Prefork::Client client(commandLine.address(), commandLine.clientOptions());
    return Demo::run([&] {
        Prefork::frameTry(
            [&] {
                auto checkout = client.checkout();
                checkout->call(Hasher::hash, password, [checkout, password](const QString &crypted) {
                    std::printf("Hashed password is %s\n", qPrintable(crypted));
                    checkout->call(Hasher::verify, crypted, password, [](bool ok) {
                        std::printf("Verify result is %s\n", ok ? "true" : "false");
                        QCoreApplication::exit(ok ? Demo::Success : Demo::WorkerFailed);
                    });
                });
            },
            Demo::failWith);
    });
}
