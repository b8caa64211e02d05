// SPDX-License-Identifier: MIT
#include "zygote/silentguests_p.h"

#include "posix/transfer_p.h"
#include "zygote/workerwatch_p.h"
#include "zygote/zygotetoken_p.h"

namespace Prefork::Internal {

bool SilentGuests::add(Guest guest)
{
    const quint64 id = guest.request.id;
    if (!m_poller.add(guest.connection.get(), Posix::Poller::Input, ZygoteToken{ZygoteToken::Silent, id}.value()))
        return false;
    m_agenda.emplace(guest.request.staysUntil, id);
    m_guests.emplace(id, std::move(guest));
    return true;
}

std::optional<SilentGuests::Guest> SilentGuests::onReadable(quint64 id, const Gone &gone)
{
    std::optional<Guest> guest = takeOut(id);
    if (guest && !Posix::peekByte(guest->connection.get())) {
        gone(id);
        guest.reset();
    }
    return guest;
}

bool SilentGuests::dismiss(quint64 id)
{
    return takeOut(id).has_value();
}

void SilentGuests::expire(qint64 now, const Gone &gone)
{
    while (!m_agenda.empty() && m_agenda.begin()->first <= now) {
        const quint64 id = m_agenda.begin()->second;
        if (takeOut(id))
            gone(id);
    }
}

qint64 SilentGuests::nextExpiry() const
{
    return m_agenda.empty() ? WorkerWatch::Never : m_agenda.begin()->first;
}

std::optional<SilentGuests::Guest> SilentGuests::takeOut(quint64 id)
{
    const auto found = m_guests.find(id);
    if (found == m_guests.end())
        return {};
    m_poller.remove(found->second.connection.get());
    m_agenda.erase({found->second.request.staysUntil, id});
    std::optional<Guest> guest = std::move(found->second);
    m_guests.erase(found);
    return guest;
}

}
