// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_WORKERLIMITS_P_H
#define QTPREFORK_WORKERLIMITS_P_H

#include <QtPrefork/workerlimits.h>

#include <QtCore/QString>

namespace Prefork::Internal {

/// Puts this process under the limits, for good. An empty text, or what could not be applied and why: then it must not
/// go on.
[[nodiscard]] QString applyLimits(const WorkerLimits &limits);
/// What applyLimits() comes to, found out in a child.
[[nodiscard]] QString tryLimits(const WorkerLimits &limits);

}

#endif
