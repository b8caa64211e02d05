// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_PENDINGCALL_P_H
#define QTPREFORK_PENDINGCALL_P_H

#include "pool/pooltypes_p.h"
#include "wire/message_p.h"

#include <QtPrefork/checkout.h>
#include <QtPrefork/detail/callarguments.h>

namespace Prefork::Internal {

/// What it takes to write a call, perhaps more than once.
struct UnsentCall
{
    const char *literal = nullptr; // of a typed method, as the signature
    const detail::Signature *signature = nullptr;
    Wire::OutMessage message;
    QString refusal; // why there is no message
    qsizetype size = 0; // of the message, as long as it counts as not yet written
};

/// A call from being made to being settled.
struct PendingCall
{
    CallId id = 0;
    QString method; // empty for a function call
    Frame frame;
    std::unique_ptr<detail::ResultHandler> handler;
    bool runsItself = false; // the callback runs itself in a frame of its own, of which the call's is a child
    bool isMisplaced = false; // the context object lives in another thread
    std::unique_ptr<UnsentCall> unsent; // null for one that was written at once and can never be written again
    quint64 number = 0; // on the connection it was written to last

    [[nodiscard]] bool isVacant() const { return !handler; }
    void vacate() { handler.reset(); }
    /// Bytes that count as not yet written; none from now on.
    qsizetype takeSize() { return unsent ? std::exchange(unsent->size, 0) : 0; }
};

/// Something that a call has said before its result.
struct Notice
{
    std::unique_ptr<detail::CallNotice> what;
    detail::ListeningPtr listening;
    Frame frame; // of the call
};
void deliverNotice(const Notice &notice);

/// What becomes of a call whose context object lives in another thread.
[[nodiscard]] Error misplacedContext();

/// Each settles a call that was taken out of its queue. @p checkout is null for a one-shot.
void finishCall(PendingCall &call, Checkout *checkout);
void failCall(PendingCall &call, Checkout *checkout, const Error &error);
/// @p error: why it never ran; null if its own user wanted it so.
void cancelCall(PendingCall &call, Checkout *checkout, const Error &error);

}

#endif
