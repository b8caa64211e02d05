// SPDX-License-Identifier: MIT
#include "zygote/spareplan_p.h"

#include <algorithm>
#include <chrono>

namespace Prefork::Internal {

namespace {

using namespace std::chrono_literals;

// In this time the client whose connection has come is usually served.
constexpr qint64 AfterTaking = std::chrono::nanoseconds(5ms).count();
// The delays after deaths and failed forks. In the longest, a setup that crashes makes no more than a line in the log.
constexpr qint64 FirstForkDelay = std::chrono::nanoseconds(20ms).count();
constexpr qint64 LongestForkDelay = std::chrono::nanoseconds(10s).count();
constexpr int MostDoublings = 10;
// A spare that has lived so long did not die of what it does when it begins.
constexpr qint64 Mature = std::chrono::nanoseconds(10s).count();

}

SparePlan::SparePlan(int wanted)
    : m_wanted(std::size_t(std::max(wanted, 0)))
{
}

qint64 SparePlan::nextFork(std::size_t room) const
{
    return room == 0 || m_spares.size() >= m_wanted ? Never : m_due;
}

void SparePlan::forked(quint64 number, qint64 now)
{
    m_spares.push_back({number, now});
}

void SparePlan::forkFailed(qint64 now)
{
    delayFork(now);
}

void SparePlan::taken(quint64 number, qint64 now)
{
    const bool wereEnough = m_spares.size() >= m_wanted;
    qint64 since = 0;
    if (!remove(number, &since))
        return;
    m_failures = 0;
    // Only the first one that is taken delays the fork: otherwise there would be none while many connections come.
    if (wereEnough)
        m_due = std::max(m_due, now + AfterTaking);
}

void SparePlan::died(quint64 number, qint64 now)
{
    qint64 since = 0;
    if (!remove(number, &since))
        return;
    if (now - since >= Mature)
        m_failures = 0;
    delayFork(now);
}

std::vector<quint64> SparePlan::replaceAll()
{
    std::vector<quint64> numbers;
    for (const Spare &spare : m_spares)
        numbers.push_back(spare.number);
    m_spares.clear();
    return numbers;
}

std::vector<quint64> SparePlan::stop()
{
    m_wanted = 0;
    return replaceAll();
}

bool SparePlan::remove(quint64 number, qint64 *since)
{
    const auto isMeant = [number](const Spare &spare) { return spare.number == number; };
    const auto found = std::find_if(m_spares.begin(), m_spares.end(), isMeant);
    if (found == m_spares.end())
        return false;
    *since = found->since;
    m_spares.erase(found);
    return true;
}

void SparePlan::delayFork(qint64 now)
{
    const qint64 delay = std::min(LongestForkDelay, FirstForkDelay << std::min(m_failures, MostDoublings));
    ++m_failures;
    m_due = std::max(m_due, now + delay);
}

}
