// SPDX-License-Identifier: MIT
#ifndef POOLWORLD_H
#define POOLWORLD_H

#include "pool/pool_p.h"

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

/// A world for the pool to live in: its clock, its workers and its users are made up, and every order the pool gives is
/// checked against what the promises say. Random histories run in it; one that breaks a promise throws a Violation.
namespace PoolWorld {

using namespace Prefork::Pooling;

struct Violation
{
    std::string what;
};

struct Step
{
    enum Kind {
        Checkout,
        OneShot,
        Call,
        Release,
        Abort,
        Connected,
        ConnectFailed,
        Reply,
        Failure,
        Unencodable,
        TooBig,
        ResetDone,
        Lost,
        LostUnsent,
        LostForRoom,
        Stall,
        Pass,
        Recycle,
        Close,
        Shutdown,
        Exhausted,
        Kinds
    };
    Kind kind = Checkout;
    unsigned pick = 0; ///< which of those it could concern
    unsigned amount = 0; ///< how many or how long
};

using History = std::vector<Step>;

[[nodiscard]] History randomHistory(std::minstd_rand &random);
[[nodiscard]] Options randomOptions(std::minstd_rand &random);
[[nodiscard]] std::string toText(const History &history);

class World
{
public:
    explicit World(const Options &options);

    /// Throws the first Violation.
    void run(const History &history);
    /// Everything comes good: servers answer, users let go. Then nothing may be left over and a new checkout is served.
    void settleDown();
    [[nodiscard]] std::size_t callsSettled() const { return m_settled; }

private:
    struct User
    {
        CallId oldest = 1;
        CallId next = 1;
        CallId answered = 0; // the last call a worker answered
        CallId sent = 0; // the last call its worker was given
        CallId bar = 0; // a call that cannot be sent
        CallId tooBig = 0; // the same, but found out late
        std::set<CallId> rejected;
        quint64 group = 0;
        quint64 deadGroup = 0; // that had an error last
        bool isOneShot = false;
        bool releasing = false;
        bool released = false;
        bool fatal = false;
        [[nodiscard]] bool hasCalls() const { return oldest != next; }
    };
    struct Hand
    {
        bool connecting = true;
        WorkerTraits traits;
        CheckoutId user = 0;
        std::deque<CheckoutId> oneShots; // 0 for one given up
        bool tainted = false;
        bool resetting = false;
        bool parting = false;
        bool stalled = false;
        int uses = 0;
        int answers = 0; // to its present user
        bool isProven = false; // it answered once
        bool isOutdated = false;
    };

    void step(const Step &step);
    void obey(const Step &nested);
    void obeyOne(const Action &action);
    void settle(const Action &action);
    void skip(CheckoutId id, CallId end);
    void onSend(const Action &action);
    void onSendDone(const Action &action);
    void answer(WorkerId worker, bool isFailure);
    void lose(WorkerId worker, bool unsent, unsigned amount,
              Prefork::Pooling::Pool::Loss loss = Prefork::Pooling::Pool::Loss::Unexpected);
    void loseForRoom(WorkerId worker);
    void beginAgain(CheckoutId id, bool mayTryAgain);
    void onFail(const Action &action);
    void check(bool holds, const char *what) const;
    void checkQueue();
    void checkCounts() const;
    template <class Predicate>
    [[nodiscard]] WorkerId pickWorker(unsigned pick, Predicate predicate) const;
    void call(CheckoutId id);
    CheckoutId addUser(CheckoutId id, bool isOneShot);
    [[nodiscard]] CheckoutId pickUser(unsigned pick) const;
    [[nodiscard]] bool isWaiting(CheckoutId id, const User &user) const;

    Options m_options;
    Pool m_pool;
    Time m_now{std::chrono::hours(1)};
    std::map<WorkerId, Hand> m_workers;
    std::map<CheckoutId, User> m_users;
    std::set<CheckoutId> m_waitingBefore;
    std::deque<Action> m_settlements; // the users hear of them after all input and output is done
    std::set<quint64> m_groups;
    std::size_t m_settled = 0;
    std::optional<Time> m_closeDeadline;
    int m_givenUp = 0; // workers, at most
    bool m_isOver = false; // after shutdown or exhaustion
    int m_depth = 0;
};

}

#endif
