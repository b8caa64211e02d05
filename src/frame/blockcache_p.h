// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_BLOCKCACHE_P_H
#define QTPREFORK_BLOCKCACHE_P_H

#include <array>
#include <cstddef>
#include <new>

namespace Prefork::detail {

/// These are the free blocks of one thread, for the small objects of calls (frames, result handlers). Every call makes
/// and destroys several of them, and chains of calls free thousands at a time, more than the C library keeps ready. A
/// block may be freed in another thread than the one that took it.
struct BlockCache
{
    static constexpr std::size_t Step = 32; // blocks are of sizes that are multiples of this
    static constexpr std::size_t Classes = 9; // number of size classes; the largest has 256 bytes
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    static constexpr std::size_t MostBytes = 0; // so that the sanitizer notices a use after free
#else
    static constexpr std::size_t MostBytes = std::size_t(1024) * 1024; // of the blocks that a thread keeps
#endif

    // A free block holds the pointer to the next free block of its size class.
    struct FreeBlock
    {
        FreeBlock *next;
    };

    [[nodiscard]] static constexpr std::size_t classOf(std::size_t size) { return (size + Step - 1) / Step; }

    std::array<FreeBlock *, Classes> first{};
    std::size_t bytes = MostBytes; // the bytes of all blocks that are kept; MostBytes also before the first one
    bool isWatched = false; // the thread will free the blocks at its end
};

// It has no destructor, because asking for a variable that has one costs more than taking a block.
extern constinit thread_local BlockCache blockCache;

/// Keeps the block if the cache was not used before, and otherwise gives it back to the C library.
void keepFirstOrFree(void *block, std::size_t index) noexcept;

/// These allocate and free the memory of a small object. The size given to giveBlock() must be that given to
/// takeBlock().
[[nodiscard]] inline void *takeBlock(std::size_t size)
{
    const std::size_t index = BlockCache::classOf(size);
    if (index >= BlockCache::Classes)
        return ::operator new(size);
    BlockCache &cache = blockCache;
    BlockCache::FreeBlock *const block = cache.first[index];
    if (!block) [[unlikely]]
        return ::operator new(index * BlockCache::Step);
    cache.first[index] = block->next;
    cache.bytes -= index * BlockCache::Step;
    return block;
}
inline void giveBlock(void *memory, std::size_t size) noexcept
{
    const std::size_t index = BlockCache::classOf(size);
    BlockCache &cache = blockCache;
    if (index >= BlockCache::Classes || cache.bytes + index * BlockCache::Step > BlockCache::MostBytes) [[unlikely]] {
        keepFirstOrFree(memory, index);
        return;
    }
    cache.first[index] = new (memory) BlockCache::FreeBlock{cache.first[index]};
    cache.bytes += index * BlockCache::Step;
}

/// Objects of a class that derives from this are made in such blocks.
struct InBlock
{
    static void *operator new(std::size_t size) { return takeBlock(size); }
    static void operator delete(void *memory, std::size_t size) noexcept { giveBlock(memory, size); }
};

/// This has a std::shared_ptr put its count into such a block.
template <class T>
struct BlockAllocator
{
    using value_type = T;
    BlockAllocator() = default;
    template <class Other>
    BlockAllocator(const BlockAllocator<Other> &) noexcept // which the standard library needs without explicit
    {
    }
    [[nodiscard]] T *allocate(std::size_t count) { return static_cast<T *>(takeBlock(count * sizeof(T))); }
    void deallocate(T *memory, std::size_t count) noexcept { giveBlock(memory, count * sizeof(T)); }
    template <class Other>
    friend bool operator==(const BlockAllocator &, const BlockAllocator<Other> &) noexcept
    {
        return true;
    }
};

}

#endif
