// SPDX-License-Identifier: MIT
#include "poolworld.h"

#include <algorithm>
#include <utility>

namespace PoolWorld {

using namespace std::chrono_literals;
using Prefork::Error;

namespace {

CallOptions callOptions(unsigned amount)
{
    CallOptions options;
    options.method = MethodId(1 + amount % 2);
    if (amount % 5 == 0)
        options.runTimeout = (1 + amount) * 5ms;
    if (amount % 7 == 3)
        options.deadline = amount * 10ms;
    if (amount % 29 == 4)
        options.deadline = -10ms; // over already: it is never sent
    return options;
}

}

World::World(const Options &options)
    : m_options(options)
    , m_pool(options)
{
    m_pool.setObserver(&m_onlooker, false);
    m_options.minWorkers = std::min(options.minWorkers, options.maxWorkers);
    for (const QString &method : {QStringLiteral("even"), QStringLiteral("odd")})
        static_cast<void>(m_pool.methodId(method));
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
        checkViews();
    }
}

template <class Predicate>
WorkerId World::pickWorker(unsigned pick, Predicate predicate) const
{
    std::vector<WorkerId> candidates;
    for (const auto &[id, hand] : m_workers) {
        if (predicate(hand))
            candidates.push_back(id);
    }
    return candidates.empty() ? 0 : candidates[pick % candidates.size()];
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
    Step nested{Step::Kind(next.amount % Step::Kinds), next.pick / 2, next.amount / 2};
    if (nested.kind >= Step::Close && next.pick % 8 != 0) // the end comes from inside a callback too, but not too often
        nested.kind = Step::Call;
    switch (next.kind) {
    case Step::Checkout:
    case Step::OneShot:
    case Step::Call:
    case Step::Cancel:
    case Step::Release:
    case Step::Abort:
    case Step::Unencodable:
    case Step::TooBig:
        userStep(next);
        break;
    case Step::Connected:
    case Step::ConnectFailed:
    case Step::Begins:
    case Step::Reply:
    case Step::Failure:
    case Step::GaveUp:
    case Step::ResetDone:
    case Step::Lost:
    case Step::LostUnsent:
    case Step::LostForRoom:
    case Step::Stall:
    case Step::Fill:
        workerStep(next);
        break;
    default:
        poolStep(next);
        break;
    }
    obey(nested);
}

CheckoutId World::addUser(CheckoutId id, const CheckoutOptions &options, bool isOneShot)
{
    check(m_users.emplace(id, User()).second, "a checkout number came twice");
    User &user = m_users[id];
    user.isOneShot = user.releasing = isOneShot;
    user.priority = options.priority;
    user.hasTimeout = options.timeout.value_or(m_options.timeout) != 0s;
    user.fatal = m_pool.errorOf(id).has_value();
    return id;
}

World::UserCall &World::addCall(User &user, const CallOptions &options)
{
    UserCall &call = user.calls[user.next++];
    call.runTimeout = options.runTimeout;
    if (options.deadline != 0s)
        call.deadline = m_now + options.deadline;
    call.isOver = options.deadline < 0s;
    return call;
}

// The short way, if there is one.
void World::call(CheckoutId id, const CallOptions &options)
{
    User &user = m_users.at(id);
    const CallId number = user.next;
    addCall(user, options);
    const auto sending = m_pool.sendingNow(id);
    if (!sending || options.deadline < 0s) {
        check(m_pool.call(id, options, m_now) == number, "calls are not numbered in order");
        return;
    }
    check(m_workers.contains(sending->worker) && m_workers.at(sending->worker).answers > 0,
          "a call that may have to be sent again was let go");
    onSend({.kind = Action::Send, .worker = sending->worker, .checkout = id, .call = number, .group = sending->group});
    check(m_pool.callSent(id, options, m_now) == number, "calls are not numbered in order");
}

void World::cancel(const Step &next)
{
    std::vector<CheckoutId> ids;
    for (const auto &[id, user] : m_users) {
        if (user.next > 1)
            ids.push_back(id);
    }
    if (ids.empty())
        return;
    const CheckoutId id = ids[next.pick % ids.size()];
    cancel(id, 1 + next.amount % (m_users.at(id).next - 1));
}

void World::cancel(CheckoutId id, CallId call)
{
    User &user = m_users.at(id);
    const auto found = user.calls.find(call);
    const bool isOpen = found != user.calls.end() && !found->second.isDecided && !found->second.isGhost;
    if (isOpen)
        found->second.isAsked = true;
    check(m_pool.cancel(id, call, m_now) == isOpen, "the pool has another opinion of whether a call has settled");
}

void World::userStep(const Step &next)
{
    CheckoutOptions options;
    options.priority = int(next.pick % 3) - 1;
    if (next.kind == Step::Checkout) {
        if (next.amount % 4 == 0)
            options.timeout = next.amount * 10ms;
        addUser(m_pool.checkout(options, m_now), options, false);
        return;
    }
    if (next.kind == Step::OneShot) {
        if (next.amount % 4 == 0)
            options.timeout = (1 + next.amount) * 10ms;
        for (unsigned i = 0; i <= next.amount % 3; ++i) {
            const CallOptions callsOptions = callOptions(next.amount + i);
            const auto sending = next.pick % 8 > 3 ? m_pool.sendingOneShotNow(callsOptions) : std::nullopt;
            if (sending) { // the short way
                const CheckoutId id
                    = addUser(m_pool.oneShotSent(*sending, options, callsOptions, m_now), options, true);
                addCall(m_users[id], callsOptions);
                onSend({.kind = Action::Send,
                        .worker = sending->worker,
                        .checkout = id,
                        .call = 1,
                        .group = sending->group});
                continue;
            }
            const CheckoutId id = addUser(m_pool.oneShot(options, callsOptions, m_now), options, true);
            UserCall &call = addCall(m_users[id], callsOptions);
            if (next.pick % 8 == 0) {
                call.isRejected = true;
                m_pool.rejected(id, 1, Error(Error::BadArguments, QStringLiteral("no CBOR")), m_now);
            } else if (next.pick % 8 == 1) {
                call.isTooBig = true;
            }
        }
        return;
    }
    if (next.kind == Step::Cancel) {
        cancel(next);
        return;
    }
    const CheckoutId id = pickUser(next.pick);
    if (id == 0)
        return;
    User &user = m_users[id];
    switch (next.kind) {
    case Step::Call:
        for (unsigned i = 0; i <= next.amount % 3; ++i)
            call(id, callOptions(next.amount + i));
        if (next.pick % 16 == 0 && !m_pool.errorOf(id)) // before anything of it is written
            cancel(id, user.next - 1);
        break;
    case Step::Release:
        user.releasing = true;
        m_pool.release(id, m_now);
        break;
    case Step::Abort:
        m_pool.abort(id, Error(Error::Aborted, QStringLiteral("aborted")), m_now);
        user.fatal = true;
        break;
    case Step::Unencodable: {
        const CallId number = user.next;
        addCall(user, {}).isRejected = true;
        check(m_pool.call(id, {}, m_now) == number, "calls are not numbered in order");
        m_pool.rejected(id, number, Error(Error::BadArguments, QStringLiteral("no CBOR")), m_now);
        break;
    }
    default: {
        const CallId number = user.next;
        addCall(user, {}).isTooBig = true;
        check(m_pool.call(id, {}, m_now) == number, "calls are not numbered in order");
        break;
    }
    }
}

void World::workerStep(const Step &next)
{
    const auto isConnected = [](const Hand &hand) { return !hand.connecting; };
    switch (next.kind) {
    case Step::Connected:
        if (const WorkerId id = pickWorker(next.pick, [](const Hand &hand) { return hand.connecting; })) {
            Hand &hand = m_workers[id];
            hand.connecting = false;
            hand.traits.pipelines = next.amount % 4 != 0;
            hand.traits.acknowledgesRelease = next.amount % 3 == 0;
            hand.traits.answersInOrder = !hand.traits.pipelines || next.amount % 5 != 1;
            hand.traits.cancels = hand.traits.pipelines && next.amount % 8 != 2;
            hand.traits.tellsBegun = hand.traits.cancels;
            m_pool.connected(id, hand.traits, m_now);
        }
        break;
    case Step::ConnectFailed:
        if (const WorkerId id = pickWorker(next.pick, [](const Hand &hand) { return hand.connecting; })) {
            m_workers.erase(id);
            m_pool.connectFailed(id, Error(Error::Unavailable, QStringLiteral("nobody there")), m_now);
        }
        break;
    case Step::Begins:
        if (const WorkerId id
            = pickWorker(next.pick, [](const Hand &hand) { return hand.traits.tellsBegun && !hand.queue.empty(); })) {
            Hand &hand = m_workers[id];
            const CallRef call = hand.queue[hand.traits.answersInOrder ? 0 : next.amount % hand.queue.size()];
            hand.isSetUp = true;
            if (call.checkout != 0) {
                UserCall &begins = m_users.at(call.checkout).calls.at(call.call);
                if (!std::exchange(begins.hasSaidBegun, true))
                    begins.begun = m_now;
            }
            m_pool.begun(id, call, m_now);
        }
        break;
    case Step::Reply:
    case Step::Failure:
    case Step::GaveUp:
        answer(next);
        break;
    case Step::ResetDone:
        if (const WorkerId id = pickWorker(next.pick, [](const Hand &hand) { return hand.resetting; })) {
            m_workers[id].resetting = false;
            check(m_pool.released(id, m_now), "an acknowledgement found no release");
        }
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
    case Step::Fill:
        m_room = 1 + next.amount % 4;
        break;
    default:
        if (const WorkerId id = pickWorker(next.pick, isConnected))
            lose(id, next.kind == Step::LostUnsent, next.amount);
        break;
    }
}

void World::poolStep(const Step &next)
{
    switch (next.kind) {
    case Step::Pass:
        m_now += next.amount % 5 == 0 ? Duration(next.amount * 100ms) : Duration(next.amount * 5ms);
        m_pool.advance(m_now);
        check(!m_pool.nextWakeup() || *m_pool.nextWakeup() > m_now, "the pool asks to be woken at once, for ever");
        obeyOrders();
        checkClocks();
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
    default:
        break;
    }
}

// What the worker may answer now, in the way that the step says.
std::optional<std::size_t> World::pickAnswer(const Hand &hand, const Step &next) const
{
    std::vector<std::size_t> candidates;
    for (std::size_t i = 0;
         i < (hand.traits.answersInOrder ? std::min<std::size_t>(1, hand.queue.size()) : hand.queue.size()); ++i) {
        const CallRef &call = hand.queue[i];
        if (next.kind != Step::GaveUp || (call.checkout != 0 && m_users.at(call.checkout).calls.at(call.call).isGhost))
            candidates.push_back(i);
    }
    if (candidates.empty())
        return {};
    return candidates[next.amount % candidates.size()];
}

// The worker answers a call that it has; after an error it drops what else it has of the same group.
void World::answer(const Step &next)
{
    const WorkerId id = pickWorker(next.pick, [&](const Hand &hand) { return pickAnswer(hand, next).has_value(); });
    if (id == 0)
        return;
    Hand &hand = m_workers.at(id);
    const std::size_t index = *pickAnswer(hand, next);
    const CallRef call = hand.queue[index];
    hand.queue.erase(hand.queue.begin() + std::ptrdiff_t(index));
    check(!hand.traits.answersInOrder || m_pool.callOf(id).value_or(CallRef()).checkout == call.checkout,
          "the pool waits for another answer");
    check(m_pool.isWith(id, call), "the pool does not know that a worker has a call");
    const bool wasShared = std::exchange(hand.isShared, hand.isShared && !hand.queue.empty());
    hand.isProven = true;
    const bool hadBegun = next.kind != Step::GaveUp || next.amount % 2;
    hand.isSetUp = hand.isSetUp || hadBegun;
    hand.answers += hadBegun && !wasShared;
    hand.tainted = hand.tainted || next.kind == Step::Failure || (next.kind == Step::GaveUp && hadBegun);
    User *const user = call.checkout == 0 ? nullptr : &m_users.at(call.checkout);
    const bool wasGhost = user && user->calls.at(call.call).isGhost;
    if (user) {
        user->calls.at(call.call).isAnswered = true;
        forgetIfOver(call);
    }
    if (next.kind == Step::Failure && user && !wasShared && hand.traits.answersInOrder) {
        user->deadGroup = user->group;
        for (const CallRef &dropped : std::exchange(hand.queue, {})) {
            user->calls.at(dropped.call).isSent = false;
            endGhost(dropped);
        }
    }
    if (next.kind == Step::Failure) {
        check(m_pool.failed(id, call, Error(QStringLiteral("no luck")), m_now), "an error found no call");
    } else if (next.kind == Step::GaveUp) {
        check(m_pool.gaveUp(id, call, hadBegun, m_now), "the end of a canceled call found no call");
    } else if (const auto plain = m_pool.plainAnswer(id);
               next.amount % 2 && !wasGhost && m_settlements.empty() && plain && plain->call == call) {
        m_pool.repliedPlainly(*plain, m_now);
        const Action finish{.kind = Action::Finish, .checkout = call.checkout, .call = call.call};
        decide(finish);
        m_settlements.push_back(finish);
    } else {
        check(m_pool.replied(id, call, m_now), "a reply found no call");
    }
}

// Nobody needs another worker just because one was given up.
void World::loseForRoom(WorkerId worker)
{
    const qsizetype before = m_pool.workerCount();
    const auto holds = [&](const auto &entry) { return m_pool.workerOf(entry.first) == worker; };
    const Hand &hand = m_workers.at(worker);
    const bool wasUsed = hand.resetting || !hand.queue.empty() || std::any_of(m_users.begin(), m_users.end(), holds);
    qsizetype shared = 0; // one-shots that would rather have a worker each
    for (const auto &[id, other] : m_workers)
        shared += other.isShared && other.queue.size() > 1;
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
        return m_pool.workerOf(entry.first) == worker && !hand.isShared;
    });
    Begun begun;
    const bool isTold = amount % 2;
    std::vector<bool> hasBegun(hand.queue.size());
    bool anyHasBegun = hand.answers > 0;
    for (std::size_t i = 0; i < hand.queue.size() && !unsent; ++i) {
        const bool inOrder = hand.traits.answersInOrder;
        if (inOrder ? i >= amount % (hand.queue.size() + 1) : (amount >> (i % 4)) % 2 == 0)
            continue;
        if (inOrder)
            ++begun.oldest;
        if (!inOrder || isTold)
            begun.named.push_back(hand.queue[i]);
        hasBegun[i] = true;
        const CallRef &call = hand.queue[i];
        anyHasBegun = anyHasBegun
            || (call.checkout != 0 && (isTold || !inOrder || !m_users.at(call.checkout).calls.at(call.call).isGhost));
    }
    m_workers.erase(worker);
    const qsizetype before = m_pool.workerCount();
    m_pool.lost(worker, Error(Error::WorkerLost, QStringLiteral("died")), begun, m_now, loss);
    check(m_onlooker.died.erase(worker) == 1, "nobody was told that a worker died");
    check(hand.isProven || hand.connecting || m_pool.workerCount() < before,
          "a worker that never answered was replaced at once");
    for (std::size_t i = 0; i < hand.queue.size(); ++i) {
        if (const CallRef &call = hand.queue[i]; call.checkout != 0) {
            UserCall &lost = m_users.at(call.checkout).calls.at(call.call);
            lost.isSent = false;
            lost.begun = Never;
            lost.hasSaidBegun = false;
            const bool isGhost = lost.isGhost;
            endGhost(call);
            if (hand.isShared && !isGhost)
                beginAgain(call.checkout, !hasBegun[i]);
        }
    }
    if (holder != m_users.end())
        beginAgain(holder->first, !anyHasBegun);
}

void World::beginAgain(CheckoutId id, bool mayTryAgain)
{
    m_waitingBefore.erase({-m_users.at(id).priority, id}); // it was served, and is back in its place
    if (!m_users.at(id).releasing)
        check(m_pool.errorOf(id).has_value() != mayTryAgain || m_isOver,
              "a call began twice, or a checkout failed for nothing");
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
        if (const WorkerId id = pickWorker(0, [](const Hand &hand) { return hand.parting; }))
            lose(id, false, 0);
        obey({});
    }
    for (const auto &[id, user] : m_users) {
        check(user.calls.empty() || (m_isOver && m_pool.workerOf(id) != 0), "a call never settled");
        check(user.released || m_isOver, "a checkout was never released");
    }
    if (m_isOver)
        return;
    if (m_closeDeadline) {
        check(m_pool.isClosed() && m_workers.empty(), "the pool never closed");
        return;
    }
    check(m_pool.workerCount() >= m_options.minWorkers - m_givenUp, "capacity was lost");
    check(!m_pool.countsRuns(), "somebody still counts the time of a call that has settled");
    const CheckoutId last = m_pool.checkout({.timeout = Duration(0)}, m_now);
    addUser(last, {}, false);
    for (int round = 0; round < 200 && m_pool.workerOf(last) == 0; ++round) {
        m_now += 10ms;
        m_pool.advance(m_now);
        obey({});
        step({Step::Connected, 0, 0});
    }
    check(m_pool.workerOf(last) != 0, "a new checkout is not served any more");
}

}
