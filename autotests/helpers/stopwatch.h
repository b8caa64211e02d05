// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_STOPWATCH_H
#define AUTOTESTS_STOPWATCH_H

#include <QtCore/QtGlobal>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

namespace Test {

/// Measures how long something takes, for tests of a promised limit. It does not count the time in which the machine
/// did nothing for the test, because other programs had the processors, or because the machine or the test stood still.
/// For this, a thread that knows nothing of what is measured tries to run all the time. Time in which it does not run
/// is not counted. On a machine with nothing else to do all time is counted, and the limit is as strict as it is
/// written.
class Stopwatch
{
    Q_DISABLE_COPY_MOVE(Stopwatch)

public:
    using Clock = std::chrono::steady_clock;
    using Milliseconds = std::chrono::duration<double, std::milli>;

    Stopwatch() = default;
    ~Stopwatch() { static_cast<void>(stop()); }
    /// Returns the time from when this was made to the first time that this is called.
    Milliseconds stop()
    {
        if (m_thread.joinable()) {
            m_isOver = true;
            m_thread.join();
        }
        return m_ran;
    }
    /// Returns how much of the time between two moments counts, once it is stopped.
    [[nodiscard]] Milliseconds between(Clock::time_point from, Clock::time_point to) const
    {
        Milliseconds time = to - from;
        for (const auto &[begin, end] : m_losses)
            time -= std::max(Clock::duration(0), std::min(to, end) - std::max(from, begin));
        return time;
    }

private:
    static constexpr auto LongestStep = std::chrono::microseconds(500); // of a thread that runs

    void run()
    {
        bool isOver = false;
        for (Clock::time_point last = m_begin; !isOver;) {
            isOver = m_isOver;
            const Clock::time_point now = Clock::now();
            if (now - last <= LongestStep)
                m_ran += now - last;
            else
                m_losses.emplace_back(last, now);
            last = now;
        }
    }

    const Clock::time_point m_begin = Clock::now();
    std::atomic<bool> m_isOver = false;
    Clock::duration m_ran{};
    std::vector<std::pair<Clock::time_point, Clock::time_point>> m_losses;
    std::thread m_thread{[this] { run(); }}; // the last member: it uses the others
};

}

#endif
