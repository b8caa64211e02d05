// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_JSONSPACE_P_H
#define QTPREFORK_JSONSPACE_P_H

namespace Prefork::Wire {

/// Returns whether JSON allows this byte between its tokens.
[[nodiscard]] constexpr bool isJsonSpace(char byte)
{
    return byte == ' ' || byte == '\n' || byte == '\r' || byte == '\t';
}

}

#endif
