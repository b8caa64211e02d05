// SPDX-License-Identifier: MIT
#include "posix/file_p.h"

#include "posix/retry_p.h"

#include <climits>
#include <ctime>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace Prefork::Posix {

namespace {

FileIdentity identityOf(const struct stat &file)
{
    return {file.st_dev,           file.st_ino,          file.st_uid, file.st_mode, S_ISSOCK(file.st_mode),
            S_ISDIR(file.st_mode), S_ISLNK(file.st_mode)};
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
    // The pauses are not counted, because signals may shorten them.
    const auto deadline = std::chrono::steady_clock::now() + patience;
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
    struct stat file{};
    if (::fstatat(directory, name.constData(), &file, AT_SYMLINK_NOFOLLOW) != 0)
        return {};
    return identityOf(file);
}

std::optional<FileIdentity> identify(int descriptor)
{
    struct stat file{};
    if (::fstat(descriptor, &file) != 0)
        return {};
    return identityOf(file);
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
