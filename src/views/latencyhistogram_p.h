// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_LATENCYHISTOGRAM_P_H
#define QTPREFORK_LATENCYHISTOGRAM_P_H

#include <QtCore/QtGlobal>

#include <array>
#include <chrono>
#include <memory>

namespace Prefork::Views {

/// This is a histogram of any number of durations, in bounded memory. The range between two powers of two is divided
/// into a fixed number of equal buckets: a block. A block is allocated when the first duration falls into it.
class LatencyHistogram
{
public:
    using Duration = std::chrono::nanoseconds;

    /// The error of a percentile is at most this share of it, or this duration, whichever is more.
    static constexpr double MostError = 1.0 / 64;
    static constexpr Duration LeastError{8};

    /// Adds a duration. A negative one counts as zero.
    void add(Duration duration);
    /// Removes all durations.
    void clear();
    /// Returns the number of durations.
    [[nodiscard]] quint64 count() const { return m_count; }
    /// Returns the duration that @p percent percent of all durations do not exceed; zero if there are none. It is exact
    /// for 0 and 100.
    [[nodiscard]] Duration percentile(double percent) const;
    /// Returns the bytes of memory that the histogram takes, with this object.
    [[nodiscard]] std::size_t memory() const;

private:
    static constexpr int UnitBits = 4; // the smallest buckets are 16 ns wide
    static constexpr int BucketBits = 5;
    static constexpr quint64 BucketCount = quint64(1) << BucketBits; // the number of buckets of a block
    static constexpr int BlockCount = 39; // the last block ends at more than a day, and also has what is longer

    using Block = std::array<quint64, BucketCount>;
    struct Place
    {
        int block;
        quint64 bucket;
    };
    [[nodiscard]] static Place placeOf(Duration duration);
    [[nodiscard]] static Duration middleOf(Place place);

    std::array<std::unique_ptr<Block>, BlockCount> m_blocks;
    quint64 m_count = 0;
    Duration m_shortest{};
    Duration m_longest{};
};

}

#endif
