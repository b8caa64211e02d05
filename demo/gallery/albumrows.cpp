// SPDX-License-Identifier: MIT
// What the album says of its rows.
#include "album.h"

#include <QtCore/QFileInfo>

QString Album::nameAt(int row) const
{
    return QFileInfo(pathAt(row)).fileName();
}

QString Album::pathAt(int row) const
{
    return row >= 0 && row < count() ? m_entries[row].path : QString();
}

Album::State Album::stateAt(int row) const
{
    return row >= 0 && row < count() ? m_entries[row].state : Waiting;
}

int Album::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : count();
}

QVariant Album::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Entry &entry = m_entries[index.row()];
    switch (role) {
    case Qt::DisplayRole:
    case NameRole:
        return nameAt(index.row());
    case PathRole:
        return entry.path;
    case StateRole:
        return int(entry.state);
    case ProgressRole:
        return entry.progress;
    case ReasonRole:
        return entry.reason;
    case AttemptsRole:
        return entry.attempts;
    case ThumbnailRole: // its number is another after each decode, for an Image loads nothing twice
        return m_cache.contains(index.row())
            ? QStringLiteral("image://gallery/%1/%2").arg(index.row()).arg(entry.ticket)
            : QString();
    default:
        return {};
    }
}

QHash<int, QByteArray> Album::roleNames() const
{
    return {{NameRole, "name"},     {PathRole, "path"},         {StateRole, "status"},       {ProgressRole, "progress"},
            {ReasonRole, "reason"}, {AttemptsRole, "attempts"}, {ThumbnailRole, "thumbnail"}};
}
