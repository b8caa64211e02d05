// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CHECKOUT_P_H
#define QTPREFORK_CHECKOUT_P_H

#include "client/callring_p.h"
#include "pool/pool_p.h"

namespace Prefork {

class ClientCore;

class CheckoutPrivate
{
public:
    [[nodiscard]] static CheckoutPtr create(const std::shared_ptr<ClientCore> &core, Pooling::CheckoutId id);
    [[nodiscard]] static CheckoutPrivate &of(const Checkout &checkout) { return *checkout.d; }

    CheckoutPrivate(const std::shared_ptr<ClientCore> &itsCore, Pooling::CheckoutId itsId)
        : core(itsCore)
        , poolId(itsId)
    {
    }

    const std::shared_ptr<ClientCore> core;
    const Pooling::CheckoutId poolId;
    CallRing calls; // unsettled
    CallId lastCall = 0;
    bool isReleased = false;
    bool mayHearResults = false; // finished() was connected to once: only then is a variant made of each result
    CheckoutPtr keptAlive; // while calls are unsettled
};

}

#endif
