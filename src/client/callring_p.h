// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CALLRING_P_H
#define QTPREFORK_CALLRING_P_H

#include "client/pendingcall_p.h"

#include <optional>
#include <vector>

namespace Prefork::Internal {

/// The unsettled calls of a checkout, by number without gaps, in memory that is used over and over: calls come and go
/// millions of times.
class CallRing
{
public:
    [[nodiscard]] bool isEmpty() const { return m_count == 0; }
    [[nodiscard]] std::size_t size() const { return m_count; }

    /// Adds a call whose number follows the last one's.
    PendingCall &append(PendingCall &&call)
    {
        if (m_end - m_first == m_slots.size())
            grow();
        if (isEmpty())
            m_first = m_end = call.id;
        Q_ASSERT(call.id == m_end);
        PendingCall &slot = m_slots[m_end++ & (m_slots.size() - 1)].emplace(std::move(call));
        ++m_count;
        return slot;
    }
    /// Null if it has settled.
    [[nodiscard]] PendingCall *find(CallId call)
    {
        if (call < m_first || call >= m_end)
            return nullptr;
        std::optional<PendingCall> &slot = m_slots[call & (m_slots.size() - 1)];
        return slot ? &*slot : nullptr;
    }
    /// Takes out one that is there. Usually it is the oldest.
    [[nodiscard]] PendingCall take(CallId call)
    {
        std::optional<PendingCall> &slot = m_slots[call & (m_slots.size() - 1)];
        PendingCall taken = std::move(*slot);
        slot.reset();
        --m_count;
        while (m_first < m_end && !m_slots[m_first & (m_slots.size() - 1)])
            ++m_first;
        if (m_count == 0 && m_slots.size() > MostKept)
            m_slots = Slots();
        return taken;
    }
    template <class Visit>
    void forEach(Visit visit) const
    {
        for (CallId call = m_first; call < m_end; ++call) {
            if (const auto &slot = m_slots[call & (m_slots.size() - 1)])
                visit(*slot);
        }
    }

private:
    using Slots = std::vector<std::optional<PendingCall>>;
    static constexpr std::size_t MostKept = 1024; // slots of a ring that is empty

    void grow()
    {
        Slots larger(m_slots.empty() ? 4 : 2 * m_slots.size());
        for (CallId call = m_first; call < m_end; ++call)
            larger[call & (larger.size() - 1)] = std::move(m_slots[call & (m_slots.size() - 1)]);
        m_slots = std::move(larger);
    }

    Slots m_slots; // a power of two of them
    CallId m_first = 1;
    CallId m_end = 1;
    std::size_t m_count = 0;
};

}

#endif
