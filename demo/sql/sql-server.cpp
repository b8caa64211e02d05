// SPDX-License-Identifier: MIT
// Serves an SQLite database to programs that must not block: each checkout has a connection of its own, with
// transactions.
#include "common/serve.h"

#include "database.h"

#include <QtPrefork/Interface>

#include <QtCore/QFileInfo>

int main(int argc, char *argv[])
{
    Demo::ServerCommandLine commandLine(
        argc, argv,
        QStringLiteral("Workers that query an SQLite database: exec(sql, values…), selectrow(sql, values…),\n"
                       "select(sql, values…), lastInsertId(), begin(), commit(), rollback(). Values are for\n"
                       "the ? in the SQL. A transaction ends with its checkout at the latest."));
    commandLine.addOption(
        {QStringLiteral("database"), QStringLiteral("The database; made if there is none."), QStringLiteral("FILE")});
    commandLine.parse();
    const QString file = commandLine.value(QStringLiteral("database"));
    if (file.isEmpty())
        commandLine.reject(QStringLiteral("say which database to serve: --database FILE"));

    Database database(QFileInfo(file).absoluteFilePath());
    Prefork::Interface interface;
    interface.setApplication<QCoreApplication>(); // QtSql needs one from Qt 6.8 on
    interface.setup([&] { database.open(); }); // not before: SQLite connections do not survive a fork
    interface.checkoutDone([&] { database.endForgottenTransaction(); });
    interface.add("exec", [&](const QVariantList &arguments) { return QVariant(database.exec(arguments)); });
    interface.add("selectrow", [&](const QVariantList &arguments) { return database.selectRow(arguments); });
    interface.add("select", [&](const QVariantList &arguments) { return QVariant(database.select(arguments)); });
    interface.add(Prefork::Method<qint64()>("lastInsertId"), [&] { return database.lastInsertId(); });
    interface.add(Prefork::Method<void()>("begin"), [&] { database.begin(); });
    interface.add(Prefork::Method<void()>("commit"), [&] { database.commit(); });
    interface.add(Prefork::Method<void()>("rollback"), [&] { database.rollback(); });

    Prefork::Zygote zygote(interface, {.name = "sql"});
    QCoreApplication app(argc, argv);
    if (const QString problem = Database::driverProblem(); !problem.isEmpty())
        commandLine.reject(problem); // better now than at the first call
    return commandLine.serve(&zygote);
}
