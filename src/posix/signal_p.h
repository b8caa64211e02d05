// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POSIXSIGNAL_P_H
#define QTPREFORK_POSIXSIGNAL_P_H

#include "posix/descriptor_p.h"

#include <sys/types.h>

/// Signals.
namespace Prefork::Posix {

/// Signals are at their defaults, but for SIGPIPE: its handler does nothing, so that writing fails instead, while
/// programs that are executed from here get the default.
void resetSignals();
/// Signals that have waited come now.
void receiveSignals();
/// Asks a worker to leave as soon as it is free: SIGHUP, which does so from a shell as well.
extern const int LeaveSignal;
/// Runs @p handler whenever LeaveSignal comes, or a SIGTERM that @p zygote has not sent, wherever the process is just
/// then. A SIGTERM of
/// @p zygote ends the process.
void onLeaveSignal(pid_t zygote, void (*handler)());
/// Turns each SIGTERM into a byte on the returned descriptor. Closed, with the cause in errno, if that cannot be.
[[nodiscard]] Fd watchSigterm();
/// Turns the first two of SIGINT and SIGTERM into a byte each on the returned descriptor; the third has its default
/// effect. Closed, with EBUSY, while it is done already. Undone by unwatchTermination().
[[nodiscard]] Fd watchTermination();
void unwatchTermination();

}

#endif
