// SPDX-License-Identifier: MIT
#include "clientfollower_p.h"

namespace Prefork::Qml {

QmlClient *ClientFollower::client() const
{
    return m_client && !m_client->isBeingDestroyed() ? m_client.data() : nullptr;
}

void ClientFollower::setClient(QmlClient *client)
{
    if (m_client == client)
        return;
    if (m_client)
        m_client->disconnect(this);
    m_client = client;
    if (client) {
        connect(client, &QmlClient::clientMade, this, &ClientFollower::follow);
        connect(client, &QObject::destroyed, this, &ClientFollower::changed);
    }
    follow();
    Q_EMIT changed();
}

// A Client of QML that is not complete yet has no client. It must not be made for the model, because its options may
// not be set yet.
void ClientFollower::follow()
{
    m_give(client() ? m_client->madeClient() : nullptr);
}

}
