// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_COUNTED_P_H
#define QTPREFORK_COUNTED_P_H

#include <QtCore/QString>

namespace Prefork::Internal {

/// Returns a number and a noun in English, for errors and logs: "1 line", "2 lines". The texts of the library are not
/// translated. @p plural is for words whose plural is not the singular with an s, or that have a verb with them.
[[nodiscard]] inline QString counted(quint64 count, QLatin1StringView singular, QLatin1StringView plural)
{
    return QString::number(count) + u' ' + (count == 1 ? singular : plural);
}
[[nodiscard]] inline QString counted(quint64 count, QLatin1StringView singular)
{
    return QString::number(count) + u' ' + singular + QLatin1StringView(count == 1 ? "" : "s");
}
/// Returns the line of a log that says how many lines before it could not be written.
[[nodiscard]] inline QString lostLines(quint64 count)
{
    return QStringLiteral("%1 lost here, for nobody read standard error")
        .arg(counted(count, QLatin1StringView("line was"), QLatin1StringView("lines were")));
}

}

#endif
