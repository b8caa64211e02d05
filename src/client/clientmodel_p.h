// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CLIENTMODEL_P_H
#define QTPREFORK_CLIENTMODEL_P_H

#include "client/onlooker_p.h"
#include "client/tablecolumns_p.h"

#include <QtPrefork/detail/clientmodel.h>

namespace Prefork::detail {

/// The part of a model of a client that its users do not see: it hears of the client, and has the rows of the table.
class ClientModelPrivate : public Internal::Onlooker
{
public:
    ClientModelPrivate(ClientModel *model, Interest interest, const Internal::TableColumns &columns)
        : Onlooker(interest)
        , table(columns)
        , m_model(model)
    {
    }

    /// Returns how many rows the views have been told of.
    [[nodiscard]] virtual int rowCount() const = 0;
    /// Returns the value of a role in a row; an invalid one if there is no such role.
    [[nodiscard]] virtual QVariant value(int row, int role) const = 0;
    /// Returns the same as a text for people.
    [[nodiscard]] virtual QVariant text(int row, int role) const = 0;

    void setClient(Client *client);
    void clientGone() final { onClientChange(); }

    const Internal::TableColumns &table;

protected:
    /// Does what is to be done before the model says that its client has changed, or has gone.
    virtual void followClient() { tell(); } // what is known of the client before must not wait for the next one

private:
    void onClientChange();

    ClientModel *const m_model;
};

}

#endif
