// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_OBSERVERS_P_H
#define QTPREFORK_OBSERVERS_P_H

#include "pool/pool_p.h"
#include "views/endedcall_p.h"
#include "views/workerboard_p.h"

#include <QtCore/QPointer>

#include <array>
#include <atomic>
#include <optional>

namespace Prefork::Internal {

class ClientCore;
class Onlooker;

/// These are the observers of a client: its onlookers, and whoever is connected to the signals of its counts. Without
/// any, a turn of the event loop costs one test of a flag, and a call costs two tests in the pool.
class Observers final : public Pooling::Observer
{
public:
    Observers(ClientCore *core, Pooling::Pool *pool);

    /// Adds an onlooker. It is told of everything from now on.
    void attach(Onlooker *onlooker);
    /// Removes an onlooker.
    void detach(Onlooker *onlooker);
    /// The client is being destroyed: removes all onlookers, and tells them.
    void letGo();
    /// The signal of a count has been connected. This may be called in any thread.
    void watchCounts();
    /// The event loop has turned: if there is something to tell, it is told in the next turn.
    void onTurn()
    {
        if (m_isOn.load(std::memory_order_relaxed)) [[unlikely]]
            turn();
    }

    /// Returns what all workers are doing, in the order of their numbers.
    [[nodiscard]] std::vector<Views::SeenWorker> workers() const;

    void callEnded(const Pooling::CallRef &ref, const Pooling::CallRecord &call, End end, const Error *error) override;
    void workerDied(Pooling::WorkerId worker, const Error &error) override;
    /// A call has failed that the pool does not know.
    void callRefused(const QString &method, const Error &error);

    QPointer<QObject> workerModel; ///< the model that Client::workerModel() returns; null if there is none

private:
    using Counts = std::array<int, 4>;

    [[nodiscard]] Counts counts() const;
    [[nodiscard]] QString methodOf(const Pooling::CallRef &ref, Pooling::MethodId method) const;
    [[nodiscard]] Views::SeenWorker seen(const Pooling::WorkerView &view) const;
    void announce(Views::EndedCall &call, End end, const Error *error);
    void update();
    void turn();
    void tell();
    void tellCounts();

    ClientCore *const m_core;
    Pooling::Pool &m_pool;
    std::vector<Onlooker *> m_onlookers;
    bool m_logsCalls = false; // whether an onlooker is interested in calls
    std::atomic<bool> m_isOn = false;
    std::atomic<bool> m_watchesCounts = false;
    std::optional<Counts> m_told; // the counts that were told last; nothing as long as nobody is connected
    bool m_isPosted = false; // a call of tell() has been posted
};

}

#endif
