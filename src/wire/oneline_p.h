// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ONELINE_P_H
#define QTPREFORK_ONELINE_P_H

#include <QtCore/QString>

namespace Prefork {

/// What came from a peer must not forge lines of our log, steer the terminal it is read at, or fill it.
[[nodiscard]] inline QString onOneLine(const QString &text)
{
    QString line = text.left(300);
    for (QChar &c : line) {
        if (!c.isPrint() && !c.isSurrogate())
            c = u'?';
    }
    return line;
}

}

#endif
