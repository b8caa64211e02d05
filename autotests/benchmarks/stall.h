// SPDX-License-Identifier: MIT
#ifndef BENCHMARKS_STALL_H
#define BENCHMARKS_STALL_H

#include "meter.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QTimer>

namespace Bench {

inline constexpr int StallReplies = 50'000;

/// Watches, while replies come, how long the event loop keeps a 1 ms timer waiting.
class Stall
{
public:
    /// The replies have been asked for; from here on it counts.
    void start()
    {
        m_timer.setTimerType(Qt::PreciseTimer);
        QObject::connect(&m_timer, &QTimer::timeout, &m_timer, [this] { note(); });
        m_last = Clock::now();
        m_timer.start(1);
    }

    /// The callback of one reply: a program with a little to do.
    void reply()
    {
        const auto end = Clock::now() + std::chrono::microseconds(10);
        while (Clock::now() < end) { }
        if (++m_replies < StallReplies)
            return;
        note(); // the wait for a timer that has not come is one as well
        QCoreApplication::quit();
    }

    [[nodiscard]] double longestMilliseconds() const { return m_longest * 1e3; }

private:
    void note()
    {
        m_longest = std::max(m_longest, secondsSince(m_last));
        m_last = Clock::now();
    }

    QTimer m_timer;
    int m_replies = 0;
    double m_longest = 0;
    Clock::time_point m_last;
};

}

#endif
