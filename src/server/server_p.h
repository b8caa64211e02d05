// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_SERVER_P_H
#define QTPREFORK_SERVER_P_H

#include <QtPrefork/server.h>

#include "posix/descriptor_p.h"
#include "server/acceptor_p.h"
#include "server/listener_p.h"
#include "server/refusallog_p.h"
#include "server/serverworkers_p.h"
#include "server/silentconnections_p.h"

#include <QtCore/QDeadlineTimer>
#include <QtCore/QPointer>
#include <QtCore/QTimer>

namespace Prefork {

/// This is the private part of a Server. It ties the parts together: a Listener has the socket, an Acceptor accepts
/// from it, SilentConnections keeps TCP connections until they say something, and ServerWorkers has workers forked for
/// them. It also decides how the server shuts down, and what it does when it is replaced or its zygote ends.
class ServerPrivate
{
public:
    explicit ServerPrivate(Server *server);
    [[nodiscard]] static ServerPrivate &of(const Server &server) { return *server.d; }
    /// Returns the servers of this process that listen or shut down.
    [[nodiscard]] static std::vector<QPointer<Server>> active();
    /// Kills all workers that servers of this process have left to their zygotes.
    static void killLeftWorkers();

    /// Sets the errorString() and returns false.
    bool fail(const QString &cause);
    /// If this returns false, the server has an errorString().
    [[nodiscard]] bool mayListen();
    /// Refuses the connection if its user is not allowed, else gives it to silentConnections or workers.
    void onAccepted(Posix::Fd connection);
    void acceptIfThereIsRoom();
    void warnIfPublic() const;
    /// Returns how many silent connections are kept at most.
    [[nodiscard]] qsizetype silentLimit() const;
    /// Begins to serve connections of @p newListener, which listens already.
    void begin(std::unique_ptr<Internal::Listener> newListener);
    void onZygoteLost();
    void onZygoteEnding();
    /// Another server has taken the path: drains, so that this one ends when its workers have left.
    void onReplaced();
    void drain();
    /// Has all workers killed after @p timeout, unless an earlier deadline was set; a negative one sets none.
    void setDeadline(std::chrono::milliseconds timeout);
    void shutdown(std::chrono::milliseconds timeout);
    /// Stops listening and sets the deadline, which is what shutdown() and drain() have in common.
    void beginShutdown(std::chrono::milliseconds timeout);
    [[nodiscard]] qint64 staysUntil(std::chrono::milliseconds timeout) const;
    /// Emits finished() if the server shuts down and has no worker left.
    void finishIfEmpty();

    Server *const q;
    // Copies of what the zygote knows, for the Zygote object may be destroyed before its server.
    QString zygoteError;
    QByteArray name;
    std::shared_ptr<Internal::ZygoteChannel> channel;
    ServerOptions options;
    QString error;
    std::unique_ptr<Internal::ServerWorkers> workers;
    std::unique_ptr<Internal::Listener> listener;
    std::unique_ptr<Internal::Acceptor> acceptor; // destroyed before the listener, whose descriptor it uses
    std::unique_ptr<Internal::SilentConnections> silentConnections;
    Internal::RefusalLog refusalLog;
    QTimer deadline; // of shutting down: then all workers are killed
    QTimer drainTimer; // runs while a replaced server accepts connections that were on their way to it
    QDeadlineTimer drainUntil; // when drainTimer stops at the latest
    bool isShuttingDown = false;
    bool isRetired = false; // the workers have been told to leave
    bool leavesWorkers = true; // at shutdown, workers of JSON clients are left to the zygote
    bool isReplaced = false;
    bool isZygoteEnding = false;
};

}

#endif
