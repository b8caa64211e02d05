// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_FORKEDPROCESS_P_H
#define QTPREFORK_FORKEDPROCESS_P_H

#include "posix/process_p.h"

namespace Prefork::Internal {

/// Says on standard error which exception has ended @p process, a text like "the zygote", and ends it. Call this where
/// the exception is caught.
[[noreturn]] void endByException(const char *process) noexcept;

/// Runs @p life, which is all that a freshly forked process does; its result is the exit code. An exception ends the
/// process: it never reaches the code of the program that was forked, which would then run twice.
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
