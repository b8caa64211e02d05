// SPDX-License-Identifier: MIT
#include "server/unixlistener_p.h"

#include "server/logging_p.h"
#include "server/trusteddirectory_p.h"

#include <QtCore/QFile>
#include <QtCore/QFileSystemWatcher>
#include <QtCore/QRandomGenerator>
#include <QtCore/QSocketNotifier>
#include <QtCore/QTimer>

#include <cerrno>

namespace Prefork {

using namespace std::chrono_literals;

UnixListener::~UnixListener()
{
    if (!m_identity)
        return;
    // A socket that is left behind harms nobody: the next server replaces it. One removed without the lock may be somebody else's.
    const Posix::Fd lock = lockDirectory(200ms);
    if (lock.isOpen() && Posix::identify(m_directory.get(), m_name) == m_identity)
        Posix::removeFrom(m_directory.get(), m_name);
}

// Held for as long as it is open; closed, with the cause in errno, if it could not be had.
Posix::Fd UnixListener::lockDirectory(std::chrono::milliseconds patience) const
{
    Posix::Fd lock = Posix::openAgain(m_directory.get());
    if (lock.isOpen() && !Posix::lockDirectory(lock.get(), patience))
        lock.reset();
    return lock;
}

QString UnixListener::listen(const Address &address, const ServerOptions &options)
{
    m_address = address;
    const QByteArray path = QFile::encodeName(address.path());
    const qsizetype slash = path.lastIndexOf('/');
    m_name = path.sliced(slash + 1);
    m_directoryPath = QFile::decodeName(path.left(slash + 1));
    TrustedDirectory directory = openTrustedDirectory(path.left(slash + 1));
    if (!directory.error.isEmpty())
        return directory.error;
    m_directory = std::move(directory.descriptor);
    // Keeps two starters apart while they look and rename.
    const Posix::Fd lock = lockDirectory(2s);
    if (!lock.isOpen()) {
        const QString cause = errno == EWOULDBLOCK ? QStringLiteral("another process keeps it locked") : Posix::lastErrorText();
        return QStringLiteral("cannot lock directory %1: %2").arg(m_directoryPath, cause);
    }
    if (const QString error = obstacle(options); !error.isEmpty())
        return error;
    return bindAndRename(options);
}

// What is at the path that must not be replaced.
QString UnixListener::obstacle(const ServerOptions &options) const
{
    const auto found = Posix::identify(m_directory.get(), m_name);
    if (!found)
        return errno == ENOENT ? QString() : QStringLiteral("cannot look at it: %1").arg(Posix::lastErrorText());
    if (!found->isSocket)
        return QStringLiteral("there is %1; it was left as it is").arg(found->isDirectory ? u"a directory" : found->isLink ? u"a symbolic link" : u"a file that is not a socket");
    const Posix::Probe probe = Posix::probeSocket(m_directory.get(), m_name);
    switch (probe) {
    case Posix::Probe::Alive:
        if (options.replace)
            break;
        return QStringLiteral("a live server is listening there already");
    case Posix::Probe::Failed:
        return QStringLiteral("cannot tell whether the socket there is in use: %1").arg(Posix::lastErrorText());
    case Posix::Probe::Dead:
        break;
    }
    if (found->owner != Posix::userId() && Posix::userId() != 0)
        return QStringLiteral("there is a %1 socket of another user; it was left as it is").arg(probe == Posix::Probe::Dead ? u"dead" : u"live");
    return {};
}

QString UnixListener::bindAndRename(const ServerOptions &options)
{
    const QByteArray temporary = ".prefork-" + QByteArray::number(QRandomGenerator::system()->generate64(), 16);
    Posix::Fd socket = Posix::listenAt(m_directory.get(), temporary, options.socketMode, options.backlog);
    const auto identity = socket.isOpen() ? Posix::identify(m_directory.get(), temporary) : std::nullopt;
    if (!identity) {
        const QString error = QStringLiteral("cannot create the socket: %1").arg(Posix::lastErrorText());
        Posix::removeFrom(m_directory.get(), temporary);
        return error;
    }
    if (!m_server.listen(socket.get())) {
        Posix::removeFrom(m_directory.get(), temporary);
        return QStringLiteral("cannot listen: %1").arg(m_server.errorString());
    }
    (void)socket.take(); // QLocalServer closes it
    if (auto *const notifier = m_server.findChild<QSocketNotifier *>())
        notifier->setEnabled(false);
    if (!Posix::renameIn(m_directory.get(), temporary, m_name)) {
        const QString error = QStringLiteral("cannot give the socket its name: %1").arg(Posix::lastErrorText());
        Posix::removeFrom(m_directory.get(), temporary);
        return error;
    }
    m_identity = identity;
    return {};
}

// The directory changes with every file in it; only what stands under our name matters. Without a watcher (their number is limited)
// a timer has to do.
void UnixListener::watch(const std::function<void()> &replaced)
{
    if (!m_identity)
        return;
    const auto look = [this, replaced] {
        const auto found = Posix::identify(m_directory.get(), m_name);
        if (!m_watcher || found == m_identity)
            return;
        if (!found || !found->isSocket) {
            if (!std::exchange(m_isCutOff, true))
                qCCritical(lcServer).noquote() << "the socket" << m_address.toString() << "has been removed by somebody else: nobody can connect any more; restart the server";
            return;
        }
        m_watcher.release()->deleteLater(); // it is on the stack
        replaced();
    };
    auto watcher = std::make_unique<QFileSystemWatcher>();
    if (watcher->addPath(m_directoryPath)) {
        QObject::connect(watcher.get(), &QFileSystemWatcher::directoryChanged, watcher.get(), look);
        QMetaObject::invokeMethod(watcher.get(), look, Qt::QueuedConnection); // it may have happened before it was watched
        m_watcher = std::move(watcher);
        return;
    }
    auto timer = std::make_unique<QTimer>();
    QObject::connect(timer.get(), &QTimer::timeout, timer.get(), look);
    timer->start(std::chrono::seconds(1));
    m_watcher = std::move(timer);
}

}
