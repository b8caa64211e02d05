// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ONELINE_P_H
#define QTPREFORK_ONELINE_P_H

#include "frame/printable_p.h"

namespace Prefork::Wire {

/// What came from a peer must not forge lines of our log, steer the terminal it is read at, or fill it.
[[nodiscard]] inline QString onOneLine(const QString &text)
{
    return detail::printable(QStringView(text).left(300));
}

}

#endif
