// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ZYGOTETRANSPORT_P_H
#define QTPREFORK_ZYGOTETRANSPORT_P_H

#include "client/transport_p.h"

#include <QtCore/QHash>
#include <QtCore/QSet>
#include <QtCore/QTimer>

#include <deque>

namespace Prefork::Internal {

/// Connects a client to workers of a zygote of the same program. Connections owns it, and calls it as any Transport; it
/// talks to the zygote by way of a ZygoteChannel. It makes a socket pair, asks the zygote to fork a worker for one end,
/// and makes a Stream of the other end. It does not wait for the zygote: connected() is emitted at once, and if the
/// zygote cannot fork after all, wasNeverThere() says so later.
///
/// It also learns from the zygote why workers died, and that there will be no more of them. It holds new workers back
/// while workers keep failing in setup. A worker is known here by the pool's number, and to the zygote by the id of its
/// spawn.
class ZygoteTransport final : public Transport
{
    Q_OBJECT

public:
    explicit ZygoteTransport(const std::shared_ptr<ZygoteChannel> &channel);
    void connectWorker(quint64 worker) override;
    void forget(quint64 worker) override;
    void reattach() override;
    void poll() override;
    void renew() override;
    bool explainsDeaths() const override;
    std::optional<QString> causeOfDeath(quint64 worker) const override;
    bool wasNeverThere(quint64 worker) const override { return m_neverThere.contains(worker); }
    qint64 processIdOf(quint64 worker) const override { return m_processIds.value(worker); }

private:
    // Asks for the workers that wait, as many as the back-off allows now, and looks again later if some must wait.
    void begin();
    // Asks for this worker at once.
    void begin(quint64 worker);
    // Notes why a worker has died, or why it was not forked, and emits deathExplained().
    void explain(quint64 spawn, const QString &how);

    std::shared_ptr<ZygoteChannel> m_channel;
    QHash<quint64, quint64> m_workers; // the worker of each spawn
    QHash<quint64, QString> m_causes; // why each worker died or was not forked
    QHash<quint64, qint64> m_processIds; // the process id of each worker that has been forked
    QSet<quint64> m_neverThere; // workers that the zygote could not fork
    std::deque<quint64> m_waiting; // workers that are forked when ZygoteChannel::setupBackOff() allows it
    QTimer m_timer; // calls begin() again while workers wait
};

}

#endif
