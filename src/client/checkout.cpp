// SPDX-License-Identifier: MIT
#include "client/checkout_p.h"

#include "client/clientcore_p.h"

#include <QtCore/QEventLoop>
#include <QtCore/QMetaMethod>
#include <QtCore/QThread>

namespace Prefork {

CheckoutPtr CheckoutPrivate::create(const std::shared_ptr<ClientCore> &core, Pooling::CheckoutId id)
{
    const auto drop = [](Checkout *checkout) {
        checkout->release();
        // After the event loop nobody would come to delete it, and nothing of it can be running.
        if (QThread::currentThread()->loopLevel() == 0 && !checkout->d->core->isSettling())
            delete checkout;
        else
            checkout->deleteLater();
    };
    return {new Checkout(std::make_unique<CheckoutPrivate>(core, id)), drop};
}

Checkout::Checkout(std::unique_ptr<CheckoutPrivate> dd)
    : d(std::move(dd))
{
}

Checkout::~Checkout() = default;

CallId Checkout::enqueue(const detail::CallTarget &target, const detail::CallArguments &arguments,
                         std::unique_ptr<detail::ResultHandler> handler)
{
    Q_ASSERT_X(thread() == QThread::currentThread(), "Prefork::Checkout::call", "a checkout belongs to its client's thread");
    PendingCall call = d->core->makeCall(target, std::move(handler));
    call.id = ++d->lastCall;
    PendingCall &pending = d->calls.append(std::move(call));
    if (!d->keptAlive)
        d->keptAlive = shared_from_this();
    try {
        if (!d->core->callAtOnce(*d, target, arguments, pending))
            d->core->call(*this, target, arguments, pending);
    } catch (...) { // an argument's own encoding threw: there was no call
        d->calls.dropLast();
        --d->lastCall;
        if (d->calls.isEmpty())
            d->keptAlive.reset();
        throw;
    }
    return d->lastCall;
}

void Checkout::connectNotify(const QMetaMethod &signal)
{
    if (signal == QMetaMethod::fromSignal(&Checkout::finished))
        d->mayHearResults = true;
}

void Checkout::release()
{
    if (std::exchange(d->isReleased, true))
        return;
    d->core->release(d->poolId);
}

void Checkout::abort(const QString &reason)
{
    d->core->abort(d->poolId, Error(Error::Aborted, reason));
}

bool Checkout::waitForSettled(std::chrono::milliseconds deadline)
{
    const CheckoutPtr self = shared_from_this();
    QEventLoop loop;
    QTimer timer;
    timer.setSingleShot(true);
    timer.setTimerType(Qt::PreciseTimer);
    connect(&timer, &QTimer::timeout, &loop, &QEventLoop::quit);
    connect(d->core.get(), &ClientCore::checkoutSettled, &loop, [&] {
        if (d->calls.isEmpty())
            loop.quit();
    });
    timer.start(std::min<std::chrono::milliseconds>(deadline, std::chrono::hours(24 * 24))); // it counts in int
    if (!d->calls.isEmpty())
        loop.exec(QEventLoop::ExcludeUserInputEvents);
    return d->calls.isEmpty();
}

bool Checkout::isReleased() const
{
    return d->isReleased;
}

std::optional<Error> Checkout::error() const
{
    return d->core->errorOf(d->poolId);
}

qint64 Checkout::bytesToWrite() const
{
    qint64 bytes = 0;
    d->calls.forEach([&bytes](const PendingCall &call) { bytes += call.unsent ? call.unsent->size : 0; });
    return bytes;
}

qsizetype Checkout::pendingCalls() const
{
    return qsizetype(d->calls.size());
}

}
