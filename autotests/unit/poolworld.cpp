// SPDX-License-Identifier: MIT
#include "poolworld.h"

#include <algorithm>
#include <array>

namespace PoolWorld {

using namespace std::chrono_literals;
using Prefork::Error;

namespace {

constexpr std::array<const char *, Step::Kinds> Names{"checkout", "call",    "release",     "abort",    "connected",  "connectFailed",
                                                      "reply",    "failure", "unencodable", "lost",     "lostUnsent", "pass",
                                                      "recycle",  "close",   "shutdown",    "exhausted"};
constexpr std::array<int, Step::Kinds> Weights{14, 20, 10, 3, 14, 4, 20, 6, 2, 3, 2, 8, 1, 0, 0, 0};

unsigned below(std::minstd_rand &random, unsigned limit)
{
    return unsigned(random() >> 4) % limit;
}

}

History randomHistory(std::minstd_rand &random)
{
    std::discrete_distribution<int> kinds(Weights.begin(), Weights.end());
    History history(10 + below(random, 60));
    for (Step &step : history)
        step = {Step::Kind(kinds(random)), below(random, 64), below(random, 16)};
    if (below(random, 8) == 0)
        history.push_back(
            {std::array<Step::Kind, 3>{Step::Shutdown, Step::Exhausted, Step::Close}[below(random, 3)], 0, below(random, 16)});
    return history;
}

Options randomOptions(std::minstd_rand &random)
{
    Options options;
    options.maxWorkers = 1 + int(below(random, 5));
    options.minWorkers = int(below(random, 3));
    options.maxConnecting = 1 + int(below(random, 3));
    options.timeout = std::array<Duration, 3>{0s, 50ms, 1s}[below(random, 3)];
    options.maxCheckouts = int(below(random, 4));
    options.reuseAfterError = below(random, 2);
    options.idleTimeout = below(random, 2) ? Duration(100ms) : Duration(0);
    options.maxQueued = int(below(random, 4));
    options.waitForServer = below(random, 4) != 0;
    options.seed = below(random, 1000);
    return options;
}

std::string toText(const History &history)
{
    std::string text;
    for (const Step &step : history)
        text += std::string(Names[step.kind]) + " " + std::to_string(step.pick) + " " + std::to_string(step.amount) + "\n";
    return text;
}

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

CheckoutId World::pickUser(unsigned pick) const
{
    std::vector<CheckoutId> candidates;
    for (const auto &[id, user] : m_users) {
        if (!user.releasing)
            candidates.push_back(id);
    }
    return candidates.empty() ? 0 : candidates[pick % candidates.size()];
}

void World::step(const Step &next)
{
    const auto isConnecting = [](WorkerId, const Hand &hand) { return hand.connecting; };
    const auto isConnected = [](WorkerId, const Hand &hand) { return !hand.connecting; };
    const auto isBusy = [this](WorkerId id, const Hand &) { return m_pool.callOf(id).has_value(); };
    Step nested{Step::Kind(next.amount % Step::Kinds), next.pick / 2, next.amount / 2};
    if (nested.kind >= Step::Close && next.pick % 8 != 0) // the end comes from inside a callback too, but not too often
        nested.kind = Step::Call;
    switch (next.kind) {
    case Step::Checkout: {
        const auto timeout = next.amount % 4 == 0 ? std::optional<Duration>(next.amount * 10ms) : std::nullopt;
        const CheckoutId id = m_pool.checkout(timeout, m_now);
        check(m_users.emplace(id, User()).second, "a checkout number came twice");
        m_users[id].fatal = m_pool.errorOf(id).has_value();
        break;
    }
    case Step::Call:
        if (const CheckoutId id = pickUser(next.pick)) {
            for (unsigned i = 0; i <= next.amount % 3; ++i)
                check(m_pool.call(id, m_now) == m_users[id].next++, "calls are not numbered in order");
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
            m_pool.connected(id, m_now);
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
            ++m_workers[id].answers;
            answer(id);
            check(m_pool.replied(id, m_now), "a reply found no call");
        }
        break;
    case Step::Failure:
        if (const WorkerId id = pickWorker(next.pick, isBusy)) {
            m_workers[id].tainted = true;
            ++m_workers[id].answers;
            answer(id);
            check(m_pool.failed(id, Error(QStringLiteral("no luck")), m_now), "an error found no call");
        }
        break;
    case Step::Unencodable:
        if (const WorkerId id = pickWorker(next.pick, isBusy)) {
            const auto call = *m_pool.callOf(id);
            answer(id);
            m_pool.rejected(call.first, call.second, Error(Error::BadArguments, QStringLiteral("no JSON")), m_now);
        }
        break;
    case Step::Lost:
    case Step::LostUnsent:
        if (const WorkerId id = pickWorker(next.pick, isConnected))
            lose(id, next.kind == Step::LostUnsent);
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
    for (std::vector<Action> actions = m_pool.takeActions(); !actions.empty(); actions = m_pool.takeActions()) {
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
        if (const auto worker = m_workers.find(action.worker); worker != m_workers.end() && worker->second.user != 0)
            m_users.at(worker->second.user).withWorker = 0;
        check(m_workers.erase(action.worker) == 1, "an unknown worker was closed");
        break;
    case Action::Send:
        onSend(action);
        break;
    case Action::SendDone: {
        const auto worker = m_workers.find(action.worker);
        check(worker != m_workers.end() && !worker->second.connecting, "a release was sent to nobody");
        check(!worker->second.tainted || m_options.reuseAfterError, "a worker was reused after an error");
        check(!worker->second.isOutdated, "a worker outlived a recycling");
        ++worker->second.uses;
        check(m_options.maxCheckouts == 0 || worker->second.uses < m_options.maxCheckouts, "a worker outlived its last checkout");
        worker->second.user = 0;
        worker->second.answers = 0;
        break;
    }
    case Action::Finish:
    case Action::Fail:
    case Action::Cancel:
    case Action::Released:
        m_settlements.push_back(action);
        break;
    }
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
        break;
    case Action::Fail:
        onFail(action);
        break;
    case Action::Cancel:
        check(action.call == user.oldest && action.end > action.call && action.end <= user.next, "calls were canceled out of order");
        m_settled += action.end - action.call;
        user.oldest = action.end;
        break;
    case Action::Released:
        check(user.releasing && !user.released && !user.hasCalls(), "a checkout was released too early or twice");
        user.released = true;
        break;
    default:
        break;
    }
}

void World::onSend(const Action &action)
{
    const auto worker = m_workers.find(action.worker);
    check(worker != m_workers.end() && !worker->second.connecting, "a call was sent to nobody");
    check(worker->second.user == 0 || worker->second.user == action.checkout, "two checkouts hold one worker");
    User &user = m_users.at(action.checkout);
    check(user.withWorker == 0, "two calls are with a worker");
    check(action.call > user.answered && action.call >= user.oldest && action.call < user.next, "a call was sent that had settled");
    check(!user.fatal, "a call was sent for a checkout that had failed");
    worker->second.user = action.checkout;
    user.withWorker = action.call;
}

// The worker of a busy user has answered its call, or never will.
void World::answer(WorkerId worker)
{
    const auto [user, call] = *m_pool.callOf(worker);
    check(m_users.at(user).withWorker == call, "the pool believes in a call that was never sent");
    m_users.at(user).answered = call;
    m_users.at(user).withWorker = 0;
}

// A checkout goes back in line if its first call there provably never began, and fails if it may have.
void World::lose(WorkerId worker, bool unsent)
{
    const Hand hand = m_workers.at(worker);
    const auto holder
        = std::find_if(m_users.begin(), m_users.end(), [&](const auto &entry) { return m_pool.workerOf(entry.first) == worker; });
    bool mayTryAgain = true;
    if (holder != m_users.end()) {
        mayTryAgain = hand.answers == 0 && (holder->second.withWorker == 0 || unsent);
        holder->second.withWorker = 0;
    }
    m_workers.erase(worker);
    m_pool.lost(worker, Error(Error::WorkerLost, QStringLiteral("died")), unsent, m_now);
    if (holder != m_users.end() && !holder->second.releasing)
        check(m_pool.errorOf(holder->first).has_value() != mayTryAgain, "a call began twice, or a checkout failed for nothing");
}

void World::onFail(const Action &action)
{
    User &user = m_users.at(action.checkout);
    check(user.hasCalls() && action.call == user.oldest, "an error came to a call that was not the oldest");
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
    const auto connecting = std::count_if(m_workers.begin(), m_workers.end(), [](const auto &entry) { return entry.second.connecting; });
    check(connecting <= m_options.maxConnecting, "too many connections under way");
    check(m_waitingBefore.empty() || m_pool.idleCount() == 0, "a worker is idle while a checkout waits");
    std::set<WorkerId> held;
    for (const auto &[id, user] : m_users) {
        if (const WorkerId worker = m_pool.workerOf(id))
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
    check(m_pool.workerCount() >= m_options.minWorkers, "capacity was lost");
    const CheckoutId last = m_pool.checkout(Duration(0), m_now);
    m_users.emplace(last, User());
    for (int round = 0; round < 200 && m_pool.workerOf(last) == 0; ++round) {
        m_now += 10ms;
        m_pool.advance(m_now);
        obey({});
        step({Step::Connected, 0, 0});
    }
    check(m_pool.workerOf(last) != 0, "a new checkout is not served any more");
}

}
