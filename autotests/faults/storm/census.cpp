// SPDX-License-Identifier: MIT
#include "census.h"

#include "helpers/processes.h"

namespace Storm {

using namespace std::chrono_literals;

namespace {

qint64 kilobytes(pid_t pid, const QByteArray &key)
{
    const QByteArray line = Test::statusOf(pid, key);
    return line.left(line.indexOf(' ')).toLongLong();
}

}

Possessions possessionsOf(std::span<const pid_t> processes)
{
    Possessions all;
    for (const pid_t pid : processes) {
        all.descriptors += Test::descriptorCount(pid);
        all.memory += kilobytes(pid, "VmRSS") - kilobytes(pid, "RssShmem");
    }
    return all;
}

void ZombieWatch::look(std::span<const pid_t> parents)
{
    const auto now = Clock::now();
    std::map<Process, Clock::time_point> dead;
    for (const pid_t parent : parents) {
        for (const pid_t child : childrenOf(parent)) {
            const QList<QByteArray> stat = Test::statOf(child);
            if (stat.value(0) != "Z")
                continue;
            const Process process{child, stat.value(19)};
            const auto before = m_dead.find(process);
            const auto since = before == m_dead.end() ? now : before->second;
            dead.emplace(process, since);
            if (now - since > 1s)
                m_found.insert(process);
        }
    }
    m_dead = std::move(dead);
}

}
