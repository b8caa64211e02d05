// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_SORTEDSET_P_H
#define QTPREFORK_SORTEDSET_P_H

#include <set>
#include <utility>

namespace Prefork::Pooling {

/// This is a sorted set that keeps the memory of the entry that was erased last for the next one. Where entries come
/// and go one at a time, it allocates nothing.
template <class T>
class SortedSet
{
    using Set = std::set<T>;

public:
    using Iterator = typename Set::const_iterator;

    void insert(const T &entry)
    {
        if (m_spare.empty()) {
            m_entries.insert(entry);
            return;
        }
        m_spare.value() = entry;
        m_entries.insert(std::move(m_spare));
    }
    void erase(Iterator entry) { m_spare = m_entries.extract(entry); }
    void erase(const T &entry)
    {
        if (const auto found = m_entries.find(entry); found != m_entries.end())
            erase(found);
    }
    /// Makes @p after of the entry @p before, which must be there. Most often the entry keeps its place in the order.
    void change(const T &before, const T &after)
    {
        const auto at = m_entries.find(before);
        const auto next = std::next(at);
        const bool keepsPlace
            = (at == m_entries.begin() || *std::prev(at) < after) && (next == m_entries.end() || after < *next);
        if (keepsPlace) {
            const_cast<T &>(*at) = after;
            return;
        }
        erase(at);
        insert(after);
    }
    [[nodiscard]] bool empty() const { return m_entries.empty(); }
    [[nodiscard]] std::size_t size() const { return m_entries.size(); }
    [[nodiscard]] Iterator begin() const { return m_entries.begin(); }
    [[nodiscard]] Iterator end() const { return m_entries.end(); }
    /// Return the first and the last entry. The set must not be empty.
    [[nodiscard]] const T &first() const { return *m_entries.begin(); }
    [[nodiscard]] const T &last() const { return *m_entries.rbegin(); }

private:
    Set m_entries;
    typename Set::node_type m_spare;
};

}

#endif
