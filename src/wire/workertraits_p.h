// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_WORKERTRAITS_P_H
#define QTPREFORK_WORKERTRAITS_P_H

#include <QtPrefork/detail/memorycost.h>

#include <limits>

namespace Prefork::Wire {

/// Set in the fate group of a call that shares its worker: its checkout does not hold it.
inline constexpr quint64 SharedGroup = quint64(1) << 63;

/// What a worker said of itself. Before its hello, or without one, what is true of the plainest.
struct WorkerTraits
{
    bool pipelines = false; ///< takes further calls while one runs, numbers its answers, and says hello and goodbye
    bool acknowledgesRelease = false; ///< after a release it must say released before it is given the next checkout
    bool answersInOrder = true; ///< calls are answered in the order in which they were sent
    bool cancels = false; ///< it can be told that a call is not wanted any more
    bool tellsBegun = false; ///< it says when it begins a call after a setup; if it answers in any order, each call
    qsizetype maxMessageSize = std::numeric_limits<qsizetype>::max(); ///< what it accepts
    qsizetype headerSize = 0; ///< bytes of a message that this does not count
    qint64 maxDecodedSize = DefaultMaxDecodedSize; ///< what its values may take in memory there

    [[nodiscard]] bool isShareable() const { return pipelines && !acknowledgesRelease; }
};

}

#endif
