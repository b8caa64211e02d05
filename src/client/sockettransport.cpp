// SPDX-License-Identifier: MIT
#include "client/sockettransport_p.h"

#include <QtCore/QFile>
#include <QtNetwork/QLocalSocket>
#include <QtNetwork/QNetworkProxy>
#include <QtNetwork/QTcpSocket>

namespace Prefork {

namespace {

QString causeOf(const QLocalSocket &socket)
{
    switch (socket.error()) {
    case QLocalSocket::ServerNotFoundError:
        return QStringLiteral("there is no such socket");
    case QLocalSocket::ConnectionRefusedError:
        return QStringLiteral("nobody listens on the socket");
    case QLocalSocket::SocketAccessError:
        return QStringLiteral("no permission to use the socket");
    default:
        return socket.errorString();
    }
}

}

void UnixTransport::connectWorker(quint64 worker)
{
    QLocalSocket socket;
    // It wants a byte to spare that the kernel does not: the longest path is taken from its directory.
    Posix::Fd directory;
    QString path = m_address.path();
    if (QFile::encodeName(path).size() == Address::MaxPathBytes) {
        const qsizetype name = path.lastIndexOf(u'/') + 1;
        directory = Posix::openDirectory(QFile::encodeName(path.left(name)));
        path = QStringLiteral("/proc/self/fd/%1/%2").arg(directory.get()).arg(path.sliced(name));
    }
    socket.connectToServer(path);
    if (socket.state() == QLocalSocket::ConnectedState) {
        onConnected(worker, Posix::duplicate(int(socket.socketDescriptor())));
        return;
    }
    // A full backlog leaves QLocalSocket connecting: it would try again in a busy loop, so it is not left to.
    const bool busy = socket.state() == QLocalSocket::ConnectingState;
    const QString cause = busy ? QStringLiteral("the server accepts no more connections at the moment") : causeOf(socket);
    socket.abort();
    Q_EMIT
    failed(worker, QStringLiteral("could not connect to %1: %2").arg(m_address.toString(), cause));
}

void UnixTransport::onConnected(quint64 worker, Posix::Fd descriptor)
{
    QString cause = Posix::lastErrorText();
    if (descriptor.isOpen()) {
        const Posix::Credentials who = Posix::peerCredentials(descriptor.get()).value_or(Posix::Credentials());
        if (!m_servers.allows(who.uid, who.gid)) {
            cause = QStringLiteral("the server runs as user %1, which ClientOptions::servers does not allow").arg(who.uid);
            descriptor.reset();
        }
    }
    connectedOrFailed(worker, m_address, std::move(descriptor), cause);
}

void TcpTransport::connectWorker(quint64 worker)
{
    auto *const socket = new QTcpSocket(this);
    m_attempts.insert(worker, socket);
    connect(socket, &QTcpSocket::connected, this, [this, worker] { onConnected(worker); });
    connect(socket, &QTcpSocket::errorOccurred, this, [this, worker] { onError(worker); });
    socket->setProxy(QNetworkProxy::NoProxy); // the application's is for its own connections
    socket->connectToHost(m_address.host(), m_address.port());
}

void TcpTransport::forget(quint64 worker)
{
    QTcpSocket *const socket = m_attempts.take(worker);
    if (!socket)
        return;
    socket->disconnect(this);
    socket->abort();
    socket->deleteLater();
}

// Attempts that were under way have lost their event loop.
void TcpTransport::reattach()
{
    for (const quint64 worker : m_attempts.keys()) {
        forget(worker);
        connectWorker(worker);
    }
}

void TcpTransport::onConnected(quint64 worker)
{
    QTcpSocket *const socket = m_attempts.value(worker);
    Posix::Fd descriptor = Posix::duplicate(int(socket->socketDescriptor()));
    const QString cause = Posix::lastErrorText();
    forget(worker);
    Posix::tuneTcp(descriptor.get());
    connectedOrFailed(worker, m_address, std::move(descriptor), cause);
}

void TcpTransport::onError(quint64 worker)
{
    const QString cause = m_attempts.value(worker)->errorString();
    forget(worker);
    Q_EMIT
    failed(worker, QStringLiteral("could not connect to %1: %2").arg(m_address.toString(), cause));
}

}
