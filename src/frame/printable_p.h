// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_PRINTABLE_P_H
#define QTPREFORK_PRINTABLE_P_H

#include <QtCore/QString>

namespace Prefork::detail {

/// Makes text of a peer safe to log: it must neither forge lines of the log nor control the terminal that shows it.
/// Returns @p text without newlines at its end. Other characters that cannot be printed become escapes such as `\n`,
/// `\x1b` or `\u202e`; so do `\u2028` and `\u2029`, which Qt calls printable but many programs take for the end of a
/// line.
[[nodiscard]] inline QString printable(QStringView text)
{
    while (text.endsWith(u'\n') || text.endsWith(u'\r'))
        text.chop(1);
    QString shown;
    shown.reserve(text.size());
    for (const QChar c : text) {
        const bool endsLine = c == QChar::LineSeparator || c == QChar::ParagraphSeparator;
        if ((c.isPrint() && !endsLine) || c.isSurrogate())
            shown += c;
        else if (c == u'\n')
            shown += QLatin1StringView("\\n");
        else if (c == u'\r')
            shown += QLatin1StringView("\\r");
        else if (c == u'\t')
            shown += QLatin1StringView("\\t");
        else if (c.unicode() < 0x100)
            shown += QStringLiteral("\\x%1").arg(uint(c.unicode()), 2, 16, QLatin1Char('0'));
        else
            shown += QStringLiteral("\\u%1").arg(uint(c.unicode()), 4, 16, QLatin1Char('0'));
    }
    return shown;
}

}

#endif
