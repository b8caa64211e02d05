// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POSIXMEMORY_P_H
#define QTPREFORK_POSIXMEMORY_P_H

#include <cstddef>

/// These functions are for memory that forked processes share.
namespace Prefork::Posix {

/// Maps @p bytes of zeroed memory that is shared with future children; null if there is none.
[[nodiscard]] void *mapShared(std::size_t bytes);
void unmapShared(void *memory, std::size_t bytes);
[[nodiscard]] std::size_t pageSize();
bool protect(void *memory, std::size_t bytes, bool writable);

}

#endif
