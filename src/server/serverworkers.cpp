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

// Workers become free, and waiting clients hang up, without anybody telling the server.
constexpr auto LookAgain = 50ms;

}

ServerWorkers::ServerWorkers(const ServerOptions &options, const std::shared_ptr<ZygoteChannel> &channel,
                             const std::shared_ptr<Scoreboard> &scoreboard)
    : m_admission({options.maxWorkers, options.maxWorkersPerUser, options.maxSpawnRate})
    , m_channel(channel)
    , m_scoreboard(scoreboard)
{
    m_terms.mayWait = true;
    m_terms.isNativeOnly = options.nativeOnly;
    m_terms.helloTimeout = options.helloTimeout.count();
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &ServerWorkers::admit);
    connect(channel.get(), &ZygoteChannel::spawned, this, [this](quint64 id, qint64, quint32 slot) {
        if (const auto member = m_members.find(id); member != m_members.end())
            member->second.slot = slot;
    });
    connect(channel.get(), &ZygoteChannel::notSpawned, this,
            [this](quint64 id) { onEnded(id, Admission::Start::Unknown); });
    connect(channel.get(), &ZygoteChannel::died, this,
            [this](quint64 id, const QString &, quint32 setup) { onEnded(id, SetupBackOff::startOf(setup)); });
    connect(channel.get(), &ZygoteChannel::left, this, &ServerWorkers::onLeft);
    connect(channel.get(), &ZygoteChannel::roomChanged, this, &ServerWorkers::admit);
}

void ServerWorkers::serve(Posix::Fd connection, const Peer &peer)
{
    const Admission::Id id = ++m_lastConnection;
    bool hasArrived = m_admission.arrive(id, peer.uid);
    if (!hasArrived) { // those before it may have gone meanwhile
        dismissGone();
        hasArrived = m_admission.arrive(id, peer.uid);
    }
    if (!hasArrived) {
        m_refusalLog.warn(
            QStringLiteral(
                "turned a connection of user %1 away: it has all workers it may have, and %2 others of it wait already")
                .arg(QString::number(peer.uid), QString::number(Admission::MaxWaitingPerUser)));
        return;
    }
    m_visitors.emplace(id, Visitor{std::move(connection), peer, false});
    admit();
}

void ServerWorkers::admit()
{
    dismissGone();
    lookAtProbe();
    while (const auto id = m_admission.next(m_channel->hasRoom(), now())) {
        auto visitor = m_visitors.extract(*id);
        const Peer &peer = visitor.mapped().peer;
        const quint64 worker = m_channel->spawn(std::move(visitor.mapped().connection), peer, termsFor(peer));
        m_members.emplace(worker, Member{*id, peer.uid});
        Q_EMIT workerCountChanged();
    }
    for (auto &[id, visitor] : m_visitors)
        visitor.hasWaited = true;
    const auto shortages = m_admission.shortages(m_channel->hasRoom());
    if (!shortages.empty())
        makeRoom(shortages);
    arm(!shortages.empty());
    if (const bool isFull = m_admission.isFull(); std::exchange(m_wasFull, isFull) != isFull)
        Q_EMIT fullChanged();
}

Request ServerWorkers::termsFor(const Peer &peer) const
{
    Request terms = m_terms;
    if (peer.uid != Admission::Nobody)
        terms.helloTimeout = 0;
    return terms;
}

// No fork for who has gone already. Who shuts its writing side over TCP and waits for the reply is served, if there is
// a worker at once; later nobody can tell it from one that has gone.
void ServerWorkers::dismissGone()
{
    std::erase_if(m_visitors, [this](const auto &entry) {
        const Visitor &visitor = entry.second;
        const int connection = visitor.connection.get();
        const bool isGone = visitor.hasWaited ? Posix::hasLeft(connection) : Posix::hasHungUp(connection);
        if (isGone)
            m_admission.leave(entry.first);
        return isGone;
    });
}

void ServerWorkers::lookAtProbe()
{
    const auto isProbe = [probe = m_admission.probe()](const auto &entry) { return entry.second.connection == probe; };
    const auto probe
        = m_admission.probe() ? std::find_if(m_members.begin(), m_members.end(), isProbe) : m_members.end();
    if (probe == m_members.end() || !probe->second.slot)
        return;
    const ScoreboardPage &page = *m_scoreboard->page(*probe->second.slot);
    if (page.setup.load(std::memory_order_relaxed) == ScoreboardPage::SetUp)
        m_admission.probeSucceeded();
    else if (page.state.load(std::memory_order_acquire) == ScoreboardPage::Busy)
        m_admission.probeWorks(now());
}

// The least recently used go first. Only those who can say goodbye are asked: the clients of others would take it for a
// failure.
void ServerWorkers::makeRoom(const std::vector<Admission::Shortage> &shortages)
{
    struct Candidate
    {
        qint64 since;
        quint64 id;
        qint64 user;
    };
    std::vector<Candidate> candidates;
    for (const auto &[id, member] : m_members) {
        if (!member.slot)
            continue;
        const ScoreboardPage &page = *m_scoreboard->page(*member.slot);
        if (page.isFree() && page.protocol.load(std::memory_order_relaxed) == ScoreboardPage::Native)
            candidates.push_back({page.since.load(std::memory_order_relaxed), id, member.user});
    }
    std::sort(candidates.begin(), candidates.end(),
              [](const Candidate &a, const Candidate &b) { return a.since < b.since; });
    for (const Admission::Shortage &shortage : shortages) {
        const auto fits = [&](const Candidate &one) { return !shortage.user || *shortage.user == one.user; };
        const auto chosen = std::find_if(candidates.begin(), candidates.end(), fits);
        if (chosen == candidates.end())
            continue;
        if (!std::exchange(m_members.at(chosen->id).isAskedToMakeRoom, true))
            m_channel->order(Request::MakeRoom, chosen->id);
        candidates.erase(chosen);
    }
}

void ServerWorkers::arm(bool hasShortage)
{
    std::optional<Admission::Time> wait;
    if (const auto at = m_admission.nextAt(now()))
        wait = std::max<Admission::Time>(*at - now(), 0ms);
    if (hasShortage || m_admission.waitingCount() > 0)
        wait = std::min<Admission::Time>(wait.value_or(LookAgain), LookAgain);
    if (wait)
        m_timer.start(std::chrono::ceil<std::chrono::milliseconds>(*wait));
    else
        m_timer.stop();
}

void ServerWorkers::onEnded(quint64 id, Admission::Start start)
{
    const auto member = m_members.find(id);
    if (member == m_members.end()) {
        if (m_left.erase(id) > 0 && m_isKilling)
            Q_EMIT workerCountChanged();
        return;
    }
    m_admission.end(member->second.connection, start, now());
    m_members.erase(member);
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
    if (!m_members.contains(id))
        return;
    m_left.insert(id);
    m_admission.end(m_members.at(id).connection, Admission::Start::Unknown, now());
    m_members.erase(id);
    Q_EMIT workerCountChanged();
}

void ServerWorkers::open()
{
    m_terms.isToLeave = false;
    m_isKilling = false;
}

void ServerWorkers::leave(Posix::Fd connection, const Peer &peer, qint64 staysUntil)
{
    Request terms = termsFor(peer);
    terms.isSilent = true;
    terms.staysUntil = staysUntil;
    m_members.emplace(m_channel->spawn(std::move(connection), peer, terms), Member{.isSilent = true});
}

void ServerWorkers::retire(qint64 staysUntil)
{
    for (const auto &[connection, visitor] : m_visitors)
        m_admission.leave(connection);
    m_visitors.clear();
    for (const auto &[id, member] : m_members) {
        if (!member.isSilent)
            m_channel->retire(id, staysUntil);
    }
}

void ServerWorkers::drain()
{
    m_terms.isToLeave = true;
    for (const auto &[id, member] : m_members)
        m_channel->order(Request::Drain, id);
}

void ServerWorkers::kill()
{
    m_isKilling = true;
    retire(0);
    for (const auto &[id, member] : m_members)
        m_channel->order(Request::Kill, id);
    for (const quint64 id : m_left)
        m_channel->order(Request::Kill, id);
}

}
