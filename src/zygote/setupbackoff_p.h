// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_SETUPBACKOFF_P_H
#define QTPREFORK_SETUPBACKOFF_P_H

#include <QtCore/QtGlobal>

#include <chrono>
#include <optional>
#include <unordered_map>

namespace Prefork::Internal {

/// Decides when a worker may be forked while workers keep failing in their setup: one at a time, the probe, and ever
/// less often. Pure, told what happens and the time.
class SetupBackOff
{
public:
    /// A moment of the caller's monotonic clock.
    using Time = std::chrono::nanoseconds;
    /// How a worker began, known at its end.
    enum class Start { Unknown, Good, Bad };
    /// Of a ScoreboardPage::Setup.
    [[nodiscard]] static Start startOf(quint32 setup);

    /// The moment from which on another worker may begin; it may have passed.
    [[nodiscard]] Time notBefore() const;
    void began(quint64 worker, Time now);
    void ended(quint64 worker, Start start, Time now);
    /// The worker that others wait for, to see how its setup goes. One that nobody calls they do not wait for for long.
    [[nodiscard]] std::optional<quint64> probe() const { return m_probe; }
    /// Its setup is under way, or has succeeded.
    void probeWorks(Time now);
    void probeSucceeded();
    /// How many in a row have failed.
    [[nodiscard]] int badStarts() const { return m_badStarts; }

private:
    [[nodiscard]] bool isFailing() const;

    std::unordered_map<quint64, Time> m_begun; // of those who have not ended
    int m_badStarts = 0;
    Time m_lastBadStart{};
    std::optional<quint64> m_probe;
    Time m_probeUntil{};
};

}

#endif
