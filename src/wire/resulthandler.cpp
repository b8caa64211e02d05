// SPDX-License-Identifier: MIT
#include <QtPrefork/detail/resulthandler.h>

#include "frame/blockcache_p.h"

namespace Prefork::detail {

ResultHandler::~ResultHandler() = default;

void *ResultHandler::operator new(std::size_t size)
{
    return takeBlock(size);
}

void ResultHandler::operator delete(void *memory, std::size_t size) noexcept
{
    giveBlock(memory, size);
}

// These are for callbacks that need a larger alignment than the blocks of takeBlock() have.
void *ResultHandler::operator new(std::size_t size, std::align_val_t alignment)
{
    return ::operator new(size, alignment);
}

void ResultHandler::operator delete(void *memory, std::size_t, std::align_val_t alignment) noexcept
{
    ::operator delete(memory, alignment); // without the size: Clang has that operator only with an option
}

}
