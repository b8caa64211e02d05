// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_SOURCELOCATION_H
#define QTPREFORK_SOURCELOCATION_H

#include <QtPrefork/global.h>

QT_BEGIN_NAMESPACE
class QDebug;
QT_END_NAMESPACE

namespace Prefork {

/// A place in the source: the `file` and the `line` of the expression in which current() is a default argument. It is
/// used instead of std::source_location, which Clang 14 does not have. A default-constructed place is unknown, and its
/// line is 0.
struct SourceLocation
{
    const char *file = "";
    int line = 0;

    /// Returns the place of the caller.
    [[nodiscard]] static constexpr SourceLocation current(const char *file = __builtin_FILE(),
                                                          int line = __builtin_LINE()) noexcept
    {
        return {file, line};
    }
    /// Returns true if the place is known.
    [[nodiscard]] constexpr bool isKnown() const noexcept { return line > 0; }
};
/// Shows the file, without "../" before it, and the line.
QTPREFORK_EXPORT QDebug operator<<(QDebug debug, const SourceLocation &location);

}

#endif
