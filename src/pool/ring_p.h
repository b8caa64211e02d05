// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_RING_P_H
#define QTPREFORK_RING_P_H

#include <QtGlobal>

#include <memory>
#include <utility>

namespace Prefork::Pooling {

/// This is a queue of numbered entries, a ring buffer: each entry is appended with the next number, from 1 on, and is
/// taken out once, mostly in order. Client and pool keep the calls of a checkout in it. Its memory is used again and
/// again, for calls come and go millions of times; while there is never more than one entry it allocates nothing. T
/// must have vacate() and isVacant(); a default-constructed T must be vacant.
template <class T>
class Ring
{
public:
    [[nodiscard]] bool isEmpty() const { return m_count == 0; }
    [[nodiscard]] std::size_t size() const { return m_count; }
    /// first() is the number of the oldest entry, end() is the number that the next appended entry will get. They are
    /// equal if the ring is empty.
    [[nodiscard]] quint64 first() const { return m_first; }
    [[nodiscard]] quint64 end() const { return m_end; }

    /// Returns the oldest entry. The ring must not be empty.
    [[nodiscard]] T &front() { return slot(m_first); }
    /// Appends a vacant entry, which gets the number that end() returned before. The caller must fill it at once.
    [[nodiscard]] T &append()
    {
        if (m_end - m_first > m_mask) [[unlikely]]
            grow();
        ++m_count;
        return slot(m_end++);
    }
    /// The next entry gets the number @p end. The ring must be empty.
    void skipTo(quint64 end)
    {
        Q_ASSERT(isEmpty());
        m_first = m_end = end;
    }
    /// Returns null if the entry was taken out, or never existed.
    [[nodiscard]] T *find(quint64 number)
    {
        if (number < m_first || number >= m_end)
            return nullptr;
        T &found = slot(number);
        return found.isVacant() ? nullptr : &found;
    }
    [[nodiscard]] const T *find(quint64 number) const { return const_cast<Ring *>(this)->find(number); }
    /// Takes the entry out and returns it. The entry must exist.
    [[nodiscard]] T take(quint64 number)
    {
        T taken = std::move(slot(number));
        drop(number);
        return taken;
    }
    /// Takes the entry out and destroys what it held. The entry must exist.
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
    /// Calls `visit(number, entry)` for each entry, in the order of their numbers.
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
    static constexpr quint64 MostKept = 1024; // slots that an empty ring keeps

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

    T m_only; // the slot of the only entry, as long as there has never been a second one beside it
    std::unique_ptr<T[]> m_slots;
    quint64 m_mask = 0; // one less than the number of slots, a power of two
    quint64 m_first = 1;
    quint64 m_end = 1;
    std::size_t m_count = 0;
};

}

#endif
