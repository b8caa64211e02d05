// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_WORKERTRAITS_P_H
#define QTPREFORK_WORKERTRAITS_P_H

#include <QtPrefork/detail/memorycost.h>

#include <limits>

namespace Prefork::Wire {

/// This is a bit in the fate group of a one-shot call that shares its worker: such a call does not hold the worker.
inline constexpr quint64 SharedGroup = quint64(1) << 63;

/// This says what a worker can do, by its hello. Before the hello, and over JSON, the defaults are true.
struct WorkerTraits
{
    bool pipelines = false; ///< it takes further calls while one runs, numbers its answers, and says hello and goodbye
    bool acknowledgesRelease = false; ///< it acknowledges a release, and gets no other checkout before that
    bool answersInOrder = true; ///< calls are answered in the order in which they were sent
    bool cancels = false; ///< it can be told that a call is not wanted any more
    bool tellsBegun
        = false; ///< it says Begun when a call begins after a setup; for every call, if it may answer in any order
    qsizetype maxMessageSize = std::numeric_limits<qsizetype>::max(); ///< bytes of the largest message that it accepts
    qsizetype headerSize = 0; ///< bytes at the beginning of a message that maxMessageSize does not count
    qint64 maxDecodedSize
        = DefaultMaxDecodedSize; ///< bytes of memory that the values of a message may take in the worker
    qint64 processId = 0; ///< its process id, as the worker knows it; 0 if the hello does not say

    [[nodiscard]] bool isShareable() const { return pipelines && !acknowledgesRelease; }
};

}

#endif
