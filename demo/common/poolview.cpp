// SPDX-License-Identifier: MIT
#include "poolview.h"

#include "reasons.h"

#include <algorithm>

using namespace Prefork;
using namespace std::chrono_literals;

namespace Demo {

namespace {

void push(QList<qreal> &list, qreal value)
{
    list.removeFirst();
    list.append(value);
}

// Of a list that is sorted and not empty.
qreal percentile(const QList<qreal> &sorted, int percent)
{
    return sorted[(sorted.size() - 1) * percent / 100];
}

}

PoolView::PoolView(QObject *parent)
    : QObject(parent)
{
    m_log.setLimit(500);
    connect(&m_log, &QAbstractItemModel::rowsInserted, this, &PoolView::readLog);
    connect(&m_workers, &WorkerModel::workerDied, this, [this](qint64 pid, const QString &reason) {
        m_deaths.add(pid, deathInFewWords(reason));
        ++m_deathCount;
        Q_EMIT deathCountChanged();
    });
    m_second.setInterval(1s);
    connect(&m_second, &QTimer::timeout, this, &PoolView::passSecond);
    m_second.start();
}

void PoolView::setClient(Client *client)
{
    if (m_client)
        m_client->disconnect(this);
    m_client = client;
    m_workers.setClient(client);
    m_log.setClient(client);
    m_ended.setClient(client);
    connect(client, &Client::workerCountChanged, this, &PoolView::countsChanged);
    connect(client, &Client::idleWorkerCountChanged, this, &PoolView::countsChanged);
    connect(client, &Client::pendingCallCountChanged, this, &PoolView::countsChanged);
    Q_EMIT countsChanged();
}

int PoolView::workerCount() const
{
    return m_client ? int(m_client->workerCount()) : 0;
}

int PoolView::busyCount() const
{
    return m_client ? int(m_client->workerCount() - m_client->idleWorkerCount()) : 0;
}

int PoolView::waiting() const
{
    return m_client ? std::max(0, m_client->pendingCallCount() - busyCount()) : 0;
}

QString PoolView::brief(const QString &death)
{
    return deathInOneWord(death);
}

void PoolView::readLog(const QModelIndex &, int first, int last)
{
    for (int row = first; row <= last; ++row) {
        const QModelIndex call = m_log.index(row, 0);
        if (call.data(CallLog::OutcomeRole).toInt() == CallLog::Finished)
            m_times.append(call.data(CallLog::TimeRunningRole).toDouble());
    }
}

void PoolView::passSecond()
{
    std::sort(m_times.begin(), m_times.end());
    push(m_throughput, qreal(m_ended.finished())); // the log may have dropped some
    push(m_p50, m_times.isEmpty() ? m_p50.last() : percentile(m_times, 50));
    push(m_p99, m_times.isEmpty() ? m_p99.last() : percentile(m_times, 99));
    m_times.clear();
    m_ended.reset();
    Q_EMIT secondPassed();
}

}
