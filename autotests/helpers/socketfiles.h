// SPDX-License-Identifier: MIT
#ifndef AUTOTESTS_SOCKETFILES_H
#define AUTOTESTS_SOCKETFILES_H

#include "helpers/rawsocket.h"

#include <QtCore/QDir>
#include <QtCore/QFile>

#include <sys/stat.h>
#include <unistd.h>

namespace Test {

struct Found
{
    mode_t mode = 0;
    ino_t inode = 0;
};

/// What is at a path itself, not where a link leads.
inline Found lookAt(const QString &path)
{
    struct stat file{};
    ::lstat(QFile::encodeName(path).constData(), &file);
    return {file.st_mode, file.st_ino};
}

/// Eight bytes that matter to somebody.
inline bool makeFile(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write("precious") == 8;
}

/// Mode and owner of a file or directory; the owner needs root.
inline bool make(const QString &path, mode_t mode, uid_t owner = uid_t(-1))
{
    const QByteArray name = QFile::encodeName(path);
    return ::lchown(name.constData(), owner, gid_t(-1)) == 0 && ::chmod(name.constData(), mode) == 0;
}

inline bool makeDirectory(const QString &path, mode_t mode, uid_t owner = uid_t(-1))
{
    return QDir().mkdir(path) && make(path, mode, owner);
}

inline QStringList namesIn(const QString &directory)
{
    return QDir(directory).entryList(QDir::AllEntries | QDir::System | QDir::Hidden | QDir::NoDotAndDotDot);
}

}

#endif
