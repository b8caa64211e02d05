// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_IDMAP_P_H
#define QTPREFORK_IDMAP_P_H

#include <QtGlobal>

#include <array>
#include <stdexcept>
#include <unordered_map>
#include <utility>

namespace Prefork::Pooling {

/// This is a map from a running number (of a worker, a checkout) to an entry of the type T. Entries keep their address
/// until they are erased. A small cache finds the entries that were asked for last without hashing, for the same few
/// are looked up many times during one call.
template <class T>
class IdMap
{
    Q_DISABLE_COPY_MOVE(IdMap)

public:
    IdMap() = default;

    /// Returns null if no entry has this number.
    [[nodiscard]] T *find(quint64 id) const
    {
        Recent &recent = m_recent[id % m_recent.size()];
        if (recent.id == id)
            return recent.entry;
        const auto found = m_entries.find(id);
        if (found == m_entries.end())
            return nullptr;
        recent = {id, const_cast<T *>(&found->second)};
        return recent.entry;
    }
    [[nodiscard]] T &at(quint64 id) const
    {
        T *const entry = find(id);
        if (!entry)
            throw std::out_of_range("no such id");
        return *entry;
    }
    [[nodiscard]] bool contains(quint64 id) const { return find(id) != nullptr; }
    template <class... Arguments>
    T &emplace(quint64 id, Arguments &&...arguments)
    {
        return m_entries.emplace(id, T{std::forward<Arguments>(arguments)...}).first->second;
    }
    bool erase(quint64 id)
    {
        Recent &recent = m_recent[id % m_recent.size()];
        if (recent.id == id)
            recent = {};
        const bool wasThere = m_entries.erase(id) == 1;
        if (m_entries.empty() && m_entries.bucket_count() > MostBuckets)
            m_entries.rehash(0);
        return wasThere;
    }
    [[nodiscard]] bool empty() const { return m_entries.empty(); }
    [[nodiscard]] std::size_t size() const { return m_entries.size(); }
    [[nodiscard]] auto begin() { return m_entries.begin(); }
    [[nodiscard]] auto end() { return m_entries.end(); }
    [[nodiscard]] auto begin() const { return m_entries.begin(); }
    [[nodiscard]] auto end() const { return m_entries.end(); }

private:
    struct Recent
    {
        quint64 id = 0; // 0 means that the slot is unused, for numbers run from 1
        T *entry = nullptr;
    };
    static constexpr std::size_t MostBuckets = 1024; // that an empty map keeps

    std::unordered_map<quint64, T> m_entries;
    mutable std::array<Recent, 16> m_recent;
};

}

#endif
