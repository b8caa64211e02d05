// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ZYGOTETRANSPORT_P_H
#define QTPREFORK_ZYGOTETRANSPORT_P_H

#include "client/transport_p.h"

#include <QtCore/QHash>
#include <QtCore/QSet>
#include <QtCore/QTimer>

#include <deque>

namespace Prefork::Internal {

/// Connects to workers of a zygote in the same program: it makes a socket pair, has the zygote fork a worker for one
/// end, and makes a Stream of the other end. It also learns from the zygote why workers died, and holds new workers
/// back while workers keep failing in setup.
class ZygoteTransport final : public Transport
{
    Q_OBJECT

public:
    explicit ZygoteTransport(const std::shared_ptr<ZygoteChannel> &channel);
    void connectWorker(quint64 worker) override;
    void forget(quint64 worker) override;
    void reattach() override;
    void poll() override;
    bool explainsDeaths() const override;
    std::optional<QString> causeOfDeath(quint64 worker) const override;
    bool wasNeverThere(quint64 worker) const override { return m_neverThere.contains(worker); }
    qint64 processIdOf(quint64 worker) const override { return m_processIds.value(worker); }

private:
    void begin();
    void begin(quint64 worker);
    void explain(quint64 spawn, const QString &how);

    std::shared_ptr<ZygoteChannel> m_channel;
    QHash<quint64, quint64> m_workers; // the worker of each spawn
    QHash<quint64, QString> m_causes; // why each worker died
    QHash<quint64, qint64> m_processIds; // the process id of each worker that has been forked
    QSet<quint64> m_neverThere; // workers that the zygote could not fork
    std::deque<quint64> m_waiting; // workers that are forked when ZygoteChannel::setupBackOff() allows it
    QTimer m_timer;
};

}

#endif
