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

constexpr int MaxLinks = 40; // as the kernel

bool isTrusted(uid_t user)
{
    return user == 0 || user == Posix::userId();
}

/// From the root to a directory, a component at a time: what was looked at is what is entered.
class Walk
{
public:
    /// Empty once it has arrived.
    [[nodiscard]] QString to(const QByteArray &path)
    {
        comeNext(path);
        QString problem = startAtRoot();
        while (problem.isEmpty() && !m_left.empty()) {
            const QByteArray name = m_left.front();
            m_left.pop_front();
            if (!name.isEmpty() && name != ".")
                problem = step(name);
        }
        return problem;
    }
    [[nodiscard]] Posix::Fd arrive() { return Posix::openAgain(m_at.get()); }

private:
    void comeNext(const QByteArray &path)
    {
        const QByteArrayList names = path.split('/');
        m_left.insert(m_left.begin(), names.cbegin(), names.cend());
    }
    [[nodiscard]] QString startAtRoot()
    {
        m_place.clear();
        return enter(Posix::openRoot(), "/");
    }
    [[nodiscard]] QString step(const QByteArray &name)
    {
        const QByteArray place = m_place + '/' + name;
        Posix::Fd next = Posix::openToLook(m_at.get(), name);
        if (!next.isOpen())
            return failure(place);
        const auto found = Posix::identify(next.get());
        if (!found)
            return failure(place);
        if (S_ISLNK(found->mode))
            return follow(next, *found, place);
        const QString problem = enter(std::move(next), place);
        m_place = place;
        return problem;
    }
    [[nodiscard]] QString follow(const Posix::Fd &link, const Posix::FileIdentity &found, const QByteArray &place)
    {
        if (!isTrusted(found.owner)) {
            return QStringLiteral("%1 is a symbolic link of user %2, who could point it elsewhere: give the path of "
                                  "the directory itself")
                .arg(QFile::decodeName(place))
                .arg(found.owner);
        }
        if (++m_links > MaxLinks)
            return QStringLiteral("there are too many symbolic links at %1").arg(QFile::decodeName(place));
        const QByteArray target = Posix::targetOfLink(link.get());
        if (target.isEmpty())
            return failure(place);
        comeNext(target);
        return target.startsWith('/') ? startAtRoot() : QString();
    }
    [[nodiscard]] QString enter(Posix::Fd directory, const QByteArray &place)
    {
        if (!directory.isOpen())
            return failure(place);
        const auto found = Posix::identify(directory.get());
        const QString name = QFile::decodeName(place);
        if (!found)
            return failure(place);
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
        m_at = std::move(directory);
        return {};
    }
    [[nodiscard]] static QString failure(const QByteArray &place)
    {
        const QString name = QFile::decodeName(place);
        return errno == ENOENT ? QStringLiteral("directory %1 does not exist").arg(name)
                               : QStringLiteral("directory %1: %2").arg(name, Posix::lastErrorText());
    }

    Posix::Fd m_at;
    QByteArray m_place; // where that is, without a slash at its end
    std::deque<QByteArray> m_left;
    int m_links = 0;
};

}

TrustedDirectory openTrustedDirectory(const QByteArray &path)
{
    Walk walk;
    if (const QString problem = walk.to(path); !problem.isEmpty())
        return {{}, problem};
    TrustedDirectory directory{walk.arrive(), {}};
    if (!directory.descriptor.isOpen())
        directory.error = QStringLiteral("directory %1: %2").arg(QFile::decodeName(path), Posix::lastErrorText());
    return directory;
}

}
