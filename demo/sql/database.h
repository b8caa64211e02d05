// SPDX-License-Identifier: MIT
#ifndef DEMO_DATABASE_H
#define DEMO_DATABASE_H

#include <QtCore/QVariant>

QT_BEGIN_NAMESPACE
class QSqlQuery;
QT_END_NAMESPACE

/// This is a worker's connection to an SQLite file. All functions throw a Prefork::Error with SQLite's message; its
/// data is `{nativeErrorCode, sql}`.
///
/// @p arguments of exec(), selectRow() and select() are the SQL and then the values of its `?` placeholders.
class Database
{
public:
    explicit Database(const QString &file);

    /// Returns why there can be no SQLite database here; empty if there can be. Like all of QtSql it needs a
    /// QCoreApplication.
    static QString driverProblem();
    void open();

    /// Returns how many rows were inserted, changed or deleted.
    qint64 exec(const QVariantList &arguments);
    /// Returns the first row as a map from column names to values; null if there is none.
    QVariant selectRow(const QVariantList &arguments);
    /// Returns all rows.
    QVariantList select(const QVariantList &arguments);
    /// Returns the id of the last row that this worker has inserted.
    qint64 lastInsertId();

    void begin();
    void commit();
    void rollback();
    /// Rolls back a transaction that was begun in any way and was not ended.
    void endForgottenTransaction();

private:
    qint64 totalChanges();

    QString m_file;
};

#endif
