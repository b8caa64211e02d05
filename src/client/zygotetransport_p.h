// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ZYGOTETRANSPORT_P_H
#define QTPREFORK_ZYGOTETRANSPORT_P_H

#include "client/transport_p.h"

#include <QtCore/QHash>
#include <QtCore/QSet>
#include <QtCore/QTimer>

#include <deque>

namespace Prefork::Internal {

/// Socket pairs, one end of which the zygote gives to a fresh worker.
class ZygoteTransport final : public Transport
{
    Q_OBJECT

public:
    explicit ZygoteTransport(const std::shared_ptr<ZygoteChannel> &channel);
    void connectWorker(quint64 worker) override;
    void forget(quint64 worker) override;
    void reattach() override;
    void look() override;
    bool explainsDeaths() const override;
    std::optional<QString> causeOfDeath(quint64 worker) const override;
    bool wasNeverThere(quint64 worker) const override { return m_neverThere.contains(worker); }

private:
    void begin();
    void begin(quint64 worker);
    void explain(quint64 spawn, const QString &how);

    std::shared_ptr<ZygoteChannel> m_channel;
    QHash<quint64, quint64> m_workers; // by the number of their spawn
    QHash<quint64, QString> m_causes; // by worker
    QSet<quint64> m_neverThere;
    std::deque<quint64> m_waiting; // for a worker to begin whose setup does not fail
    QTimer m_timer;
};

}

#endif
