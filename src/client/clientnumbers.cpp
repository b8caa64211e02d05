// SPDX-License-Identifier: MIT
#include "client/clientnumbers_p.h"

#include "client/clientcore_p.h"

#include <QtCore/QMutex>

#include <unordered_map>

namespace Prefork::Internal {

namespace {

// All clients of this process. Clients are made and looked for in any thread.
struct Clients
{
    QMutex mutex;
    std::unordered_map<quint32, ClientCore *> byNumber;
    quint32 last = 0;
};

Clients &clients()
{
    static auto *const all = new Clients; // This is never destroyed, for a client may be a static object too.
    return *all;
}

quint32 registerClient(ClientCore *core)
{
    Clients &all = clients();
    const QMutexLocker locker(&all.mutex);
    all.byNumber.emplace(++all.last, core);
    return all.last;
}

}

ClientNumber::ClientNumber(ClientCore *core)
    : m_value(registerClient(core))
{
}

ClientNumber::~ClientNumber()
{
    Clients &all = clients();
    const QMutexLocker locker(&all.mutex);
    all.byNumber.erase(m_value);
}

std::shared_ptr<ClientCore> clientByNumber(quint32 number, const char *function)
{
    if (number == 0)
        return {};
    Clients &all = clients();
    const QMutexLocker locker(&all.mutex);
    const auto found = all.byNumber.find(number);
    if (found == all.byNumber.end())
        return {};
    found->second->mustBeInThread(function);
    return found->second->weak_from_this().lock(); // null while the client is being destroyed
}

std::vector<std::shared_ptr<ClientCore>> clientsOfThisThread()
{
    std::vector<std::shared_ptr<ClientCore>> found;
    Clients &all = clients();
    const QMutexLocker locker(&all.mutex);
    for (const auto &[number, core] : all.byNumber) {
        std::shared_ptr<ClientCore> client = core->isInThread() ? core->weak_from_this().lock() : nullptr;
        if (client)
            found.push_back(std::move(client));
    }
    return found;
}

}
