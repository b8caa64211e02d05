// SPDX-License-Identifier: MIT
#include "views/workerboard_p.h"

#include <algorithm>
#include <set>

namespace Prefork::Views {

namespace {

const SeenWorker *find(const std::vector<SeenWorker> &workers, quint64 worker)
{
    const auto found = std::lower_bound(workers.begin(), workers.end(), worker,
                                        [](const SeenWorker &seen, quint64 number) { return seen.worker < number; });
    return found != workers.end() && found->worker == worker ? &*found : nullptr;
}

void noteRoles(const Place &before, const Place &after, std::set<int> &roles)
{
    const auto note = [&roles](bool differs, WorkerModel::Role role) {
        if (differs)
            roles.insert(role);
    };
    note(before.seen.pid != after.seen.pid, WorkerModel::PidRole);
    note(before.seen.state != after.seen.state, WorkerModel::StateRole);
    note(before.seen.method != after.seen.method, WorkerModel::MethodRole);
    note(before.seen.state != after.seen.state || before.seen.since != after.seen.since, WorkerModel::RunningForRole);
    note(before.seen.callsServed != after.seen.callsServed, WorkerModel::CallsServedRole);
    note(before.lastDeath != after.lastDeath, WorkerModel::LastDeathRole);
}

}

bool WorkerBoard::noteDeath(quint64 worker, const QString &reason)
{
    return m_deaths.emplace(worker, reason).second;
}

// This is called in every turn of the event loop, so it makes no plan.
bool WorkerBoard::differs(const std::vector<SeenWorker> &workers, Time now) const
{
    std::size_t there = 0;
    for (const Place &place : m_places) {
        if (place.isEmpty()) {
            if (now - place.emptySince >= m_keepsEmpty)
                return true;
            continue;
        }
        const SeenWorker *const seen = find(workers, place.seen.worker);
        if (!seen || *seen != place.seen)
            return true;
        ++there;
    }
    return there != workers.size();
}

WorkerBoard::Plan WorkerBoard::plan(const std::vector<SeenWorker> &workers, Time now) const
{
    Plan plan{.places = m_places};
    for (Place &place : plan.places) {
        if (place.isEmpty())
            continue;
        const quint64 worker = place.seen.worker;
        if (const SeenWorker *const seen = find(workers, worker)) {
            place.seen = *seen;
            continue;
        }
        if (const auto death = m_deaths.find(worker); death != m_deaths.end())
            place.lastDeath = death->second;
        place.seen = {.state = WorkerModel::Empty};
        place.emptySince = now;
    }
    auto vacant = plan.places.begin();
    for (const SeenWorker &seen : workers) {
        if (rowOf(seen.worker) >= 0)
            continue;
        vacant = std::find_if(vacant, plan.places.end(), [](const Place &place) { return place.isEmpty(); });
        if (vacant == plan.places.end())
            plan.appended.push_back({.seen = seen});
        else
            vacant->seen = seen;
    }
    std::set<int> roles;
    for (int row = 0; row < size(); ++row) {
        const Place &before = m_places[std::size_t(row)];
        const Place &after = plan.places[std::size_t(row)];
        if (before.seen != after.seen || before.lastDeath != after.lastDeath) {
            noteRoles(before, after, roles);
            plan.firstChanged = plan.firstChanged < 0 ? row : plan.firstChanged;
            plan.lastChanged = row;
        }
        if (after.isEmpty() && now - after.emptySince >= m_keepsEmpty)
            plan.removed.insert(plan.removed.begin(), row);
    }
    plan.roles = QList<int>(roles.begin(), roles.end());
    return plan;
}

void WorkerBoard::change(Plan &plan)
{
    m_places = std::move(plan.places);
}

void WorkerBoard::remove(int row)
{
    m_places.erase(m_places.begin() + row);
}

void WorkerBoard::append(Plan &plan)
{
    std::move(plan.appended.begin(), plan.appended.end(), std::back_inserter(m_places));
}

void WorkerBoard::forgetDeaths(const std::vector<SeenWorker> &workers)
{
    std::erase_if(m_deaths, [&workers](const auto &death) { return !find(workers, death.first); });
}

void WorkerBoard::clear()
{
    m_places.clear();
    m_deaths.clear();
}

std::optional<WorkerBoard::Time> WorkerBoard::nextRemoval() const
{
    std::optional<Time> next;
    for (const Place &place : m_places) {
        if (place.isEmpty())
            next = std::min(next.value_or(Time::max()), place.emptySince + m_keepsEmpty);
    }
    return next;
}

std::optional<std::pair<int, int>> WorkerBoard::running() const
{
    std::optional<std::pair<int, int>> rows;
    for (int row = 0; row < size(); ++row) {
        if (at(row).seen.state == WorkerModel::Running)
            rows = {rows ? rows->first : row, row};
    }
    return rows;
}

qint64 WorkerBoard::pidOf(quint64 worker) const
{
    const int row = rowOf(worker);
    return row < 0 ? 0 : at(row).seen.pid;
}

int WorkerBoard::rowOf(quint64 worker) const
{
    const auto found = std::find_if(m_places.begin(), m_places.end(),
                                    [worker](const Place &place) { return place.seen.worker == worker; });
    return found == m_places.end() ? -1 : int(found - m_places.begin());
}

}
