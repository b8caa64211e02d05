// SPDX-License-Identifier: MIT
#include "posix/nulldescriptors_p.h"

#include "posix/limits_p.h"
#include "posix/process_p.h"
#include "posix/socket_p.h"

#include <algorithm>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace Prefork::Posix {

namespace {

int s_threadsOfTools = 1;

// This runs before the constructors of static objects, which may start threads of the program.
[[gnu::constructor(101)]] void countThreads()
{
    s_threadsOfTools = threadCount();
}

bool isNullDevice(int descriptor)
{
    struct stat file{};
    return ::fstat(descriptor, &file) == 0 && S_ISCHR(file.st_mode) && file.st_rdev == makedev(1, 3);
}

}

Fd openNullDevice()
{
    Fd nothing(::open("/dev/null", O_RDWR | O_CLOEXEC));
    if (nothing.isOpen() && isNullDevice(nothing.get()))
        return nothing;
    // This is a file in memory that can neither grow nor be written to: otherwise what is written would fill the
    // memory.
    nothing.reset();
    nothing.reset(::memfd_create("nothing", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (nothing.isOpen()
        && ::fcntl(nothing.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_WRITE) == 0)
        return nothing;
    auto ends = socketPair(PairType::Stream); // one end, whose other end is closed
    return ends ? std::move(ends->first) : Fd();
}

bool NullDescriptors::replaceAllBut(int spared)
{
    std::vector<int> open = openDescriptors();
    std::erase_if(open, [spared](int descriptor) { return descriptor <= 2 || descriptor == spared; });
    if (open.empty())
        return true;
    const Fd nothing = openNullDevice();
    m_nothing = nothing.isOpen() ? identify(nothing.get()) : std::nullopt;
    if (!m_nothing)
        return false;
    // The limit may have been lowered below an open descriptor. Above the limit dup2() fails, so it is raised
    // meanwhile; what cannot be replaced even so cannot be opened again either.
    const quint64 limit = descriptorLimit();
    if (quint64(open.back()) >= limit)
        static_cast<void>(liftDescriptorLimit());
    const quint64 most = descriptorLimit();
    for (const int descriptor : open) {
        if (quint64(descriptor) >= most || ::dup2(nothing.get(), descriptor) != descriptor)
            continue; // a descriptor of valgrind, for example
        closeOnExec(descriptor);
        m_numbers.push_back(descriptor);
    }
    if (most != limit)
        limitDescriptors(limit);
    return true;
}

bool NullDescriptors::isNull(int descriptor) const
{
    return std::binary_search(m_numbers.begin(), m_numbers.end(), descriptor) && identify(descriptor) == m_nothing;
}

void NullDescriptors::forgetChanged()
{
    std::erase_if(m_numbers, [this](int descriptor) { return identify(descriptor) != m_nothing; });
}

int threadsOfTools()
{
    return s_threadsOfTools;
}

}
