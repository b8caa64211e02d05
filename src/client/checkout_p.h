// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_CHECKOUT_P_H
#define QTPREFORK_CHECKOUT_P_H

#include <QtPrefork/checkout.h>

#include "pool/pool_p.h"

#include <deque>

namespace Prefork {

class ClientCore;

/// A call from being made to being settled.
struct PendingCall
{
    CallId id = 0;
    QString method; // empty for a function call
    Frame frame;
    std::unique_ptr<detail::ResultHandler> handler;
    QByteArray bytes; // encoded
    QString encodingError; // why there are none
    QVariant result;
};

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

    /// An unsettled call, or null.
    [[nodiscard]] PendingCall *find(CallId call);
    /// Takes a call that is being settled out of the queue.
    [[nodiscard]] PendingCall take(CallId call);

    // Each settles a call, telling signal, callback and catcher.
    void finish(Checkout *q, CallId call);
    void fail(Checkout *q, CallId call, const Error &error);
    void cancel(Checkout *q, CallId call);

    const std::shared_ptr<ClientCore> core;
    const Pooling::CheckoutId poolId;
    std::deque<PendingCall> calls; // unsettled, by number
    CallId lastCall = 0;
    bool isReleased = false;
    CheckoutPtr keptAlive; // while calls are unsettled
};

}

#endif
