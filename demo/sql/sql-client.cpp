// SPDX-License-Identifier: MIT
// Stores a user in a transaction and reads the user back. The calls are by name: no interface is shared with the
// server.
#include "common/connect.h"

#include <QtPrefork/Client>
#include <QtPrefork/Frame>

int main(int argc, char *argv[])
{
    QCoreApplication app(argc, argv);
    Demo::ClientCommandLine commandLine(QStringLiteral(
        "Stores a user in the database of an sql-server and reads him back.\n"
        "Exits 0, or 1 if the worker answered with an error, 2 for a bad command line, 3 for no answer."));
    if (const auto exitCode = commandLine.parse())
        return *exitCode;

    Prefork::Client client(commandLine.address(), commandLine.clientOptions());
    return Demo::run([&] {
        Prefork::frameTry(
            [&] {
                // All calls go to the same worker, in this order. If one fails, those behind it never run, and the
                // transaction is rolled back.
                auto checkout = client.checkout();
                checkout->call("exec",
                               {"CREATE TABLE IF NOT EXISTS user (id INTEGER PRIMARY KEY, username TEXT UNIQUE NOT "
                                "NULL, email TEXT NOT NULL)"});
                checkout->call("begin");
                checkout->call(
                    "exec",
                    {"INSERT OR REPLACE INTO user (username, email) VALUES (?, ?)", "jimmy", "jimmy@example.com"});
                checkout->call("lastInsertId", {}, [checkout](const QVariant &id) {
                    checkout->call("commit");
                    checkout->call("selectrow", {"SELECT username, email FROM user WHERE id = ?", id},
                                   [](const QVariant &row) {
                                       const QVariantMap user = row.toMap();
                                       std::printf("username: %s, email: %s\n",
                                                   qPrintable(user.value(QStringLiteral("username")).toString()),
                                                   qPrintable(user.value(QStringLiteral("email")).toString()));
                                       QCoreApplication::exit(Demo::Success);
                                   });
                });
            },
            Demo::failWith);
    });
}
