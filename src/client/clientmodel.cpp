// SPDX-License-Identifier: MIT
#include "client/clientmodel_p.h"

#include <QtCore/QPointer>

namespace Prefork::detail {

void ClientModelPrivate::setClient(Client *client)
{
    if (lookAt(client, QByteArray(table.context()).append("::setClient()").constData()))
        onClientChange();
}

void ClientModelPrivate::onClientChange()
{
    const QPointer<ClientModel> alive = m_model;
    followClient();
    if (alive) {
        Q_EMIT alive->clientChanged();
    }
}

ClientModel::ClientModel(QObject *parent)
    : QAbstractTableModel(parent)
{
}

ClientModel::~ClientModel() = default;

Client *ClientModel::client() const
{
    return m_private->client();
}

void ClientModel::setClient(Client *client)
{
    m_private->setClient(client);
}

int ClientModel::rowCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : m_private->rowCount();
}

int ClientModel::columnCount(const QModelIndex &parent) const
{
    return parent.isValid() ? 0 : m_private->table.count();
}

QVariant ClientModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    if (role == Qt::DisplayRole)
        return m_private->text(index.row(), m_private->table.roleOf(index.column()));
    return role == Qt::TextAlignmentRole ? m_private->table.alignment(index.column())
                                         : m_private->value(index.row(), role);
}

QVariant ClientModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    const QVariant header = m_private->table.header(section, orientation, role);
    return header.isValid() ? header : QAbstractTableModel::headerData(section, orientation, role);
}

QHash<int, QByteArray> ClientModel::roleNames() const
{
    return m_private->table.roleNames(QAbstractTableModel::roleNames());
}

}
