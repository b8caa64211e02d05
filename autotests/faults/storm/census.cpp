// SPDX-License-Identifier: MIT
#include "census.h"

#include "helpers/processes.h"

namespace Storm {

using namespace std::chrono_literals;

namespace {

// Counted too, so that a machine that stood still for so long proves nothing.
constexpr int ZombieLooks = int(ZombieWatch::Patience / ZombieWatch::Interval);

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
        all.memory += kilobytes(pid, "RssAnon");
    }
    return all;
}

void ZombieWatch::look(std::span<const pid_t> parents)
{
    const auto now = Clock::now();
    std::map<Process, Sightings> dead;
    for (const pid_t parent : parents) {
        for (const pid_t child : childrenOf(parent)) {
            const QList<QByteArray> stat = Test::statOf(child);
            if (stat.value(0) != "Z")
                continue;
            const Process process{child, stat.value(19)};
            const auto before = m_dead.find(process);
            Sightings sightings = before == m_dead.end() ? Sightings{.first = now} : before->second;
            ++sightings.count;
            if (sightings.count > ZombieLooks && now - sightings.first > ZombieWatch::Patience)
                m_found.insert(process);
            dead.emplace(process, sightings);
        }
    }
    m_dead = std::move(dead);
}

}
