// SPDX-License-Identifier: MIT
#include "posix/stderr_p.h"

#include "posix/retry_p.h"

#include <climits>
#include <cstdio>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace Prefork::Posix {

namespace {

bool hasRoomNow()
{
    pollfd watch{STDERR_FILENO, POLLOUT, 0};
    return pollFor(std::span(&watch, 1), 0) != 0;
}

mode_t typeOfStderr()
{
    struct stat file{};
    return ::fstat(STDERR_FILENO, &file) == 0 ? file.st_mode & S_IFMT : 0;
}

// Opens standard error once more, without blocking: O_NONBLOCK on descriptor 2 itself would affect all processes that
// share it.
Fd nonBlockingDescription()
{
    return Fd(::open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

}

// A pipe consists of pages, which may be half empty when the pipe is full. For a socket, the kernel says that it has
// room only while three quarters of it are free.
bool hasAmpleStderr()
{
    int used = 0;
    if (!hasRoomNow())
        return false;
    if (typeOfStderr() != S_IFIFO)
        return true;
    const int size = ::fcntl(STDERR_FILENO, F_GETPIPE_SZ);
    return ::ioctl(STDERR_FILENO, FIONREAD, &used) != 0 || size < 0 || used <= size / 4;
}

bool writeToStderrNow(QByteArray line)
{
    line.truncate(PIPE_BUF - 1); // so much is written whole or not at all
    line.append('\n');
    const auto size = std::size_t(line.size());
    if (typeOfStderr() == S_IFSOCK)
        return sendBytes(STDERR_FILENO, line, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
    if (const Fd own = nonBlockingDescription(); own.isOpen())
        return retry([&] { return ::write(own.get(), line.constData(), size); }) >= 0;
    return hasRoomNow() && retry([&] { return ::write(STDERR_FILENO, line.constData(), size); }) >= 0;
}

NonBlockingStderr::NonBlockingStderr()
{
    m_hasRoom = hasRoomNow();
    if (!m_hasRoom || typeOfStderr() != S_IFIFO)
        return;
    // Another process may fill the pipe before this one writes.
    const Fd own = nonBlockingDescription();
    if (!own.isOpen())
        return;
    m_original = duplicate(STDERR_FILENO);
    if (m_original.isOpen())
        ::dup2(own.get(), STDERR_FILENO);
}

NonBlockingStderr::~NonBlockingStderr()
{
    if (m_original.isOpen())
        ::dup2(m_original.get(), STDERR_FILENO);
}

bool NonBlockingStderr::takeFailure()
{
    const bool hasFailed = std::ferror(stderr) != 0;
    std::clearerr(stderr);
    return hasFailed;
}

}
