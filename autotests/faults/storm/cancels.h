// SPDX-License-Identifier: MIT
#ifndef STORM_CANCELS_H
#define STORM_CANCELS_H

#include "desk.h"

#include <QtPrefork/Client>

/// The habits of those who do not want any more what they have asked for.
namespace Storm {

/// A one-shot, canceled at once or soon.
void oneShotCanceled(Desk *desk, Prefork::Client *client);
/// One that is canceled by the handler of what it says.
void canceledByItsEvent(Desk *desk, Prefork::Client *client);
/// Some calls of a checkout, at once or soon, the others go on.
void someCanceled(Desk *desk, Prefork::Client *client);
/// The same for calls with two callbacks.
void someOfBothCanceled(Desk *desk, Prefork::Client *client);

/// Soon, by the future itself or by its handle.
void cancelFutureSoon(Desk *desk, Prefork::Client *client, const Request &request, const QFuture<QString> &future,
                      const Prefork::Call &call);

}

#endif
