// SPDX-License-Identifier: MIT
#include <QtPrefork/server.h>

#include "server/acceptor_p.h"
#include "server/logging_p.h"
#include "server/tcplistener_p.h"
#include "server/unixlistener_p.h"
#include "zygote/zygote_p.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QPointer>

namespace Prefork {

Q_LOGGING_CATEGORY(lcServer, "prefork.server", QtWarningMsg)

class ServerPrivate
{
public:
    void onZygoteLost(Server *q);

    // Copies, for the zygote may be gone before its server.
    QString zygoteError;
    QByteArray name;
    std::shared_ptr<ZygoteChannel> channel;
    ServerOptions options;
    QString error;
    std::unique_ptr<Listener> listener;
    std::unique_ptr<Acceptor> acceptor; // before its listener goes
};

void ServerPrivate::onZygoteLost(Server *q)
{
    if (!q->isListening())
        return;
    qCCritical(lcServer, "the zygote is gone: no worker can be forked any more; ending the server");
    const QPointer<Server> guard = q;
    q->close();
    if (guard)
        Q_EMIT
    q->zygoteLost();
    QCoreApplication::exit(1);
}

std::unique_ptr<Listener> Listener::make(Address::Scheme scheme)
{
    if (scheme == Address::Scheme::Unix)
        return std::make_unique<UnixListener>();
    return std::make_unique<TcpListener>();
}

Server::Server(Zygote *zygote, const ServerOptions &options, QObject *parent)
    : QObject(parent)
    , d(std::make_unique<ServerPrivate>())
{
    d->zygoteError = zygote->errorString();
    d->name = zygote->name();
    d->channel = ZygotePrivate::of(*zygote).channel;
    d->options = options;
    // Queued: the death may be noticed while a connection is being accepted.
    const auto onClosed = [this] { d->onZygoteLost(this); };
    if (d->channel)
        connect(d->channel.get(), &ZygoteChannel::closed, this, onClosed, Qt::QueuedConnection);
}

Server::~Server()
{
    close();
}

bool Server::listen(const Address &address)
{
    const auto fail = [this](const QString &error) {
        d->error = error;
        return false;
    };
    if (isListening())
        return fail(QStringLiteral("the server is listening on %1 already").arg(this->address().toString()));
    if (!d->zygoteError.isEmpty())
        return fail(d->zygoteError);
    if (!d->channel->isOpen())
        return fail(QStringLiteral("the zygote is gone"));
    if (!address.isValid())
        return fail(address.errorString());

    auto listener = Listener::make(address.scheme());
    if (const QString error = listener->listen(address, d->options); !error.isEmpty())
        return fail(QStringLiteral("cannot listen on %1: %2").arg(address.toString(), error));
    d->listener = std::move(listener);
    d->acceptor = std::make_unique<Acceptor>(d->listener->descriptor(), [this](Posix::Fd connection) {
        if (const auto peer = d->listener->welcome(connection.get()))
            d->channel->spawn(std::move(connection), *peer);
    });
    d->channel->attach();
    d->error.clear();
    if (!d->name.isEmpty())
        Posix::setTitle(d->name + " server");
    Q_EMIT
    listeningChanged(true);
    return true;
}

void Server::close()
{
    if (!isListening())
        return;
    d->acceptor.reset();
    d->listener.reset();
    Q_EMIT
    listeningChanged(false);
}

bool Server::isListening() const
{
    return d->listener != nullptr;
}

Address Server::address() const
{
    return d->listener ? d->listener->address() : Address();
}

QString Server::errorString() const
{
    return d->error;
}

}
