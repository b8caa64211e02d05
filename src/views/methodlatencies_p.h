// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_METHODLATENCIES_P_H
#define QTPREFORK_METHODLATENCIES_P_H

#include "views/endedcall_p.h"
#include "views/latencyhistogram_p.h"

#include <QtCore/QHash>

#include <vector>

namespace Prefork::Views {

/// This is how long the calls of each method took, and how many calls there were. The first methods have an entry each.
/// All further methods share one entry, so that the memory is bounded.
class MethodLatencies
{
public:
    static constexpr std::size_t MostMethods = 64;

    struct Entry
    {
        LatencyHistogram latencies; ///< of the calls that have finished
        quint64 failed = 0;
        quint64 canceled = 0;

        void add(const EndedCall &call);
    };

    /// Adds a call, and returns the number of its entry.
    std::size_t add(const EndedCall &call);
    /// Removes all calls and all entries.
    void clear();

    /// Returns the entry of all calls together, which has no number.
    [[nodiscard]] const Entry &total() const { return m_total; }
    /// Returns the number of entries. They are numbered in the order of their first calls, from 0.
    [[nodiscard]] std::size_t size() const { return m_entries.size(); }
    [[nodiscard]] const Entry &at(std::size_t number) const { return m_entries[number]; }
    /// Returns whether the entry is the one that the further methods share. It is the last one.
    [[nodiscard]] static bool isOthers(std::size_t number) { return number == MostMethods; }
    /// Returns the method of an entry. It is empty for calls without a method's name, and for the shared entry.
    [[nodiscard]] QString methodOf(std::size_t number) const;

private:
    Entry m_total;
    std::vector<Entry> m_entries;
    std::vector<QString> m_methods; // by the number of their entries
    QHash<QString, std::size_t> m_numbers;
};

}

#endif
