// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_WORKERLIMITS_P_H
#define QTPREFORK_WORKERLIMITS_P_H

#include <QtPrefork/workerlimits.h>

#include <QtCore/QString>

namespace Prefork::Internal {

/// Puts this process under the limits, which cannot be undone. Returns what could not be applied and why, and then the
/// process must end; or an empty text.
[[nodiscard]] QString applyLimits(const WorkerLimits &limits);
/// Returns what applyLimits() would return, which is found out in a child process; or what makes no sense in @p limits.
[[nodiscard]] QString tryLimits(const WorkerLimits &limits);

}

#endif
