// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CALLERS_P_H
#define QTPREFORK_CALLERS_P_H

#include "client/checkout_p.h"
#include "pool/idmap_p.h"

#include <QtCore/QPointer>

namespace Prefork::Internal {

/// This is what the client keeps for one checkout of the pool: either the Checkout object of the user, or the call of a
/// one-shot, which has no Checkout object.
struct Caller
{
    QPointer<Checkout> checkout;
    std::unique_ptr<PendingCall> oneShot = nullptr;

    /// Returns null if the call has settled.
    [[nodiscard]] Q_ALWAYS_INLINE PendingCall *find(CallId call) const
    {
        if (oneShot)
            return oneShot.get();
        return checkout ? CheckoutPrivate::of(*checkout).calls.find(call) : nullptr;
    }
};

/// These are all checkouts and one-shots of a client, by the number that the pool gave them. ClientCore owns it; its
/// parts look up in it the call that an action of the pool names.
class Callers : public Pooling::IdMap<Caller>
{
public:
    [[nodiscard]] PendingCall *find(Pooling::CheckoutId checkout, CallId call) const
    {
        const Caller *const caller = IdMap::find(checkout);
        return caller ? caller->find(call) : nullptr;
    }
    using IdMap::find;
};

}

#endif
