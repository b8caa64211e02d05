// SPDX-License-Identifier: MIT
#ifndef DEMO_DATABASE_H
#define DEMO_DATABASE_H

#include <QtCore/QVariant>

QT_BEGIN_NAMESPACE
class QSqlQuery;
QT_END_NAMESPACE

/// A worker's connection to an SQLite file. Everything throws a Prefork::Error that says what SQLite said; its data is
/// `{nativeErrorCode, sql}`.
///
/// @p arguments of the three statements are the SQL and then the values of its `?` placeholders.
class Database
{
public:
    explicit Database(const QString &file);

    /// Why there can be no SQLite database here; empty if there can be. Like all of QtSql it needs a QCoreApplication.
    static QString driverProblem();
    void open();

    /// The number of rows inserted, changed or deleted.
    qint64 exec(const QVariantList &arguments);
    /// The first row as a map from column names to values; null if there is none.
    QVariant selectRow(const QVariantList &arguments);
    /// All rows.
    QVariantList select(const QVariantList &arguments);
    /// Of the last row this worker inserted.
    qint64 lastInsertId();

    void begin();
    void commit();
    void rollback();
    /// Rolls back a transaction that was begun, by whatever means, and not ended.
    void endForgottenTransaction();

private:
    qint64 totalChanges();

    QString m_file;
};

#endif
