// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ZYGOTEREAPER_P_H
#define QTPREFORK_ZYGOTEREAPER_P_H

#include "posix/child_p.h"

#include <memory>

namespace Prefork::Internal {

/// Reaps a zygote process that nobody waits for any more, as soon as it ends, if there is an event loop to tell of
/// that. Without one it is reaped when there is an event loop again, or at the next call here. No other child of the
/// program is waited for.
void reapWhenItEnds(const std::shared_ptr<const Posix::ChildProcess> &zygote);
/// Reaps the zygotes that have ended meanwhile.
void reapEndedZygotes();

}

#endif
