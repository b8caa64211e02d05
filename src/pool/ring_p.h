// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_RING_P_H
#define QTPREFORK_RING_P_H

#include <QtGlobal>

#include <memory>
#include <utility>

namespace Prefork::Pooling {

/// Things by running number, from 1: each is appended with the next number and taken out once, mostly in order. The
/// memory is used over and over, for calls come and go millions of times; for one at a time it needs none of its own.
/// A T that was made by default, or vacate()d, isVacant().
template <class T>
class Ring
{
public:
    [[nodiscard]] bool isEmpty() const { return m_count == 0; }
    [[nodiscard]] std::size_t size() const { return m_count; }
    /// The number of the oldest that is there, and one more than that of the newest ever; equal if there is none.
    [[nodiscard]] quint64 first() const { return m_first; }
    [[nodiscard]] quint64 end() const { return m_end; }

    /// The oldest. Only while it is not empty.
    [[nodiscard]] T &front() { return slot(m_first); }
    /// A vacant one, whose number was end(), to be filled at once.
    [[nodiscard]] T &append()
    {
        if (m_end - m_first > m_mask) [[unlikely]]
            grow();
        ++m_count;
        return slot(m_end++);
    }
    /// Numbers go on from @p end. Only while it is empty.
    void skipTo(quint64 end)
    {
        Q_ASSERT(isEmpty());
        m_first = m_end = end;
    }
    /// Null if it is not there any more, or never was.
    [[nodiscard]] T *find(quint64 number)
    {
        if (number < m_first || number >= m_end)
            return nullptr;
        T &found = slot(number);
        return found.isVacant() ? nullptr : &found;
    }
    [[nodiscard]] const T *find(quint64 number) const { return const_cast<Ring *>(this)->find(number); }
    /// Takes out one that is there.
    [[nodiscard]] T take(quint64 number)
    {
        T taken = std::move(slot(number));
        drop(number);
        return taken;
    }
    void drop(quint64 number)
    {
        slot(number).vacate();
        if (--m_count == 0) {
            m_first = m_end;
            if (m_mask >= MostKept) [[unlikely]]
                shrink();
            return;
        }
        while (slot(m_first).isVacant())
            ++m_first;
    }
    /// Visits `(number, entry)` in order.
    template <class Visit>
    void forEach(Visit visit)
    {
        for (quint64 number = m_first; number < m_end; ++number) {
            if (T &entry = slot(number); !entry.isVacant())
                visit(number, entry);
        }
    }
    template <class Visit>
    void forEach(Visit visit) const
    {
        const_cast<Ring *>(this)->forEach([&](quint64 number, const T &entry) { visit(number, entry); });
    }

private:
    static constexpr quint64 MostKept = 1024; // slots of a ring that is empty

    [[nodiscard]] T &slot(quint64 number) { return m_slots ? m_slots[number & m_mask] : m_only; }
    void grow()
    {
        const quint64 size = m_slots ? 2 * (m_mask + 1) : 4;
        auto larger = std::make_unique<T[]>(size);
        for (quint64 number = m_first; number < m_end; ++number)
            larger[number & (size - 1)] = std::exchange(slot(number), T());
        m_slots = std::move(larger);
        m_mask = size - 1;
    }
    void shrink()
    {
        m_slots.reset();
        m_mask = 0;
    }

    T m_only; // the place of the one there is, as long as there is no more than one at a time
    std::unique_ptr<T[]> m_slots;
    quint64 m_mask = 0; // one less than the number of slots, a power of two
    quint64 m_first = 1;
    quint64 m_end = 1;
    std::size_t m_count = 0;
};

}

#endif
