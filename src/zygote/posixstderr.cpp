// SPDX-License-Identifier: MIT
#include "zygote/posix_p.h"

#include <cstdio>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace Prefork::Posix {

HastyStderr::HastyStderr()
{
    pollfd watch{STDERR_FILENO, POLLOUT, 0};
    m_hasRoom = ::poll(&watch, 1, 0) != 0;
    struct stat file
    {
    };
    if (!m_hasRoom || ::fstat(STDERR_FILENO, &file) != 0 || !S_ISFIFO(file.st_mode))
        return;
    // Somebody else may be faster and fill it. O_NONBLOCK belongs to a description that all share, so it takes one of our own.
    const Fd hasty(::open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    if (!hasty.isOpen())
        return;
    m_original = duplicate(STDERR_FILENO);
    if (m_original.isOpen())
        ::dup2(hasty.get(), STDERR_FILENO);
}

HastyStderr::~HastyStderr()
{
    if (m_original.isOpen())
        ::dup2(m_original.get(), STDERR_FILENO);
}

bool HastyStderr::takeFailure()
{
    const bool hasFailed = std::ferror(stderr) != 0;
    std::clearerr(stderr);
    return hasFailed;
}

}
