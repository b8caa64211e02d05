// SPDX-License-Identifier: MIT
#ifndef DEMO_DEATHLOG_H
#define DEMO_DEATHLOG_H

#include <QtCore/QAbstractListModel>
#include <QtCore/QList>

namespace Demo {

/// Lists the last workers that died, the newest first.
class DeathLog : public QAbstractListModel
{
    Q_OBJECT

public:
    enum Role {
        TimeRole = Qt::UserRole + 1, ///< such as "14:03:27"
        PidRole,
        ReasonRole,
    };
    static constexpr int MaxRows = 200;

    using QAbstractListModel::QAbstractListModel;

    void add(qint64 pid, const QString &reason);

    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QHash<int, QByteArray> roleNames() const override;

private:
    struct Death
    {
        QString time;
        qint64 pid;
        QString reason;
    };
    QList<Death> m_deaths;
};

}

#endif
