// SPDX-License-Identifier: MIT
#include "client/zygotetransport_p.h"

#include "posix/process_p.h"
#include "posix/socket_p.h"
#include "zygote/zygotechannel_p.h"

#include <QtCore/QAbstractEventDispatcher>

namespace Prefork::Internal {

ZygoteTransport::ZygoteTransport(const std::shared_ptr<ZygoteChannel> &channel)
    : m_channel(channel)
{
    connect(channel.get(), &ZygoteChannel::died, this, &ZygoteTransport::explain);
    connect(channel.get(), &ZygoteChannel::notSpawned, this, [this](quint64 spawn, const QString &cause) {
        if (const auto worker = m_workers.constFind(spawn); worker != m_workers.cend())
            m_neverThere.insert(*worker);
        explain(spawn, cause);
    });
    connect(channel.get(), &ZygoteChannel::spawned, this, [this](quint64 spawn, qint64 pid) {
        if (const auto worker = m_workers.constFind(spawn); worker != m_workers.cend())
            m_processIds.insert(*worker, pid);
    });
    const auto exhaust = [this] { Q_EMIT exhausted(m_channel->refusal()); };
    connect(channel.get(), &ZygoteChannel::ending, this, exhaust);
    connect(channel.get(), &ZygoteChannel::closed, this, exhaust);
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, qOverload<>(&ZygoteTransport::begin));
    channel->attach();
}

void ZygoteTransport::connectWorker(quint64 worker)
{
    m_waiting.push_back(worker);
    begin();
}

// Forks the workers that wait, unless workers keep failing in setup. A server does the same for its clients.
void ZygoteTransport::begin()
{
    constexpr std::chrono::nanoseconds PollInterval = std::chrono::milliseconds(50); // no event tells how a setup goes
    while (!m_waiting.empty()) {
        const std::chrono::nanoseconds wait = m_channel->setupBackOff();
        if (wait.count() > 0) {
            if (QAbstractEventDispatcher::instance()) // otherwise reattach() or poll() calls this function again
                m_timer.start(std::chrono::ceil<std::chrono::milliseconds>(std::min(wait, PollInterval)));
            return;
        }
        const quint64 worker = m_waiting.front();
        m_waiting.pop_front();
        begin(worker);
    }
}

void ZygoteTransport::begin(quint64 worker)
{
    auto ends = Posix::socketPair(Posix::PairType::Stream);
    if (!ends) {
        Q_EMIT failed(worker, QStringLiteral("no socket pair for a worker: %1").arg(Posix::lastErrorText()));
        return;
    }
    Peer peer;
    peer.uid = Posix::userId();
    peer.pid = Posix::processId();
    const quint64 spawn = m_channel->spawn(std::move(ends->second), peer);
    m_channel->noteClientsSpawn(spawn);
    m_workers.insert(spawn, worker);
    Q_EMIT connected(worker, std::make_shared<Stream>(std::move(ends->first)));
}

void ZygoteTransport::forget(quint64 worker)
{
    std::erase(m_waiting, worker);
    m_causes.remove(worker);
    m_processIds.remove(worker);
    m_neverThere.remove(worker);
    m_workers.removeIf([worker](const auto &entry) { return entry.value() == worker; });
}

void ZygoteTransport::reattach()
{
    m_channel->attach();
    begin();
}

void ZygoteTransport::poll()
{
    m_channel->readEvents();
    begin();
}

void ZygoteTransport::renew()
{
    m_channel->renewSpares();
}

bool ZygoteTransport::explainsDeaths() const
{
    return m_channel->isOpen();
}

std::optional<QString> ZygoteTransport::causeOfDeath(quint64 worker) const
{
    const auto cause = m_causes.constFind(worker);
    return cause == m_causes.cend() ? std::nullopt : std::optional(*cause);
}

void ZygoteTransport::explain(quint64 spawn, const QString &how)
{
    const auto found = m_workers.constFind(spawn);
    if (found == m_workers.cend())
        return;
    const quint64 worker = *found;
    m_causes.insert(worker, how);
    Q_EMIT deathExplained(worker);
}

}
