// SPDX-License-Identifier: MIT
#ifndef GALLERY_POOLVIEW_H
#define GALLERY_POOLVIEW_H

#include "deathlog.h"

#include <QtPrefork/CallLog>
#include <QtPrefork/Client>
#include <QtPrefork/WorkerModel>

#include <QtCore/QPointer>
#include <QtCore/QTimer>
#include <QtQml/qqmlregistration.h>

/// What there is to be seen of a client's pool: its workers, how many calls wait, how many are answered a second and
/// how long they run, and who has died of what.
class PoolView : public QObject
{
    Q_OBJECT
    QML_ELEMENT
    QML_UNCREATABLE("The gallery has one.")
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
    /// The states of WorkerModel, for QML.
    enum WorkerState { Empty, Connecting, Idle, Held, Running, Releasing, Leaving };
    Q_ENUM(WorkerState)
    /// The lists have so many seconds.
    static constexpr int Seconds = 60;

    explicit PoolView(QObject *parent = nullptr);

    void setClient(Prefork::Client *client);

    [[nodiscard]] QAbstractItemModel *workers() { return &m_workers; }
    [[nodiscard]] QAbstractItemModel *deaths() { return &m_deaths; }
    [[nodiscard]] int deathCount() const { return m_deathCount; }
    [[nodiscard]] int workerCount() const;
    [[nodiscard]] int busyCount() const;
    /// Calls that no worker has yet.
    [[nodiscard]] int waiting() const;
    /// See deathInOneWord().
    Q_INVOKABLE static QString brief(const QString &death);
    /// Calls answered in each second, the last one last.
    [[nodiscard]] QList<qreal> throughput() const { return m_throughput; }
    /// How long the calls ran that were answered in each second, in milliseconds; that of the second before if there
    /// was none.
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
    DeathLog m_deaths;
    int m_deathCount = 0;
    QTimer m_second;
    QList<qreal> m_times; // of this second's calls
    QList<qreal> m_throughput = QList<qreal>(Seconds, 0);
    QList<qreal> m_p50 = QList<qreal>(Seconds, 0);
    QList<qreal> m_p99 = QList<qreal>(Seconds, 0);
};

#endif
