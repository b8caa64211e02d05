// SPDX-License-Identifier: MIT
#include "deathlog.h"

#include <QtCore/QTime>

namespace Demo {

void DeathLog::add(qint64 pid, const QString &reason)
{
    if (m_deaths.size() == MaxRows) {
        beginRemoveRows({}, MaxRows - 1, MaxRows - 1);
        m_deaths.removeLast();
        endRemoveRows();
    }
    beginInsertRows({}, 0, 0);
    m_deaths.prepend({QTime::currentTime().toString(QStringLiteral("HH:mm:ss")), pid, reason});
    endInsertRows();
}

int DeathLog::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : int(m_deaths.size());
}

QVariant DeathLog::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Death &death = m_deaths[index.row()];
    switch (role) {
    case TimeRole:
        return death.time;
    case PidRole:
        return death.pid;
    case Qt::DisplayRole:
    case ReasonRole:
        return death.reason;
    default:
        return {};
    }
}

QHash<int, QByteArray> DeathLog::roleNames() const
{
    return {{TimeRole, "time"}, {PidRole, "pid"}, {ReasonRole, "reason"}};
}

}
