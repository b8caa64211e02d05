// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_DETAIL_CLIENTMODEL_H
#define QTPREFORK_DETAIL_CLIENTMODEL_H

#include <QtPrefork/global.h>

#include <QtCore/QAbstractTableModel>

#include <memory>

namespace Prefork {
class Client;
}

namespace Prefork::detail {

class ClientModelPrivate;

/// This class has what WorkerModel, CallLog and LatencyModel have in common: a client, and a table in which a row has
/// the same value of a role in all columns.
///
/// A model must be used in the client's thread only. A client may have several models. A model may be made before its
/// client, and may outlive it.
class QTPREFORK_EXPORT ClientModel : public QAbstractTableModel
{
    Q_OBJECT
    Q_MOC_INCLUDE("QtPrefork/client.h")
    Q_PROPERTY(Prefork::Client *client READ client WRITE setClient NOTIFY clientChanged)

public:
    ~ClientModel() override;

    /// Returns the client; null if there is none.
    [[nodiscard]] Client *client() const;
    /// Sets the client; null for none. With a client of another thread the program ends with a message.
    void setClient(Client *client);

    [[nodiscard]] int rowCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex &parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation,
                                      int role = Qt::DisplayRole) const override;
    [[nodiscard]] QHash<int, QByteArray> roleNames() const override;

Q_SIGNALS:
    /// This signal is emitted when client() has changed, also when the client is destroyed.
    void clientChanged();

protected:
    /// The constructor of the model itself sets m_private. It cannot do so earlier, because that may be the parent of
    /// other objects.
    explicit ClientModel(QObject *parent);

    std::unique_ptr<ClientModelPrivate> m_private;
};

}

#endif
