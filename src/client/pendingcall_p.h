// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_PENDINGCALL_P_H
#define QTPREFORK_PENDINGCALL_P_H

#include "frame/blockcache_p.h"
#include "pool/pooltypes_p.h"
#include "wire/message_p.h"

#include <QtPrefork/checkout.h>
#include <QtPrefork/detail/callarguments.h>

namespace Prefork::Internal {

/// This is a call that is encoded and waits to be written. It is kept after that, for the call may have to be sent
/// again.
struct UnsentCall : detail::InBlock
{
    const char *literal = nullptr; // name of a typed method, for which signature is set too; else null
    const detail::Signature *signature = nullptr;
    Wire::OutMessage message;
    QString refusal; // why the call cannot be encoded; null if there is a message
    qsizetype size = 0; // bytes of the message while they count as not yet written, then 0
};

/// This is a call of the user, from when it is made until it has settled: who gets the result, and in which frame. A
/// CheckoutPrivate or, for a one-shot, a Caller owns it; the Settler takes it out to settle it.
struct PendingCall : detail::InBlock
{
    CallId id = 0;
    Frame frame; // made by CallFrame, so that it has the name of the method
    std::unique_ptr<detail::ResultHandler> handler;
    bool runsItself = false; // the callback is a frame callable; frame is a child of that callable's own frame
    bool isMisplaced = false; // the context object lives in another thread
    bool isNameless = false; // it is a function call, which names no method
    std::unique_ptr<UnsentCall> unsent; // null for a call that was written at once and is never sent again
    quint64 number = 0; // its number on the connection that it was last written to

    [[nodiscard]] bool isVacant() const { return !handler; }
    void vacate() { handler.reset(); }
    /// Returns the name of the method; empty if the call names none.
    [[nodiscard]] QString method() const;
    /// Returns the bytes that count as not yet written, and has them count no more.
    qsizetype takeSize() { return unsent ? std::exchange(unsent->size, 0) : 0; }
};

/// This is an event or a progress report of a call, on its way to the user's handler.
struct Notice
{
    std::unique_ptr<detail::CallNotice> what;
    detail::ListeningPtr listening;
    Frame frame; // the frame of the call
};
void deliverNotice(const Notice &notice);

/// Returns the error of a call whose context object lives in another thread.
[[nodiscard]] Error misplacedContext();

/// These three settle a call that was taken out of its queue: with its result, with an error, or as canceled.
/// @p checkout is null for a one-shot.
void finishCall(PendingCall &call, Checkout *checkout);
void failCall(PendingCall &call, Checkout *checkout, const Error &error);
/// @p error says why the call never ran; it is null if the user canceled the call.
void cancelCall(PendingCall &call, Checkout *checkout, const Error &error);

}

#endif
