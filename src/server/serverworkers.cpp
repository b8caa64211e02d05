// SPDX-License-Identifier: MIT
#include "server/serverworkers_p.h"

#include "posix/clock_p.h"
#include "posix/transfer_p.h"
#include "server/logging_p.h"

#include <QtPrefork/server.h>

#include <algorithm>

namespace Prefork::Internal {

using namespace std::chrono_literals;
using Posix::now;
using ZygoteMessages::Request;

namespace {

// No event tells the server that a worker becomes free or a waiting client hangs up, so it checks this often.
constexpr auto WorkerCheckInterval = 50ms;

}

ServerWorkers::ServerWorkers(const ServerOptions &options, const std::shared_ptr<ZygoteChannel> &channel,
                             const std::shared_ptr<Scoreboard> &scoreboard)
    : m_admission({options.maxWorkers, options.maxWorkersPerUser, options.maxSpawnRate})
    , m_channel(channel)
    , m_scoreboard(scoreboard)
{
    m_request.mayWait = true;
    m_request.isNativeOnly = options.nativeOnly;
    m_request.helloTimeout = options.helloTimeout.count();
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &ServerWorkers::admit);
    connect(channel.get(), &ZygoteChannel::spawned, this, [this](quint64 id, qint64, quint32 slot) {
        if (const auto worker = m_workers.find(id); worker != m_workers.end())
            worker->second.slot = slot;
    });
    connect(channel.get(), &ZygoteChannel::notSpawned, this,
            [this](quint64 id) { onEnded(id, Admission::Start::Unknown); });
    connect(channel.get(), &ZygoteChannel::died, this,
            [this](quint64 id, const QString &, quint32 setup) { onEnded(id, SetupBackOff::startOf(setup)); });
    connect(channel.get(), &ZygoteChannel::leftBehind, this, &ServerWorkers::onLeft);
    connect(channel.get(), &ZygoteChannel::roomChanged, this, &ServerWorkers::admit);
}

void ServerWorkers::serve(Posix::Fd connection, const Peer &peer)
{
    const Admission::Id id = ++m_lastConnection;
    bool hasArrived = m_admission.arrive(id, peer.uid);
    if (!hasArrived) { // waiting connections of this user may have hung up meanwhile
        dropGone();
        hasArrived = m_admission.arrive(id, peer.uid);
    }
    if (!hasArrived) {
        m_refusalLog.warn(
            QStringLiteral(
                "turned a connection of user %1 away: it has all workers it may have, and %2 others of it wait already")
                .arg(QString::number(peer.uid), QString::number(Admission::MaxWaitingPerUser)));
        return;
    }
    m_waiting.emplace(id, Waiting{std::move(connection), peer, false});
    admit();
}

void ServerWorkers::admit()
{
    dropGone();
    checkProbe();
    while (const auto id = m_admission.next(m_channel->hasRoom(), now())) {
        auto waiting = m_waiting.extract(*id);
        const Peer &peer = waiting.mapped().peer;
        const quint64 worker = m_channel->spawn(std::move(waiting.mapped().connection), peer, requestFor(peer));
        m_workers.emplace(worker, WorkerEntry{*id, peer.uid});
        Q_EMIT workerCountChanged();
    }
    for (auto &[id, waiting] : m_waiting)
        waiting.hasWaited = true;
    const auto shortages = m_admission.shortages(m_channel->hasRoom());
    if (!shortages.empty())
        makeRoom(shortages);
    arm(!shortages.empty());
    if (const bool isFull = m_admission.isFull(); std::exchange(m_wasFull, isFull) != isFull)
        Q_EMIT fullChanged();
}

Request ServerWorkers::requestFor(const Peer &peer) const
{
    Request request = m_request;
    if (peer.uid != Admission::Nobody)
        request.helloTimeout = 0;
    return request;
}

// Drops waiting connections whose clients have hung up, so that no worker is forked for them. A client on TCP may shut
// its writing side and wait for the reply. It is served if a worker can be had at once; later it cannot be told from a
// client that has hung up.
void ServerWorkers::dropGone()
{
    std::erase_if(m_waiting, [this](const auto &entry) {
        const Waiting &waiting = entry.second;
        const int connection = waiting.connection.get();
        const bool isGone = waiting.hasWaited ? Posix::hasLeft(connection) : Posix::hasHungUp(connection);
        if (isGone)
            m_admission.leave(entry.first);
        return isGone;
    });
}

void ServerWorkers::checkProbe()
{
    const auto isProbe = [probe = m_admission.probe()](const auto &entry) { return entry.second.connection == probe; };
    const auto probe
        = m_admission.probe() ? std::find_if(m_workers.begin(), m_workers.end(), isProbe) : m_workers.end();
    if (probe == m_workers.end() || !probe->second.slot)
        return;
    const ScoreboardPage &page = *m_scoreboard->page(*probe->second.slot);
    if (page.setup.load(std::memory_order_relaxed) == ScoreboardPage::SetUp)
        m_admission.probeSucceeded();
    else if (page.state.load(std::memory_order_acquire) == ScoreboardPage::Busy)
        m_admission.probeWorks(now());
}

// Asks one free worker to leave for each shortage, the least recently used first. Only workers of native clients are
// asked, for a JSON client would take that for a failure. A worker that has answered no call yet is given some time.
void ServerWorkers::makeRoom(const std::vector<Admission::Shortage> &shortages)
{
    struct Candidate
    {
        qint64 since;
        quint64 id;
        qint64 user;
        quint64 served;
    };
    std::vector<Candidate> candidates;
    const qint64 now = ScoreboardPage::now();
    for (const auto &[id, worker] : m_workers) {
        if (!worker.slot)
            continue;
        const ScoreboardPage &page = *m_scoreboard->page(*worker.slot);
        if (!page.isFree() || page.protocol.load(std::memory_order_relaxed) != ScoreboardPage::Native)
            continue;
        const qint64 since = page.since.load(std::memory_order_relaxed);
        const quint64 served = page.served.load(std::memory_order_relaxed);
        if (worker.isAskedToMakeRoom || m_firstCallGrace.allows(served, std::chrono::nanoseconds(now - since)))
            candidates.push_back({since, id, worker.user, served});
    }
    std::sort(candidates.begin(), candidates.end(),
              [](const Candidate &a, const Candidate &b) { return a.since < b.since; });
    for (const Admission::Shortage &shortage : shortages) {
        const auto fits = [&](const Candidate &one) { return !shortage.user || *shortage.user == one.user; };
        const auto chosen = std::find_if(candidates.begin(), candidates.end(), fits);
        if (chosen == candidates.end())
            continue;
        if (!std::exchange(m_workers.at(chosen->id).isAskedToMakeRoom, true)) {
            m_firstCallGrace.asked(chosen->served);
            m_channel->order(Request::MakeRoom, chosen->id);
        }
        candidates.erase(chosen);
    }
}

void ServerWorkers::arm(bool hasShortage)
{
    std::optional<Admission::Time> wait;
    if (const auto at = m_admission.nextAt(now()))
        wait = std::max<Admission::Time>(*at - now(), 0ms);
    if (hasShortage || m_admission.waitingCount() > 0)
        wait = std::min<Admission::Time>(wait.value_or(WorkerCheckInterval), WorkerCheckInterval);
    if (wait)
        m_timer.start(std::chrono::ceil<std::chrono::milliseconds>(*wait));
    else
        m_timer.stop();
}

void ServerWorkers::onEnded(quint64 id, Admission::Start start)
{
    const auto worker = m_workers.find(id);
    if (worker == m_workers.end()) {
        if (m_leftToZygote.erase(id) > 0 && m_isKilling)
            Q_EMIT workerCountChanged();
        return;
    }
    m_admission.end(worker->second.connection, start, now());
    m_workers.erase(worker);
    constexpr int WorthSaying = 5;
    if (start == Admission::Start::Bad && m_admission.badStarts() == WorthSaying)
        logServer(
            QtWarningMsg,
            QStringLiteral("%1 workers in a row have not come through their setup: new ones are forked less often")
                .arg(WorthSaying));
    Q_EMIT workerCountChanged();
    admit();
}

void ServerWorkers::onLeft(quint64 id)
{
    if (!m_workers.contains(id))
        return;
    m_leftToZygote.insert(id);
    m_admission.end(m_workers.at(id).connection, Admission::Start::Unknown, now());
    m_workers.erase(id);
    Q_EMIT workerCountChanged();
}

void ServerWorkers::open()
{
    m_request.isToLeave = false;
    m_isKilling = false;
}

void ServerWorkers::leaveToZygote(Posix::Fd connection, const Peer &peer, qint64 staysUntil)
{
    Request request = requestFor(peer);
    request.isSilent = true;
    request.staysUntil = staysUntil;
    m_workers.emplace(m_channel->spawn(std::move(connection), peer, request), WorkerEntry{.isSilent = true});
}

void ServerWorkers::retire(qint64 staysUntil)
{
    for (const auto &[connection, waiting] : m_waiting)
        m_admission.leave(connection);
    m_waiting.clear();
    for (const auto &[id, worker] : m_workers) {
        if (!worker.isSilent)
            m_channel->retire(id, staysUntil);
    }
}

void ServerWorkers::drain()
{
    m_request.isToLeave = true;
    for (const auto &[id, worker] : m_workers)
        m_channel->order(Request::Drain, id);
}

void ServerWorkers::kill()
{
    m_isKilling = true;
    retire(0);
    for (const auto &[id, worker] : m_workers)
        m_channel->order(Request::Kill, id);
    for (const quint64 id : m_leftToZygote)
        m_channel->order(Request::Kill, id);
}

}
