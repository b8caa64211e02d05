// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_SERVER_H
#define QTPREFORK_SERVER_H

#include <QtPrefork/address.h>
#include <QtPrefork/global.h>
#include <QtPrefork/peerpolicy.h>

#include <QtCore/QByteArray>
#include <QtCore/QObject>

#include <chrono>
#include <memory>
#include <optional>

namespace Prefork {

class ServerPrivate;
class Zygote;

struct ServerOptions
{
    /// The permissions of a socket file, as for chmod; in force before the path appears. Default: its owner only.
    uint socketMode = 0600;
    /// How many connections may wait to be accepted.
    int backlog = 512;
    /// Takes the path over from a live server: it appears there in one step, connections after it go to the new server,
    /// and the old one drains (replaced()). False: a live server at the path is an error, and stays untouched. Unix
    /// paths only.
    bool replace = false;
    /// The most workers at a time; 0 = as many as the zygote has descriptors for. Connections beyond wait. While any
    /// do, the least recently used worker that no checkout holds says goodbye, so that nobody's idle pool starves
    /// another; workers of JSON clients, who have no goodbyes, do not.
    int maxWorkers = 0;
    /// The most workers at a time for clients of one user (of unix sockets, by SO_PEERCRED); 0 = any number. Further
    /// connections of the user wait, up to 16 of them; those beyond are closed.
    int maxWorkersPerUser = 0;
    /// How many workers are forked a second, on average; as many again may come at once after a pause. 0 = any number.
    /// When workers keep failing in their setup, new ones are forked one at a time besides, and ever less often, down
    /// to one a second.
    int maxSpawnRate = 1000;
    /// TCP connections get a worker when they have said their first byte. At most so many are kept that have said
    /// nothing, or half of the descriptors the process may open (RLIMIT_NOFILE, as it is in listen()) if those are
    /// fewer. Further ones wait in the backlog until one of them speaks or leaves, with a warning in the log; none is
    /// closed for another. 0 = they get a worker at once.
    int maxSilent = 4096;
    /// Clients of the JSON protocol are turned away.
    bool nativeOnly = false;
    /// How long a TCP client may take for its first message, once it has begun with it; with nativeOnly from when it
    /// connected, else a client that says nothing may be an idle JSON one. 0 = any time.
    std::chrono::milliseconds helloTimeout = std::chrono::seconds(10);
    /// How long shutDown() lets checkouts finish; 0 = not at all, negative = for ever.
    std::chrono::milliseconds shutdownTimeout = std::chrono::seconds(5);
    /// How long a replaced server lets checkouts finish and JSON clients keep their connections, and how long JSON
    /// clients may keep theirs when a server has shut down; 0 = not at all, negative = for ever.
    std::chrono::milliseconds drainTimeout = std::chrono::seconds(300);
    /// Who may connect to a unix socket, besides having to get past socketMode. Others are hung up on before anything
    /// of theirs is read or a worker forked for them, with a warning in the log.
    PeerPolicy peers = {};
};
QTPREFORK_EXPORT QDebug operator<<(QDebug debug, const ServerOptions &options);

/// Listens at an address and has its zygote fork a worker for every connection, on the Qt event loop and without ever
/// blocking it once it listens. (Parity T1, T10, T11, T14.)
///
/// A unix path appears atomically and is removed on close() or destruction, if it is still this server's. A socket left
/// behind by a dead server is replaced; anything else at the path is an error and stays untouched. So is a path that
/// another user could make lead elsewhere: its directories must belong to root or the own user, and be writable by
/// others only with the sticky bit, as /tmp. A socket file that somebody removes is made anew within a second, unless
/// something else has taken its place. Running out of descriptors, of memory for a fork or of places makes clients
/// wait; it does not end the server. Nor does a log that nobody reads any more: a listening server ignores SIGPIPE,
/// unless the program handles it, and what it logs itself through Qt's own message handler gets lost rather than wait.
///
/// **systemd.** When NOTIFY_SOCKET is set, listen() and listenActivated() say READY=1 there and shutDown() says
/// STOPPING=1 (sd_notify(3)).
///
/// **Ends.** shutDown() is the graceful one, and what ShutdownSignals does. Native clients hear goodbye. JSON has none,
/// and its clients would take the end of an idle connection for a failure: such connections, and workers of JSON
/// clients that no checkout holds, stay with the zygote until the client hangs up, ServerOptions::drainTimeout at most.
/// For them the zygote outlives the program, and keeps its standard output and error open; a supervisor that kills
/// whatever a service leaves behind (systemd's KillMode other than process, the end of a container) costs each of those
/// clients an error. A ForkedServer leaves nobody behind.
///
/// A server that is destroyed or killed leaves its workers behind: one that a checkout holds serves it to its end,
/// others say goodbye at once; workers of JSON clients stay until those hang up. None stays for good. (Parity T12,
/// T39.)
///
/// **Threads.** A server belongs to the thread that made its zygote, with all its functions: listening in another ends
/// the program with a message; what else is called there nobody checks. The signals may be connected to in any thread.
class QTPREFORK_EXPORT Server : public QObject
{
    Q_OBJECT
    Q_PROPERTY(bool listening READ isListening NOTIFY listeningChanged)

public:
    /// @p zygote must outlive the server; with a null one listen() fails. If it dies while the server listens, the
    /// server logs so, closes, emits zygoteLost() and ends the application with exit code 1: only a restart can fork it
    /// anew.
    explicit Server(Zygote *zygote, const ServerOptions &options = {}, QObject *parent = nullptr);
    ~Server() override;

    /// Begins to accept connections at @p address. False with errorString() naming the cause: an invalid address or
    /// zygote, a missing directory, a path that is taken, a port in use. Waits while another server begins or ends in
    /// the same directory, 2 s at most. Sets the process title to `NAME server` if the zygote has a name.
    [[nodiscard]] bool listen(const Address &address);
    /// Begins to accept connections from a socket that systemd, or who does as it does, has opened and passed to this
    /// process (LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES): the one of that @p name, or the first that no Server has
    /// taken. It outlives the server, and so no connection is lost when that is restarted. False with errorString() if
    /// there is none.
    [[nodiscard]] bool listenActivated(const QByteArray &name = {});
    /// Whether such a socket is there to be taken.
    [[nodiscard]] static bool isActivated();
    /// Accepts no more and removes the socket file. Workers go on.
    void close();
    /// Closes, lets workers go as soon as no checkout holds them, or stay with the zygote if their clients speak JSON,
    /// kills those still held when @p timeout is over, and emits finished() when none is left to wait for. Unset =
    /// ServerOptions::shutdownTimeout, 0 = kill at once, those too that were left to the zygote, negative = wait for
    /// ever. A second call may shorten the time.
    void shutDown(std::optional<std::chrono::milliseconds> timeout = {});

    [[nodiscard]] bool isListening() const;
    /// True from shutDown(), or from being replaced, to finished().
    [[nodiscard]] bool isShuttingDown() const;
    /// Workers of this server that are alive.
    [[nodiscard]] int workerCount() const;
    /// The address being listened at, with the port the system chose if 0 was asked for; invalid when not listening.
    [[nodiscard]] Address address() const;
    /// Why the last listen() failed.
    [[nodiscard]] QString errorString() const;

Q_SIGNALS:
    void listeningChanged(bool listening);
    void zygoteLost();
    void workerCountChanged();
    /// Another server has taken the path over. This one accepts what still waits, then shuts down by itself, with
    /// ServerOptions::drainTimeout.
    void replaced();
    /// The shutdown is complete: nothing is listened to, and no worker is left but those that stay with the zygote for
    /// their JSON clients. If the server was replaced and no other of this process listens, the application quits now.
    void finished();

private:
    friend class ServerPrivate;
    std::unique_ptr<ServerPrivate> d;
};

}

#endif
