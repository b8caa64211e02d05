// SPDX-License-Identifier: MIT
#include "zygote/setupbackoff_p.h"

#include "worker/scoreboardpage_p.h"

#include <algorithm>

namespace Prefork::Internal {

using namespace std::chrono_literals;

namespace {

// These are the delays: a setup that keeps failing is tried less and less often, but soon enough after its cause is
// mended.
constexpr int ForgivenBadStarts = 3;
constexpr SetupBackOff::Time FirstDelay = 20ms;
constexpr SetupBackOff::Time LongestDelay = 1s;
constexpr SetupBackOff::Time Forgiveness = 10s;

}

SetupBackOff::Start SetupBackOff::startOf(quint32 setup)
{
    switch (setup) {
    case ScoreboardPage::SetUp:
        return Start::Good;
    case ScoreboardPage::SetupFailed:
    case ScoreboardPage::SettingUp:
        return Start::Bad;
    default:
        return Start::Unknown;
    }
}

bool SetupBackOff::isFailing() const
{
    return m_badStarts > ForgivenBadStarts;
}

SetupBackOff::Time SetupBackOff::notBefore() const
{
    if (!isFailing())
        return Time::min();
    const int doublings = std::min(m_badStarts - ForgivenBadStarts - 1, 10);
    const Time rested = m_lastBadStart + std::min(LongestDelay, FirstDelay * (1 << doublings));
    return m_probe ? std::max(rested, m_probeUntil) : rested;
}

void SetupBackOff::began(quint64 worker, Time now)
{
    m_begun.emplace(worker, now);
    if (!isFailing())
        return;
    m_probe = worker;
    m_probeUntil = now + LongestDelay;
}

void SetupBackOff::ended(quint64 worker, Start start, Time now)
{
    const auto found = m_begun.find(worker);
    if (found == m_begun.end())
        return;
    const Time begun = found->second;
    m_begun.erase(found);
    const bool wasProbe = m_probe == worker;
    if (wasProbe)
        m_probe.reset();
    // A success counts only if the worker was forked after the last failure.
    if ((start == Start::Good && (wasProbe || begun >= m_lastBadStart))
        || (m_badStarts > 0 && now - m_lastBadStart > Forgiveness))
        m_badStarts = 0;
    if (start == Start::Bad) {
        ++m_badStarts;
        m_lastBadStart = now;
    }
}

void SetupBackOff::probeWorks(Time now)
{
    m_probeUntil = now + LongestDelay;
}

void SetupBackOff::probeSucceeded()
{
    m_probe.reset();
    m_badStarts = 0;
}

}
