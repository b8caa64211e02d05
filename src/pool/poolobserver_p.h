// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POOLOBSERVER_P_H
#define QTPREFORK_POOLOBSERVER_P_H

#include "pool/pooltypes_p.h"

namespace Prefork::Pooling {

/// An observer of a pool is told what the pool does not remember. It must not change the pool.
class Observer
{
    Q_DISABLE_COPY_MOVE(Observer)

public:
    enum class End {
        Finished, ///< the call has a result
        Failed, ///< the call has an error
        Canceled, ///< Pool::cancel() was called, or, if there is an error, a call before it has failed
    };

    Observer() = default;
    virtual ~Observer() = default;

    /// The pool is about to order that a call settles. The record is as it was before. @p error is null if there is
    /// none.
    virtual void callEnded(const CallRef &ref, const CallRecord &call, End end, const Error *error) = 0;
    /// The worker died, or the pool has given it up, because of an error of one of its calls.
    virtual void workerDied(WorkerId worker, const Error &error) = 0;
};

/// This is what a worker is doing at one moment.
struct WorkerView
{
    enum State { Connecting, Idle, Held, Resetting, HungUp };

    WorkerId worker = 0;
    State state = Connecting;
    const CallRecord *call = nullptr; ///< the oldest call that the worker has; null if it has none or is not known
    CallRef ref = {}; ///< which call that is
    bool isBusy = false; ///< whether the worker has a call, known or not
};

}

#endif
