// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_SETTLER_P_H
#define QTPREFORK_SETTLER_P_H

#include "client/callers_p.h"

#include <QtPrefork/detail/waste.h>

#include <deque>

namespace Prefork::Internal {

class ClientCore;

/// What settles, and when: runs the user's callbacks and catchers and emits a checkout's signals, in the pool's order,
/// never inside one of the user's own calls, and for no longer at a time than the budget allows.
class Settler
{
public:
    explicit Settler(ClientCore *core);

    /// The pool's order that something settles.
    void add(const Pooling::Action &action);
    /// The call says something before its result; it comes behind what is waiting to be settled.
    void add(const Pooling::CallRef &call, std::unique_ptr<Notice> notice);
    /// The call, whose arguments could not be encoded, settles as canceled instead of with that error. False if it is
    /// not waiting to be settled so.
    [[nodiscard]] bool cancelRefused(const Pooling::CallRef &call);
    /// Whether something is waiting that settles the call.
    [[nodiscard]] bool isAbout(const Pooling::CallRef &call) const;
    /// A call that the pool does not know of has failed.
    void add(const Pooling::Action &failure, Checkout *checkout);
    [[nodiscard]] bool isEmpty() const { return m_settlements.empty(); }
    /// Whether something that a call said waits to be heard, for which there was no time. Until it is, no more should
    /// be read of what there was no time for either: handlers may be slower than what is said to them.
    [[nodiscard]] bool hasNotices() const { return m_isDeferred && m_notices > 0; }
    /// Settles what is there in a turn of its own.
    void schedule();
    /// Settles what is due now.
    void settleAll();
    /// What add() and settleAll() do, without the queue, for a call that the pool finished plainly.
    void settleResult(const Pooling::CallRef &settled);
    /// From now on nothing waits for its turn, however long that takes.
    void setSettlesAtOnce() { m_settlesAtOnce = true; }
    [[nodiscard]] bool settlesAtOnce() const { return m_settlesAtOnce; }

    /// Goes on with what there was no time for, if there is anything.
    void resume();
    [[nodiscard]] bool isDeferred() const { return m_isDeferred; }

    /// Deletes @p checkout, which has no handle any more, once what is waiting to be settled has been: it may still
    /// have a signal to emit.
    void deleteWhenSettled(Checkout *checkout);
    /// Deletes those that an event loop was to delete which has ended, for there might never be another one.
    void deleteLeftovers();

    /// The call that settles next has a large result, which is destroyed in steps.
    void expectLarge() { m_isResultLarge = true; }
    void discard(std::unique_ptr<detail::Waste> waste);
    void clearWaste();

private:
    struct Settlement
    {
        Pooling::Action action;
        QPointer<Checkout> checkout;
        CheckoutPtr keptAlive;
        std::unique_ptr<PendingCall> oneShot;
        bool isDeletion = false; // The entry settles no call: it deletes the checkout, whose last handle has gone.
        std::unique_ptr<Notice> notice = nullptr; // The entry settles no call: it is what one says before its result.
    };

    void onDue();
    void defer();
    [[nodiscard]] Settlement take();
    void settle(Settlement &settlement);
    void settleCall(PendingCall &call, Checkout *checkout, const Pooling::Action &action);
    void letGoIfSettled(Checkout *checkout);
    void deleteCheckout(Checkout *checkout, bool mayBeRunning);
    void finish(PendingCall &call, Checkout *checkout);

    ClientCore *const m_core;
    std::deque<Settlement> m_settlements;
    qsizetype m_notices = 0; // of them
    bool m_isScheduled = false;
    bool m_isDeferred = false; // until other events have had their turn
    bool m_settlesAtOnce = false;
    int m_depth = 0; // of settling inside settling
    std::vector<QPointer<Checkout>> m_deletedLater;
    bool m_isResultLarge = false; // of the call that settles next
    std::vector<std::unique_ptr<detail::Waste>> m_waste;
};

}

#endif
