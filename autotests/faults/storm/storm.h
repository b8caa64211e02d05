// SPDX-License-Identifier: MIT
#ifndef STORM_STORM_H
#define STORM_STORM_H

#include "census.h"
#include "report.h"
#include "servers.h"

#include <functional>

namespace Storm {

struct Options
{
    quint64 kills = 2000;
    quint64 requests = 50'000;
    quint64 seed = 0;
    int clients = 8;
    int workers = 64; ///< of all clients together
};

/// One run: servers and clients are started and warmed up, the storm blows, and when it is over everything is counted
/// and ended.
class Storm
{
public:
    /// @p path is where servers are to listen.
    Storm(const Options &options, const QByteArray &path);

    /// Empty if a signal stopped the run, or it could not begin. Nothing it started is left then either.
    [[nodiscard]] std::optional<Report> run();

private:
    struct Holdings
    {
        Possessions clients;
        Possessions server;
    };

    void startClients();
    void warmUp();
    void blow();
    void calmDown();
    void end();
    [[nodiscard]] bool rest(Phase phase);
    [[nodiscard]] bool waitFor(const std::function<bool()> &isReached, Clock::duration patience);

    void turn();
    void reap();
    void restartIfDue();
    void showProgress();
    [[nodiscard]] Holdings holdings() const;
    [[nodiscard]] std::vector<pid_t> parents() const;
    void giveUp(const QString &why);
    void accident(const QString &text) { m_report.accidents.append(text); }

    Options m_options;
    QByteArray m_path;
    Ledger m_ledger;
    Random m_random;
    Servers m_servers;
    Monkey m_monkey;
    ZombieWatch m_zombies;
    std::vector<pid_t> m_clients;
    Report m_report;
    Holdings m_baseline;
    quint64 m_nextRestart = 0;
    bool m_isHopeless = false; // there is nothing to wait for
    Clock::time_point m_begin = Clock::now();
    Clock::time_point m_nextCensus = m_begin;
    Clock::time_point m_nextProgress = m_begin;
};

}

#endif
