// SPDX-License-Identifier: MIT
#include "zygote/posix_p.h"

#include "zygote/posixretry_p.h"

#include <climits>
#include <cstdio>
#include <ctime>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace Prefork::Posix {

namespace {

sockaddr_un addressIn(int directory, const QByteArray &name)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", directory, name.constData());
    return address;
}

FileIdentity identityOf(const struct stat &file)
{
    return {file.st_dev, file.st_ino, file.st_uid, file.st_mode, S_ISSOCK(file.st_mode), S_ISDIR(file.st_mode), S_ISLNK(file.st_mode)};
}

}

Fd openDirectory(const QByteArray &path)
{
    return Fd(retry([&] { return ::open(path.constData(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
}

Fd openAgain(int directory)
{
    return Fd(retry([&] { return ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
}

Fd openRoot()
{
    return Fd(retry([] { return ::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC); }));
}

Fd openToLook(int directory, const QByteArray &name)
{
    return Fd(retry([&] { return ::openat(directory, name.constData(), O_PATH | O_NOFOLLOW | O_CLOEXEC); }));
}

QByteArray targetOfLink(int link)
{
    QByteArray target(PATH_MAX, '\0');
    const ssize_t length = ::readlinkat(link, "", target.data(), std::size_t(target.size()));
    return length > 0 ? target.first(length) : QByteArray();
}

bool lockDirectory(int directory, std::chrono::milliseconds patience)
{
    constexpr timespec Pause{0, 5'000'000};
    const auto deadline = std::chrono::steady_clock::now() + patience; // signals may cut the pauses short
    for (;;) {
        if (::flock(directory, LOCK_EX | LOCK_NB) == 0)
            return true;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return false;
        if (std::chrono::steady_clock::now() >= deadline)
            break;
        ::nanosleep(&Pause, nullptr);
    }
    errno = EWOULDBLOCK;
    return false;
}

std::optional<FileIdentity> identify(int directory, const QByteArray &name)
{
    struct stat file
    {
    };
    if (::fstatat(directory, name.constData(), &file, AT_SYMLINK_NOFOLLOW) != 0)
        return {};
    return identityOf(file);
}

std::optional<FileIdentity> identify(int descriptor)
{
    struct stat file
    {
    };
    if (::fstat(descriptor, &file) != 0)
        return {};
    return identityOf(file);
}

Fd listenAt(int directory, const QByteArray &name, mode_t mode, int backlog)
{
    Fd listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!listener.isOpen())
        return {};
    const sockaddr_un address = addressIn(directory, name);
    // bind() gives the file the socket's mode less the umask, never more; chmod then widens it, where nobody knows the name yet.
    const bool bound = ::fchmod(listener.get(), mode) == 0
        && ::bind(listener.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0
        && ::fchmodat(directory, name.constData(), mode, 0) == 0;
    if (!bound || ::listen(listener.get(), backlog) != 0)
        return {};
    return listener;
}

Probe probeSocket(int directory, const QByteArray &name)
{
    const Fd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const Fd file(::openat(directory, name.constData(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
    if (!socket.isOpen() || !file.isOpen())
        return Probe::Failed;
    // By descriptor, for behind /proc/self/fd/N/ there would not be room for every name.
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d", file.get());
    if (::connect(socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0 || errno == EAGAIN)
        return Probe::Alive;
    return errno == ECONNREFUSED ? Probe::Dead : Probe::Failed;
}

bool renameIn(int directory, const QByteArray &from, const QByteArray &to)
{
    return ::renameat(directory, from.constData(), directory, to.constData()) == 0;
}

bool removeFrom(int directory, const QByteArray &name)
{
    return ::unlinkat(directory, name.constData(), 0) == 0;
}

}
