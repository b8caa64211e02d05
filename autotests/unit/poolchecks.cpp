// SPDX-License-Identifier: MIT
// What must be true after every step.
#include "poolworld.h"

#include <algorithm>

namespace PoolWorld {

using namespace std::chrono_literals;

void World::check(bool holds, const char *what) const
{
    if (!holds)
        throw Violation{what};
}

bool World::isWaiting(CheckoutId id, const User &user) const
{
    return !user.released && !m_pool.errorOf(id) && m_pool.workerOf(id) == 0;
}

// Nobody is served who came after somebody still waiting of the same priority, or a higher one.
void World::checkQueue()
{
    std::set<std::pair<int, CheckoutId>> waiting;
    for (const auto &[id, user] : m_users) {
        if (isWaiting(id, user))
            waiting.emplace(-user.priority, id);
    }
    bool isSomebodyWaiting = false;
    for (const auto &place : m_waitingBefore) {
        if (waiting.contains(place))
            isSomebodyWaiting = true;
        else if (m_pool.workerOf(place.second) != 0)
            check(!isSomebodyWaiting, "a checkout was served before an earlier one");
    }
    check(m_pool.waitingCount() == qsizetype(waiting.size()), "the pool's count of waiting checkouts is wrong");
    m_waitingBefore = waiting;
}

void World::checkCounts() const
{
    check(m_pool.workerCount() == qsizetype(m_workers.size()), "the pool's count of workers is wrong");
    check(m_pool.workerCount() <= m_options.maxWorkers, "there are more workers than allowed");
    const auto connecting
        = std::count_if(m_workers.begin(), m_workers.end(), [](const auto &entry) { return entry.second.connecting; });
    check(connecting <= m_options.maxConnecting, "too many connections under way");
    check(m_waitingBefore.empty() || m_pool.idleCount() == 0, "a worker is idle while a checkout waits");
    std::set<WorkerId> held;
    qsizetype open = 0;
    for (const auto &[id, user] : m_users) {
        if (const WorkerId worker = m_pool.workerOf(id); worker != 0 && !user.isOneShot)
            check(held.insert(worker).second, "a worker is held twice");
        const bool isPending = std::any_of(user.calls.begin(), user.calls.end(),
                                           [](const auto &entry) { return !entry.second.isDecided; });
        open += !m_pool.errorOf(id) && !user.released && (isPending || !user.releasing);
    }
    check(m_pool.openCount() == open, "the pool's count of open checkouts is wrong");
    qsizetype pending = 0;
    for (const auto &[id, user] : m_users)
        pending += std::count_if(user.calls.begin(), user.calls.end(),
                                 [](const auto &entry) { return !entry.second.isDecided; });
    check(m_pool.pendingCount() == pending, "the pool's count of calls is wrong");
}

// Who looks at the pool sees what its owner knows.
void World::checkViews() const
{
    const std::vector<WorkerView> views = m_pool.views();
    check(views.size() == m_workers.size(), "workers are seen that are not there, or some are not");
    std::set<WorkerId> used;
    for (const auto &[id, user] : m_users)
        used.insert(m_pool.workerOf(id));
    for (const WorkerView &view : views) {
        const auto found = m_workers.find(view.worker);
        check(found != m_workers.end(), "a worker is seen that is not there");
        const Hand &hand = found->second;
        const WorkerView::State state = hand.connecting         ? WorkerView::Connecting
            : hand.parting                                      ? WorkerView::HungUp
            : hand.resetting                                    ? WorkerView::Resetting
            : used.contains(view.worker) || !hand.queue.empty() ? WorkerView::Held
                                                                : WorkerView::Idle;
        check(view.state == state, "a worker is seen in a wrong state");
        check(view.isBusy == !hand.queue.empty(), "a worker is seen with a call that has none, or without its call");
        if (view.isBusy && hand.traits.answersInOrder && hand.queue.front().checkout != 0)
            check(view.ref == hand.queue.front() && view.call, "a worker is seen with another call than it has");
    }
    check(m_onlooker.ended.empty(), "a call was said to have ended that has not settled");
    for (const WorkerId worker : m_onlooker.died) {
        const auto found = m_workers.find(worker);
        check(found != m_workers.end() && found->second.parting, "a worker was said to have died that lives");
    }
}

void World::checkEnd(const Action &action, CallId call)
{
    const auto told = m_onlooker.ended.find({action.checkout, call});
    check(told != m_onlooker.ended.end(), "nobody was told of the end of a call");
    const Observer::End end = action.kind == Action::Finish ? Observer::End::Finished
        : action.kind == Action::Fail                       ? Observer::End::Failed
                                                            : Observer::End::Canceled;
    const bool hasError = action.kind == Action::Fail || action.kind == Action::Cancel;
    check(told->second.end == end && told->second.hasError == hasError, "the end of a call was told wrongly");
    m_onlooker.ended.erase(told);
}

void World::Onlooker::callEnded(const CallRef &ref, const CallRecord &, End end, const Prefork::Error *error)
{
    if (!ended.emplace(std::pair(ref.checkout, ref.call), Ended{end, error != nullptr}).second)
        throw Violation{"a call was said to have ended twice"};
}

void World::Onlooker::workerDied(WorkerId worker, const Prefork::Error &)
{
    died.insert(worker);
}

// Whether any limit of a call's own is over.
bool World::isLate(const User &user) const
{
    return std::any_of(user.calls.begin(), user.calls.end(), [this](const auto &entry) {
        const UserCall &call = entry.second;
        return !call.isGhost
            && (call.deadline <= m_now
                || (call.runTimeout > 0s && call.begun != Never && call.begun + call.runTimeout <= m_now));
    });
}

void World::checkClocks() const
{
    for (const auto &[worker, hand] : m_workers) {
        for (const CallRef &ref : hand.queue) {
            if (ref.checkout == 0 || (hand.traits.answersInOrder && &ref != &hand.queue.front()))
                continue;
            const UserCall &call = m_users.at(ref.checkout).calls.at(ref.call);
            if (call.isGhost)
                check(m_options.cancelGrace < 0s || call.ghostSince == Never
                          || call.ghostSince + m_options.cancelGrace > m_now,
                      "a canceled call was left to its worker for too long");
            else
                check(call.runTimeout == 0s || call.begun == Never || call.begun + call.runTimeout > m_now,
                      "a call ran for longer than it may");
        }
    }
    for (const auto &[id, user] : m_users) {
        const auto oldest = std::find_if(user.calls.begin(), user.calls.end(), [](const auto &entry) {
            return !entry.second.isDecided || (entry.second.isGhost && !entry.second.isAnswered);
        });
        if (oldest != user.calls.end() && !oldest->second.isGhost)
            check(oldest->second.deadline > m_now, "a call outlived its deadline");
    }
}

}
