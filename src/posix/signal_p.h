// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POSIXSIGNAL_P_H
#define QTPREFORK_POSIXSIGNAL_P_H

#include "posix/descriptor_p.h"

#include <sys/types.h>

/// These functions are for signals of this process.
namespace Prefork::Posix {

/// Sets all signals to their defaults, but SIGPIPE to a handler that does nothing: so writing fails instead, and
/// programs that are executed from here get the default.
void resetSignals();
/// Notes which signals do not have their defaults. In a process that is forked from here later, the next resetSignals()
/// then sets only these, and not each of the sixty that there are.
void noteSignals();
[[nodiscard]] bool hasDefaultEffect(int signal);
/// Unblocks all signals; those that have waited come now.
void receiveSignals();
/// This is the signal that asks a worker to leave as soon as it is free: SIGHUP, which can be sent from a shell as
/// well.
extern const int LeaveSignal;
/// Runs @p handler, as a signal handler, whenever LeaveSignal comes, or a SIGTERM that @p zygote has not sent. A
/// SIGTERM of @p zygote ends the process.
void onLeaveSignal(pid_t zygote, void (*handler)());
/// Turns each SIGTERM into a byte on the returned descriptor. A closed one is returned, with the cause in errno, if
/// that fails.
[[nodiscard]] Fd watchSigterm();
/// Turns the first two of SIGINT and SIGTERM into a byte each on the returned descriptor; the third has its default
/// effect. A closed one is returned, with EBUSY, if this is in use already. unwatchTermination() undoes it.
[[nodiscard]] Fd watchTermination();
void unwatchTermination();

}

#endif
