// SPDX-License-Identifier: MIT
#ifndef TOOLS_CALLCOMMAND_H
#define TOOLS_CALLCOMMAND_H

#include <QtCore/QStringList>

namespace Tools {

/// These are the exit codes of `prefork call`, but for signals.
enum ExitCode {
    Success = 0,
    MethodFailed = 1, ///< the worker's method raised an error
    Usage = 2,
    Fatal = 3, ///< time-out, worker lost, could not connect, or could not write the result
};

/// Runs `prefork call [OPTIONS] ADDRESS METHOD [ARG…]` and returns its exit code; @p arguments begin with "call".
[[nodiscard]] int runCall(const QStringList &arguments);

}

#endif
