// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CALLERS_P_H
#define QTPREFORK_CALLERS_P_H

#include "client/checkout_p.h"
#include "pool/idmap_p.h"

#include <QtCore/QPointer>

namespace Prefork::Internal {

/// Who has a checkout of the pool: a Checkout of the user's, or a one-shot, which is a call alone.
struct Caller
{
    QPointer<Checkout> checkout;
    std::unique_ptr<PendingCall> oneShot = nullptr;

    /// Null if it has settled.
    [[nodiscard]] PendingCall *find(CallId call) const
    {
        if (oneShot)
            return oneShot.get();
        return checkout ? CheckoutPrivate::of(*checkout).calls.find(call) : nullptr;
    }
};

/// All of a client, by the pool's number.
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
