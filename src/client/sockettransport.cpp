// SPDX-License-Identifier: MIT
#include "client/sockettransport_p.h"

#include "posix/socket_p.h"
#include "posix/socketfile_p.h"

#include <QtCore/QFile>
#include <QtNetwork/QNetworkProxy>
#include <QtNetwork/QTcpSocket>

#include <cerrno>

namespace Prefork::Internal {

namespace {

QString causeOf(int error)
{
    switch (error) {
    case EAGAIN: // here QLocalSocket would try again in a busy loop
        return QStringLiteral("the server accepts no more connections at the moment");
    case ENOENT:
        return QStringLiteral("there is no such socket");
    case ECONNREFUSED:
        return QStringLiteral("nobody listens on the socket");
    case ENOTSOCK:
        return QStringLiteral("the file there is no socket");
    case EACCES:
        return QStringLiteral("no permission to use the socket");
    default:
        return Posix::errorText(error);
    }
}

}

void UnixTransport::connectWorker(quint64 worker)
{
    Posix::Fd connection = Posix::connectToSocket(QFile::encodeName(m_address.path()));
    const int error = connection.isOpen() ? 0 : errno;
    QString cause = error == 0 ? QString() : causeOf(error);
    const bool isAbsent = error == ENOENT || error == ECONNREFUSED || error == ENOTSOCK;
    if (connection.isOpen()) {
        const Posix::Credentials who = Posix::peerCredentials(connection.get()).value_or(Posix::Credentials());
        if (!m_servers.allows(who.uid, who.gid)) {
            cause = QStringLiteral("the server runs as user %1, which ClientOptions::servers does not allow")
                        .arg(who.uid);
            connection.reset();
        }
    }
    connectedOrFailed(worker, m_address, std::move(connection), cause,
                      isAbsent ? absenceOf(m_address, error == ENOTSOCK ? cause : Posix::errorText(error)) : QString());
}

void TcpTransport::connectWorker(quint64 worker)
{
    auto *const socket = new QTcpSocket(this);
    m_attempts.insert(worker, socket);
    connect(socket, &QTcpSocket::connected, this, [this, worker] { onConnected(worker); });
    connect(socket, &QTcpSocket::errorOccurred, this, [this, worker] { onError(worker); });
    socket->setProxy(QNetworkProxy::NoProxy); // an application-wide proxy is not meant for connections to workers
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

// Attempts that were under way have lost their event loop, so they are made again.
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
    const bool isAbsent = m_attempts.value(worker)->error() == QAbstractSocket::ConnectionRefusedError;
    forget(worker);
    Q_EMIT failed(worker, QStringLiteral("could not connect to %1: %2").arg(m_address.toString(), cause),
                  isAbsent ? absenceOf(m_address, cause) : QString());
}

}
