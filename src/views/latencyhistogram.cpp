// SPDX-License-Identifier: MIT
#include "views/latencyhistogram_p.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace Prefork::Views {

void LatencyHistogram::add(Duration duration)
{
    duration = std::max(duration, Duration::zero());
    const Place place = placeOf(duration);
    std::unique_ptr<Block> &block = m_blocks[std::size_t(place.block)];
    if (!block)
        block = std::make_unique<Block>();
    ++(*block)[place.bucket];
    m_shortest = m_count == 0 ? duration : std::min(m_shortest, duration);
    m_longest = std::max(m_longest, duration);
    ++m_count;
}

void LatencyHistogram::clear()
{
    *this = LatencyHistogram();
}

// This is the nearest rank: of the n sorted durations, the one with the number ceil(n * percent / 100), from 1.
LatencyHistogram::Duration LatencyHistogram::percentile(double percent) const
{
    if (m_count == 0)
        return {};
    const double wanted = std::ceil(double(m_count) * std::clamp(percent, 0.0, 100.0) / 100);
    const quint64 rank = std::clamp<quint64>(quint64(wanted), 1, m_count);
    if (rank == m_count)
        return m_longest;
    if (rank == 1)
        return m_shortest;
    quint64 seen = 0;
    for (int number = 0; number < BlockCount; ++number) {
        const std::unique_ptr<Block> &block = m_blocks[std::size_t(number)];
        for (quint64 bucket = 0; block && bucket < BucketCount; ++bucket) {
            seen += (*block)[bucket];
            if (seen >= rank)
                return std::clamp(middleOf({number, bucket}), m_shortest, m_longest);
        }
    }
    return m_longest;
}

std::size_t LatencyHistogram::memory() const
{
    const auto blocks
        = std::count_if(m_blocks.begin(), m_blocks.end(), [](const auto &block) { return block != nullptr; });
    return sizeof *this + std::size_t(blocks) * sizeof(Block);
}

// The first block has the durations of less than 32 units, in buckets of one unit. The second block has those of less
// than 64 units, in buckets of one unit too. After that, each block begins where the one before it ends, and its
// buckets are twice as wide.
LatencyHistogram::Place LatencyHistogram::placeOf(Duration duration)
{
    const quint64 units = quint64(duration.count()) >> UnitBits;
    if (units < BucketCount)
        return {0, units};
    const int shift = int(std::bit_width(units)) - 1 - BucketBits;
    if (shift + 1 >= BlockCount)
        return {BlockCount - 1, BucketCount - 1};
    return {shift + 1, (units >> shift) - BucketCount};
}

LatencyHistogram::Duration LatencyHistogram::middleOf(Place place)
{
    const int shift = std::max(place.block - 1, 0);
    const quint64 first = (place.block == 0 ? place.bucket : BucketCount + place.bucket) << shift;
    const quint64 middle = (first << UnitBits) + ((quint64(1) << (shift + UnitBits)) / 2);
    return Duration(qint64(middle));
}

}
