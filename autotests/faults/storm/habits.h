// SPDX-License-Identifier: MIT
#ifndef STORM_HABITS_H
#define STORM_HABITS_H

#include "desk.h"

#include <QtPrefork/Client>

namespace Storm {

/// Uses the client in one of the ways there are, chosen at random: one-shots and checkouts, callbacks, signals and
/// futures, in a hurry, given up halfway. Sends nothing if the desk has no more requests.
void useClient(Desk *desk, Prefork::Client *client);

}

#endif
