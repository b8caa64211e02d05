// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ZYGOTEREAPER_P_H
#define QTPREFORK_ZYGOTEREAPER_P_H

#include "posix/child_p.h"

#include <memory>

namespace Prefork::Internal {

/// Reaps the process of a zygote that the program has let go of, as soon as that process ends. This function does not
/// wait. ZygoteChannel::close() calls it, and ~Zygote does if there is no channel. If the current thread is that of the
/// application object, the application's event loop tells of the end. Otherwise the zygote goes into a list, which
/// reapEndedZygotes() looks through; so does a zygote that is alive when the application is destroyed. No other child
/// of the program is waited for.
void reapWhenItEnds(const std::shared_ptr<const Posix::ChildProcess> &zygote);
/// Looks through the list of zygotes that no event loop watches: those that have ended are reaped, and the others are
/// watched by the application's event loop, if this is its thread. This is called when an application or a Zygote is
/// made, and by reapWhenItEnds().
void reapEndedZygotes();

}

#endif
