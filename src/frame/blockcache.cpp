// SPDX-License-Identifier: MIT
#include "frame/blockcache_p.h"

#include <array>
#include <new>
#include <utility>

namespace Prefork::detail {

namespace {

constexpr std::size_t Step = 32; // blocks are of sizes that are multiples of this
constexpr std::size_t Classes = 9; // number of size classes; the largest has 256 bytes
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int MostKept = 0; // so that the sanitizer notices a use after free
#else
constexpr int MostKept = 256;
#endif

// A free block holds the pointer to the next free block of its size class.
struct FreeBlock
{
    FreeBlock *next;
};

struct Cache
{
    std::array<FreeBlock *, Classes> first{};
    std::array<int, Classes> count{};

    ~Cache()
    {
        for (FreeBlock *&block : first) {
            while (block)
                ::operator delete(std::exchange(block, block->next));
        }
        count.fill(MostKept); // blocks that are freed after this destructor are not kept
    }
};

thread_local Cache cache;

std::size_t classOf(std::size_t size)
{
    return (size + Step - 1) / Step;
}

}

void *takeBlock(std::size_t size)
{
    const std::size_t index = classOf(size);
    if (index >= Classes)
        return ::operator new(size);
    FreeBlock *const block = cache.first[index];
    if (!block)
        return ::operator new(index * Step);
    cache.first[index] = block->next;
    --cache.count[index];
    return block;
}

void giveBlock(void *memory, std::size_t size) noexcept
{
    const std::size_t index = classOf(size);
    if (index >= Classes || cache.count[index] >= MostKept) {
        ::operator delete(memory);
        return;
    }
    cache.first[index] = new (memory) FreeBlock{cache.first[index]};
    ++cache.count[index];
}

}
