// SPDX-License-Identifier: MIT
#include <QtPrefork/shutdownsignals.h>

#include "posix/signal_p.h"
#include "posix/transfer_p.h"
#include "server/logging_p.h"
#include "server/server_p.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QPointer>
#include <QtCore/QSocketNotifier>

#include <cerrno>

namespace Prefork {

using namespace Internal;

/// This is the private part of ShutdownSignals: the pipe through which the signal handler tells of a signal, and the
/// steps that follow.
class ShutdownSignalsPrivate
{
public:
    void onSignal(ShutdownSignals *q, int signal);
    void quitIfDone() const;

    Posix::Fd pipe;
    std::unique_ptr<QSocketNotifier> notifier;
    bool isQuitting = false;
};

ShutdownSignals::ShutdownSignals(QObject *parent)
    : QObject(parent)
    , d(std::make_unique<ShutdownSignalsPrivate>())
{
    d->pipe = Posix::watchTermination();
    if (!d->pipe.isOpen()) {
        const QString line
            = QStringLiteral("SIGINT and SIGTERM will end this program ungracefully, for they cannot be watched: %1");
        if (errno != EBUSY)
            logServer(QtWarningMsg, line.arg(Posix::lastErrorText()));
        return;
    }
    d->notifier = std::make_unique<QSocketNotifier>(d->pipe.get(), QSocketNotifier::Read);
    connect(d->notifier.get(), &QSocketNotifier::activated, this, [this] {
        char signal = 0;
        if (Posix::readSome(d->pipe.get(), {&signal, 1}).status == Posix::Transfer::Done)
            d->onSignal(this, signal);
    });
}

void ShutdownSignalsPrivate::onSignal(ShutdownSignals *q, int signal)
{
    const bool isFirst = !std::exchange(isQuitting, true);
    if (!isFirst)
        ServerPrivate::killLeftWorkers();
    const QPointer<ShutdownSignals> guard = q;
    Q_EMIT q->requested(signal);
    if (!guard)
        return;
    // Slots may delete any of the servers, and this object too.
    for (const QPointer<Server> &server : ServerPrivate::active()) {
        if (!server || !guard)
            continue;
        QObject::connect(server, &Server::finished, q, [this] { quitIfDone(); });
        QObject::connect(server, &QObject::destroyed, q, [this] { quitIfDone(); }, Qt::QueuedConnection);
        server->shutdown(isFirst ? std::nullopt : std::optional(std::chrono::milliseconds(0)));
    }
    if (guard)
        quitIfDone();
}

void ShutdownSignalsPrivate::quitIfDone() const
{
    if (isQuitting && ServerPrivate::active().empty())
        QCoreApplication::quit();
}

ShutdownSignals::~ShutdownSignals()
{
    if (d->pipe.isOpen())
        Posix::unwatchTermination();
}

}
