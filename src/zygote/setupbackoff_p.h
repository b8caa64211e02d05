// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_SETUPBACKOFF_P_H
#define QTPREFORK_SETUPBACKOFF_P_H

#include <QtCore/QtGlobal>

#include <chrono>
#include <optional>
#include <unordered_map>

namespace Prefork::Internal {

/// Decides when the next worker may be forked, while workers keep failing in their setup: one at a time, and ever less
/// often. The one is called the probe; the others wait to see how its setup ends. Pure: it is told what happens and the
/// time. A server's Admission has one, and a ZygoteChannel for the clients of its program.
class SetupBackOff
{
public:
    /// This is a time of the caller's monotonic clock.
    using Time = std::chrono::nanoseconds;
    /// This is how the setup of a worker went, known when the worker has ended.
    enum class Start { Unknown, Good, Bad };
    /// Returns the Start for a ScoreboardPage::Setup.
    [[nodiscard]] static Start startOf(quint32 setup);

    /// Returns the time from which on another worker may be forked; it may have passed.
    [[nodiscard]] Time notBefore() const;
    void began(quint64 worker, Time now);
    void ended(quint64 worker, Start start, Time now);
    /// Returns the worker whose setup the others wait for. If it has no call, so that its setup does not begin, they
    /// wait only for a limited time.
    [[nodiscard]] std::optional<quint64> probe() const { return m_probe; }
    /// Says that the probe is in its setup now, or that its setup has succeeded.
    void probeWorks(Time now);
    void probeSucceeded();
    /// Returns how many setups in a row have failed.
    [[nodiscard]] int badStarts() const { return m_badStarts; }

private:
    [[nodiscard]] bool isFailing() const;

    std::unordered_map<quint64, Time> m_begun; // when the workers began that have not ended
    int m_badStarts = 0;
    Time m_lastBadStart{};
    std::optional<quint64> m_probe;
    Time m_probeUntil{};
};

}

#endif
