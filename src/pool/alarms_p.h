// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ALARMS_P_H
#define QTPREFORK_ALARMS_P_H

#include "pool/pooltypes_p.h"
#include "pool/ring_p.h"
#include "pool/sortedset_p.h"

#include <optional>
#include <utility>

namespace Prefork::Pooling {

/// These are the times at which the pool must look at its checkouts. Most time limits are equally long, so most alarms
/// are added in the order of their times. Those form a line, which costs no allocation; the others are kept in a sorted
/// set.
class Alarms
{
public:
    /// Adds an alarm. Returns the number that remove() needs.
    [[nodiscard]] quint64 add(Time when, CheckoutId id)
    {
        const Key key(when, id);
        if (!m_line.isEmpty() && key < m_last) {
            m_others.insert(key);
            return 0;
        }
        while (m_line.end() - m_line.first() > Sparse * (m_line.size() + Sparse)) [[unlikely]]
            moveFirst();
        m_last = key;
        const quint64 number = m_line.end();
        m_line.append() = {when, id};
        return number;
    }
    void remove(Time when, CheckoutId id, quint64 number)
    {
        if (m_line.find(number)) [[likely]]
            m_line.drop(number);
        else
            m_others.erase(Key(when, id));
    }
    /// Returns the time of the first alarm.
    [[nodiscard]] std::optional<Time> first() const
    {
        std::optional<Time> first;
        if (!m_line.isEmpty())
            first = m_line.find(m_line.first())->when;
        if (!m_others.empty() && (!first || m_others.first().first < *first))
            first = m_others.first().first;
        return first;
    }
    /// Returns the checkouts whose alarms are due, in the order of their times.
    [[nodiscard]] std::vector<CheckoutId> due(Time now) const
    {
        std::vector<CheckoutId> due;
        auto other = m_others.begin();
        const auto takeOthers = [&](const Key &limit) {
            for (; other != m_others.end() && *other < limit; ++other)
                due.push_back(other->second);
        };
        for (quint64 number = m_line.first(); number < m_line.end(); ++number) {
            const Alarm *const alarm = m_line.find(number);
            if (!alarm)
                continue;
            if (alarm->when > now)
                break;
            takeOthers({alarm->when, alarm->id});
            due.push_back(alarm->id);
        }
        takeOthers({now, Last});
        return due;
    }

private:
    using Key = std::pair<Time, CheckoutId>;
    struct Alarm
    {
        Time when{};
        CheckoutId id = 0;
        [[nodiscard]] bool isVacant() const { return id == 0; }
        void vacate() { id = 0; }
    };
    static constexpr quint64 Sparse = 8; // how many times longer than its alarms the line may be
    static constexpr CheckoutId Last = ~CheckoutId(0);

    // Removed alarms behind a long one keep their places in the line. If there are very many, the long one is moved.
    void moveFirst()
    {
        const Alarm alarm = m_line.take(m_line.first());
        m_others.insert({alarm.when, alarm.id});
    }

    Ring<Alarm> m_line;
    SortedSet<Key> m_others;
    Key m_last; // the last alarm that was added to the line; it may have been removed
};

}

#endif
