// SPDX-License-Identifier: MIT
#include "client/clientcore_p.h"
#include "posix/poller_p.h"

#include "posix/clock_p.h"

#include <QtCore/QScopedValueRollback>

namespace Prefork::Internal {

using Posix::now;

void ClientCore::turnByHand(std::chrono::nanoseconds longest)
{
    const auto self = shared_from_this();
    const QScopedValueRollback byHand(m_isTurnedByHand, true);
    onTurn();
    if (m_transport && m_transport->connectsAtOnce()) {
        for (const quint64 worker : std::exchange(m_postponed, {}))
            m_transport->connectWorker(worker);
    }
    flushDirty();
    onCancelTimer();
    if (!m_deferred.empty() || m_isSettlingDeferred)
        return onResume();
    if (!m_settlements.empty())
        return settleAll();

    std::vector<Posix::Watch> watches;
    std::vector<ConnectionPtr> watched;
    for (const auto &[worker, connection] : m_connections) {
        watches.push_back(
            {.descriptor = connection->stream->descriptor(), .wantsWrite = connection->stream->waitsToWrite()});
        watched.push_back(connection);
    }
    const auto wakeup = m_pool.nextWakeup();
    Pooling::Duration wait = std::min<Pooling::Duration>(longest, CancelInterval); // deaths are told of meanwhile, too
    if (wakeup)
        wait = std::clamp<Pooling::Duration>(*wakeup - now(), Pooling::Duration(0), wait);
    Posix::waitFor(watches, wait);
    for (std::size_t i = 0; i < watches.size(); ++i) {
        if (watches[i].writable && !watched[i]->dropped)
            watched[i]->stream->onWritable();
        if (watches[i].readable)
            onReadyRead(watched[i]->worker);
    }
    if (m_transport)
        m_transport->look();
    if (wakeup && *wakeup <= now())
        onTimer();
}

}
