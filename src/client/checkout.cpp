// SPDX-License-Identifier: MIT
#include "client/checkout_p.h"

#include "client/clientcore_p.h"

#include <QtCore/QEventLoop>
#include <QtCore/QMetaMethod>
#include <QtCore/QThread>

#include <algorithm>

namespace Prefork {

detail::ResultHandler::~ResultHandler() = default;

namespace {

FrameOptions frameOptions(const QByteArray &client, const QString &method)
{
    if (client.isEmpty() && method.isEmpty())
        return {};
    return {.name = client.isEmpty() ? QByteArrayLiteral("ANONYMOUS CLIENT") : client,
            .call = method.isEmpty() ? QByteArrayLiteral("NO METHOD") : method.toUtf8()};
}

}

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

PendingCall *CheckoutPrivate::find(CallId call)
{
    const auto found
        = std::lower_bound(calls.begin(), calls.end(), call, [](const PendingCall &c, CallId wanted) { return c.id < wanted; });
    return found != calls.end() && found->id == call ? &*found : nullptr;
}

PendingCall CheckoutPrivate::take(CallId call)
{
    PendingCall *const found = find(call);
    Q_ASSERT(found);
    PendingCall taken = std::move(*found);
    if (found == &calls.front())
        calls.pop_front();
    else
        calls.erase(std::find_if(calls.begin(), calls.end(), [found](const PendingCall &c) { return &c == found; }));
    return taken;
}

void CheckoutPrivate::finish(Checkout *q, CallId callId)
{
    PendingCall call = take(callId);
    Q_EMIT
    q->finished(call.id, call.result);
    const auto deliver = [&call] { call.handler->deliver(call.result); };
    // A fub runs itself in its own frame; the call's is a child of that and must not catch twice.
    if (const Frame own = call.handler->ownFrame(); own.isNull())
        call.frame.runOrReport(deliver);
    else
        Frame().runOrReport(deliver);
}

void CheckoutPrivate::fail(Checkout *q, CallId callId, const Error &error)
{
    const PendingCall call = take(callId);
    const Error traced = call.frame.traced(error.withMethod(call.method));
    const bool isHeard = q->isSignalConnected(QMetaMethod::fromSignal(&Checkout::errored));
    Q_EMIT
    q->errored(call.id, traced);
    const std::optional<Error> uncaught = call.frame.raise(traced);
    if (uncaught && !(isHeard && *uncaught == traced))
        reportUnhandled(*uncaught);
}

void CheckoutPrivate::cancel(Checkout *q, CallId callId)
{
    const PendingCall call = take(callId);
    Q_EMIT
    q->canceled(call.id);
}

Checkout::Checkout(std::unique_ptr<CheckoutPrivate> dd)
    : d(std::move(dd))
{
}

Checkout::~Checkout() = default;

CallId Checkout::enqueue(const QString &method, bool isMethod, QVariantList arguments, SourceLocation location,
                         std::unique_ptr<detail::ResultHandler> handler)
{
    Q_ASSERT_X(thread() == QThread::currentThread(), "Prefork::Checkout::call", "a checkout belongs to its client's thread");
    const Frame own = handler->ownFrame();
    PendingCall call;
    call.id = d->lastCall + 1;
    call.method = method;
    call.frame = Frame::create(frameOptions(d->core->name(), method), own.isNull() ? Frame::current() : own, location);
    call.handler = std::move(handler);
    if (isMethod)
        arguments.prepend(method);
    if (const auto failure = d->core->encoder().encodeCall(arguments, &call.bytes))
        call.encodingError = *failure;
    d->calls.push_back(std::move(call));
    ++d->lastCall; // from here on it is a call
    d->keptAlive = shared_from_this();
    d->core->call(*this);
    return d->lastCall;
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
        if (d->calls.empty())
            loop.quit();
    });
    timer.start(std::min<std::chrono::milliseconds>(deadline, std::chrono::hours(24 * 24))); // it counts in int
    if (!d->calls.empty())
        loop.exec(QEventLoop::ExcludeUserInputEvents);
    return d->calls.empty();
}

bool Checkout::isReleased() const
{
    return d->isReleased;
}

std::optional<Error> Checkout::error() const
{
    return d->core->errorOf(d->poolId);
}

qsizetype Checkout::pendingCalls() const
{
    return qsizetype(d->calls.size());
}

}
