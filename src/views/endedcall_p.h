// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ENDEDCALL_P_H
#define QTPREFORK_ENDEDCALL_P_H

#include <QtPrefork/error.h>

#include <QtCore/QString>
#include <algorithm>

#include <chrono>

namespace Prefork::Views {

/// Returns the first thousand characters of @p text. A worker may send texts of any length, and many of them are kept.
[[nodiscard]] inline QString shortened(const QString &text)
{
    constexpr qsizetype Most = 1000;
    return text.size() <= Most ? text : text.left(Most - 1) + u'…';
}

/// This is what is told of a call that has settled.
struct EndedCall
{
    enum Outcome { Finished, Failed, Canceled };

    QString method;
    Outcome outcome = Finished;
    Error::Code errorCode = Error::NoError;
    QString errorText = {};
    bool hasBegun = false; ///< whether the call has begun, as far as is known
    std::chrono::nanoseconds made{}; ///< when the call was made, by the monotonic clock
    std::chrono::nanoseconds begun{}; ///< when the call began, by the same clock; if hasBegun
    std::chrono::nanoseconds settled{}; ///< when the call settled, by the same clock
    std::chrono::milliseconds settledAt{}; ///< when the call settled, since 1970; 0 until the log has set it

    [[nodiscard]] std::chrono::nanoseconds latency() const { return bounded(settled - made); }
    [[nodiscard]] std::chrono::nanoseconds inLine() const { return bounded((hasBegun ? begun : settled) - made); }
    [[nodiscard]] std::chrono::nanoseconds running() const
    {
        return hasBegun ? bounded(settled - begun) : std::chrono::nanoseconds::zero();
    }

private:
    // Calls that were made before anybody looked have times of the rough clock, which is some milliseconds ahead.
    [[nodiscard]] static std::chrono::nanoseconds bounded(std::chrono::nanoseconds time)
    {
        return std::max(time, std::chrono::nanoseconds::zero());
    }
};

}

#endif
