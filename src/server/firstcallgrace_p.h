// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_FIRSTCALLGRACE_P_H
#define QTPREFORK_FIRSTCALLGRACE_P_H

#include <algorithm>
#include <chrono>

namespace Prefork::Internal {

/// Decides how long a free worker that has answered no call yet may stay although other connections wait for its place.
///
/// A client that has just got a worker needs a moment to send its first call. If the worker left within that moment,
/// the client would have to connect again, and on a busy machine workers could be forked and leave for ever, so that
/// nobody is served. The length of the moment is not known, so this class learns it: the time is doubled with each
/// worker that is asked to leave without having answered a call, and shrinks with each that has answered one. Pure.
class FirstCallGrace
{
public:
    using Duration = std::chrono::nanoseconds;
    static constexpr Duration Least = std::chrono::milliseconds(2);
    static constexpr Duration Most = std::chrono::seconds(1);

    /// Returns whether a worker may be asked to leave that has been free for @p freeFor and has answered @p served
    /// calls.
    [[nodiscard]] bool allows(quint64 served, Duration freeFor) const { return served > 0 || freeFor >= m_grace; }
    /// A worker that has answered @p served calls has been asked to leave.
    void asked(quint64 served) { m_grace = std::clamp(served > 0 ? m_grace - m_grace / 8 : 2 * m_grace, Least, Most); }

private:
    Duration m_grace = Least;
};

}

#endif
