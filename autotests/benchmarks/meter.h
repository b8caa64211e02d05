// SPDX-License-Identifier: MIT
#ifndef BENCHMARKS_METER_H
#define BENCHMARKS_METER_H

#include "mode.h"

#include <algorithm>
#include <chrono>
#include <vector>

namespace Bench {

using Clock = std::chrono::steady_clock;

[[nodiscard]] inline double secondsSince(Clock::time_point start)
{
    return std::chrono::duration<double>(Clock::now() - start).count();
}

[[nodiscard]] inline double quantile(std::vector<double> values, double part)
{
    if (values.empty())
        fail(QStringLiteral("nothing was measured"));
    std::sort(values.begin(), values.end());
    const auto index = std::size_t(part * double(values.size() - 1) + 0.5);
    return values[index];
}

[[nodiscard]] inline double median(std::vector<double> values)
{
    return quantile(std::move(values), 0.5);
}

/// Counts calls and the time they take, for as long as a mode is to measure. Looks at the clock once a batch, so that
/// looking costs the same next to nothing on both sides of a row.
class Meter
{
public:
    explicit Meter(double seconds, int batch = 64)
        : m_seconds(seconds)
        , m_batch(batch)
        , m_start(Clock::now())
        , m_lastBatch(m_start)
    {
    }

    /// One more call has ended; false when it was the last that is wanted.
    bool tick()
    {
        if (++m_inBatch < m_batch)
            return true;
        m_inBatch = 0;
        const Clock::time_point now = Clock::now();
        const double elapsed = std::chrono::duration<double>(now - m_start).count();
        if (m_warm) {
            m_batches.push_back(std::chrono::duration<double>(now - m_lastBatch).count());
            m_elapsed = elapsed;
        } else if (elapsed > std::max(0.03, m_seconds / 5)) {
            m_warm = true;
            m_start = now;
        }
        m_lastBatch = now;
        return m_batches.empty() || m_elapsed < m_seconds;
    }

    [[nodiscard]] double perSecond() const { return double(m_batches.size()) * m_batch / m_elapsed; }
    /// The middle batch: what a latency is when nothing else gets in between.
    [[nodiscard]] double medianMicroseconds() const { return median(m_batches) / m_batch * 1e6; }

private:
    double m_seconds;
    int m_batch;
    int m_inBatch = 0;
    bool m_warm = false;
    double m_elapsed = 0;
    Clock::time_point m_start;
    Clock::time_point m_lastBatch;
    std::vector<double> m_batches;
};

}

#endif
