// SPDX-License-Identifier: MIT
#include "server/unixlistener_p.h"

#include "server/trusteddirectory_p.h"

#include <QtCore/QFile>
#include <QtCore/QRandomGenerator>
#include <QtCore/QSocketNotifier>

#include <cerrno>

namespace Prefork {

UnixListener::~UnixListener()
{
    if (!m_identity)
        return;
    const Posix::Fd lock = Posix::openAgain(m_directory.get());
    if (lock.isOpen())
        Posix::lockDirectory(lock.get());
    if (Posix::identify(m_directory.get(), m_name) == m_identity)
        Posix::removeFrom(m_directory.get(), m_name);
}

QString UnixListener::listen(const Address &address, const ServerOptions &options)
{
    m_address = address;
    m_peers = options.peers;
    const QByteArray path = QFile::encodeName(address.path());
    const qsizetype slash = path.lastIndexOf('/');
    m_name = path.sliced(slash + 1);
    TrustedDirectory directory = openTrustedDirectory(path.left(slash + 1));
    if (!directory.error.isEmpty())
        return directory.error;
    m_directory = std::move(directory.descriptor);
    // Keeps two starters apart while they look and rename.
    const Posix::Fd lock = Posix::openAgain(m_directory.get());
    if (!lock.isOpen() || !Posix::lockDirectory(lock.get())) {
        const QString cause = errno == EWOULDBLOCK ? QStringLiteral("another process keeps it locked") : Posix::lastErrorText();
        return QStringLiteral("cannot lock directory %1: %2").arg(QFile::decodeName(path.left(slash + 1)), cause);
    }
    if (const QString error = obstacle(); !error.isEmpty())
        return error;
    return bindAndRename(options);
}

// What is at the path that must not be replaced.
QString UnixListener::obstacle() const
{
    const auto found = Posix::identify(m_directory.get(), m_name);
    if (!found)
        return errno == ENOENT ? QString() : QStringLiteral("cannot look at it: %1").arg(Posix::lastErrorText());
    if (!found->isSocket)
        return QStringLiteral("there is a file that is not a socket; it was left as it is");
    switch (Posix::probeSocket(m_directory.get(), m_name)) {
    case Posix::Probe::Alive:
        return QStringLiteral("a live server is listening there already");
    case Posix::Probe::Failed:
        return QStringLiteral("cannot tell whether the socket there is in use: %1").arg(Posix::lastErrorText());
    case Posix::Probe::Dead:
        break;
    }
    if (found->owner != Posix::userId() && Posix::userId() != 0)
        return QStringLiteral("there is a dead socket of another user; it was left as it is");
    return {};
}

QString UnixListener::bindAndRename(const ServerOptions &options)
{
    const QByteArray temporary = ".prefork-" + QByteArray::number(QRandomGenerator::system()->generate64(), 16);
    Posix::Fd socket = Posix::listenAt(m_directory.get(), temporary, options.socketMode, options.backlog);
    if (!socket.isOpen()) {
        const QString error = QStringLiteral("cannot create the socket: %1").arg(Posix::lastErrorText());
        Posix::removeFrom(m_directory.get(), temporary);
        return error;
    }
    const auto identity = Posix::identify(m_directory.get(), temporary);
    if (!m_server.listen(socket.get()))
        return QStringLiteral("cannot listen: %1").arg(m_server.errorString());
    (void)socket.take(); // QLocalServer closes it
    if (auto *const notifier = m_server.findChild<QSocketNotifier *>())
        notifier->setEnabled(false);
    if (!identity || !Posix::renameIn(m_directory.get(), temporary, m_name)) {
        const QString error = QStringLiteral("cannot give the socket its name: %1").arg(Posix::lastErrorText());
        Posix::removeFrom(m_directory.get(), temporary);
        return error;
    }
    m_identity = identity;
    return {};
}

std::optional<Peer> UnixListener::welcome(int connection)
{
    Peer peer;
    peer.address = m_address.toString();
    const Posix::Credentials who = Posix::peerCredentials(connection).value_or(Posix::Credentials());
    if (!m_peers.allows(who.uid, who.gid)) {
        m_refusals.warn(QStringLiteral("refused a connection to %1: ServerOptions::peers does not allow user %2 (group %3, pid %4)")
                            .arg(peer.address, QString::number(who.uid), QString::number(who.gid), QString::number(who.pid)));
        return {};
    }
    if (who.uid != uid_t(-1)) {
        peer.uid = who.uid;
        peer.gid = who.gid;
        peer.pid = who.pid;
    }
    return peer;
}

}
