// SPDX-License-Identifier: MIT
#include "servers.h"

#include "roles.h"

#include <algorithm>
#include <csignal>
#include <sys/wait.h>
#include <utility>

namespace Storm {

namespace {

// No warning, and workers that go on under a zygote without a server. Only a server that has ended no longer listens.
void killAndStart(Servers *servers)
{
    servers->kill();
    servers->start();
}

constexpr std::array Restarts{Restart{"kill -9", killAndStart}};

}

std::span<const Restart> restarts()
{
    return Restarts;
}

void Servers::start()
{
    m_zygote = 0;
    m_mayEnd = false;
    m_server = startRole(argumentsOf(ServerRole{.path = m_path, .generation = ++m_generation}), m_ledger.descriptor());
}

void Servers::kill()
{
    if (m_server <= 0)
        return;
    ::kill(m_server, SIGKILL); // our child, not yet reaped
    ::waitpid(std::exchange(m_server, 0), nullptr, 0);
}

void Servers::terminate()
{
    m_mayEnd = true;
    if (m_server > 0)
        ::kill(m_server, SIGTERM);
}

void Servers::look()
{
    if (m_zygote > 0 || m_ledger.header().listening.load() != m_generation)
        return;
    m_zygote = pid_t(m_ledger.header().zygote.load());
    m_zygotes.push_back(m_zygote);
}

void Servers::onEnded(const Ended &ended, QStringList *accidents)
{
    if (ended.pid == m_server) {
        m_server = 0;
        if (!m_mayEnd || !ended.isNormal())
            accidents->append(QStringLiteral("a server %1").arg(ended.text()));
        return;
    }
    const auto zygote = std::find(m_zygotes.begin(), m_zygotes.end(), ended.pid);
    if (zygote == m_zygotes.end())
        return;
    m_zygotes.erase(zygote);
    if (!ended.isNormal())
        accidents->append(QStringLiteral("a zygote %1").arg(ended.text()));
}

}
