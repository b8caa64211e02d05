// SPDX-License-Identifier: MIT
#ifndef DEMO_POOLVIEW_H
#define DEMO_POOLVIEW_H

#include "deathlog.h"

#include <QtPrefork/CallLog>
#include <QtPrefork/Client>
#include <QtPrefork/LatencyModel>
#include <QtPrefork/WorkerModel>

#include <QtCore/QPointer>
#include <QtCore/QTimer>
#include <QtQml/qqmlregistration.h>

namespace Demo {

/// Shows the pool of a client: its workers, how many calls wait, how many are answered in a second and how long they
/// run, and which workers have died, and why.
class PoolView : public QObject
{
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("The program makes it.")
    Q_PROPERTY(QObject *workers READ workers CONSTANT)
    Q_PROPERTY(QObject *deaths READ deaths CONSTANT)
    Q_PROPERTY(int deathCount READ deathCount NOTIFY deathCountChanged)
    Q_PROPERTY(int workerCount READ workerCount NOTIFY countsChanged)
    Q_PROPERTY(int busyCount READ busyCount NOTIFY countsChanged)
    Q_PROPERTY(int waiting READ waiting NOTIFY countsChanged)
    Q_PROPERTY(QList<qreal> throughput READ throughput NOTIFY secondPassed)
    Q_PROPERTY(QList<qreal> p50 READ p50 NOTIFY secondPassed)
    Q_PROPERTY(QList<qreal> p99 READ p99 NOTIFY secondPassed)

public:
    /// The number of seconds in the lists.
    static constexpr int Seconds = 60;

    explicit PoolView(QObject *parent = nullptr);

    void setClient(Prefork::Client *client);

    [[nodiscard]] QAbstractItemModel *workers() { return &m_workers; }
    [[nodiscard]] QAbstractItemModel *deaths() { return &m_deaths; }
    [[nodiscard]] int deathCount() const { return m_deathCount; }
    [[nodiscard]] int workerCount() const;
    [[nodiscard]] int busyCount() const;
    /// Returns how many calls no worker has yet.
    [[nodiscard]] int waiting() const;
    /// Does the same as deathInOneWord().
    Q_INVOKABLE static QString brief(const QString &death);
    /// Returns how many calls were answered in each second, the last second last.
    [[nodiscard]] QList<qreal> throughput() const { return m_throughput; }
    /// Returns how long the calls ran that were answered in each second, in milliseconds. A second without calls has
    /// the value of the second before.
    [[nodiscard]] QList<qreal> p50() const { return m_p50; }
    [[nodiscard]] QList<qreal> p99() const { return m_p99; }

Q_SIGNALS:
    void countsChanged();
    void deathCountChanged();
    void secondPassed();

private:
    void readLog(const QModelIndex &parent, int first, int last);
    void passSecond();

    QPointer<Prefork::Client> m_client;
    Prefork::WorkerModel m_workers;
    Prefork::CallLog m_log;
    Prefork::LatencyModel m_ended; // the calls of this second
    DeathLog m_deaths;
    int m_deathCount = 0;
    QTimer m_second;
    QList<qreal> m_times; // how long the calls of this second ran
    QList<qreal> m_throughput = QList<qreal>(Seconds, 0);
    QList<qreal> m_p50 = QList<qreal>(Seconds, 0);
    QList<qreal> m_p99 = QList<qreal>(Seconds, 0);
};

}

#endif
