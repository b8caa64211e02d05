// SPDX-License-Identifier: MIT
#include "frame/blockcache_p.h"

#include <utility>

namespace Prefork::detail {

constinit thread_local BlockCache blockCache;

namespace {

// Frees the cache of its thread when the thread ends.
struct CacheCleaner
{
    bool isNeeded = false;

    ~CacheCleaner()
    {
        for (BlockCache::FreeBlock *&block : blockCache.first) {
            while (block)
                ::operator delete(std::exchange(block, block->next));
        }
        blockCache.bytes = BlockCache::MostBytes; // blocks that are freed after this destructor are not kept
    }
};

thread_local CacheCleaner cleaner;

}

void keepFirstOrFree(void *block, std::size_t index) noexcept
{
    BlockCache &cache = blockCache;
    if (cache.isWatched || index >= BlockCache::Classes || BlockCache::MostBytes == 0) {
        ::operator delete(block);
        return;
    }
    cleaner.isNeeded = cache.isWatched = true; // this makes the thread construct the cleaner, and so destroy it
    cache.bytes = index * BlockCache::Step;
    cache.first[index] = new (block) BlockCache::FreeBlock{nullptr};
}

}
