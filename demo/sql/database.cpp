// SPDX-License-Identifier: MIT
#include "database.h"

#include <QtPrefork/Error>

#include <QtCore/QCoreApplication>

#include <QtSql/QSqlDatabase>
#include <QtSql/QSqlError>
#include <QtSql/QSqlQuery>
#include <QtSql/QSqlRecord>

using Prefork::Error;

namespace {

QString driverName()
{
    return QStringLiteral("QSQLITE");
}

// Returns the connection in its present state: without `false`, QSqlDatabase::database() would try to open a closed
// one.
QSqlDatabase connection()
{
    return QSqlDatabase::database(QLatin1StringView(QSqlDatabase::defaultConnection), false);
}

// Prefers SQLite's "near "FOO": syntax error" to Qt's "Unable to execute statement".
QString textOf(const QSqlError &error)
{
    return error.databaseText().isEmpty() ? error.driverText().trimmed() : error.databaseText().trimmed();
}

[[noreturn]] void fail(const QSqlError &error, const QString &sql)
{
    bool isNumber = false;
    const int code = error.nativeErrorCode().toInt(&isNumber);
    throw Error(QStringLiteral("SQL error: %1; in: %2").arg(textOf(error), sql),
                QVariantMap{{QStringLiteral("nativeErrorCode"), isNumber ? QVariant(code) : QVariant()},
                            {QStringLiteral("sql"), sql}});
}

// Values are bound to placeholders, never put into the text: so none of them can be taken for SQL.
QSqlQuery execute(const QString &sql, const QVariantList &values = {})
{
    QSqlQuery query(connection());
    query.setForwardOnly(true);
    if (!query.prepare(sql))
        fail(query.lastError(), sql);
    for (const QVariant &value : values)
        query.addBindValue(value);
    if (!query.exec())
        fail(query.lastError(), sql);
    return query;
}

QSqlQuery execute(const QVariantList &arguments)
{
    if (arguments.isEmpty() || arguments.first().typeId() != QMetaType::QString)
        throw Error(Error::BadArguments, QStringLiteral("the first argument must be SQL, a string"));
    for (qsizetype i = 1; i < arguments.size(); ++i) {
        const int type = arguments.at(i).typeId();
        if (type == QMetaType::QVariantList || type == QMetaType::QStringList || type == QMetaType::QVariantMap
            || type == QMetaType::QVariantHash)
            throw Error(
                Error::BadArguments,
                QStringLiteral("the value for placeholder %1 is a list or a map, which SQL cannot hold").arg(i));
    }
    return execute(arguments.first().toString(), arguments.sliced(1));
}

bool next(QSqlQuery *query)
{
    if (query->next())
        return true;
    if (query->lastError().isValid())
        fail(query->lastError(), query->lastQuery());
    return false;
}

QVariantMap rowOf(const QSqlQuery &query)
{
    QVariantMap row;
    const QSqlRecord record = query.record();
    for (int i = 0; i < record.count(); ++i) {
        const QVariant value = query.value(i);
        // A null of QtSql has a type, which nobody needs.
        row.insert(record.fieldName(i), value.isNull() ? QVariant() : value);
    }
    return row;
}

qint64 number(const QString &sql)
{
    QSqlQuery query = execute(sql);
    return next(&query) ? query.value(0).toLongLong() : 0;
}

}

Database::Database(const QString &file)
    : m_file(file)
{
}

QString Database::driverProblem()
{
    // From Qt 6.8 on, QtSql knows no drivers as long as there is no application.
    if (!QCoreApplication::instance())
        return QStringLiteral("QtSql needs a QCoreApplication");
    if (QSqlDatabase::isDriverAvailable(driverName()))
        return {};
    const QStringList drivers = QSqlDatabase::drivers();
    return QStringLiteral("Qt has no SQLite driver here, only these: %1; on Debian it is in libqt6sql6-sqlite")
        .arg(drivers.isEmpty() ? QStringLiteral("none") : drivers.join(QStringLiteral(", ")));
}

void Database::open()
{
    if (const QString problem = driverProblem(); !problem.isEmpty())
        throw Error(problem);
    QSqlDatabase database = QSqlDatabase::contains() ? connection() : QSqlDatabase::addDatabase(driverName());
    database.setDatabaseName(m_file);
    database.setConnectOptions(
        QStringLiteral("QSQLITE_BUSY_TIMEOUT=5000")); // how long to wait for another worker's transaction
    const auto failed = [this](const QString &cause) {
        return Error(QStringLiteral("cannot open the database '%1': %2").arg(m_file, cause));
    };
    if (!database.open())
        throw failed(textOf(database.lastError()));
    // SQLite opens any file; whether it is a database is known only when it is read.
    QSqlQuery query(database);
    if (!query.exec(QStringLiteral("SELECT count(*) FROM sqlite_master"))) {
        const QString cause = textOf(query.lastError());
        query.clear();
        database.close();
        throw failed(cause);
    }
}

qint64 Database::exec(const QVariantList &arguments)
{
    // After a statement that changes no rows, such as CREATE TABLE, SQLite still has the count of the one before.
    const qint64 before = totalChanges();
    const QSqlQuery query = execute(arguments);
    return totalChanges() == before ? 0 : query.numRowsAffected();
}

QVariant Database::selectRow(const QVariantList &arguments)
{
    QSqlQuery query = execute(arguments);
    return next(&query) ? QVariant(rowOf(query)) : QVariant();
}

QVariantList Database::select(const QVariantList &arguments)
{
    QVariantList rows;
    QSqlQuery query = execute(arguments);
    while (next(&query))
        rows.append(QVariant(rowOf(query)));
    return rows;
}

qint64 Database::lastInsertId()
{
    return number(QStringLiteral("SELECT last_insert_rowid()"));
}

// Takes the write lock at once, and waits for it if necessary; a transaction that asks for the lock later may be
// refused without a wait.
void Database::begin()
{
    execute(QStringLiteral("BEGIN IMMEDIATE"));
}

void Database::commit()
{
    execute(QStringLiteral("COMMIT"));
}

void Database::rollback()
{
    execute(QStringLiteral("ROLLBACK"));
}

void Database::endForgottenTransaction()
{
    // Usually no transaction is open, and then this statement only fails.
    if (connection().isOpen())
        QSqlQuery(connection()).exec(QStringLiteral("ROLLBACK"));
}

qint64 Database::totalChanges()
{
    return number(QStringLiteral("SELECT total_changes()"));
}
