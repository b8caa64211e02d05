// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_SOURCELOCATION_H
#define QTPREFORK_SOURCELOCATION_H

namespace Prefork {

/// A place in the source: `file` and `line` of whoever wrote the expression in which current() is a default argument.
/// Stands in for std::source_location, which Clang 14 lacks. A default-constructed one is unknown (line 0).
struct SourceLocation
{
    const char *file = "";
    int line = 0;

    [[nodiscard]] static constexpr SourceLocation current(const char *file = __builtin_FILE(),
                                                          int line = __builtin_LINE()) noexcept
    {
        return {file, line};
    }
    [[nodiscard]] constexpr bool isKnown() const noexcept { return line > 0; }
};

}

#endif
