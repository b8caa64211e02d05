// SPDX-License-Identifier: MIT
#include "client/pendingcall_p.h"

#include "client/checkout_p.h"
#include "frame/callframe_p.h"
#include "frame/delivery_p.h"

#include <QtCore/QMetaMethod>

namespace Prefork::Internal {

namespace {

bool isErroredConnected(const Checkout *checkout)
{
    struct Opened : Checkout
    {
        using Checkout::isSignalConnected;
    };
    static const QMetaMethod method = QMetaMethod::fromSignal(&Checkout::errored);
    return checkout && (checkout->*(&Opened::isSignalConnected))(method);
}

// Runs one of the user's functions in a frame. What it throws goes to the frame's catchers, and what they leave is
// reported as unhandled. One case is different: the function may throw an error that the catchers of a frame callable
// have left. If @p holdsFrame then returns true, the function holds that callable, whose frame has dealt with the error
// already: it is reported at once.
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
    if (call.runsItself) // the callback enters its own frame, whose catchers must not run a second time
        return Frame().runOrReport([&call] { call.handler->deliver(); });
    runIn(call.frame, [&call] { call.handler->deliver(); }, [&call] { return !call.handler->heldFrame().isNull(); });
}

// Returns the frame in which the call fails. A callback may be no frame callable itself but hold one: then the call
// fails in that one's frame. Finding it is expensive, so it is done only when a call fails.
Frame frameToFail(PendingCall &call)
{
    const Frame held = call.runsItself ? Frame() : call.handler->heldFrame();
    if (held.isNull())
        return call.frame;
    return Frame::create({.name = call.frame.name().toUtf8()}, held, call.frame.location());
}

// Returns whether the error goes to the call's handler instead of the frame. It does not if the handler would then run
// in a wrong thread.
bool takesErrors(const PendingCall &call)
{
    return call.handler->takesErrors() && !(call.handler->hasContext() && call.handler->isContextElsewhere());
}

void handOver(PendingCall &call, const Frame &frame, const Error &error)
{
    runIn(frame, [&] { call.handler->fail(error); }, [] { return false; });
}

}

QString PendingCall::method() const
{
    return isNameless ? QString() : QString::fromUtf8(detail::CallFrame::callOf(frame));
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
    if (call.handler->hasContext() && call.handler->isContextElsewhere()) // the context was moved after the call
        return failCall(call, checkout, misplacedContext());
    if (checkout && CheckoutPrivate::of(*checkout).mayHearResults.load(std::memory_order_relaxed)) {
        Q_EMIT checkout->finished(call.id, call.handler->result());
    }
    deliver(call);
}

void failCall(PendingCall &call, Checkout *checkout, const Error &error)
{
    const Frame frame = frameToFail(call);
    const Error traced = frame.traced(error.withMethod(call.method()));
    const bool heard = isErroredConnected(checkout);
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
        handOver(call, frame, frame.traced(error.withMethod(call.method())));
    }
}

}
