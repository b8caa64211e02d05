// SPDX-License-Identifier: MIT
#include "servers.h"

#include "roles.h"

#include <algorithm>
#include <csignal>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace Storm {

using namespace std::chrono_literals;

namespace {

// How long a server that is expected to end may take.
constexpr auto LongestEnd = 60s;
static_assert(LongestDrain < LongestEnd);

// No warning, and workers that go on under a zygote without a server. Only a server that has ended no longer listens.
void killAndStart(Servers *servers)
{
    servers->kill();
    servers->start();
}

void takeOver(Servers *servers)
{
    servers->replace();
}

// Workers that nobody looks after go on, and the server knows that it cannot.
void killZygote(Servers *servers)
{
    servers->killZygote();
}

constexpr std::array Restarts{Restart{"kill -9", 2, killAndStart}, Restart{"takeovers", 2, takeOver},
                              Restart{"zygotes killed", 1, killZygote}};

}

std::span<const Restart> restarts()
{
    return Restarts;
}

const Restart &chooseRestart(Random &random)
{
    int shares = 0;
    for (const Restart &way : Restarts)
        shares += way.share;
    int chosen = pick(random, shares);
    return *std::find_if(Restarts.begin(), Restarts.end(), [&chosen](const Restart &way) {
        chosen -= way.share;
        return chosen < 0;
    });
}

void Servers::start()
{
    start(false);
}

void Servers::start(bool replaces)
{
    m_zygote = 0;
    m_mayEnd = false;
    m_zygoteKilled.reset();
    const ServerRole role{.path = m_path, .generation = ++m_generation, .replaces = replaces};
    m_server = startRole(argumentsOf(role), m_ledger.descriptor());
}

void Servers::replace()
{
    m_replaced.push_back({.pid = m_server, .zygote = m_zygote, .since = Clock::now()});
    start(true);
}

void Servers::kill()
{
    if (m_server <= 0)
        return;
    ::kill(m_server, SIGKILL); // our child, not yet reaped
    ::waitpid(std::exchange(m_server, 0), nullptr, 0);
}

void Servers::killZygote()
{
    const Descriptor zygote = openChild(m_zygote, m_server);
    if (!zygote.isOpen() || !sendSignal(zygote, SIGKILL))
        return; // that it has ended is an accident of its own
    std::erase(m_zygotes, std::exchange(m_zygote, 0)); // its server may reap it
    m_zygoteKilled = Clock::now();
}

void Servers::terminate()
{
    m_mayEnd = true;
    if (m_server > 0)
        ::kill(m_server, SIGTERM);
}

void Servers::look(QStringList *accidents)
{
    const auto now = Clock::now();
    for (Replaced &server : m_replaced) {
        if (now - server.since < LongestEnd || std::exchange(server.isLate, true))
            continue;
        accidents->append(QStringLiteral("a server that was replaced does not end"));
        ::kill(server.pid, SIGKILL);
    }
    if (m_zygoteKilled && m_server > 0) {
        if (now - *m_zygoteKilled > LongestEnd) {
            accidents->append(QStringLiteral("a server whose zygote was killed does not end"));
            kill();
            start();
        }
        return;
    }
    if (m_zygote > 0 || m_ledger.header().listening.load() != m_generation)
        return;
    m_zygote = pid_t(m_ledger.header().zygote.load());
    m_zygotes.push_back(m_zygote);
}

void Servers::onEnded(const Ended &ended, QStringList *accidents)
{
    if (ended.pid == m_server) {
        onServerEnded(ended, accidents);
        return;
    }
    const auto replaced
        = std::find_if(m_replaced.begin(), m_replaced.end(), [&](const Replaced &one) { return one.pid == ended.pid; });
    if (replaced != m_replaced.end()) {
        if (!ended.isNormal() && !replaced->isLate)
            accidents->append(QStringLiteral("a server that was replaced %1").arg(ended.text()));
        const std::vector<pid_t> orphans = childrenOf(::getpid());
        if (std::find(orphans.begin(), orphans.end(), replaced->zygote) == orphans.end())
            std::erase(m_zygotes, replaced->zygote); // reaped by its server
        m_replaced.erase(replaced);
        return;
    }
    const auto zygote = std::find(m_zygotes.begin(), m_zygotes.end(), ended.pid);
    if (zygote == m_zygotes.end())
        return;
    m_zygotes.erase(zygote);
    if (!ended.isNormal())
        accidents->append(QStringLiteral("a zygote %1").arg(ended.text()));
}

void Servers::onServerEnded(const Ended &ended, QStringList *accidents)
{
    m_server = 0;
    const bool isExpected
        = m_zygoteKilled ? ended.code == CLD_EXITED && ended.status == 1 : m_mayEnd && ended.isNormal();
    if (!isExpected)
        accidents->append(
            QStringLiteral("a server %1%2")
                .arg(m_zygoteKilled ? QStringLiteral("whose zygote was killed ") : QString(), ended.text()));
    if (m_zygoteKilled)
        start();
}

}
