// SPDX-License-Identifier: MIT
#include "mishap.h"

#include <QtCore/QThread>

#include <csignal>
#include <cstdlib>

namespace {

constexpr std::size_t Block = std::size_t(16) * 1024 * 1024;

[[noreturn]] void hang()
{
    for (;;)
        QThread::sleep(1); // a loop that spins would be as deaf, but heat the machine
}

// Only the limit of the address space ends this, and nothing is written to the memory. Where there is no such limit
// (under sanitizers, which are slow at it, too) it ends early.
[[noreturn]] void leak()
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    constexpr int MaxBlocks = 8;
#else
    constexpr int MaxBlocks = 1000;
#endif
    for (int blocks = 0; blocks < MaxBlocks; ++blocks) {
        if (!std::malloc(Block)) // NOLINT: that is the point
            break;
        QThread::msleep(3); // so that one sees it happen
    }
    std::abort(); // as libraries do that cannot go on without memory
}

}

void suffer(Decoder::Mishap mishap)
{
    switch (mishap) {
    case Decoder::Mishap::None:
        return;
    case Decoder::Mishap::Crash:
        std::signal(SIGSEGV, SIG_DFL); // sanitizers catch it
        std::raise(SIGSEGV);
        std::abort();
    case Decoder::Mishap::Hang:
        hang();
    case Decoder::Mishap::Leak:
        leak();
    }
}
