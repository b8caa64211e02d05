// SPDX-License-Identifier: MIT
#include "client/pendingcall_p.h"

#include "client/checkout_p.h"
#include "frame/blockcache_p.h"

#include <QtCore/QMetaMethod>

namespace Prefork {

detail::ResultHandler::~ResultHandler() = default;

void *detail::ResultHandler::operator new(std::size_t size)
{
    return takeBlock(size);
}

void detail::ResultHandler::operator delete(void *memory, std::size_t size) noexcept
{
    giveBlock(memory, size);
}

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

}

void finishCall(PendingCall &call, Checkout *checkout)
{
    if (checkout && CheckoutPrivate::of(*checkout).mayHearResults.load(std::memory_order_relaxed)) {
        Q_EMIT
        checkout->finished(call.id, call.handler->result());
    }
    const auto deliver = [&call] { call.handler->deliver(); };
    // A fub runs itself in its own frame; the call's is a child of that and must not catch twice.
    if (const Frame own = call.handler->ownFrame(); own.isNull())
        call.frame.runOrReport(deliver);
    else
        Frame().runOrReport(deliver);
}

void failCall(PendingCall &call, Checkout *checkout, const Error &error)
{
    const Error traced = call.frame.traced(error.withMethod(call.method));
    const bool heard = hearsErrors(checkout);
    if (heard) {
        Q_EMIT
        checkout->errored(call.id, traced);
    }
    if (call.handler->fail(traced))
        return;
    const std::optional<Error> uncaught = call.frame.raise(traced);
    if (uncaught && !(heard && *uncaught == traced))
        reportUnhandled(*uncaught);
}

void cancelCall(PendingCall &call, Checkout *checkout)
{
    if (checkout) {
        Q_EMIT
        checkout->canceled(call.id);
    }
    call.handler->cancel();
}

}
