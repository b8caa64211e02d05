// SPDX-License-Identifier: MIT
#include "poolworld.h"

#include <algorithm>
#include <utility>

namespace PoolWorld {

using namespace std::chrono_literals;
using Prefork::Error;

World::World(const Options &options)
    : m_options(options)
    , m_pool(options)
{
    m_options.minWorkers = std::min(options.minWorkers, options.maxWorkers);
    m_pool.start(m_now);
    obey({});
}

void World::run(const History &history)
{
    for (const Step &next : history) {
        if (m_isOver)
            break;
        step(next);
        check(!m_closeDeadline || !m_pool.isClosed() || m_workers.empty(), "a closed pool has workers");
        check(!m_closeDeadline || m_now < *m_closeDeadline || m_pool.isClosed(), "the pool closed too late");
        checkQueue();
        checkCounts();
    }
}

void World::check(bool holds, const char *what) const
{
    if (!holds)
        throw Violation{what};
}

template <class Predicate>
WorkerId World::pickWorker(unsigned pick, Predicate predicate) const
{
    std::vector<WorkerId> candidates;
    for (const auto &[id, hand] : m_workers) {
        if (predicate(id, hand))
            candidates.push_back(id);
    }
    return candidates.empty() ? 0 : candidates[pick % candidates.size()];
}

// The short way, if there is one.
void World::call(CheckoutId id)
{
    User &user = m_users.at(id);
    const CallId number = user.next++;
    const auto sending = m_pool.sendingNow(id);
    if (!sending) {
        check(m_pool.call(id, m_now) == number, "calls are not numbered in order");
        return;
    }
    check(m_workers.contains(sending->worker) && m_workers.at(sending->worker).answers > 0,
          "a call that may have to be sent again was let go");
    onSend({.kind = Action::Send, .worker = sending->worker, .checkout = id, .call = number, .group = sending->group});
    check(m_pool.callSent(id, m_now) == number, "calls are not numbered in order");
}

CheckoutId World::addUser(CheckoutId id, bool isOneShot)
{
    check(m_users.emplace(id, User()).second, "a checkout number came twice");
    User &user = m_users[id];
    user.isOneShot = user.releasing = isOneShot;
    user.next = isOneShot ? 2 : 1;
    user.fatal = m_pool.errorOf(id).has_value();
    return id;
}

CheckoutId World::pickUser(unsigned pick) const
{
    std::vector<CheckoutId> candidates;
    for (const auto &[id, user] : m_users) {
        if (!user.releasing && !user.isOneShot)
            candidates.push_back(id);
    }
    return candidates.empty() ? 0 : candidates[pick % candidates.size()];
}

void World::step(const Step &next)
{
    const auto isConnecting = [](WorkerId, const Hand &hand) { return hand.connecting; };
    const auto isConnected = [](WorkerId, const Hand &hand) { return !hand.connecting; };
    const auto isResetting = [](WorkerId, const Hand &hand) { return hand.resetting; };
    const auto isBusy = [this](WorkerId id, const Hand &) { return m_pool.callOf(id).has_value(); };
    Step nested{Step::Kind(next.amount % Step::Kinds), next.pick / 2, next.amount / 2};
    if (nested.kind >= Step::Close && next.pick % 8 != 0) // the end comes from inside a callback too, but not too often
        nested.kind = Step::Call;
    switch (next.kind) {
    case Step::Checkout: {
        const auto timeout = next.amount % 4 == 0 ? std::optional<Duration>(next.amount * 10ms) : std::nullopt;
        addUser(m_pool.checkout(timeout, m_now), false);
        break;
    }
    case Step::OneShot: {
        const auto timeout = next.amount % 4 == 0 ? std::optional<Duration>((1 + next.amount) * 10ms) : std::nullopt;
        for (unsigned i = 0; i <= next.amount % 3; ++i) {
            const CheckoutId id = addUser(m_pool.oneShot(timeout, m_now), true);
            if (next.pick % 8 == 0) {
                m_users[id].bar = 1;
                m_users[id].rejected.insert(1);
                m_pool.rejected(id, 1, Error(Error::BadArguments, QStringLiteral("no CBOR")), m_now);
            } else if (next.pick % 8 == 1) {
                m_users[id].tooBig = 1;
            }
        }
        break;
    }
    case Step::Call:
        if (const CheckoutId id = pickUser(next.pick)) {
            for (unsigned i = 0; i <= next.amount % 3; ++i)
                call(id);
        }
        break;
    case Step::Release:
        if (const CheckoutId id = pickUser(next.pick)) {
            m_users[id].releasing = true;
            m_pool.release(id, m_now);
        }
        break;
    case Step::Abort:
        if (const CheckoutId id = pickUser(next.pick)) {
            m_pool.abort(id, Error(Error::Aborted, QStringLiteral("aborted")), m_now);
            m_users[id].fatal = true;
        }
        break;
    case Step::Connected:
        if (const WorkerId id = pickWorker(next.pick, isConnecting)) {
            m_workers[id].connecting = false;
            m_workers[id].traits = {next.amount % 4 != 0, next.amount % 3 == 0};
            m_pool.connected(id, m_workers[id].traits, m_now);
        }
        break;
    case Step::ConnectFailed:
        if (const WorkerId id = pickWorker(next.pick, isConnecting)) {
            m_workers.erase(id);
            m_pool.connectFailed(id, Error(Error::Unavailable, QStringLiteral("nobody there")), m_now);
        }
        break;
    case Step::Reply:
        if (const WorkerId id = pickWorker(next.pick, isBusy)) {
            answer(id, false);
            if (const auto settled = next.amount % 2 ? m_pool.repliedPlainly(id, m_now) : std::nullopt)
                m_settlements.push_back({.kind = Action::Finish, .checkout = settled->checkout, .call = settled->call});
            else
                check(m_pool.replied(id, m_now), "a reply found no call");
        }
        break;
    case Step::Failure:
        if (const WorkerId id = pickWorker(next.pick, isBusy)) {
            m_workers[id].tainted = true;
            answer(id, true);
            check(m_pool.failed(id, Error(QStringLiteral("no luck")), m_now), "an error found no call");
        }
        break;
    case Step::Unencodable:
        if (const CheckoutId id = pickUser(next.pick)) {
            User &user = m_users[id];
            const CallId call = m_pool.call(id, m_now);
            check(call == user.next++, "calls are not numbered in order");
            if (!user.fatal && user.bar == 0)
                user.bar = call;
            user.rejected.insert(call);
            m_pool.rejected(id, call, Error(Error::BadArguments, QStringLiteral("no CBOR")), m_now);
        }
        break;
    case Step::TooBig:
        if (const CheckoutId id = pickUser(next.pick)) {
            User &user = m_users[id];
            if (user.tooBig == 0)
                user.tooBig = user.next;
            check(m_pool.call(id, m_now) == user.next++, "calls are not numbered in order");
        }
        break;
    case Step::ResetDone:
        if (const WorkerId id = pickWorker(next.pick, isResetting)) {
            m_workers[id].resetting = false;
            check(m_pool.released(id, m_now), "an acknowledgement found no release");
        }
        break;
    case Step::Lost:
    case Step::LostUnsent:
        if (const WorkerId id = pickWorker(next.pick, isConnected))
            lose(id, next.kind == Step::LostUnsent, next.amount);
        break;
    case Step::LostForRoom:
        if (const WorkerId id = pickWorker(next.pick, isConnected))
            loseForRoom(id);
        break;
    case Step::Stall:
        if (const WorkerId id = pickWorker(next.pick, isConnected)) {
            Hand &hand = m_workers[id];
            hand.stalled = !hand.stalled;
            m_pool.setStalled(id, hand.stalled, m_now);
        }
        break;
    case Step::Pass:
        m_now += next.amount % 5 == 0 ? Duration(next.amount * 100ms) : Duration(next.amount * 5ms);
        m_pool.advance(m_now);
        check(!m_pool.nextWakeup() || *m_pool.nextWakeup() > m_now, "the pool asks to be woken at once, for ever");
        break;
    case Step::Recycle:
        m_pool.recycle(m_now);
        for (auto &[id, hand] : m_workers)
            hand.isOutdated = hand.isOutdated || !hand.connecting;
        break;
    case Step::Close:
        m_closeDeadline = m_now + next.amount * 100ms;
        m_pool.close(Error(Error::Shutdown, QStringLiteral("closed")), *m_closeDeadline, m_now);
        break;
    case Step::Shutdown:
        m_isOver = true;
        m_pool.shutdown(Error(Error::Shutdown, QStringLiteral("over")), m_now);
        break;
    case Step::Exhausted:
        m_isOver = true;
        m_pool.setUnavailable(Error(Error::Unavailable, QStringLiteral("no zygote")), m_now);
        break;
    case Step::Kinds:
        break;
    }
    obey(nested);
}

void World::obey(const Step &nested)
{
    std::vector<Action> actions;
    for (m_pool.takeActions(&actions); !actions.empty(); m_pool.takeActions(&actions)) {
        for (const Action &action : actions)
            obeyOne(action);
    }
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
    case Action::Close:
        check(m_workers.erase(action.worker) == 1, "an unknown worker was closed");
        break;
    case Action::HangUp: {
        const auto worker = m_workers.find(action.worker);
        check(worker != m_workers.end() && !worker->second.oneShots.empty() && !worker->second.parting,
              "the wrong worker was hung up on");
        worker->second.parting = true;
        break;
    }
    case Action::Send:
        onSend(action);
        break;
    case Action::SendDone:
        onSendDone(action);
        break;
    case Action::Fail:
        if (m_users.at(action.checkout).isOneShot) { // its worker may still have it
            for (auto &[id, hand] : m_workers)
                std::replace(hand.oneShots.begin(), hand.oneShots.end(), action.checkout, CheckoutId(0));
        }
        if (action.error.code() == Error::BadArguments)
            skip(action.checkout, action.call + 1);
        m_settlements.push_back(action);
        break;
    case Action::Cancel:
        skip(action.checkout, action.end);
        m_settlements.push_back(action);
        break;
    case Action::Finish:
    case Action::Released:
        m_settlements.push_back(action);
        break;
    }
}

// No worker will ever have the calls before @p end.
void World::skip(CheckoutId id, CallId end)
{
    User &user = m_users.at(id);
    user.answered = user.sent = std::max(user.sent, end - 1);
    if (user.bar < end)
        user.bar = 0;
    if (user.tooBig < end)
        user.tooBig = 0;
}

void World::settle(const Action &action)
{
    User &user = m_users.at(action.checkout);
    switch (action.kind) {
    case Action::Finish:
        check(action.call == user.oldest && user.hasCalls() && action.call <= user.answered,
              "a result came to a call that had none coming");
        ++user.oldest;
        ++m_settled;
        user.released = user.released || user.isOneShot;
        break;
    case Action::Fail:
        onFail(action);
        break;
    case Action::Cancel:
        check(action.call == user.oldest && action.end > action.call && action.end <= user.next,
              "calls were canceled out of order");
        m_settled += action.end - action.call;
        user.oldest = action.end;
        break;
    case Action::Released:
        check(user.releasing && !user.released && !user.hasCalls() && !user.isOneShot,
              "a checkout was released too early or twice");
        user.released = true;
        break;
    default:
        break;
    }
}

void World::onSend(const Action &action)
{
    User &user = m_users.at(action.checkout);
    if (user.bar != 0 && action.call >= user.bar)
        return; // its own call said before that this one cannot be sent
    if (user.tooBig != 0 && action.call >= user.tooBig) {
        user.bar = action.call;
        user.rejected.insert(action.call);
        m_pool.rejected(action.checkout, action.call, Error(Error::BadArguments, QStringLiteral("too big")), m_now);
        return;
    }
    const auto found = m_workers.find(action.worker);
    check(found != m_workers.end() && !found->second.connecting, "a call was sent to nobody");
    Hand &hand = found->second;
    check(!hand.resetting && !hand.parting, "a call was sent to a worker that is not ready");
    check(!hand.stalled || (hand.oneShots.empty() && user.sent <= std::max(user.answered, user.oldest - 1)),
          "a stalled worker was given more");
    check(!user.fatal, "a call was sent for a checkout that had failed");
    check(action.call == std::max(user.sent + 1, user.oldest) || action.call == user.sent + 1,
          "a call was sent out of order");
    check(action.call > user.answered && action.call < user.next, "a call was sent that had settled");
    const CallId window = hand.traits.pipelines ? CallId(m_options.window) : 1;
    check(action.call - std::max(user.answered, user.oldest - 1) <= window,
          "more calls are with a worker than the window allows");
    check(action.group != user.deadGroup, "a call was sent that its worker will drop");
    if (action.group != user.group)
        check(m_groups.insert(action.group).second, "a fate group came twice");
    user.group = action.group;
    user.sent = action.call;
    if (!user.isOneShot || !hand.traits.isShareable()) {
        check((hand.user == 0 || hand.user == action.checkout) && hand.oneShots.empty(),
              "two checkouts hold one worker");
        hand.user = action.checkout;
        return;
    }
    check(hand.user == 0, "a one-shot shares a worker with a checkout");
    check(!hand.tainted || m_options.reuseAfterError, "a one-shot was given to a worker after an error");
    check(!hand.isOutdated, "a one-shot was given to an outdated worker");
    check(m_options.maxCheckouts == 0 || ++hand.uses <= m_options.maxCheckouts,
          "a worker was given too many one-shots");
    hand.oneShots.push_back(action.checkout);
    check(int(hand.oneShots.size()) <= m_options.oneShotDepth, "too many one-shots share a worker");
}

void World::onSendDone(const Action &action)
{
    const auto found = m_workers.find(action.worker);
    check(found != m_workers.end() && !found->second.connecting, "a release was sent to nobody");
    Hand &hand = found->second;
    check(!hand.tainted || m_options.reuseAfterError, "a worker was reused after an error");
    check(!hand.isOutdated, "a worker outlived a recycling");
    check(hand.oneShots.empty(), "a shared worker was released");
    ++hand.uses;
    check(m_options.maxCheckouts == 0 || hand.uses < m_options.maxCheckouts, "a worker outlived its last checkout");
    hand.user = 0;
    hand.answers = 0;
    hand.resetting = hand.traits.acknowledgesRelease;
}

// The worker answers the oldest call it has; after an error it drops what else it has of the same group.
void World::answer(WorkerId worker, bool isFailure)
{
    Hand &hand = m_workers.at(worker);
    const BusyWith busy = *m_pool.callOf(worker);
    hand.isProven = true;
    if (!hand.oneShots.empty()) {
        check(hand.oneShots.front() == busy.checkout, "the pool believes in another one-shot");
        hand.oneShots.pop_front();
        if (busy.checkout != 0)
            m_users.at(busy.checkout).answered = 1;
        return;
    }
    User &user = m_users.at(busy.checkout);
    check(hand.user == busy.checkout && busy.call == user.answered + 1 && busy.call <= user.sent,
          "the pool believes in a call that was never sent");
    ++hand.answers;
    user.answered = busy.call;
    if (isFailure) {
        user.deadGroup = user.group;
        skip(busy.checkout, user.next);
    }
}

// Nobody needs another worker just because one was given up.
void World::loseForRoom(WorkerId worker)
{
    const qsizetype before = m_pool.workerCount();
    const auto holds = [&](const auto &entry) { return m_pool.workerOf(entry.first) == worker; };
    const Hand &hand = m_workers.at(worker);
    const bool wasUsed = hand.resetting || !hand.oneShots.empty() || std::any_of(m_users.begin(), m_users.end(), holds);
    qsizetype shared = 0; // one-shots that would rather have a worker each
    for (const auto &[id, other] : m_workers)
        shared += other.oneShots.size() > 1;
    const bool wasWanted = wasUsed || shared > 0 || m_pool.wantsWorkers() || before == m_options.maxWorkers;
    ++m_givenUp;
    lose(worker, true, 0, Pool::Loss::ForRoom);
    check(wasWanted || m_pool.workerCount() == before - 1, "a worker given up for others was replaced at once");
}

// A checkout goes back in line if nothing of it can have begun there, and fails if something may have.
void World::lose(WorkerId worker, bool unsent, unsigned amount, Pool::Loss loss)
{
    const Hand hand = m_workers.at(worker);
    const auto holder = std::find_if(m_users.begin(), m_users.end(), [&](const auto &entry) {
        return m_pool.workerOf(entry.first) == worker && hand.oneShots.empty();
    });
    const bool isHeld = holder != m_users.end();
    const qsizetype flying
        = isHeld ? qsizetype(holder->second.sent - holder->second.answered) : qsizetype(hand.oneShots.size());
    const qsizetype begun = unsent || flying == 0 ? 0 : qsizetype(amount) % (flying + 1);
    m_workers.erase(worker);
    const qsizetype before = m_pool.workerCount();
    m_pool.lost(worker, Error(Error::WorkerLost, QStringLiteral("died")), begun, m_now, loss);
    check(hand.isProven || hand.connecting || m_pool.workerCount() < before,
          "a worker that never answered was replaced at once");
    if (isHeld)
        beginAgain(holder->first, hand.answers == 0 && begun == 0);
    for (std::size_t i = 0; i < hand.oneShots.size(); ++i) {
        if (hand.oneShots[i] != 0)
            beginAgain(hand.oneShots[i], qsizetype(i) >= begun);
    }
}

void World::beginAgain(CheckoutId id, bool mayTryAgain)
{
    User &user = m_users.at(id);
    if (mayTryAgain)
        user.sent = user.answered;
    if (!user.releasing)
        check(m_pool.errorOf(id).has_value() != mayTryAgain || m_isOver,
              "a call began twice, or a checkout failed for nothing");
}

void World::onFail(const Action &action)
{
    User &user = m_users.at(action.checkout);
    check(user.hasCalls() && action.call == user.oldest, "an error came to a call that was not the oldest");
    if (action.error.code() == Error::BadArguments) {
        check(user.rejected.contains(action.call), "the wrong call was rejected");
    }
    user.released = user.released || user.isOneShot;
    ++user.oldest;
    ++m_settled;
    if (action.error.isFatal())
        user.fatal = true;
}

bool World::isWaiting(CheckoutId id, const User &user) const
{
    return !user.released && !m_pool.errorOf(id) && m_pool.workerOf(id) == 0;
}

// Nobody is served who came after somebody still waiting.
void World::checkQueue()
{
    std::set<CheckoutId> waiting;
    for (const auto &[id, user] : m_users) {
        if (isWaiting(id, user))
            waiting.insert(id);
    }
    CheckoutId firstStillWaiting = 0;
    for (const CheckoutId id : m_waitingBefore) {
        if (waiting.contains(id)) {
            if (firstStillWaiting == 0)
                firstStillWaiting = id;
        } else if (m_pool.workerOf(id) != 0) {
            check(firstStillWaiting == 0, "a checkout was served before an earlier one");
        }
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
    for (const auto &[id, user] : m_users) {
        if (const WorkerId worker = m_pool.workerOf(id); worker != 0 && !user.isOneShot)
            check(held.insert(worker).second, "a worker is held twice");
    }
}

void World::settleDown()
{
    for (int round = 0; round < 1000 && !m_isOver; ++round) {
        m_now += 10ms;
        m_pool.advance(m_now);
        obey({});
        step({Step::Connected, 0, 0});
        step({Step::Reply, 0, 0});
        step({Step::Release, 0, 0});
        step({Step::ResetDone, 0, 0});
        for (auto &[id, hand] : m_workers) {
            if (std::exchange(hand.stalled, false))
                m_pool.setStalled(id, false, m_now);
        }
        if (const WorkerId id = pickWorker(0, [](WorkerId, const Hand &hand) { return hand.parting; }))
            lose(id, false, 0);
        obey({});
    }
    for (const auto &[id, user] : m_users) {
        check(!user.hasCalls() || (m_isOver && m_pool.workerOf(id) != 0), "a call never settled");
        check(user.released || m_isOver, "a checkout was never released");
    }
    if (m_isOver)
        return;
    if (m_closeDeadline) {
        check(m_pool.isClosed() && m_workers.empty(), "the pool never closed");
        return;
    }
    check(m_pool.workerCount() >= m_options.minWorkers - m_givenUp, "capacity was lost");
    const CheckoutId last = m_pool.checkout(Duration(0), m_now);
    addUser(last, false);
    for (int round = 0; round < 200 && m_pool.workerOf(last) == 0; ++round) {
        m_now += 10ms;
        m_pool.advance(m_now);
        obey({});
        step({Step::Connected, 0, 0});
    }
    check(m_pool.workerOf(last) != 0, "a new checkout is not served any more");
}

}
