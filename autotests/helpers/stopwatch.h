// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_STOPWATCH_H
#define AUTOTESTS_STOPWATCH_H

#include <QtCore/QtGlobal>

#include <atomic>
#include <chrono>
#include <thread>

namespace Test {

/// Measures how long something takes for which a limit is promised, without the time in which this machine did nothing
/// for the test: because others had the processors, or because the whole machine or the whole test stood still. A
/// thread that knows nothing of what is measured wants to run all the time; whenever it does not run, time is lost. On
/// a machine with nothing else to do nothing is lost, and the limit is as strict as it is written.
class Stopwatch
{
    Q_DISABLE_COPY_MOVE(Stopwatch)

public:
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

private:
    using Clock = std::chrono::steady_clock;
    static constexpr auto LongestStep = std::chrono::microseconds(500); // of a thread that runs

    void run()
    {
        bool isOver = false;
        for (Clock::time_point last = m_begin; !isOver;) {
            isOver = m_isOver;
            const Clock::time_point now = Clock::now();
            if (now - last <= LongestStep)
                m_ran += now - last;
            last = now;
        }
    }

    const Clock::time_point m_begin = Clock::now();
    std::atomic<bool> m_isOver = false;
    Clock::duration m_ran{};
    std::thread m_thread{[this] { run(); }}; // the last member: it uses the others
};

}

#endif
