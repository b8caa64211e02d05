// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_QML_CLIENTFOLLOWER_P_H
#define QTPREFORK_QML_CLIENTFOLLOWER_P_H

#include "qmlclient_p.h"

#include <functional>

namespace Prefork::Qml {

/// Keeps a model of C++ with the client that a Client of QML has now. The Client of QML makes another one when its
/// options have changed.
class ClientFollower : public QObject
{
    Q_OBJECT

public:
    template <class Model>
    explicit ClientFollower(Model *model)
        : m_give([model](Client *client) { model->setClient(client); })
    {
    }

    /// Returns the Client of QML; null if there is none, or if it is being destroyed.
    [[nodiscard]] QmlClient *client() const;
    void setClient(QmlClient *client);

Q_SIGNALS:
    /// This signal is emitted when client() has changed, also when the Client of QML is destroyed.
    void changed();

private:
    void follow();

    const std::function<void(Client *)> m_give;
    QPointer<QmlClient> m_client;
};

}

#endif
