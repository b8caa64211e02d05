// SPDX-License-Identifier: MIT
#include "client/pendingcall_p.h"

#include "client/checkout_p.h"
#include "frame/delivery_p.h"

#include <QtCore/QMetaMethod>

namespace Prefork::Internal {

namespace {

bool hearsErrors(const Checkout *checkout)
{
    struct Opened : Checkout
    {
        using Checkout::isSignalConnected;
    };
    static const QMetaMethod method = QMetaMethod::fromSignal(&Checkout::errored);
    return checkout && (checkout->*(&Opened::isSignalConnected))(method);
}

// Runs one of the user's functions in a frame. @p holdsFrame: whether a function that threw what a frame callable left
// holds that callable, whose frame has dealt with it then.
template <class Run, class HoldsFrame>
void runIn(const Frame &frame, Run run, HoldsFrame holdsFrame)
{
    detail::Delivery delivery(frame);
    try {
        run();
    } catch (...) {
        if (delivery.isLeftOver() && holdsFrame())
            reportUnhandled(Error::fromCurrentException());
        else if (const std::optional<Error> left = delivery.deliverCurrentException())
            reportUnhandled(*left);
    }
}

void deliver(PendingCall &call)
{
    if (call.runsItself) // and the call's frame must not catch a second time
        return Frame().runOrReport([&call] { call.handler->deliver(); });
    runIn(call.frame, [&call] { call.handler->deliver(); }, [&call] { return !call.handler->heldFrame().isNull(); });
}

// A callback that only holds a fub belongs to that one's frame too, which is looked for when it matters.
Frame frameToFail(PendingCall &call)
{
    const Frame held = call.runsItself ? Frame() : call.handler->heldFrame();
    if (held.isNull())
        return call.frame;
    return Frame::create({.name = call.frame.name().toUtf8()}, held, call.frame.location());
}

// Whether the error goes to the call's handler instead of its frame. It must not if that would run it in a wrong
// thread.
bool takesErrors(const PendingCall &call)
{
    return call.handler->takesErrors() && !(call.handler->hasContext() && call.handler->isContextElsewhere());
}

void handOver(PendingCall &call, const Frame &frame, const Error &error)
{
    runIn(frame, [&] { call.handler->fail(error); }, [] { return false; });
}

}

void deliverNotice(const Notice &notice)
{
    if (notice.listening->isOver)
        return;
    runIn(notice.frame, [&notice] { notice.what->deliver(); }, [] { return true; });
}

Error misplacedContext()
{
    return {Error::BadArguments, QStringLiteral("the call's context object lives in another thread than the client")};
}

void finishCall(PendingCall &call, Checkout *checkout)
{
    if (call.handler->hasContext() && call.handler->isContextElsewhere()) // it was moved since
        return failCall(call, checkout, misplacedContext());
    if (checkout && CheckoutPrivate::of(*checkout).mayHearResults.load(std::memory_order_relaxed)) {
        Q_EMIT checkout->finished(call.id, call.handler->result());
    }
    deliver(call);
}

void failCall(PendingCall &call, Checkout *checkout, const Error &error)
{
    const Frame frame = frameToFail(call);
    const Error traced = frame.traced(error.withMethod(call.method));
    const bool heard = hearsErrors(checkout);
    if (heard) {
        Q_EMIT checkout->errored(call.id, traced);
    }
    if (takesErrors(call))
        return handOver(call, frame, traced);
    const std::optional<Error> uncaught = frame.raise(traced);
    if (uncaught && !(heard && *uncaught == traced))
        reportUnhandled(*uncaught);
}

void cancelCall(PendingCall &call, Checkout *checkout, const Error &error)
{
    if (checkout) {
        Q_EMIT checkout->canceled(call.id);
    }
    if (error.code() == Error::NoError) {
        call.handler->cancel();
    } else if (takesErrors(call)) {
        const Frame frame = frameToFail(call);
        handOver(call, frame, frame.traced(error.withMethod(call.method)));
    }
}

}
