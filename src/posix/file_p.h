// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POSIXFILE_P_H
#define QTPREFORK_POSIXFILE_P_H

#include "posix/descriptor_p.h"

#include <chrono>
#include <optional>
#include <sys/types.h>

/// Files and directories, always by an open directory and a name in it.
namespace Prefork::Posix {

[[nodiscard]] Fd openDirectory(const QByteArray &path);
/// The same directory once more, readable, with locks of its own.
[[nodiscard]] Fd openAgain(int directory);
/// The root directory, and @p name in @p directory, whatever it is: good for identify() and for going on from there,
/// not for reading.
[[nodiscard]] Fd openRoot();
[[nodiscard]] Fd openToLook(int directory, const QByteArray &name);
/// Where an open symbolic link points; empty on failure.
[[nodiscard]] QByteArray targetOfLink(int link);
/// Waits for the exclusive lock on an open directory, not for ever, for whoever can read the directory can lock it.
/// Closing it unlocks.
[[nodiscard]] bool lockDirectory(int directory, std::chrono::milliseconds patience);
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

/// Of @p name in @p directory itself, not of what a link points at. Nothing there: errno is ENOENT.
[[nodiscard]] std::optional<FileIdentity> identify(int directory, const QByteArray &name);
[[nodiscard]] std::optional<FileIdentity> identify(int descriptor);
bool renameIn(int directory, const QByteArray &from, const QByteArray &to);
bool removeFrom(int directory, const QByteArray &name);

}

#endif
