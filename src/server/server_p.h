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

class ServerPrivate
{
public:
    explicit ServerPrivate(Server *server);
    [[nodiscard]] static ServerPrivate &of(const Server &server) { return *server.d; }
    /// The servers of this process that listen or shut down.
    [[nodiscard]] static std::vector<QPointer<Server>> active();
    /// Kills whatever servers of this process have left to their zygotes.
    static void killWhatWasLeft();

    bool fail(const QString &cause);
    /// If it returns false, the server has an errorString().
    [[nodiscard]] bool mayListen();
    void welcome(Posix::Fd connection);
    void acceptIfThereIsRoom();
    void warnIfPublic() const;
    [[nodiscard]] qsizetype mostSilent() const;
    void begin(std::unique_ptr<Internal::Listener> newListener);
    void onZygoteLost();
    void onZygoteEnding();
    void onReplaced();
    void drain();
    void setDeadline(std::chrono::milliseconds timeout);
    void shutDown(std::chrono::milliseconds timeout);
    void beginShutDown(std::chrono::milliseconds timeout);
    [[nodiscard]] qint64 staysUntil(std::chrono::milliseconds timeout) const;
    void finishIfEmpty();

    Server *const q;
    // Copies, for the zygote may be gone before its server.
    QString zygoteError;
    QByteArray name;
    std::shared_ptr<Internal::ZygoteChannel> channel;
    ServerOptions options;
    QString error;
    std::unique_ptr<Internal::ServerWorkers> workers;
    std::unique_ptr<Internal::Listener> listener;
    std::unique_ptr<Internal::Acceptor> acceptor; // before its listener goes
    std::unique_ptr<Internal::SilentConnections> silentConnections;
    Internal::RefusalLog refusalLog;
    QTimer deadline;
    QTimer takenOver; // runs while a replaced server accepts what was on its way to it
    QDeadlineTimer drainUntil; // for how long it may
    bool isShuttingDown = false;
    bool isRetired = false; // its workers have been told
    bool leavesWorkers = true; // those of clients without goodbyes to the zygote, when it shuts down
    bool isReplaced = false;
    bool isZygoteEnding = false;
};

}

#endif
