// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ZYGOTEREAPER_P_H
#define QTPREFORK_ZYGOTEREAPER_P_H

#include "posix/child_p.h"

#include <memory>

namespace Prefork::Internal {

/// Reaps a zygote for which nobody waits any more as soon as it ends, if an event loop tells of that; else when one is
/// there, or when it is the turn of the next. No other child of the program's is waited for.
void reapWhenItEnds(const std::shared_ptr<const Posix::ChildProcess> &zygote);
/// Reaps those that have ended meanwhile.
void reapEndedZygotes();

}

#endif
