// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CHECKOUT_P_H
#define QTPREFORK_CHECKOUT_P_H

#include "client/pendingcall_p.h"
#include "pool/pool_p.h"

#include <atomic>

namespace Prefork {

namespace Internal {
class ClientCore;
}

/// This is the private part of a Checkout: its unsettled calls, and the way to its client. ClientCore creates
/// checkouts, and its parts add and take calls here. It lives as long as its Checkout, which keeps the ClientCore
/// alive.
class CheckoutPrivate : public detail::InBlock
{
public:
    /// @p runTimeout is for calls that have none of their own.
    [[nodiscard]] static CheckoutPtr create(const std::shared_ptr<Internal::ClientCore> &core, Pooling::CheckoutId id,
                                            Pooling::Duration runTimeout);
    /// This is the deleter of CheckoutPtr. It runs in the thread that destroys the last one, whichever that is.
    static void drop(Checkout *checkout);
    /// Does what drop() has to do, in the checkout's own thread: releases the checkout, and deletes it after it has
    /// emitted released().
    static void dropHere(Checkout *checkout);
    [[nodiscard]] static CheckoutPrivate &of(const Checkout &checkout) { return *checkout.d; }

    CheckoutPrivate(const std::shared_ptr<Internal::ClientCore> &itsCore, Pooling::CheckoutId itsId,
                    Pooling::Duration itsRunTimeout, const Call &itsHandle)
        : core(itsCore)
        , poolId(itsId)
        , runTimeout(itsRunTimeout)
        , handle(itsHandle)
    {
    }

    void release();
    /// Adds a call to the unsettled ones, which gets the next number, and which the caller must fill at once.
    Internal::PendingCall &append(Checkout *checkout);

    const std::shared_ptr<Internal::ClientCore> core;
    const Pooling::CheckoutId poolId;
    const Pooling::Duration runTimeout;
    const Call handle; // names this checkout and no call; the handles of its calls are made from it
    Pooling::Ring<Internal::PendingCall> calls; // the unsettled ones
    CallId lastCall = 0;
    bool isReleased = false;
    bool isDropped = false; // no CheckoutPtr is left, and the checkout is deleted once released() has been emitted
    // True if finished() was ever connected, in whatever thread. Only then is a variant made of each result.
    std::atomic<bool> mayHearResults = false;
    // True if released() or destroyed() was ever connected. If not, the checkout need not wait until it can emit them.
    std::atomic<bool> mayHearEnd = false;
    CheckoutPtr keptAlive; // points to its own Checkout while calls are unsettled, else null
};

}

#endif
