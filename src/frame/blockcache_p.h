// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_BLOCKCACHE_P_H
#define QTPREFORK_BLOCKCACHE_P_H

#include <cstddef>

namespace Prefork::detail {

/// Allocates and frees memory for the small objects of calls (frames, result handlers). Every call makes and destroys
/// dozens of them, more than the C library keeps ready, so each thread keeps free blocks of its own. A block may be
/// freed in another thread. The size given to giveBlock() must be that given to takeBlock().
[[nodiscard]] void *takeBlock(std::size_t size);
void giveBlock(void *block, std::size_t size) noexcept;

}

#endif
