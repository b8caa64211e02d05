// SPDX-License-Identifier: MIT
#include "server/server_p.h"

#include "posix/limits_p.h"
#include "posix/process_p.h"
#include "posix/socket_p.h"
#include "server/activation_p.h"
#include "server/eventtrial_p.h"
#include "server/inheritedlistener_p.h"
#include "server/logging_p.h"
#include "zygote/workerwatch_p.h"
#include "zygote/zygote_p.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QPointer>
#include <QtNetwork/QHostAddress>

#include <climits>

namespace Prefork {

using namespace Internal;
using namespace std::chrono_literals;

namespace {

// Clients that looked the path up before another server took it over may connect for this long after.
constexpr auto LateConnections = 200ms;

std::vector<Server *> &allServers()
{
    static std::vector<Server *> servers;
    return servers;
}

}

ServerPrivate::ServerPrivate(Server *server)
    : q(server)
{
    deadline.setSingleShot(true);
    drainTimer.setSingleShot(true);
    QObject::connect(&deadline, &QTimer::timeout, q, [this] { workers->kill(); });
    QObject::connect(&drainTimer, &QTimer::timeout, q, [this] { drain(); });
}

std::vector<QPointer<Server>> ServerPrivate::active()
{
    std::vector<QPointer<Server>> servers;
    for (Server *const server : allServers()) {
        if (server->isListening() || server->isShuttingDown())
            servers.emplace_back(server);
    }
    return servers;
}

void ServerPrivate::killLeftWorkers()
{
    for (Server *const server : allServers()) {
        if (ServerWorkers *const workers = of(*server).workers.get(); workers && workers->hasLeftWorkers())
            workers->kill();
    }
}

void ServerPrivate::onZygoteLost()
{
    const bool wasServing = q->isListening() || q->isShuttingDown();
    if (!wasServing)
        return;
    logServer(QtCriticalMsg, QStringLiteral("the zygote is gone: no worker can be forked any more; ending the server"));
    const QPointer<Server> guard = q;
    isShuttingDown = false;
    q->close();
    if (guard)
        Q_EMIT q->zygoteLost();
    QCoreApplication::exit(1);
}

// The zygote got a SIGTERM. The server shuts down as if the program had got one too; it may have got none, or may not
// watch for it.
void ServerPrivate::onZygoteEnding()
{
    if (!q->isListening() && !q->isShuttingDown())
        return;
    logServer(QtInfoMsg, QStringLiteral("%1 - shutting down").arg(channel->refusal()));
    isZygoteEnding = true;
    q->shutdown();
}

void ServerPrivate::onReplaced()
{
    if (std::exchange(isReplaced, true) || !q->isListening())
        return;
    logServer(QtInfoMsg, QStringLiteral("another server has taken over %1 - draining").arg(q->address().toString()));
    drainUntil = options.drainTimeout < std::chrono::milliseconds(0) ? QDeadlineTimer(QDeadlineTimer::Forever)
                                                                     : QDeadlineTimer(options.drainTimeout);
    drainTimer.start(LateConnections);
    Q_EMIT q->replaced();
}

// Closing the socket would hang up on connections that wait in the backlog. So they are accepted first; if that fails,
// for want of descriptors, it is tried again until drainUntil.
void ServerPrivate::drain()
{
    if (acceptor && !acceptor->acceptRest() && !drainUntil.hasExpired())
        drainTimer.start(LateConnections);
    else
        beginShutdown(options.drainTimeout);
}

void ServerPrivate::setDeadline(std::chrono::milliseconds timeout)
{
    if (timeout < 0ms)
        return;
    timeout = std::min<std::chrono::milliseconds>(timeout, 24h * 20); // QTimer counts milliseconds in an int
    if (!deadline.isActive() || timeout < deadline.remainingTimeAsDuration())
        deadline.start(timeout);
}

void ServerPrivate::finishIfEmpty()
{
    if (!isShuttingDown || !workers->isEmpty())
        return;
    isShuttingDown = false;
    deadline.stop();
    const bool quits = (isReplaced || isZygoteEnding) && active().empty();
    Q_EMIT q->finished();
    if (quits)
        QCoreApplication::quit();
}

Server::Server(Zygote *zygote, const ServerOptions &options, QObject *parent)
    : QObject(parent)
    , d(std::make_unique<ServerPrivate>(this))
{
    allServers().push_back(this);
    d->options = options;
    d->options.helloTimeout
        = std::clamp<std::chrono::milliseconds>(options.helloTimeout, 0ms, 24h); // sums with longer ones could overflow
    if (!zygote) {
        d->zygoteError = noZygote();
        return;
    }
    d->zygoteError = zygote->errorString();
    d->name = zygote->name();
    d->channel = ZygotePrivate::of(*zygote).channel;
    if (!d->channel)
        return;
    d->workers = std::make_unique<ServerWorkers>(d->options, d->channel, ZygotePrivate::of(*zygote).scoreboard);
    // These are queued, for the zygote's death may be noticed while a connection is being accepted.
    connect(d->channel.get(), &ZygoteChannel::closed, this, [this] { d->onZygoteLost(); }, Qt::QueuedConnection);
    connect(d->channel.get(), &ZygoteChannel::ending, this, [this] { d->onZygoteEnding(); }, Qt::QueuedConnection);
    connect(d->workers.get(), &ServerWorkers::fullChanged, this, [this] { d->acceptIfThereIsRoom(); });
    // These are queued, for a slot may close or delete this server while it handles a connection or a worker's end.
    connect(d->workers.get(), &ServerWorkers::workerCountChanged, this, &Server::workerCountChanged,
            Qt::QueuedConnection);
    connect(
        d->workers.get(), &ServerWorkers::workerCountChanged, this, [this] { d->finishIfEmpty(); },
        Qt::QueuedConnection);
}

Server::~Server()
{
    d->isShuttingDown = false;
    close();
    if (d->workers)
        d->workers->drain();
    std::erase(allServers(), this);
}

bool Server::listen(const Address &address)
{
    if (!d->mayListen())
        return false;
    if (!address.isValid())
        return d->fail(address.errorString());

    auto listener = Listener::make(address.scheme());
    if (const QString error = listener->listen(address, d->options); !error.isEmpty())
        return d->fail(QStringLiteral("cannot listen on %1: %2").arg(address.toString(), error));
    d->begin(std::move(listener));
    return true;
}

bool Server::listenActivated(const QByteArray &name)
{
    if (!d->mayListen())
        return false;
    Posix::Fd socket = Activation::take(name);
    if (!socket.isOpen()) {
        return d->fail(name.isEmpty()
                           ? QStringLiteral("no socket was passed to this process (LISTEN_FDS)")
                           : QStringLiteral("no socket of the name '%1' was passed to this process (LISTEN_FDNAMES)")
                                 .arg(QString::fromUtf8(name)));
    }
    auto listener = std::make_unique<InheritedListener>(std::move(socket));
    if (const QString error = listener->listen({}, d->options); !error.isEmpty())
        return d->fail(QStringLiteral("cannot listen: %1").arg(error));
    d->begin(std::move(listener));
    return true;
}

bool Server::isActivated()
{
    return Activation::hasSockets();
}

bool ServerPrivate::fail(const QString &cause)
{
    error = cause;
    return false;
}

bool ServerPrivate::mayListen()
{
    if (q->isShuttingDown())
        return fail(QStringLiteral("the server is shutting down"));
    if (q->isListening())
        return fail(QStringLiteral("the server is listening on %1 already").arg(q->address().toString()));
    if (!zygoteError.isEmpty())
        return fail(zygoteError);
    for (const QString &refusal : {channel->refusal(), whyEventsDoNotCome()}) {
        if (!refusal.isEmpty())
            return fail(refusal);
    }
    return true;
}

void ServerPrivate::onAccepted(Posix::Fd connection)
{
    const Peer peer = listener->prepare(connection.get());
    const bool isRemote = listener->address().scheme() == Address::Scheme::Tcp;
    if (!isRemote && !options.peers.allows(quint32(peer.uid), quint32(peer.gid))) {
        refusalLog.warn(
            QStringLiteral("refused a connection to %1: ServerOptions::peers does not allow user %2 (group %3, pid %4)")
                .arg(peer.address, QString::number(peer.uid), QString::number(peer.gid), QString::number(peer.pid)));
        return;
    }
    if (isRemote && silentConnections)
        silentConnections->wait(std::move(connection), peer);
    else
        workers->serve(std::move(connection), peer);
}

// Connections that are not accepted wait in the backlog.
void ServerPrivate::acceptIfThereIsRoom()
{
    if (acceptor)
        acceptor->setEnabled(!workers->isFull() && !(silentConnections && silentConnections->isFull()));
}

// Asks the kernel for the address that is bound, for there are many ways to write 0.0.0.0.
void ServerPrivate::warnIfPublic() const
{
    const Address bound(Posix::listeningAddress(listener->descriptor()));
    const QHostAddress host(bound.host());
    const bool isAny = host == QHostAddress(QHostAddress::AnyIPv6)
        || host.isEqual(QHostAddress(QHostAddress::AnyIPv4), QHostAddress::ConvertV4MappedToIPv4);
    if (bound.scheme() != Address::Scheme::Tcp || !isAny)
        return;
    const QString line = QStringLiteral(
        "listening on %1, which is every network of this machine: anybody who reaches it may call every method, for "
        "TCP has no authentication; use tcp://127.0.0.1 or a unix socket unless that is meant");
    logServer(QtWarningMsg, line.arg(bound.toString()));
}

// Silent connections may take half of the descriptors. The other half is for the program and all other connections.
qsizetype ServerPrivate::silentLimit() const
{
    const quint64 limit = Posix::descriptorLimit(); // 0 if it is not known
    const quint64 half = limit == 0 ? INT_MAX : std::clamp<quint64>(limit / 2, 1, INT_MAX);
    return std::min<qsizetype>(options.maxSilent, qsizetype(half));
}

void ServerPrivate::begin(std::unique_ptr<Listener> newListener)
{
    listener = std::move(newListener);
    if (options.maxSilent > 0) {
        silentConnections = std::make_unique<SilentConnections>(
            silentLimit(), options.nativeOnly ? options.helloTimeout : std::chrono::milliseconds(0),
            [this](Posix::Fd connection, const Peer &peer) { workers->serve(std::move(connection), peer); });
        QObject::connect(silentConnections.get(), &SilentConnections::fullChanged, q,
                         [this] { acceptIfThereIsRoom(); });
    }
    acceptor = std::make_unique<Acceptor>(listener->descriptor(),
                                          [this](Posix::Fd connection) { onAccepted(std::move(connection)); });
    acceptIfThereIsRoom();
    isReplaced = false;
    workers->open();
    listener->watch({[this] { onReplaced(); }, [this] { return acceptor->moveTo(listener->descriptor()); }});
    channel->attach();
    Posix::outliveBrokenPipes();
    error.clear();
    warnIfPublic();
    if (!name.isEmpty())
        Posix::setTitle(name + " server");
    Activation::notify("READY=1\nSTATUS=listening on " + listener->address().toString().toUtf8());
    Q_EMIT q->listeningChanged(true);
}

void Server::close()
{
    if (!isListening())
        return;
    d->drainTimer.stop();
    d->acceptor.reset();
    d->silentConnections.reset();
    d->listener.reset();
    Q_EMIT listeningChanged(false);
}

void Server::shutdown(std::optional<std::chrono::milliseconds> timeout)
{
    d->shutdown(timeout.value_or(d->options.shutdownTimeout));
}

void ServerPrivate::shutdown(std::chrono::milliseconds timeout)
{
    const QPointer<Server> guard = q;
    beginShutdown(timeout);
    if (!guard || !workers)
        return;
    if (timeout == 0ms)
        workers->kill();
    else if (isShuttingDown && !std::exchange(isRetired, true))
        workers->retire(staysUntil(timeout));
}

// Returns until when workers of JSON clients may stay with the zygote, so that these clients need not notice that the
// server has gone; 0 if they may not stay, as at a shutdown without delay.
qint64 ServerPrivate::staysUntil(std::chrono::milliseconds timeout) const
{
    if (!leavesWorkers || timeout == 0ms || options.drainTimeout == 0ms)
        return 0;
    const auto longest = std::chrono::milliseconds(24h * 365);
    return options.drainTimeout < 0ms
        ? WorkerWatch::Never
        : ScoreboardPage::now() + std::chrono::nanoseconds(std::min(options.drainTimeout, longest)).count();
}

void ServerPrivate::beginShutdown(std::chrono::milliseconds timeout)
{
    if (!q->isListening() && !isShuttingDown && q->workerCount() == 0)
        return;
    const bool isFirst = !std::exchange(isShuttingDown, true);
    setDeadline(timeout);
    if (!isFirst)
        return;
    isRetired = false;
    Activation::notify("STOPPING=1");
    if (isReplaced && acceptor)
        acceptor->acceptRest();
    if (silentConnections && !options.nativeOnly && staysUntil(timeout) > 0)
        silentConnections->takeAll([this, until = staysUntil(timeout)](Posix::Fd connection, const Peer &peer) {
            workers->leaveToZygote(std::move(connection), peer, until);
        });
    const QPointer<Server> guard = q;
    q->close();
    if (!guard)
        return;
    if (isReplaced)
        workers->drain();
    // This is queued, for the caller may connect to finished() only after this function has returned.
    QMetaObject::invokeMethod(q, [this] { finishIfEmpty(); }, Qt::QueuedConnection);
}

bool Server::isShuttingDown() const
{
    return d->isShuttingDown;
}

int Server::workerCount() const
{
    return d->workers ? int(d->workers->workerCount()) : 0;
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
