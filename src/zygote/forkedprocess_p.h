// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_FORKEDPROCESS_P_H
#define QTPREFORK_FORKEDPROCESS_P_H

#include "posix/process_p.h"

namespace Prefork::Internal {

/// Says which exception has come out of @p process, and ends it. To be called where it is caught.
[[noreturn]] void endByException(const char *process) noexcept;

/// The whole life of a process that has just been forked, whose result is the exit code. What it throws ends it, and is
/// never thrown into the program that it was forked from, which would go on here as if it were twice there.
template <class Life>
[[noreturn]] void liveForked(const char *process, Life life) noexcept
{
    try {
        Posix::exitNow(life());
    } catch (...) {
        endByException(process);
    }
}

}

#endif
