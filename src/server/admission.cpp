// SPDX-License-Identifier: MIT
#include "server/admission_p.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace Prefork::Internal {

Admission::Admission(const Limits &limits)
    : m_limits(limits)
    , m_tokens(limits.spawnRate)
{
}

bool Admission::isAtCap(qint64 user) const
{
    if (user == Nobody || m_limits.maxPerUser <= 0)
        return false;
    const auto found = m_perUser.find(user);
    return found != m_perUser.end() && found->second >= m_limits.maxPerUser;
}

bool Admission::isAtCap() const
{
    return m_limits.maxWorkers > 0 && workerCount() >= m_limits.maxWorkers;
}

bool Admission::arrive(Id connection, qint64 user)
{
    const auto isTheirs = [user](const Waiting &waiting) { return waiting.user == user; };
    if (isAtCap(user) && std::count_if(m_waiting.begin(), m_waiting.end(), isTheirs) >= MaxWaitingPerUser)
        return false;
    m_waiting.push_back({connection, user});
    return true;
}

void Admission::leave(Id connection)
{
    std::erase_if(m_waiting, [connection](const Waiting &waiting) { return waiting.connection == connection; });
}

void Admission::end(Id connection, Start start, Time now)
{
    const auto found = m_admitted.find(connection);
    if (found == m_admitted.end())
        return;
    if (const auto user = m_perUser.find(found->second); user != m_perUser.end() && --user->second == 0)
        m_perUser.erase(user);
    m_admitted.erase(found);
    m_setups.ended(connection, start, now);
}

void Admission::refill(Time now)
{
    const double seconds = std::chrono::duration<double>(now - m_refilledAt).count();
    m_tokens = std::min<double>(m_limits.spawnRate, m_tokens + seconds * m_limits.spawnRate);
    m_refilledAt = now;
}

std::optional<Admission::Id> Admission::next(bool hasRoom, Time now)
{
    if (m_waiting.empty() || !hasRoom || isAtCap() || now < m_setups.notBefore())
        return {};
    const auto chosen
        = std::find_if(m_waiting.begin(), m_waiting.end(), [this](const Waiting &one) { return !isAtCap(one.user); });
    if (chosen == m_waiting.end())
        return {};
    if (m_limits.spawnRate > 0) {
        refill(now);
        if (m_tokens < 1)
            return {};
        m_tokens -= 1;
    }
    const Waiting waiting = *chosen;
    m_waiting.erase(chosen);
    m_admitted.emplace(waiting.connection, waiting.user);
    if (waiting.user != Nobody)
        ++m_perUser[waiting.user];
    m_setups.began(waiting.connection, now);
    return waiting.connection;
}

std::vector<Admission::Shortage> Admission::shortages(bool hasRoom) const
{
    std::vector<Shortage> missing;
    const bool isFull = !hasRoom || isAtCap();
    for (const Waiting &waiting : m_waiting) {
        if (isAtCap(waiting.user))
            missing.push_back({waiting.user});
        else if (isFull)
            missing.push_back({});
    }
    return missing;
}

std::optional<Admission::Time> Admission::nextAt(Time now) const
{
    if (m_waiting.empty())
        return {};
    if (const Time earliest = m_setups.notBefore(); earliest > now)
        return earliest;
    if (m_limits.spawnRate <= 0 || m_tokens >= 1)
        return {};
    // If that moment has passed, next() did not wait for a token but for a place, and time alone does not help.
    const Time refilled = m_refilledAt + Time(std::int64_t(std::ceil((1 - m_tokens) / m_limits.spawnRate * 1e9)) + 1);
    return refilled > now ? std::optional(refilled) : std::nullopt;
}

}
