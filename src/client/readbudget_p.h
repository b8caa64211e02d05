// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_READBUDGET_P_H
#define QTPREFORK_READBUDGET_P_H

#include <chrono>
#include <utility>

namespace Prefork::Internal {

/// Limits how long a client may read replies and run callbacks before the event loop must turn
/// (ClientOptions::readBudget). Turns owns it; Reader and Settler ask it. It has no clock: the caller passes the time.
class ReadBudget
{
public:
    using Time = std::chrono::nanoseconds;

    explicit ReadBudget(Time size)
        : m_size(size)
    {
    }
    /// The event loop has turned: the next begin() starts a new budget.
    void turn() { m_hasTurned = true; }
    /// Reading or settling begins. Everything that begins in one turn shares one budget; returns false if that is used
    /// up.
    [[nodiscard]] bool begin(Time now)
    {
        if (!m_hasTurned)
            return now - m_start < m_size;
        renew(now);
        return true;
    }
    /// Starts a new budget, for the caller knows that the event loop has turned.
    void renew(Time now)
    {
        m_start = now;
        m_hasTurned = false;
    }
    /// Returns whether the caller should ask the exact clock, and then isOver(). That is so if the rough clock, which
    /// costs less, has moved on since this was last called, and every few messages.
    [[nodiscard]] bool isCheckDue(Time rough)
    {
        return std::exchange(m_rough, rough) != rough || ++m_messages % MessagesPerCheck == 0 || m_size <= Time::zero();
    }
    [[nodiscard]] bool isOver(Time now) const { return now - m_start >= m_size; }

private:
    static constexpr unsigned MessagesPerCheck = 16;

    const Time m_size;
    Time m_start{};
    Time m_rough{};
    unsigned m_messages = 0;
    bool m_hasTurned = true;
};

}

#endif
