// SPDX-License-Identifier: MIT
#include "server/trusteddirectory_p.h"

#include "posix/file_p.h"
#include "posix/process_p.h"

#include <QtCore/QFile>

#include <cerrno>
#include <deque>
#include <sys/stat.h>

namespace Prefork::Internal {

namespace {

constexpr int MaxLinks = 40; // the limit that the kernel has too

bool isTrusted(uid_t user)
{
    return user == 0 || user == Posix::userId();
}

/// Walks from the root to a directory, a component at a time. It opens each component before it checks it, so that what
/// it has checked is what it enters.
class PathWalk
{
public:
    /// Returns an empty text once it has reached the directory, or the reason why it must not.
    [[nodiscard]] QString to(const QByteArray &path)
    {
        prepend(path);
        QString problem = startAtRoot();
        while (problem.isEmpty() && !m_left.empty()) {
            const QByteArray name = m_left.front();
            m_left.pop_front();
            if (!name.isEmpty() && name != ".")
                problem = step(name);
        }
        return problem;
    }
    /// Opens the directory that was reached for reading.
    [[nodiscard]] Posix::Fd open() { return Posix::openAgain(m_current.get()); }

private:
    // Adds components before those that are left to walk.
    void prepend(const QByteArray &path)
    {
        const QByteArrayList names = path.split('/');
        m_left.insert(m_left.begin(), names.cbegin(), names.cend());
    }
    [[nodiscard]] QString startAtRoot()
    {
        m_path.clear();
        return enter(Posix::openRoot(), "/");
    }
    [[nodiscard]] QString step(const QByteArray &name)
    {
        const QByteArray path = m_path + '/' + name;
        Posix::Fd next = Posix::openToLook(m_current.get(), name);
        if (!next.isOpen())
            return failure(path);
        const auto found = Posix::identify(next.get());
        if (!found)
            return failure(path);
        if (S_ISLNK(found->mode))
            return follow(next, *found, path);
        const QString problem = enter(std::move(next), path);
        m_path = path;
        return problem;
    }
    [[nodiscard]] QString follow(const Posix::Fd &link, const Posix::FileIdentity &found, const QByteArray &path)
    {
        if (!isTrusted(found.owner)) {
            return QStringLiteral("%1 is a symbolic link of user %2, who could point it elsewhere: give the path of "
                                  "the directory itself")
                .arg(QFile::decodeName(path))
                .arg(found.owner);
        }
        if (++m_links > MaxLinks)
            return QStringLiteral("there are too many symbolic links at %1").arg(QFile::decodeName(path));
        const QByteArray target = Posix::targetOfLink(link.get());
        if (target.isEmpty())
            return failure(path);
        prepend(target);
        return target.startsWith('/') ? startAtRoot() : QString();
    }
    [[nodiscard]] QString enter(Posix::Fd directory, const QByteArray &path)
    {
        if (!directory.isOpen())
            return failure(path);
        const auto found = Posix::identify(directory.get());
        const QString name = QFile::decodeName(path);
        if (!found)
            return failure(path);
        if (!S_ISDIR(found->mode))
            return QStringLiteral("%1 is not a directory").arg(name);
        if (!isTrusted(found->owner)) {
            return QStringLiteral("directory %1 belongs to user %2, who could put another socket in place of this one: "
                                  "use a directory that "
                                  "belongs to you, or to root")
                .arg(name)
                .arg(found->owner);
        }
        if ((found->mode & (S_IWGRP | S_IWOTH)) != 0 && (found->mode & S_ISVTX) == 0) {
            const QString who
                = (found->mode & S_IWOTH) != 0 ? QStringLiteral("everybody") : QStringLiteral("its group");
            return QStringLiteral("directory %1 can be written by %2, who could put another socket in place of this "
                                  "one: take that away "
                                  "(chmod go-w), or use another directory")
                .arg(name, who);
        }
        m_current = std::move(directory);
        return {};
    }
    [[nodiscard]] static QString failure(const QByteArray &path)
    {
        const QString name = QFile::decodeName(path);
        return errno == ENOENT ? QStringLiteral("directory %1 does not exist").arg(name)
                               : QStringLiteral("directory %1: %2").arg(name, Posix::lastErrorText());
    }

    Posix::Fd m_current; // the directory that the walk has reached
    QByteArray m_path; // its path, without a slash at the end
    std::deque<QByteArray> m_left; // the components that are left to walk
    int m_links = 0;
};

}

TrustedDirectory openTrustedDirectory(const QByteArray &path)
{
    PathWalk walk;
    if (const QString problem = walk.to(path); !problem.isEmpty())
        return {{}, problem};
    TrustedDirectory directory{walk.open(), {}};
    if (!directory.descriptor.isOpen())
        directory.error = QStringLiteral("directory %1: %2").arg(QFile::decodeName(path), Posix::lastErrorText());
    return directory;
}

}
