// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_COUNT_P_H
#define QTPREFORK_COUNT_P_H

#include <QtCore/QtGlobal>

#include <algorithm>
#include <limits>

namespace Prefork::Internal {

/// Returns @p count as an int, the type of all counts in the public classes, which properties and QML can use. A larger
/// number becomes the largest int.
[[nodiscard]] inline int toCount(qsizetype count)
{
    return int(std::min<qsizetype>(count, std::numeric_limits<int>::max()));
}

}

#endif
