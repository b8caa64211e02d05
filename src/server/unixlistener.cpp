// SPDX-License-Identifier: MIT
#include "server/unixlistener_p.h"

#include "posix/process_p.h"
#include "posix/socket_p.h"
#include "posix/socketfile_p.h"
#include "server/logging_p.h"
#include "server/trusteddirectory_p.h"

#include <QtCore/QFile>
#include <QtCore/QRandomGenerator>
#include <QtCore/QSocketNotifier>

#include <cerrno>

namespace Prefork::Internal {

using namespace std::chrono_literals;

namespace {

constexpr auto FileCheckInterval = 500ms;

}

UnixListener::~UnixListener()
{
    if (!m_identity)
        return;
    // A socket file that is left behind does no harm: the next server replaces it. Without the lock the file that is
    // removed might be another server's.
    const Posix::Fd lock = lockDirectory(200ms);
    if (lock.isOpen() && Posix::identify(m_directory.get(), m_name) == m_identity)
        Posix::removeFrom(m_directory.get(), m_name);
}

// Returns a descriptor that holds the lock as long as it is open. It is closed, with the reason in errno, if the lock
// could not be had in time.
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
    m_options = options;
    const QByteArray path = QFile::encodeName(address.path());
    const qsizetype slash = path.lastIndexOf('/');
    m_name = path.sliced(slash + 1);
    m_directoryPath = QFile::decodeName(path.left(slash + 1));
    if (const QString error = openDirectory(); !error.isEmpty())
        return error;
    // The lock keeps servers that start at the same time from replacing each other's files.
    const Posix::Fd lock = lockDirectory(2s);
    if (!lock.isOpen()) {
        const QString cause
            = errno == EWOULDBLOCK ? QStringLiteral("another process keeps it locked") : Posix::lastErrorText();
        return QStringLiteral("cannot lock directory %1: %2").arg(m_directoryPath, cause);
    }
    if (const QString error = obstacle(options.replace); !error.isEmpty())
        return error;
    return bindAndRename();
}

QString UnixListener::openDirectory()
{
    TrustedDirectory directory = openTrustedDirectory(QFile::encodeName(m_directoryPath));
    if (directory.error.isEmpty())
        m_directory = std::move(directory.descriptor);
    return directory.error;
}

// Says what is at the path that must not be replaced; empty if there is nothing.
QString UnixListener::obstacle(bool mayReplace) const
{
    const auto found = Posix::identify(m_directory.get(), m_name);
    if (!found)
        return errno == ENOENT ? QString() : QStringLiteral("cannot look at it: %1").arg(Posix::lastErrorText());
    if (!found->isSocket)
        return QStringLiteral("there is %1; it was left as it is")
            .arg(found->isDirectory  ? u"a directory"
                     : found->isLink ? u"a symbolic link"
                                     : u"a file that is not a socket");
    const Posix::Probe probe = Posix::probeSocket(m_directory.get(), m_name);
    switch (probe) {
    case Posix::Probe::Alive:
        if (mayReplace)
            break;
        return QStringLiteral("a live server is listening there already");
    case Posix::Probe::Failed:
        return QStringLiteral("cannot tell whether the socket there is in use: %1").arg(Posix::lastErrorText());
    case Posix::Probe::Dead:
        break;
    }
    if (found->owner != Posix::userId() && Posix::userId() != 0)
        return QStringLiteral("there is a %1 socket of another user; it was left as it is")
            .arg(probe == Posix::Probe::Dead ? u"dead" : u"live");
    return {};
}

QString UnixListener::bindAndRename()
{
    const QByteArray temporary = ".prefork-" + QByteArray::number(QRandomGenerator::system()->generate64(), 16);
    Posix::Fd socket = Posix::listenAt(m_directory.get(), temporary, m_options.socketMode, m_options.backlog);
    const auto identity = socket.isOpen() ? Posix::identify(m_directory.get(), temporary) : std::nullopt;
    if (!identity) {
        const QString error = QStringLiteral("cannot create the socket: %1").arg(Posix::lastErrorText());
        Posix::removeFrom(m_directory.get(), temporary);
        return error;
    }
    QString unknown = Posix::peerCredentials(socket.get()) ? QString() : QStringLiteral("who connects");
    if (unknown.isEmpty() && Posix::listeningAddress(socket.get()).isEmpty()) // QLocalServer does not work without it
        unknown = QStringLiteral("where the socket listens");
    if (!unknown.isEmpty()) {
        const QString error = QStringLiteral("the kernel does not say %1: %2").arg(unknown, Posix::lastErrorText());
        Posix::removeFrom(m_directory.get(), temporary);
        return error;
    }
    auto server = std::make_unique<QLocalServer>();
    if (!server->listen(socket.get())) {
        Posix::removeFrom(m_directory.get(), temporary);
        return QStringLiteral("cannot listen: %1").arg(server->errorString());
    }
    (void)socket.take(); // now QLocalServer owns the descriptor
    if (auto *const notifier = server->findChild<QSocketNotifier *>())
        notifier->setEnabled(false);
    if (!Posix::renameIn(m_directory.get(), temporary, m_name)) {
        const QString error = QStringLiteral("cannot give the socket its name: %1").arg(Posix::lastErrorText());
        Posix::removeFrom(m_directory.get(), temporary);
        return error;
    }
    m_former = std::exchange(m_server, std::move(server));
    m_identity = identity;
    return {};
}

void UnixListener::watch(const Watch &watch)
{
    if (!m_identity)
        return;
    m_watch = watch;
    m_timer = std::make_unique<QTimer>();
    QObject::connect(m_timer.get(), &QTimer::timeout, m_timer.get(), [this] { check(); });
    watchDirectory();
    QMetaObject::invokeMethod(
        m_timer.get(), [this] { check(); },
        Qt::QueuedConnection); // the file may have been replaced before it was watched
}

// The watcher tells of every change in the directory; check() finds out whether our file is concerned. If there can be
// no watcher (their number is limited), the timer checks instead.
void UnixListener::watchDirectory()
{
    if (QFileSystemWatcher *const former = m_watcher.release())
        former->deleteLater(); // this function may run inside its signal
    auto watcher = std::make_unique<QFileSystemWatcher>();
    if (!watcher->addPath(m_directoryPath)) {
        m_timer->start(FileCheckInterval);
        return;
    }
    QObject::connect(watcher.get(), &QFileSystemWatcher::directoryChanged, watcher.get(), [this] { check(); });
    m_watcher = std::move(watcher);
    m_timer->stop();
}

// Returns whether our file is still at its path. The directory itself may have been removed, and made again.
bool UnixListener::isWhereItWasPut() const
{
    const auto there = Posix::identify(m_directory.get(), QFile::encodeName(m_directoryPath) + '.');
    if (!there)
        return errno != ENOENT && errno != ENOTDIR; // after other errors it is not known, and taken to be there
    return there == Posix::identify(m_directory.get()) && Posix::identify(m_directory.get(), m_name) == m_identity;
}

void UnixListener::check()
{
    if (!m_timer)
        return;
    if (m_former)
        switchListener();
    else if (!isWhereItWasPut())
        renew();
}

// Makes the file again after it was removed, unless another server has taken its place. Programs that clean directories
// such as /tmp remove files that nobody has used for long.
void UnixListener::renew()
{
    m_timer->start(FileCheckInterval); // it is checked again even if this fails
    QString problem = openDirectory();
    const auto found = problem.isEmpty() ? Posix::identify(m_directory.get(), m_name) : std::nullopt;
    if (found && found->isSocket && found != m_identity) {
        onReplaced();
        return;
    }
    if (problem.isEmpty() && found != m_identity)
        problem = bindAnew();
    const QString what = QStringLiteral("the socket %1 has been removed by somebody else").arg(m_address.toString());
    if (!problem.isEmpty()) {
        if (++m_failures == 2) // the first failure may be a server that takes the path and has locked the directory
            logServer(QtCriticalMsg,
                      QStringLiteral("%1, and nobody can connect until it can be made anew: %2").arg(what, problem));
        return;
    }
    m_failures = 0;
    logServer(QtWarningMsg, QStringLiteral("%1: it was made anew").arg(what));
    watchDirectory();
    switchListener();
}

QString UnixListener::bindAnew()
{
    const Posix::Fd lock = lockDirectory(0ms);
    if (!lock.isOpen())
        return QStringLiteral("cannot lock directory %1: %2").arg(m_directoryPath, Posix::lastErrorText());
    const QString problem = obstacle(false);
    return problem.isEmpty() ? bindAndRename() : problem;
}

// Has the server accept from the new socket. Connections in the backlog of the old one are accepted first.
void UnixListener::switchListener()
{
    if (!m_watch.renewed()) {
        m_timer->start(FileCheckInterval);
        return;
    }
    m_former.reset();
    if (m_watcher)
        m_timer->stop();
}

void UnixListener::onReplaced()
{
    if (QFileSystemWatcher *const watcher = m_watcher.release())
        watcher->deleteLater(); // this function may run inside a signal of the watcher or of the timer
    m_timer->stop();
    m_timer.release()->deleteLater();
    const auto replaced = m_watch.replaced; // a copy, for the function may destroy this object
    replaced();
}

}
