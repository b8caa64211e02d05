// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_SERVER_H
#define QTPREFORK_SERVER_H

#include <QtPrefork/address.h>
#include <QtPrefork/global.h>
#include <QtPrefork/peerpolicy.h>

#include <QtCore/QByteArray>
#include <QtCore/QObject>

#include <chrono>
#include <concepts>
#include <memory>
#include <optional>

namespace Prefork {

class ServerPrivate;
class Zygote;

/// Options of a server, fixed when it is made. docs/calls.md has the rules for 0 and negative values.
struct ServerOptions
{
    /// The permissions of the socket file, as for chmod(). The file has them before its path appears. By default only
    /// the owner may connect.
    uint socketMode = 0600;
    /// The number of connections that may wait in the kernel to be accepted, as for listen(2).
    int backlog = 512;
    /// Whether the server takes the path over from a server that is listening there. If this is true, the path changes
    /// to the new server in one step: later connections go to it, and the old server drains (replaced()). If it is
    /// false, a server at the path is an error and is not disturbed. Only for unix sockets.
    bool replace = false;
    /// The largest number of workers at a time. Further connections wait. While connections wait, the least recently
    /// used worker that no checkout holds closes its connection with a goodbye, so that an idle pool of one client does
    /// not block the others. A worker that has answered no call yet may keep its place for a short time, a second at
    /// most, because its client may be about to send the first call. Workers of JSON clients do not leave, because JSON
    /// has no goodbye. 0 means no limit: then only the number of descriptors that the zygote may open limits the
    /// workers.
    int maxWorkers = 0;
    /// The largest number of workers at a time for clients of one user. The user is known for unix sockets only
    /// (SO_PEERCRED). Up to 16 further connections of a user wait, and those beyond are closed. 0 means no limit.
    int maxWorkersPerUser = 0;
    /// The largest number of workers that are forked per second, on average. After a pause as many may be forked at
    /// once. While workers fail in their setup, new ones are forked one at a time, and ever more slowly, down to one
    /// per second. 0 means no limit, but workers that fail in their setup still slow down the forks.
    int maxSpawnRate = 1000;
    /// The largest number of TCP connections that have not sent their first byte. A TCP connection gets a worker only
    /// when it has sent this byte. At most half of the descriptors that the process may open (RLIMIT_NOFILE at the time
    /// of listen()) are used for such connections, even if this is less than maxSilent. Further connections wait in the
    /// backlog until one of these sends a byte or hangs up, and the log has a warning. No connection is closed to make
    /// room for another. 0 means no limit: every TCP connection gets a worker at once.
    int maxSilent = 4096;
    /// Whether clients that use the JSON protocol are rejected.
    bool nativeOnly = false;
    /// How long a TCP client may take for its first message, in milliseconds. The time counts from its first byte,
    /// because a client that sends nothing may be an idle JSON client. With nativeOnly it counts from when the client
    /// connected. 0 or less means no limit.
    std::chrono::milliseconds helloTimeout = std::chrono::seconds(10);
    /// How long shutdown() waits for checkouts to finish, in milliseconds. 0 means that it does not wait, and a
    /// negative value that it waits for ever.
    std::chrono::milliseconds shutdownTimeout = std::chrono::seconds(5);
    /// How long a replaced server waits for checkouts to finish and lets JSON clients keep their connections, in
    /// milliseconds. After a shutdown, it is also how long JSON clients may keep their connections. 0 means that they
    /// end at once, and a negative value that they may go on for ever.
    std::chrono::milliseconds drainTimeout = std::chrono::seconds(300);
    /// The users who may connect to a unix socket, if socketMode lets them. Connections of other users are closed, with
    /// a warning in the log, before anything is read from them or a worker is forked.
    PeerPolicy peers = {};
};
/// Shows the options that differ from their defaults.
QTPREFORK_EXPORT QDebug operator<<(QDebug debug, const ServerOptions &options);

/// Listens at an address, and lets its zygote fork a worker for every connection. It runs on the Qt event loop and
/// never blocks it while it listens.
///
/// A unix path appears in one step. It is removed by close() or by the destructor, if it is still this server's. A
/// socket that a dead server has left is replaced. Anything else at the path is an error and is not touched. It is also
/// an error if another user could redirect the path: its directories must belong to root or to the own user, and others
/// may write to them only if the sticky bit is set, as for /tmp. If somebody removes the socket file, it is made again
/// within a second, unless something else has taken its place.
///
/// When there are no more descriptors, not enough memory for a fork, or no more workers allowed, clients wait, and the
/// server goes on. The server also goes on when nobody reads its log any more: a listening server ignores SIGPIPE,
/// unless the program handles it. Qt's own message handler would wait in this case. Therefore the server drops log
/// lines that this handler could not write without waiting.
///
/// **systemd.** If NOTIFY_SOCKET is set, listen() and listenActivated() send READY=1 to it, and shutdown() sends
/// STOPPING=1 (sd_notify(3)).
///
/// **The end.** shutdown() ends a server gracefully, and ShutdownSignals uses it. Native clients receive a goodbye.
/// JSON has no goodbye, and JSON clients would take the end of an idle connection for a failure. Therefore idle
/// connections, and workers of JSON clients that no checkout holds, stay with the zygote until the client hangs up, for
/// ServerOptions::drainTimeout at most. The zygote outlives the program for them, and keeps its standard output and
/// error open. If a supervisor kills all processes of a service, each of these clients gets an error. systemd does this
/// unless KillMode is process, and the end of a container does it, too. A ForkedServer leaves no processes.
///
/// When a server is destroyed or killed, its workers stay for a while. A worker that a checkout holds serves this
/// checkout to its end. Other native workers send a goodbye at once. Workers of JSON clients stay until their clients
/// hang up.
///
/// **Threads.** A server and all its functions belong to the thread that made its zygote. Listening in another thread
/// ends the program with a message. Other functions do not check the thread. Signals may be connected to in any thread.
class QTPREFORK_EXPORT Server : public QObject
{
    Q_OBJECT
    Q_PROPERTY(bool listening READ isListening NOTIFY listeningChanged)

public:
    /// Makes a server whose workers @p zygote forks. @p zygote must outlive the server. If it is null, listen() fails.
    /// If the zygote dies while the server listens, the server logs this, closes, emits zygoteLost(), and ends the
    /// application with exit code 1: only a new start of the program can fork a zygote again.
    explicit Server(Zygote *zygote, const ServerOptions &options = {}, QObject *parent = nullptr);
    /// Refuses, in one sentence, a zygote that is not given by its address.
    template <std::same_as<Zygote> T>
    explicit Server(T &zygote, const ServerOptions &options = {}, QObject *parent = nullptr)
        : Server(&zygote, options, parent)
    {
        static_assert(!std::same_as<T, Zygote>, "the server wants a pointer to the zygote: Server(&zygote)");
    }
    /// Closes the server. Its workers stay as described above.
    ~Server() override;

    /// Starts to accept connections at @p address and returns true. Returns false if this is not possible, and
    /// errorString() says why: the address or the zygote is invalid, a directory is missing, the path is taken, or the
    /// port is in use. This function waits up to 2 s while another server starts or ends in the same directory. If the
    /// zygote has a name, it sets the process title to `NAME server`.
    [[nodiscard]] bool listen(const Address &address);
    /// Starts to accept connections from a socket that systemd, or a program with the same interface, has opened and
    /// passed to this process (LISTEN_FDS, LISTEN_PID, LISTEN_FDNAMES), and returns true. It takes the socket with this
    /// @p name or, without a name, the first socket that no Server has taken. The socket outlives the server, so no
    /// connection is lost when the server is restarted. Returns false if there is no such socket; then errorString()
    /// says so.
    [[nodiscard]] bool listenActivated(const QByteArray &name = {});
    /// Returns true if a socket was passed in this way and no Server has taken it.
    [[nodiscard]] static bool isActivated();
    /// Stops accepting connections and removes the socket file. Workers go on.
    void close();
    /// Shuts the server down gracefully and emits finished() at the end. The server stops accepting connections. A
    /// native worker ends as soon as no checkout holds it. A worker of a JSON client then stays with the zygote, as
    /// described above. Workers that are still held after @p timeout milliseconds are killed. If @p timeout is unset,
    /// ServerOptions::shutdownTimeout applies. 0 means that all workers are killed at once, also those that would have
    /// stayed with the zygote. A negative value means that the server waits for ever. A second call may shorten the
    /// time.
    void shutdown(std::optional<std::chrono::milliseconds> timeout = {});

    /// Returns true if the server listens.
    [[nodiscard]] bool isListening() const;
    /// Returns true from the call of shutdown(), or from when the server was replaced, until finished() is emitted.
    [[nodiscard]] bool isShuttingDown() const;
    /// Returns the number of workers of this server.
    [[nodiscard]] int workerCount() const;
    /// Returns the address at which the server listens, or an invalid address if it does not listen. If port 0 was
    /// asked for, it has the port that the system chose.
    [[nodiscard]] Address address() const;
    /// Returns why the last call of listen() or listenActivated() failed, or an empty string if it succeeded.
    [[nodiscard]] QString errorString() const;

Q_SIGNALS:
    /// This signal is emitted when the server has started or stopped listening.
    void listeningChanged(bool listening);
    /// This signal is emitted when the zygote has died while the server listened.
    void zygoteLost();
    /// This signal is emitted when workerCount() has changed.
    void workerCountChanged();
    /// This signal is emitted when another server has taken the path over. This server accepts the connections that
    /// still wait for it, then shuts down by itself, with ServerOptions::drainTimeout as its time.
    void replaced();
    /// This signal is emitted when the shutdown is complete: the server does not listen, and it has no workers except
    /// those that stay with the zygote for their JSON clients. If the server was replaced and no other server of this
    /// process listens, the application then quits.
    void finished();

private:
    friend class ServerPrivate;
    std::unique_ptr<ServerPrivate> d;
};

}

#endif
