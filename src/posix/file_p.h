// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POSIXFILE_P_H
#define QTPREFORK_POSIXFILE_P_H

#include "posix/descriptor_p.h"

#include <chrono>
#include <optional>
#include <sys/types.h>

/// These functions are for files and directories. A file is always named by an open directory and a name in it.
namespace Prefork::Posix {

[[nodiscard]] Fd openDirectory(const QByteArray &path);
/// Opens the same directory once more, for reading and with locks of its own.
[[nodiscard]] Fd openAgain(int directory);
/// Opens the root directory, or @p name in @p directory, of whatever kind it is: for identify() and for opening names
/// in it, not for reading.
[[nodiscard]] Fd openRoot();
[[nodiscard]] Fd openToLook(int directory, const QByteArray &name);
/// Returns the target of an open symbolic link; empty on failure.
[[nodiscard]] QByteArray targetOfLink(int link);
/// Takes the exclusive lock on an open directory, and waits at most @p patience for it, because whoever can read the
/// directory can lock it. Closing the directory unlocks it.
[[nodiscard]] bool lockDirectory(int directory, std::chrono::milliseconds patience);
/// This says what a file is, as far as this library asks. Two are equal if they are of the same file.
struct FileIdentity
{
    dev_t device = 0;
    ino_t inode = 0;
    uid_t owner = 0;
    mode_t mode = 0;
    bool isSocket = false;
    bool isDirectory = false;
    bool isLink = false;
    friend bool operator==(const FileIdentity &a, const FileIdentity &b)
    {
        return a.device == b.device && a.inode == b.inode;
    }
};

/// Identifies @p name in @p directory; of a link, the link itself. If there is no such name, errno is ENOENT.
[[nodiscard]] std::optional<FileIdentity> identify(int directory, const QByteArray &name);
[[nodiscard]] std::optional<FileIdentity> identify(int descriptor);
bool renameIn(int directory, const QByteArray &from, const QByteArray &to);
bool removeFrom(int directory, const QByteArray &name);

}

#endif
