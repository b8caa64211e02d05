// SPDX-License-Identifier: MIT
#include "posix/socketfile_p.h"

#include "posix/file_p.h"
#include "posix/retry_p.h"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace Prefork::Posix {

namespace {

using SocketCall = int (*)(int, const sockaddr *, socklen_t);

Fd openUnixSocket()
{
    return Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
}

bool callWith(SocketCall call, int socket, const QByteArray &path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= qsizetype(sizeof address.sun_path)) {
        errno = ENAMETOOLONG;
        return false;
    }
    std::copy(path.begin(), path.end(), address.sun_path);
    return retry([&] { return call(socket, reinterpret_cast<const sockaddr *>(&address), sizeof address); }) == 0;
}

QByteArray linkTo(int descriptor)
{
    return QByteArrayLiteral("/proc/self/fd/") + QByteArray::number(descriptor);
}

// Returns whether /proc names @p descriptor. Containers may have no /proc or that of other processes, and a process
// that has changed its user may not read its own.
bool isLinked(int descriptor)
{
    struct stat there{};
    return ::stat(linkTo(descriptor).constData(), &there) == 0
        && identify(descriptor) == FileIdentity{there.st_dev, there.st_ino, 0, 0, false, false, false};
}

// Makes the call without /proc: bind() and connect() cannot name a directory by its descriptor, so a child process
// makes the call with the directory as its current one. The child is a bare clone: no handlers of pthread_atfork() run,
// and it ends without SIGCHLD, so whoever waits for any child of this program does not see it. The child does only what
// a signal handler may do, because other threads may have held locks.
bool callInside(int directory, SocketCall call, int socket, const QByteArray &name)
{
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    const auto pid = pid_t(::syscall(SYS_clone, 0, nullptr, nullptr, nullptr, nullptr));
    if (pid == 0)
        ::_exit(::fchdir(directory) == 0 && callWith(call, socket, name) ? 0 : errno);
    const int error = errno;
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    errno = error;
    if (pid < 0)
        return false;
    int status = 0;
    if (retry([&] { return ::waitpid(pid, &status, __WALL); }) != pid)
        return false;
    errno = WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
    return errno == 0;
}

}

Fd listenAt(int directory, const QByteArray &name, mode_t mode, int backlog)
{
    Fd listener = openUnixSocket();
    // bind() gives the file the mode of the socket without the bits of the umask, so never more than @p mode.
    // fchmodat() adds those bits while nobody knows the name yet.
    if (!listener.isOpen() || ::fchmod(listener.get(), mode) != 0)
        return {};
    const bool isBound = isLinked(directory) ? callWith(::bind, listener.get(), linkTo(directory) + '/' + name)
                                             : callInside(directory, ::bind, listener.get(), name);
    if (!isBound || ::fchmodat(directory, name.constData(), mode, 0) != 0 || ::listen(listener.get(), backlog) != 0)
        return {};
    return listener;
}

Probe probeSocket(int directory, const QByteArray &name)
{
    const Fd socket = openUnixSocket();
    const Fd file = openToLook(directory, name);
    if (!socket.isOpen() || !file.isOpen())
        return Probe::Failed;
    // The file is named by its descriptor, because /proc/self/fd/N/ followed by the name may be too long for an
    // address.
    const bool isConnected = isLinked(file.get()) ? callWith(::connect, socket.get(), linkTo(file.get()))
                                                  : callInside(directory, ::connect, socket.get(), name);
    if (isConnected || errno == EAGAIN)
        return Probe::Alive;
    return errno == ECONNREFUSED ? Probe::Dead : Probe::Failed;
}

Fd connectToSocket(const QByteArray &path)
{
    Fd socket = openUnixSocket();
    if (socket.isOpen() && socket.get() <= 2)
        socket = duplicate(socket.get()); // otherwise what the program prints would go there
    if (!socket.isOpen() || callWith(::connect, socket.get(), path))
        return socket;
    const int error = errno;
    struct stat file{};
    const bool isOther = error == ECONNREFUSED && ::stat(path.constData(), &file) == 0 && !S_ISSOCK(file.st_mode);
    errno = isOther ? ENOTSOCK : error;
    return {};
}

}
