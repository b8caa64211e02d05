// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_BLOCKCACHE_P_H
#define QTPREFORK_BLOCKCACHE_P_H

#include <cstddef>

namespace Prefork::detail {

/// Memory for the small objects every call makes and soon drops, by the dozen at a time: more than the C library keeps
/// at hand. Each thread has its own; a block may be freed in another.
[[nodiscard]] void *takeBlock(std::size_t size);
void giveBlock(void *block, std::size_t size) noexcept;

}

#endif
