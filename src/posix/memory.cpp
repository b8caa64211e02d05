// SPDX-License-Identifier: MIT
#include "posix/memory_p.h"

#include <sys/mman.h>
#include <unistd.h>

namespace Prefork::Posix {

void *mapShared(std::size_t bytes)
{
    void *const memory
        = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? nullptr : memory;
}

void unmapShared(void *memory, std::size_t bytes)
{
    ::munmap(memory, bytes);
}

std::size_t pageSize()
{
    return std::size_t(::sysconf(_SC_PAGESIZE));
}

bool protect(void *memory, std::size_t bytes, bool writable)
{
    return ::mprotect(memory, bytes, writable ? PROT_READ | PROT_WRITE : PROT_READ) == 0;
}

}
