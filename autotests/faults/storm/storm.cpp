// SPDX-License-Identifier: MIT
#include "storm.h"

#include "roles.h"

#include <algorithm>
#include <cstdio>
#include <unistd.h>

namespace Storm {

using namespace std::chrono_literals;

namespace {

// No wait but the failing one's is so long.
constexpr auto Patience = 60s;
constexpr auto Tick = 1ms;
constexpr quint64 KillsPerRestart = 200;

// With room for what goes on until the last kill.
quint64 capacity(const Options &options)
{
    return options.requests + options.kills * 2000 + 1'000'000;
}

QString percent(double share)
{
    return QString::number(int(share * 100));
}

}

Storm::Storm(const Options &options, const QByteArray &path)
    : m_options(options)
    , m_path(path)
    , m_ledger(capacity(options))
    , m_random(options.seed)
    , m_servers(m_ledger, path)
    , m_monkey(m_ledger, m_random(), options.kills)
{
}

std::optional<Report> Storm::run()
{
    if (m_ledger.records().empty()) {
        std::fprintf(stderr, "prefork-storm: no memory for the ledger\n");
        return {};
    }
    leadFamily();
    for (const Restart &way : restarts())
        m_report.restartsBy[QString::fromLatin1(way.name)] = 0;
    m_ledger.header().wanted.store(m_options.requests);
    m_ledger.header().goesOn.store(m_options.kills > 0);
    for (void (Storm::*const part)() : {&Storm::warmUp, &Storm::blow, &Storm::calmDown, &Storm::end}) {
        (this->*part)();
        if (stopSignal() || m_isHopeless)
            break;
    }
    endFamily();
    if (stopSignal())
        return {};
    m_report.audit = audit(m_ledger.records());
    m_report.kills = m_monkey.kills();
    m_report.killsBy = m_monkey.killsBy();
    m_report.pauses = m_monkey.pauses();
    m_report.lateCancels = m_ledger.header().lateCancels.load();
    m_report.events = m_ledger.header().events.load();
    m_report.progress = m_ledger.header().progress.load();
    m_report.runTimeouts = m_ledger.header().runTimeouts.load();
    m_report.zombies = m_zombies.count();
    m_report.seconds = std::chrono::duration<double>(Clock::now() - m_begin).count();
    return m_report;
}

void Storm::startClients()
{
    for (int index = 0; index < m_options.clients; ++index) {
        const int workers
            = m_options.workers / m_options.clients + (index < m_options.workers % m_options.clients ? 1 : 0);
        const ClientRole role{.path = m_path, .index = index, .seed = m_random(), .workers = workers};
        m_clients.push_back(startRole(argumentsOf(role), m_ledger.descriptor()));
    }
}

// Everybody has made what memory and connections they keep.
void Storm::warmUp()
{
    m_servers.start();
    if (!waitFor([this] { return m_servers.isListening() || m_servers.server() == 0; }, Patience))
        giveUp(QStringLiteral("the first server does not listen"));
    startClients();
    const quint64 enough = std::min<quint64>(m_options.requests / 10, quint64(m_options.workers) * 1000);
    if (!waitFor([&] { return m_ledger.header().settled.load() >= enough; }, Patience) || !rest(Phase::Rest))
        giveUp(QStringLiteral("the warm-up did not come to its end"));
    m_baseline = holdings();
}

void Storm::blow()
{
    Header &header = m_ledger.header();
    header.phase.store(Phase::Blow);
    const auto begin = Clock::now();
    const quint64 settledBefore = header.settled.load();
    const auto left = double(std::max<quint64>(m_options.requests, settledBefore + 1) - settledBefore);
    quint64 lastSettled = settledBefore;
    auto lastProgress = begin;
    while (!stopSignal() && !m_isHopeless
           && (header.goesOn.load() != 0 || header.settled.load() < m_options.requests)) {
        turn();
        const auto now = Clock::now();
        const quint64 settled = header.settled.load();
        m_monkey.act(m_servers.zygotes(), double(settled - settledBefore) / left, now - begin);
        restartIfDue();
        header.goesOn.store(!m_monkey.isDone());
        if (settled != std::exchange(lastSettled, settled))
            lastProgress = now;
        if (now - lastProgress > Patience)
            giveUp(QStringLiteral("nothing settles any more"));
    }
}

void Storm::calmDown()
{
    m_monkey.release(true);
    m_ledger.header().crashesDue.store(0);
    if (!waitFor([this] { return m_servers.isListening(); }, Patience))
        giveUp(QStringLiteral("the last server does not listen"));
    if (!rest(Phase::Calm))
        giveUp(QStringLiteral("requests or workers do not come to rest"));
    if (!waitFor([this] { return m_servers.replaced().empty(); }, 2 * Patience))
        giveUp(QStringLiteral("replaced servers are left"));
    if (!waitFor([this] { return m_servers.zygotes().size() == 1; }, Patience))
        accident(QStringLiteral("a zygote outlives its workers"));
    m_nextCensus = {};
    turn();
    [[maybe_unused]] const bool areBuried
        = waitFor([this] { return m_zombies.isNobodyDead(); }, 2 * ZombieWatch::Patience); // else they count
    // The connection of a worker that died lingers for a second.
    Holdings now;
    const auto growth = [&] {
        now = holdings();
        return int(now.clients.descriptors + now.server.descriptors - m_baseline.clients.descriptors
                   - m_baseline.server.descriptors);
    };
    [[maybe_unused]] const bool isBack = waitFor([&] { return growth() <= 0; }, Patience);
    m_report.descriptorGrowth = growth();
    m_report.clientMemoryGrowth = now.clients.memory - m_baseline.clients.memory;
    m_report.serverMemoryGrowth = now.server.memory - m_baseline.server.memory;
}

void Storm::end()
{
    m_ledger.header().phase.store(Phase::End);
    if (!waitFor([this] { return m_clients.empty(); }, Patience))
        accident(QStringLiteral("%1 clients do not end").arg(m_clients.size()));
    m_servers.terminate();
    if (!waitFor([] { return !hasChildren(); }, Patience))
        accident(QStringLiteral("%1 processes were left behind").arg(childrenOf(::getpid()).size()));
}

// Whether all clients have nothing to do, and no more workers than at the start.
bool Storm::rest(Phase phase)
{
    m_ledger.header().phase.store(phase);
    const auto isAtRest = [this, phase] {
        const auto clients = std::span(m_ledger.header().clients).first(std::size_t(m_options.clients));
        return std::all_of(clients.begin(), clients.end(), [phase](const ClientPage &client) {
            return client.phase.load() == quint32(phase) && client.isAtRest.load() != 0;
        });
    };
    return waitFor(isAtRest, Patience);
}

bool Storm::waitFor(const std::function<bool()> &isReached, Clock::duration patience)
{
    const auto deadline = Clock::now() + patience;
    while (!isReached() && !stopSignal()) {
        if (Clock::now() > deadline || m_isHopeless)
            return false;
        turn();
    }
    return true;
}

// What is to be done all the time.
void Storm::turn()
{
    ::usleep(useconds_t(std::chrono::microseconds(Tick).count()));
    reap();
    m_servers.look(&m_report.accidents);
    m_monkey.release();
    const auto now = Clock::now();
    if (now >= m_nextCensus) {
        m_zombies.look(parents());
        m_nextCensus = now + ZombieWatch::Interval;
    }
    if (now >= m_nextProgress) {
        showProgress();
        m_nextProgress = now + 2s;
    }
}

void Storm::reap()
{
    while (const auto ended = reapChild()) {
        m_servers.onEnded(*ended, &m_report.accidents);
        const bool wasClient = std::erase(m_clients, ended->pid) > 0;
        if (!wasClient || (ended->isNormal() && m_ledger.phase() == Phase::End))
            continue;
        giveUp(QStringLiteral("a client %1").arg(ended->text()));
    }
}

void Storm::giveUp(const QString &why)
{
    if (!std::exchange(m_isHopeless, true)) // what follows from it is no news
        accident(why);
}

void Storm::restartIfDue()
{
    const quint64 kills = m_monkey.kills();
    if (m_nextRestart == 0)
        m_nextRestart = KillsPerRestart / 2 + m_random() % KillsPerRestart;
    if (m_servers.server() == 0)
        m_servers.start(); // that was an accident: the rest of the storm is to find others
    if (kills < m_nextRestart || !m_servers.isListening())
        return;
    m_nextRestart = kills + KillsPerRestart / 2 + m_random() % KillsPerRestart;
    const Restart &way = chooseRestart(m_random);
    way.restart(&m_servers);
    ++m_report.restartsBy[QString::fromLatin1(way.name)];
}

void Storm::showProgress()
{
    if (!::isatty(STDERR_FILENO))
        return;
    const quint64 settled = m_ledger.header().settled.load();
    std::fprintf(stderr, "%s %% of the requests, %s %% of the kills\x1b[K\r",
                 qPrintable(percent(double(settled) / double(m_options.requests))),
                 qPrintable(percent(double(m_monkey.kills()) / double(std::max<quint64>(m_options.kills, 1)))));
}

Storm::Holdings Storm::holdings() const
{
    const std::array server{m_servers.server(), m_servers.zygote()};
    return {.clients = possessionsOf(m_clients), .server = possessionsOf(server)};
}

std::vector<pid_t> Storm::parents() const
{
    std::vector<pid_t> all = m_clients;
    for (const Servers::Replaced &server : m_servers.replaced())
        all.push_back(server.pid);
    all.insert(all.end(), m_servers.zygotes().begin(), m_servers.zygotes().end());
    all.push_back(m_servers.server());
    all.push_back(::getpid());
    return all;
}

}
