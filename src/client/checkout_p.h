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

class CheckoutPrivate
{
public:
    /// @p runTimeout is for calls that do not say.
    [[nodiscard]] static CheckoutPtr create(const std::shared_ptr<Internal::ClientCore> &core, Pooling::CheckoutId id,
                                            Pooling::Duration runTimeout);
    /// The end of the last handle, in any thread.
    static void drop(Checkout *checkout);
    /// The same in the checkout's own thread: it says that it is released, and is deleted after that.
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
    /// Takes in a call that has just been made.
    Internal::PendingCall &add(Internal::PendingCall &&call, Checkout *checkout);

    const std::shared_ptr<Internal::ClientCore> core;
    const Pooling::CheckoutId poolId;
    const Pooling::Duration runTimeout;
    const Call handle; // of no call; those of the calls are its siblings
    Pooling::Ring<Internal::PendingCall> calls; // unsettled
    CallId lastCall = 0;
    bool isReleased = false;
    bool isDropped = false; // nobody has it any more, and it is to be deleted once released() has been emitted
    // finished() was connected to once, in any thread: only then is a variant made of each result.
    std::atomic<bool> mayHearResults = false;
    CheckoutPtr keptAlive; // while calls are unsettled
};

}

#endif
