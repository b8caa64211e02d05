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

constexpr auto LookAgain = 500ms;

}

UnixListener::~UnixListener()
{
    if (!m_identity)
        return;
    // A socket that is left behind harms nobody: the next server replaces it. One removed without the lock may be
    // somebody else's.
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
    m_options = options;
    const QByteArray path = QFile::encodeName(address.path());
    const qsizetype slash = path.lastIndexOf('/');
    m_name = path.sliced(slash + 1);
    m_directoryPath = QFile::decodeName(path.left(slash + 1));
    if (const QString error = openDirectory(); !error.isEmpty())
        return error;
    // Keeps two starters apart while they look and rename.
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

// What is at the path that must not be replaced.
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
    if (unknown.isEmpty() && Posix::listeningAddress(socket.get()).isEmpty()) // without it QLocalServer does nothing
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
    (void)socket.take(); // QLocalServer closes it
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
    QObject::connect(m_timer.get(), &QTimer::timeout, m_timer.get(), [this] { look(); });
    watchDirectory();
    QMetaObject::invokeMethod(
        m_timer.get(), [this] { look(); }, Qt::QueuedConnection); // it may have happened before it was watched
}

// The directory changes with every file in it; only what stands under our name matters. Without a watcher (their number
// is limited) the timer has to do.
void UnixListener::watchDirectory()
{
    if (QFileSystemWatcher *const former = m_watcher.release())
        former->deleteLater(); // it may be on the stack
    auto watcher = std::make_unique<QFileSystemWatcher>();
    if (!watcher->addPath(m_directoryPath)) {
        m_timer->start(LookAgain);
        return;
    }
    QObject::connect(watcher.get(), &QFileSystemWatcher::directoryChanged, watcher.get(), [this] { look(); });
    m_watcher = std::move(watcher);
    m_timer->stop();
}

// The directory itself may have been removed, and made again.
bool UnixListener::isWhereItWasPut() const
{
    const auto there = Posix::identify(m_directory.get(), QFile::encodeName(m_directoryPath) + '.');
    if (!there)
        return errno != ENOENT && errno != ENOTDIR; // else nobody knows
    return there == Posix::identify(m_directory.get()) && Posix::identify(m_directory.get(), m_name) == m_identity;
}

void UnixListener::look()
{
    if (!m_timer)
        return;
    if (m_former)
        handOver();
    else if (!isWhereItWasPut())
        renew();
}

// Cleaners of directories such as /tmp remove what nobody has touched for long.
void UnixListener::renew()
{
    m_timer->start(LookAgain); // whatever becomes of this
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
        if (++m_failures == 2) // a server that is about to take the path keeps the directory locked for a moment
            logServer(QtCriticalMsg,
                      QStringLiteral("%1, and nobody can connect until it can be made anew: %2").arg(what, problem));
        return;
    }
    m_failures = 0;
    logServer(QtWarningMsg, QStringLiteral("%1: it was made anew").arg(what));
    watchDirectory();
    handOver();
}

QString UnixListener::bindAnew()
{
    const Posix::Fd lock = lockDirectory(0ms);
    if (!lock.isOpen())
        return QStringLiteral("cannot lock directory %1: %2").arg(m_directoryPath, Posix::lastErrorText());
    const QString problem = obstacle(false);
    return problem.isEmpty() ? bindAndRename() : problem;
}

// Whoever waits in the old backlog is accepted first.
void UnixListener::handOver()
{
    if (!m_watch.renewed()) {
        m_timer->start(LookAgain);
        return;
    }
    m_former.reset();
    if (m_watcher)
        m_timer->stop();
}

void UnixListener::onReplaced()
{
    if (QFileSystemWatcher *const watcher = m_watcher.release())
        watcher->deleteLater(); // either may be on the stack
    m_timer->stop();
    m_timer.release()->deleteLater();
    const auto replaced = m_watch.replaced; // which may destroy this
    replaced();
}

}
