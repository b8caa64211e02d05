// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_LASTCALLS_P_H
#define QTPREFORK_LASTCALLS_P_H

#include "views/endedcall_p.h"

#include <deque>

namespace Prefork::Views {

/// These are the last calls that have ended, the newest first, up to a limit. New calls are put aside, so that the rows
/// of a model do not change before the model tells of it.
class LastCalls
{
public:
    /// This is how many rows are removed at the end, and then inserted at the beginning, when new calls are taken in.
    struct Change
    {
        qsizetype removed = 0;
        qsizetype inserted = 0;
    };

    explicit LastCalls(qsizetype limit)
        : m_limit(limit)
    {
    }

    [[nodiscard]] qsizetype limit() const { return m_limit; }
    /// Sets the limit. The caller must remove the excess() by dropOldest(). Calls that were put aside are dropped here.
    void setLimit(qsizetype limit);
    /// Returns how many rows are more than the limit allows.
    [[nodiscard]] qsizetype excess() const { return std::max<qsizetype>(0, size() - m_limit); }

    /// Puts a call aside. If as many as the limit allows are there already, the oldest of them is dropped.
    void add(const EndedCall &call);
    /// Returns whether calls have been put aside.
    [[nodiscard]] bool hasNews() const { return !m_aside.empty(); }
    /// Returns the calls that have been put aside, the newest first, and forgets them.
    [[nodiscard]] std::deque<EndedCall> takeNews() { return std::exchange(m_aside, {}); }
    /// Returns how the rows change when those calls are taken in.
    [[nodiscard]] Change changeFor(const std::deque<EndedCall> &news) const;
    /// Removes the last @p count rows.
    void dropOldest(qsizetype count);
    /// Inserts the first @p count of those calls before the first row.
    void takeIn(const std::deque<EndedCall> &news, qsizetype count);
    /// Removes all rows, and what has been put aside.
    void clear();

    [[nodiscard]] qsizetype size() const { return qsizetype(m_calls.size()); }
    [[nodiscard]] const EndedCall &at(qsizetype number) const { return m_calls[std::size_t(number)]; }

private:
    qsizetype m_limit;
    std::deque<EndedCall> m_calls;
    std::deque<EndedCall> m_aside;
};

}

#endif
