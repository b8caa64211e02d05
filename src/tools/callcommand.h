// SPDX-License-Identifier: MIT
#ifndef TOOLS_CALLCOMMAND_H
#define TOOLS_CALLCOMMAND_H

#include <QtCore/QStringList>

namespace Tools {

/// What the command ended with, as its exit code.
enum ExitCode {
    Success = 0,
    MethodFailed = 1, ///< the worker's method raised an error
    Usage = 2,
    Fatal = 3, ///< time-out, worker lost, could not connect
};

/// `prefork call [OPTIONS] ADDRESS METHOD [ARG…]`; @p arguments begin with "call".
[[nodiscard]] int runCall(const QStringList &arguments);

}

#endif
