// SPDX-License-Identifier: MIT
#include "client/onlooker_p.h"

#include "client/clientcore_p.h"

namespace Prefork::Internal {

Onlooker::~Onlooker()
{
    if (m_core)
        m_core->observers().detach(this);
}

bool Onlooker::lookAt(Client *client, const char *function)
{
    if (client == m_client)
        return false;
    if (client)
        client->d->mustBeInThread(function);
    if (m_core) {
        m_core->mustBeInThread(function);
        m_core->observers().detach(this);
    }
    m_client = client;
    m_core = client ? client->d.get() : nullptr;
    if (m_core)
        m_core->observers().attach(this);
    return true;
}

}
