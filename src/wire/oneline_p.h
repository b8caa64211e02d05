// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ONELINE_P_H
#define QTPREFORK_ONELINE_P_H

#include "frame/printable_p.h"

namespace Prefork::Wire {

/// Returns at most 300 characters of @p text, which came from a peer, as printable characters on one line: so it cannot
/// forge lines of a log, fill it, or send commands to a terminal.
[[nodiscard]] inline QString onOneLine(const QString &text)
{
    return detail::printable(QStringView(text).left(300));
}

}

#endif
