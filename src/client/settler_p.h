// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_SETTLER_P_H
#define QTPREFORK_SETTLER_P_H

#include "client/callers_p.h"

#include <QtPrefork/detail/waste.h>

#include <deque>

namespace Prefork::Internal {

class ClientCore;

/// Settles calls: runs the user's callbacks and catchers and emits a checkout's signals. It does so in the pool's
/// order, never inside one of the user's own calls, and for no longer in one turn than the budget allows. ClientCore
/// owns it. It also delivers notices, deletes checkouts, and destroys large results in steps.
class Settler
{
public:
    explicit Settler(ClientCore *core);

    /// Adds an action of the pool that settles something to the queue.
    void add(const Pooling::Action &action);
    /// Adds a notice of the call to the queue, behind what waits there already.
    void add(const Pooling::CallRef &call, std::unique_ptr<Notice> notice);
    /// If the call waits in the queue to fail because its arguments could not be encoded, this has it settle as
    /// canceled instead. Otherwise returns false.
    [[nodiscard]] bool cancelRefused(const Pooling::CallRef &call);
    /// Returns whether the queue holds something that settles the call.
    [[nodiscard]] bool isAbout(const Pooling::CallRef &call) const;
    /// Adds the failure of a call that the pool does not know, for its checkout was released.
    void add(const Pooling::Action &failure, Checkout *checkout);
    [[nodiscard]] bool isEmpty() const { return m_settlements.empty(); }
    /// Returns the number of calls that wait to be settled.
    [[nodiscard]] qsizetype callCount() const { return m_calls; }
    /// Returns whether notices wait that there was no time to deliver. Until they are delivered, deferred connections
    /// should not be read either, for a worker may send notices faster than the user's handlers take them.
    [[nodiscard]] bool hasNotices() const { return m_isDeferred && m_notices > 0; }
    /// Has settleAll() called in the next turn of the event loop.
    void schedule();
    /// Settles what is in the queue now, as far as the budget allows.
    void settleAll();
    /// Settles a call with its result at once, without the queue, after Pool::repliedPlainly().
    void settleResult(Checkout *checkout, CallId number);
    /// Does the same for a one-shot.
    void settleOneShot(PendingCall &call);
    /// From now on settleAll() ignores the budget. The client is being destroyed.
    void setSettlesAtOnce() { m_settlesAtOnce = true; }
    [[nodiscard]] bool settlesAtOnce() const { return m_settlesAtOnce; }

    /// Goes on with what the budget left in the queue, if anything.
    void resume();
    [[nodiscard]] bool isDeferred() const { return m_isDeferred; }

    /// Deletes @p checkout, of which no CheckoutPtr is left, after everything that is in the queue now: the checkout
    /// may still have a signal to emit.
    void deleteWhenSettled(Checkout *checkout);
    /// Deletes the checkouts that were left to a deleteLater() if no event loop runs here any more.
    void deleteLeftovers();

    /// The call that settles next has a large result, which must be destroyed in steps.
    void expectLarge() { m_isResultLarge = true; }
    /// Keeps what is left of a large result, to be destroyed in steps in later turns.
    void discard(std::unique_ptr<detail::Waste> waste);
    /// Destroys some of what discard() kept, as far as the budget allows.
    void clearWaste();

private:
    /// This is an entry of the queue: it settles calls, or delivers a notice, or deletes a checkout.
    struct Settlement
    {
        Pooling::Action action;
        QPointer<Checkout> checkout;
        CheckoutPtr keptAlive;
        std::unique_ptr<PendingCall> oneShot;
        bool isDeletion = false; // The entry settles no call: it deletes the checkout.
        std::unique_ptr<Notice> notice = nullptr; // The entry settles no call: it delivers this.
    };

    void onDue();
    void defer();
    void push(Settlement &&settlement);
    [[nodiscard]] Settlement take();
    void settle(Settlement &settlement);
    void settleCall(PendingCall &call, Checkout *checkout, const Pooling::Action &action);
    void letGoIfSettled(Checkout *checkout);
    void letGo(CheckoutPtr &&checkout);
    [[nodiscard]] bool endsUnheard(const Checkout *checkout, const Pooling::Action &action) const;
    void deleteCheckout(Checkout *checkout, bool mayBeRunning);
    void finish(PendingCall &call, Checkout *checkout);

    ClientCore *const m_core;
    std::deque<Settlement> m_settlements; // the queue
    qsizetype m_notices = 0; // how many entries of the queue are notices
    qsizetype m_calls = 0; // how many calls the entries of the queue settle
    bool m_isScheduled = false;
    bool m_isDeferred = false; // the budget was used up: the queue waits until other events have had their turn
    bool m_settlesAtOnce = false;
    int m_depth = 0; // how many calls of settleAll(), settleResult() and settleOneShot() are on the stack
    bool m_endsAtOnce = false; // a checkout may end now, and be deleted, without waiting for the next turn
    std::vector<QPointer<Checkout>> m_deletedLater;
    bool m_isResultLarge = false; // whether the call that settles next has a large result
    std::vector<std::unique_ptr<detail::Waste>> m_waste;
};

}

#endif
