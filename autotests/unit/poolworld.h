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
using Prefork::Wire::WorkerTraits;

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
        Cancel,
        Release,
        Abort,
        Connected,
        ConnectFailed,
        Begins,
        Reply,
        Failure,
        GaveUp,
        Unencodable,
        TooBig,
        ResetDone,
        Lost,
        LostUnsent,
        LostForRoom,
        Stall,
        Fill,
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

private:
    /// A call until it has settled; a canceled one that its worker has, until that has answered.
    struct UserCall
    {
        bool isSent = false; // its worker has it
        bool isAnswered = false;
        bool isDecided = false; // the pool has said how it settles
        bool isAsked = false; // to be canceled
        bool isGhost = false;
        bool isHeard = false; // its user knows how it settled
        bool isRejected = false;
        bool isTooBig = false; // which will be found out when it is sent
        bool isOver = false; // its time was over when it was made: it must not be sent
        Duration runTimeout{};
        Time deadline = Never;
        Time begun = Never; // as far as the pool can know
        bool hasSaidBegun = false; // its worker has; saying it again changes nothing
        Time ghostSince = Never; // from when its worker has nothing else to do
    };
    struct User
    {
        std::map<CallId, UserCall> calls;
        CallId next = 1;
        quint64 group = 0;
        quint64 deadGroup = 0; // that had an error last
        int priority = 0;
        bool hasTimeout = false;
        bool isOneShot = false;
        bool releasing = false;
        bool released = false;
        bool fatal = false;
        CallId postponed = 0; // among the orders being obeyed: none from this call on stands; 0 = all do
    };
    struct Hand
    {
        bool connecting = true;
        WorkerTraits traits;
        CheckoutId user = 0; // who holds it
        std::deque<CallRef> queue; // in the order they were sent; of no checkout, if given up
        bool isShared = false;
        bool tainted = false;
        bool resetting = false;
        bool parting = false;
        bool stalled = false;
        bool wasFilled = false; // by the orders being obeyed, of which some may come too late
        int uses = 0;
        int answers = 0; // that tell that something of its present user has begun
        bool isProven = false; // it answered once
        bool isSetUp = false;
        bool isOutdated = false;
    };

    // poolworld.cpp
    void step(const Step &step);
    void userStep(const Step &step);
    void workerStep(const Step &step);
    void poolStep(const Step &step);
    void call(CheckoutId id, const CallOptions &options);
    void cancel(const Step &step);
    void cancel(CheckoutId id, CallId call);
    UserCall &addCall(User &user, const CallOptions &options);
    CheckoutId addUser(CheckoutId id, const CheckoutOptions &options, bool isOneShot);
    void answer(const Step &step);
    [[nodiscard]] std::optional<std::size_t> pickAnswer(const Hand &hand, const Step &step) const;
    void loseForRoom(WorkerId worker);
    void lose(WorkerId worker, bool unsent, unsigned amount, Pool::Loss loss = Pool::Loss::Unexpected);
    void beginAgain(CheckoutId id, bool mayTryAgain);
    template <class Predicate>
    [[nodiscard]] WorkerId pickWorker(unsigned pick, Predicate predicate) const;
    [[nodiscard]] CheckoutId pickUser(unsigned pick) const;

    // poolorders.cpp
    void obey(const Step &nested);
    void obeyOrders();
    void obeyOne(const Action &action);
    void settle(const Action &action);
    void onSend(const Action &action);
    [[nodiscard]] bool isStale(const Action &action) const;
    [[nodiscard]] bool postpones(const Action &action);
    void onSendCancel(const Action &action);
    void onSendDone(const Action &action);
    void decide(const Action &action);
    UserCall &decide(CheckoutId id, CallId call);
    void giveUp(const CallRef &call);
    void endGhost(const CallRef &call);
    void forgetIfOver(const CallRef &call);
    void noteBeginnings();

    // poolchecks.cpp
    void check(bool holds, const char *what) const;
    void checkQueue();
    void checkCounts() const;
    void checkClocks() const;
    void checkViews() const;
    void checkEnd(const Action &action, CallId call);
    [[nodiscard]] bool isLate(const User &user) const;
    [[nodiscard]] bool isWaiting(CheckoutId id, const User &user) const;

    /// Somebody who looks at the pool, and is asked whether what was said agrees with the orders.
    struct Onlooker final : Observer
    {
        void callEnded(const CallRef &ref, const CallRecord &call, End end, const Prefork::Error *error) override;
        void workerDied(WorkerId worker, const Prefork::Error &error) override;

        struct Ended
        {
            End end;
            bool hasError;
        };
        std::map<std::pair<CheckoutId, CallId>, Ended> ended; // and not decided yet
        std::set<WorkerId> died; // whose end has not been seen yet
    };

    Options m_options;
    Onlooker m_onlooker;
    Pool m_pool;
    Time m_now{std::chrono::hours(1)};
    std::map<WorkerId, Hand> m_workers;
    std::map<CheckoutId, User> m_users;
    std::set<std::pair<int, CheckoutId>> m_waitingBefore;
    std::deque<Action> m_settlements; // the users hear of them after all input and output is done
    std::set<quint64> m_groups;
    std::optional<Time> m_closeDeadline;
    int m_givenUp = 0; // workers, at most
    unsigned m_room = 0; // so many calls can be written until their worker is full; 0 = any number
    bool m_isOver = false; // after shutdown or exhaustion
    int m_depth = 0;
};

}

#endif
