// SPDX-License-Identifier: MIT
#include "zygote/unservedconnections_p.h"

#include "posix/transfer_p.h"
#include "zygote/workerwatch_p.h"
#include "zygote/zygotetoken_p.h"

namespace Prefork::Internal {

bool UnservedConnections::add(Waiting waiting)
{
    const quint64 id = waiting.request.id;
    if (!m_poller.add(waiting.connection.get(), Posix::Poller::Input, ZygoteToken{ZygoteToken::Silent, id}.value()))
        return false;
    m_deadlines.emplace(waiting.request.staysUntil, id);
    m_connections.emplace(id, std::move(waiting));
    return true;
}

std::optional<UnservedConnections::Waiting> UnservedConnections::onReadable(quint64 id, const Gone &gone)
{
    std::optional<Waiting> waiting = takeOut(id);
    if (waiting && !Posix::peekByte(waiting->connection.get())) {
        gone(id);
        waiting.reset();
    }
    return waiting;
}

bool UnservedConnections::dismiss(quint64 id)
{
    return takeOut(id).has_value();
}

void UnservedConnections::expire(qint64 now, const Gone &gone)
{
    while (!m_deadlines.empty() && m_deadlines.begin()->first <= now) {
        const quint64 id = m_deadlines.begin()->second;
        if (takeOut(id))
            gone(id);
    }
}

qint64 UnservedConnections::nextExpiry() const
{
    return m_deadlines.empty() ? WorkerWatch::Never : m_deadlines.begin()->first;
}

std::optional<UnservedConnections::Waiting> UnservedConnections::takeOut(quint64 id)
{
    const auto found = m_connections.find(id);
    if (found == m_connections.end())
        return {};
    m_poller.remove(found->second.connection.get());
    m_deadlines.erase({found->second.request.staysUntil, id});
    std::optional<Waiting> waiting = std::move(found->second);
    m_connections.erase(found);
    return waiting;
}

}
