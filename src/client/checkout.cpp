// SPDX-License-Identifier: MIT
#include "client/checkout_p.h"

#include "client/clientcore_p.h"
#include "client/count_p.h"
#include "client/waitingloop_p.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QDeadlineTimer>
#include <QtCore/QEvent>
#include <QtCore/QMetaMethod>
#include <QtCore/QMutex>
#include <QtCore/QThread>

namespace Prefork {

using namespace Internal;

namespace {

// Returns whether nothing runs in @p thread any more: then its objects may be touched here, and nothing would handle an
// event that is posted to them.
bool hasEnded(const QThread *thread)
{
    return !thread || thread->isFinished();
}

// Drops a checkout in the checkout's thread when it is deleted there itself. It is needed because a thread that ends
// still executes deleteLater() but delivers no other posted events, and the checkout must still emit released().
class Dropper final : public QObject
{
public:
    explicit Dropper(Checkout *checkout)
        : m_checkout(checkout)
    {
        moveToThread(checkout->thread());
    }
    ~Dropper() override { CheckoutPrivate::dropHere(m_checkout); }
    Q_DISABLE_COPY_MOVE(Dropper)

private:
    Checkout *const m_checkout;
};

}

CheckoutPtr CheckoutPrivate::create(const std::shared_ptr<ClientCore> &core, Pooling::CheckoutId id,
                                    Pooling::Duration runTimeout)
{
    return {new Checkout(std::make_unique<CheckoutPrivate>(core, id, runTimeout, core->handleOf(id))),
            &CheckoutPrivate::drop, detail::BlockAllocator<Checkout>()};
}

// The last CheckoutPtr may be destroyed in any thread, but the client may be touched in its own thread only.
void CheckoutPrivate::drop(Checkout *checkout)
{
    if (checkout->thread() == QThread::currentThread()) {
        dropHere(checkout);
    } else if (hasEnded(checkout->thread())) {
        static QMutex oneAtATime; // for several checkouts may share a client, and go in different threads
        const QMutexLocker locker(&oneAtATime);
        delete checkout;
    } else {
        QMetaObject::invokeMethod(checkout, [checkout] { checkout->d->release(); }, Qt::QueuedConnection);
        (new Dropper(checkout))->deleteLater();
    }
}

void CheckoutPrivate::dropHere(Checkout *checkout)
{
    const std::shared_ptr<ClientCore> core = checkout->d->core;
    checkout->d->release();
    if (hasEnded(checkout->thread())) // nothing settles there any more
        delete checkout;
    else
        core->settler().deleteWhenSettled(checkout);
}

void CheckoutPrivate::release()
{
    if (!std::exchange(isReleased, true))
        core->release(poolId);
}

Checkout::Checkout(std::unique_ptr<CheckoutPrivate> dd)
    : d(std::move(dd))
{
}

Checkout::~Checkout()
{
    d->release();
}

bool Checkout::event(QEvent *event)
{
    if (event->type() == QEvent::ThreadChange)
        ClientCore::refuseMove("Prefork::Checkout");
    return QObject::event(event);
}

PendingCall &CheckoutPrivate::append(Checkout *checkout)
{
    if (!keptAlive)
        keptAlive = checkout->shared_from_this();
    PendingCall &call = calls.append(); // of the call before in this place only the flags are left
    call.id = ++lastCall;
    call.isMisplaced = false;
    Q_ASSERT(!call.unsent);
    Q_ASSERT(call.id + 1 == calls.end());
    return call;
}

Call Checkout::enqueue(const detail::CallTarget &target, const detail::CallArguments &arguments,
                       std::unique_ptr<detail::ResultHandler> handler, const detail::CallExtras *extras)
{
    ClientCore &core = *d->core;
    core.mustBeInThread("Prefork::Checkout::call()");
    if (core.callAtOnce(this, target, arguments, &handler, extras))
        return ClientCore::makeHandle(d->handle, d->lastCall, extras);
    return enqueueLater(target, arguments, std::move(handler), extras);
}

Call Checkout::enqueueLater(const detail::CallTarget &target, const detail::CallArguments &arguments,
                            std::unique_ptr<detail::ResultHandler> handler, const detail::CallExtras *extras)
{
    ClientCore &core = *d->core;
    Pooling::CallOptions options = ClientCore::callOptions(d->runTimeout, extras);
    PendingCall call = core.makeCall(target, std::move(handler), extras, &options);
    const CheckoutPtr self = shared_from_this(); // user code that writes the arguments may drop the last CheckoutPtr
    if (!d->isReleased)
        core.encode(target, arguments, &call);
    PendingCall &pending = d->append(this); // that code may also have made calls
    const CallId id = pending.id;
    pending = std::move(call);
    pending.id = id;
    core.call(*this, pending, options);
    return ClientCore::makeHandle(d->handle, id, extras);
}

void Checkout::connectNotify(const QMetaMethod &signal)
{
    if (signal == QMetaMethod::fromSignal(&Checkout::finished))
        d->mayHearResults.store(true, std::memory_order_relaxed);
    if (signal == QMetaMethod::fromSignal(&Checkout::released)
        || signal == QMetaMethod::fromSignal(&QObject::destroyed))
        d->mayHearEnd.store(true, std::memory_order_relaxed);
}

bool Checkout::flush()
{
    d->core->mustBeInThread("Prefork::Checkout::flush()");
    return d->core->flush();
}

void Checkout::release()
{
    d->core->mustBeInThread("Prefork::Checkout::release()");
    d->release();
}

void Checkout::abort(const QString &reason)
{
    d->core->mustBeInThread("Prefork::Checkout::abort()");
    d->core->abort(d->poolId, Error(Error::Aborted, reason));
}

bool Checkout::waitForSettled(std::chrono::milliseconds deadline)
{
    d->core->mustBeInThread("Prefork::Checkout::waitForSettled()");
    const CheckoutPtr self = shared_from_this();
    if (!QCoreApplication::instance()) { // without an application an event loop would never end
        const QDeadlineTimer end(deadline, Qt::PreciseTimer);
        while (!d->calls.isEmpty() && !end.hasExpired())
            d->core->turnByHand(end.remainingTimeAsDuration());
        return d->calls.isEmpty();
    }
    WaitingLoop loop;
    d->core->turns().watch();
    connect(d->core.get(), &ClientCore::checkoutSettled, &loop, [&] {
        if (d->calls.isEmpty())
            loop.quit();
    });
    if (!d->calls.isEmpty())
        loop.turn(deadline);
    d->core->settler().deleteLeftovers();
    return d->calls.isEmpty();
}

bool Checkout::isReleased() const
{
    d->core->mustBeInThread("Prefork::Checkout::isReleased()");
    return d->isReleased;
}

std::optional<Error> Checkout::error() const
{
    d->core->mustBeInThread("Prefork::Checkout::error()");
    return d->core->pool().errorOf(d->poolId);
}

qint64 Checkout::bytesToWrite() const
{
    d->core->mustBeInThread("Prefork::Checkout::bytesToWrite()");
    qint64 bytes = 0;
    d->calls.forEach([&bytes](CallId, const PendingCall &call) { bytes += call.unsent ? call.unsent->size : 0; });
    return bytes;
}

int Checkout::pendingCallCount() const
{
    d->core->mustBeInThread("Prefork::Checkout::pendingCallCount()");
    return toCount(qsizetype(d->calls.size()));
}

}
