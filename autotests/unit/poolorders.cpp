// SPDX-License-Identifier: MIT
// How the world obeys the pool, and what it thinks of its orders.
#include "poolworld.h"

#include <algorithm>
#include <utility>

namespace PoolWorld {

using Prefork::Error;

void World::obeyOrders()
{
    std::vector<Action> actions;
    for (m_pool.takeActions(&actions); !actions.empty(); m_pool.takeActions(&actions)) {
        for (const Action &action : actions)
            obeyOne(action);
        for (auto &[id, user] : m_users)
            user.postponed = 0;
    }
    for (auto &[id, hand] : m_workers)
        hand.wasFilled = false;
    noteBeginnings();
}

void World::obey(const Step &nested)
{
    obeyOrders();
    if (m_depth > 0)
        return;
    ++m_depth;
    for (int callbacks = 0; !m_settlements.empty();) {
        const Action settlement = m_settlements.front();
        m_settlements.pop_front();
        settle(settlement);
        // A user's callback may do anything.
        const bool isCallback = settlement.kind == Action::Finish || settlement.kind == Action::Fail;
        if (isCallback && nested.amount % 2 == 1 && !m_isOver && ++callbacks <= 5)
            step(nested);
    }
    --m_depth;
}

void World::obeyOne(const Action &action)
{
    switch (action.kind) {
    case Action::Connect:
        check(m_workers.emplace(action.worker, Hand()).second, "a worker number came twice");
        break;
    case Action::Close: {
        const auto worker = m_workers.find(action.worker);
        check(worker != m_workers.end(), "an unknown worker was closed");
        const Hand hand = worker->second;
        m_workers.erase(worker);
        m_onlooker.died.erase(action.worker);
        for (const CallRef &call : hand.queue)
            endGhost(call);
        break;
    }
    case Action::HangUp: {
        const auto worker = m_workers.find(action.worker);
        check(worker != m_workers.end() && !worker->second.queue.empty() && worker->second.isShared
                  && !worker->second.parting,
              "the wrong worker was hung up on");
        worker->second.parting = true;
        break;
    }
    case Action::Send:
        if (!isStale(action) && !postpones(action))
            onSend(action);
        break;
    case Action::SendCancel:
        if (!isStale(action))
            onSendCancel(action);
        break;
    case Action::SendDone:
        onSendDone(action);
        break;
    case Action::Finish:
    case Action::Fail:
    case Action::Cancel:
    case Action::CancelAsked:
        decide(action);
        m_settlements.push_back(action);
        break;
    case Action::Released:
        m_settlements.push_back(action);
        break;
    }
}

World::UserCall &World::decide(CheckoutId id, CallId number)
{
    User &user = m_users.at(id);
    const auto call = user.calls.find(number);
    check(call != user.calls.end() && !call->second.isDecided, "a call settled twice, or was never made");
    call->second.isDecided = true;
    return call->second;
}

void World::decide(const Action &action)
{
    User &user = m_users.at(action.checkout);
    if (action.kind == Action::Cancel) {
        check(action.end > action.call, "no calls were canceled");
        for (CallId number = action.call; number < action.end; ++number) {
            const UserCall &call = decide(action.checkout, number);
            checkEnd(action, number);
            check(!call.isAnswered && !call.isGhost, "a call was canceled that had an answer");
            for (const auto &[id, hand] : m_workers)
                check(std::find(hand.queue.begin(), hand.queue.end(), CallRef{action.checkout, number})
                          == hand.queue.end(),
                      "a call was canceled that may still run");
        }
        check(action.error->code() == Error::Canceled && !action.error->detail().isEmpty(), "nobody knows why it was");
        return;
    }
    const UserCall &call = decide(action.checkout, action.call);
    checkEnd(action, action.call);
    if (action.kind == Action::Finish) {
        check(call.isAnswered && !call.isGhost, "a result came to a call that had none coming");
        return;
    }
    if (action.kind == Action::CancelAsked) {
        check(call.isAsked, "a call was canceled that nobody wanted to be");
        if (!call.isGhost)
            giveUp({action.checkout, action.call});
        return;
    }
    const bool isOldest = std::none_of(user.calls.begin(), user.calls.find(action.call),
                                       [](const auto &entry) { return !entry.second.isDecided; });
    check(isOldest || action.error->code() == Error::WorkerError, "an error came to a call that was not the oldest");
    check(action.error->code() != Error::BadArguments || call.isRejected, "the wrong call was rejected");
    if (action.error->code() == Error::Timeout) {
        check(user.fatal || user.hasTimeout || isLate(user), "a call timed out that had time");
        check(!action.error->detail().isEmpty(), "nobody knows where the time went");
    }
    giveUp({action.checkout, action.call});
}

// Its worker, if it is shared, may go on with it; but its answer is nobody's.
void World::giveUp(const CallRef &call)
{
    for (auto &[id, hand] : m_workers)
        std::replace(hand.queue.begin(), hand.queue.end(), call, CallRef());
}

// Of a canceled call nothing more will come from its worker.
void World::endGhost(const CallRef &call)
{
    if (call.checkout == 0)
        return;
    auto &calls = m_users.at(call.checkout).calls;
    if (const auto found = calls.find(call.call); found != calls.end() && found->second.isGhost) {
        found->second.isAnswered = true;
        forgetIfOver(call);
    }
}

void World::forgetIfOver(const CallRef &ref)
{
    auto &calls = m_users.at(ref.checkout).calls;
    const UserCall &call = calls.at(ref.call);
    if (call.isHeard && (!call.isGhost || call.isAnswered))
        calls.erase(ref.call);
}

void World::settle(const Action &action)
{
    User &user = m_users.at(action.checkout);
    if (action.kind == Action::Released) {
        check(user.releasing && !user.released && user.calls.empty() && !user.isOneShot,
              "a checkout was released too early or twice");
        user.released = true;
        return;
    }
    const CallId end = action.kind == Action::Cancel ? action.end : action.call + 1;
    for (CallId number = action.call; number < end; ++number) {
        user.calls.at(number).isHeard = true;
        forgetIfOver({action.checkout, number});
    }
    user.released = user.released || user.isOneShot;
    user.fatal = user.fatal || (action.kind == Action::Fail && action.error->isFatal());
}

// Whether it is of a call, or of one behind it, that was postponed after the order.
bool World::isStale(const Action &action) const
{
    const CallId postponed = m_users.at(action.checkout).postponed;
    return postponed != 0 && action.call >= postponed;
}

// There may be no room for a call any more, unless its worker has nothing else to do.
bool World::postpones(const Action &action)
{
    const auto worker = m_workers.find(action.worker);
    if (worker == m_workers.end() || !worker->second.wasFilled)
        return false;
    const bool isOver = !m_pool.record({action.checkout, action.call});
    const bool isOldest = !isOver && worker->second.queue.empty();
    check(m_pool.postponed(action.checkout, action.call, m_now) != isOldest,
          "a call waits for room that nobody will make, or is to be written though there is none");
    if (isOldest || isOver)
        return isOver;
    User &user = m_users.at(action.checkout);
    user.postponed = action.call;
    if (user.isOneShot)
        m_waitingBefore.erase({-user.priority, action.checkout}); // it was served, and is back in its place
    return true;
}

void World::onSend(const Action &action)
{
    User &user = m_users.at(action.checkout);
    const auto found = user.calls.find(action.call);
    check(found != user.calls.end() && !found->second.isDecided && !found->second.isSent && !found->second.isGhost,
          "a call was sent twice, or after it had settled");
    UserCall &call = found->second;
    check(!call.isOver, "a call was sent whose time was over when it was made");
    for (auto before = user.calls.begin(); before->first <= action.call && before != user.calls.end(); ++before) {
        if (before->second.isRejected && !before->second.isDecided)
            return; // its own call said before that this one cannot be sent
        check(before == found || before->second.isDecided || before->second.isSent, "a call was sent out of order");
        if (before == found)
            break;
    }
    if (call.isTooBig) {
        call.isRejected = true;
        m_pool.rejected(action.checkout, action.call, Error(Error::BadArguments, QStringLiteral("too big")), m_now);
        return;
    }
    const auto worker = m_workers.find(action.worker);
    check(worker != m_workers.end() && !worker->second.connecting, "a call was sent to nobody");
    Hand &hand = worker->second;
    check(!hand.resetting && !hand.parting, "a call was sent to a worker that is not ready");
    check(!hand.stalled || hand.queue.empty(), "a stalled worker was given more");
    check(!user.fatal, "a call was sent for a checkout that had failed");
    check(action.group != user.deadGroup, "a call was sent that its worker will drop");
    if (action.group != user.group)
        check(m_groups.insert(action.group).second, "a fate group came twice");
    user.group = action.group;
    call.isSent = true;
    hand.queue.push_back({action.checkout, action.call});
    if (m_room > 0 && --m_room == 0) {
        hand.stalled = hand.wasFilled = true;
        m_pool.setStalled(action.worker, true, m_now);
    }
    if (!user.isOneShot || !hand.traits.isShareable()) {
        check((hand.user == 0 || hand.user == action.checkout) && !hand.isShared, "two checkouts hold one worker");
        check(hand.queue.size() <= std::size_t(hand.traits.pipelines ? m_options.window : 1),
              "more calls are with a worker than the window allows");
        hand.user = action.checkout;
        return;
    }
    check(hand.user == 0, "a one-shot shares a worker with a checkout");
    check(!hand.tainted || m_options.reuseAfterError, "a one-shot was given to a worker after an error");
    check(!hand.isOutdated, "a one-shot was given to an outdated worker");
    check(m_options.maxCheckouts == 0 || ++hand.uses <= m_options.maxCheckouts,
          "a worker was given too many one-shots");
    check(int(hand.queue.size()) <= m_options.oneShotDepth, "too many one-shots share a worker");
    hand.isShared = true;
}

void World::onSendCancel(const Action &action)
{
    const CallRef call{action.checkout, action.call};
    const auto worker = m_workers.find(action.worker);
    check(worker != m_workers.end() && worker->second.traits.cancels && !worker->second.parting,
          "a worker was told that a call is canceled, and cannot understand it");
    UserCall &canceled = m_users.at(call.checkout).calls.at(call.call);
    if (canceled.isRejected)
        return; // it was never written
    check(std::find(worker->second.queue.begin(), worker->second.queue.end(), call) != worker->second.queue.end(),
          "a worker was told that a call is canceled which it does not have");
    if (!canceled.isAsked) {
        check(worker->second.isShared && worker->second.queue.front() != call
                  && worker->second.queue.front().checkout != 0,
              "a worker was told that a call is canceled which may run, and fails");
        return;
    }
    check(canceled.isAsked && !canceled.isGhost && !canceled.isAnswered, "a call was canceled twice, or for nothing");
    canceled.isGhost = true;
}

void World::onSendDone(const Action &action)
{
    const auto found = m_workers.find(action.worker);
    check(found != m_workers.end() && !found->second.connecting, "a release was sent to nobody");
    Hand &hand = found->second;
    check(!hand.tainted || m_options.reuseAfterError, "a worker was reused after an error");
    check(!hand.isOutdated, "a worker outlived a recycling");
    check(hand.queue.empty(), "a worker was released that still has calls");
    ++hand.uses;
    check(m_options.maxCheckouts == 0 || hand.uses < m_options.maxCheckouts, "a worker outlived its last checkout");
    hand.user = 0;
    hand.answers = 0;
    hand.resetting = hand.traits.acknowledgesRelease;
}

// Writes what was sent, and keeps the time of what may begin now.
void World::noteBeginnings()
{
    for (auto &[id, hand] : m_workers) {
        if (m_pool.awaitsFlush(id) && !hand.stalled)
            m_pool.flushed(id, m_now);
        for (CallRef &ref : hand.queue) {
            const bool isFirst = &ref == &hand.queue.front();
            if (ref.checkout == 0)
                continue;
            UserCall &call = m_users.at(ref.checkout).calls.at(ref.call);
            if (call.isGhost && (isFirst || !hand.traits.answersInOrder))
                call.ghostSince = std::min(call.ghostSince, m_now);
            const bool isTold = !hand.traits.answersInOrder || (hand.traits.tellsBegun && !hand.isSetUp);
            if (isFirst && !isTold && call.begun == Never && !m_pool.awaitsFlush(id))
                call.begun = m_now;
            if (!call.isGhost || !hand.isShared || m_pool.isWith(id, ref))
                continue;
            check(call.ghostSince + m_options.cancelGrace <= m_now, "a canceled call was given up too early");
            endGhost(std::exchange(ref, {}));
        }
    }
}

}
