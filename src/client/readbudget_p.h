// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_READBUDGET_P_H
#define QTPREFORK_READBUDGET_P_H

#include <chrono>
#include <utility>

namespace Prefork::Internal {

/// How long replies may be read, and callbacks run, before the event loop must turn. Time passed in by the caller.
class ReadBudget
{
public:
    using Time = std::chrono::nanoseconds;

    explicit ReadBudget(Time size)
        : m_size(size)
    {
    }
    /// The event loop has turned: what begins next has a budget of its own.
    void turn() { m_hasTurned = true; }
    /// Reading begins, or settling. All that does in one turn shares one budget; false when that is used up.
    [[nodiscard]] bool begin(Time now)
    {
        if (!m_hasTurned)
            return now - m_start < m_size;
        renew(now);
        return true;
    }
    /// The same, when the event loop has surely turned.
    void renew(Time now)
    {
        m_start = now;
        m_hasTurned = false;
    }
    /// Whether it is worth a look at the exact clock: the rough one, which costs less, has moved on since it was asked
    /// last, or a few messages have been taken.
    [[nodiscard]] bool isLookDue(Time rough)
    {
        return std::exchange(m_rough, rough) != rough || ++m_messages % MessagesALook == 0 || m_size <= Time::zero();
    }
    [[nodiscard]] bool isOver(Time now) const { return now - m_start >= m_size; }

private:
    static constexpr unsigned MessagesALook = 16;

    const Time m_size;
    Time m_start{};
    Time m_rough{};
    unsigned m_messages = 0;
    bool m_hasTurned = true;
};

}

#endif
