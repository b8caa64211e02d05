// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_READBUDGET_P_H
#define QTPREFORK_READBUDGET_P_H

#include <chrono>

namespace Prefork {

/// How long replies may be read, and their callbacks run, before the event loop must turn. Time passed in by the caller.
class ReadBudget
{
public:
    using Time = std::chrono::nanoseconds;

    explicit ReadBudget(Time size)
        : m_size(size)
    {
    }
    /// Reading begins. Handlers of several sockets that follow each other closely share one budget.
    void begin(Time now)
    {
        if (now - m_last > SameTurn)
            m_start = now;
        m_last = now;
    }
    /// The event loop has surely turned.
    void renew(Time now) { m_start = m_last = now; }
    [[nodiscard]] bool isOver(Time now)
    {
        m_last = now;
        return now - m_start >= m_size;
    }

private:
    static constexpr Time SameTurn = std::chrono::microseconds(50);

    const Time m_size;
    Time m_start{};
    Time m_last{};
};

}

#endif
