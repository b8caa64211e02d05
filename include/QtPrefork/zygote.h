// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_ZYGOTE_H
#define QTPREFORK_ZYGOTE_H

#include <QtPrefork/global.h>
#include <QtPrefork/interface.h>
#include <QtPrefork/protocol.h>
#include <QtPrefork/workerlimits.h>

#include <QtCore/QByteArray>
#include <QtCore/QString>

#include <chrono>
#include <memory>

namespace Prefork {

class ZygotePrivate;

/// Options of a zygote, fixed when it is made. docs/calls.md has the rules for 0 and negative values.
struct ZygoteOptions
{
    /// The name in process titles: `NAME server`, `NAME zygote`, `NAME worker N` and `NAME spare`. If it is empty, the
    /// titles do not change. A title is written over the first arguments and the environment of the process. With a
    /// name, the Zygote therefore moves both elsewhere: pointers that getenv() has returned before, and copies of the
    /// pointers in argv, are no longer valid. argv itself stays valid, and argv[0] is the title.
    QByteArray name = {};
    /// How long a worker may be busy with one call, in milliseconds. After that it is killed. Setup, checkoutDone and
    /// writing the reply count too. 0 or less means no limit.
    std::chrono::milliseconds hungTimeout = std::chrono::seconds(300);
    /// How long a worker may still be busy with a call or with checkoutDone when its client has hung up, in
    /// milliseconds. After that it is killed, because nobody waits for the result. The time counts from when the client
    /// hung up or from when the worker became busy, whichever is later. 0 means that it is killed at once, and a
    /// negative value that it never is. An idle worker notices that the client has hung up, and ends by itself. A JSON
    /// client on a unix socket has hung up when it has closed both directions, and on TCP as soon as it has closed its
    /// writing direction.
    std::chrono::milliseconds abandonedGrace = std::chrono::milliseconds(250);
    /// The time between SIGTERM and SIGKILL when a worker is killed, in milliseconds. In this time the worker may clean
    /// up. 0 or less means that SIGKILL is sent at once.
    std::chrono::milliseconds killGrace = std::chrono::milliseconds(100);
    /// Whether processes that a worker has started are killed when the worker has ended. Each worker then leads a
    /// process group, and the processes in this group are killed. If the worker itself is being killed, the group is
    /// sent SIGTERM with it. A process that is to outlive its worker calls setsid(2), as daemons do. If this is false,
    /// such processes go on, and workers stay in the process group of the zygote.
    bool killsChildren = true;
    /// The largest size of one message to or from a worker, in bytes; less than 4 GiB, or the zygote is not valid. A
    /// client that sends a longer message loses its worker.
    qsizetype maxMessageSize = DefaultMaxMessageSize;
    /// The most memory that the arguments of one call may take when they are decoded, in bytes. Small messages have a
    /// lower limit: 64 bytes for each byte of the message, and 4 MiB besides. A call that would take more fails with
    /// code BadArguments, and the worker goes on. The memory that the `operator>>` of a registered type takes is not
    /// limited.
    qint64 maxDecodedSize = DefaultMaxDecodedSize;
    /// The limits of each worker, and the user that it runs as.
    WorkerLimits limits = {};
    /// How many spare workers the zygote forks ahead, so that the next connections need not wait for a fork. 0 or less
    /// means none. A spare worker waits for a connection; its title is `NAME spare`, and `NAME worker N` when it has
    /// got one. Five milliseconds after one was taken, another one is forked. If spare workers die, or forks fail,
    /// others are forked after delays that grow from 20 ms to 10 s. While there is none, workers are forked as usual.
    ///
    /// Spare workers are under `limits`, have a number (Worker::number()), and take a process, some memory and two
    /// descriptors of the zygote each. They count in Zygote::spareWorkerCount(). They do not count in
    /// Server::workerCount() and for the limits of a Server (ServerOptions::maxWorkers, maxWorkersPerUser,
    /// maxSpawnRate). They take only places that no worker needs: if the zygote can have 100 workers, and 95 are busy,
    /// there are at most 5 spare workers.
    int spareWorkers = 0;
    /// Whether spare workers run their setup before they have a connection, and not on their first call. If there is an
    /// application object, it is made then, too. In such a setup, the members of Worker::peer() have their default
    /// values. If setup throws, the first call fails with this exception, and the next call runs setup again. A setup
    /// that takes longer than `hungTimeout` is killed. Only spare workers whose setup has ended get connections, unless
    /// all places of the zygote are taken. Without spare workers this option has no effect.
    ///
    /// What setup has read may be old when the first call comes. Client::recycleWorkers() of a client directly on the
    /// zygote, and Zygote::recycleSpareWorkers(), replace spare workers. Connections that setup opens are open as long
    /// as the spare worker waits, which may be for hours.
    bool setupAhead = false;
};
/// Shows the options that differ from their defaults.
QTPREFORK_EXPORT QDebug operator<<(QDebug debug, const ZygoteOptions &options);

/// The small single-threaded process that forks every worker, collects it when it has ended, and kills it when it hangs
/// or when nobody waits for its result.
///
/// Make a Zygote at the top of main(), before QCoreApplication and before any thread: its constructor forks the
/// process, which must not inherit an event loop or a lock that another thread holds. The constructor returns when
/// preload has run. If the zygote cannot do its work, it is not valid, and a warning says why. Server::listen() and the
/// calls of a Client on it then fail with the same text.
///
/// A Zygote is not a QObject. It must live as long as the Servers and Clients that are to use it. They notice when it
/// is destroyed.
///
/// **Descriptors.** The zygote and its workers have only standard input, output and error of the program. Every other
/// descriptor that is open when the Zygote is made is replaced by /dev/null in them. Therefore, what their code writes
/// to a log file that was opened before is lost, also through a message handler. If a standard descriptor is closed, it
/// is replaced by /dev/null, in the program too.
///
/// **The end.** The zygote leads a session, so that Ctrl-C reaches the program first. When the Zygote is destroyed, or
/// its program dies, the zygote forks no more workers and stays until the last one has ended. A worker that a checkout
/// holds serves this checkout to its end. Other native workers send a goodbye at once. Workers of JSON clients end when
/// their clients hang up.
///
/// **Signals.** When the zygote receives SIGTERM, it forks no more workers, asks its workers to end as above, and tells
/// its program. The Servers of the program then shut down as they do at a SIGTERM for the program, also without
/// ShutdownSignals. When they have finished, the application quits with exit code 0. Everything new in Clients on the
/// zygote fails with Error::Unavailable. The zygote itself ends with its program. A SIGTERM for all processes at once,
/// as systemd sends it, therefore disturbs no checkout before `shutdownTimeout` is over.
///
/// In a worker all signals have their default effect, except three. SIGPIPE does nothing. SIGHUP, and SIGTERM that does
/// not come from the zygote, ask the worker to end as soon as no checkout holds it; a worker of a JSON client stays
/// until the client hangs up. These two signals interrupt system calls in which the worker sleeps. In programs that a
/// worker executes, all signals have their default effect. A method may set a handler of its own for SIGTERM. The
/// handler then runs for every SIGTERM, also for that of the zygote before `killGrace`. To end a worker from outside,
/// use SIGKILL.
///
/// **Environment.** The zygote and its workers do not have the environment variables that a supervisor sets for its
/// service alone: NOTIFY_SOCKET, WATCHDOG_PID, WATCHDOG_USEC, LISTEN_PID, LISTEN_PIDFDID, LISTEN_FDS, LISTEN_FDNAMES.
///
/// **Locale.** Before preload, the zygote does what QCoreApplication does in the program: it calls setlocale(LC_ALL,
/// ""), with UTF-8 as the encoding even if the environment has another one. If the program has set a locale before it
/// made the Zygote, the zygote does not change it.
///
/// **Random numbers.** QRandomGenerator::global(), rand(), random() and drand48() are seeded anew for the zygote and
/// for each worker, so that names of temporary files and tokens differ. A seed that the program has chosen has no
/// effect there. Other generators that preload or the program has used, such as a std::mt19937, give the same numbers
/// in every worker: seed them in setup. The seed of QHash is the same in all.
///
/// **Threads.** A Zygote must be made before there is a second thread, or it is not valid. It must be destroyed in the
/// thread that made it. Its Servers and Clients belong to this thread: using the zygote through one of them in another
/// thread ends the program with a message. Other threads connect to the address of a Server, with Clients of their own.
class QTPREFORK_EXPORT Zygote
{
    Q_DISABLE_COPY_MOVE(Zygote)

public:
    /// Forks a zygote whose workers have the methods of @p interface.
    explicit Zygote(const Interface &interface, const ZygoteOptions &options = {});
    /// Ends the zygote, as described above.
    ~Zygote();

    /// Returns the zygote of this process, or null if there is none. It is for code to which no Zygote can be passed,
    /// such as a test or a plug-in. With a @p name, only zygotes of this name count (ZygoteOptions::name). If there are
    /// several, the first valid one is returned or, if none is valid, the first one. Any thread may call this function,
    /// but a Client on the zygote must be made in the zygote's thread.
    [[nodiscard]] static Zygote *find(const QByteArray &name = {});

    /// Returns true if the zygote could be made and can fork workers. It becomes invalid when the event loop of the
    /// program has noticed that the zygote process was sent SIGTERM or has ended. A warning is logged if it has ended.
    /// Any thread may call this function.
    [[nodiscard]] bool isValid() const;
    /// Returns why the zygote is not valid and what to do about it, or an empty string if it is valid. Calls that can
    /// have no worker fail with the same text.
    [[nodiscard]] QString errorString() const;
    /// Returns the name of the zygote.
    [[nodiscard]] QByteArray name() const;
    /// Returns the process id of the zygote, or 0 if it could not be made.
    [[nodiscard]] qint64 processId() const;
    /// Returns how many spare workers wait for a connection now (ZygoteOptions::spareWorkers). Those that run their
    /// setup ahead do not count yet.
    [[nodiscard]] int spareWorkerCount() const;
    /// Ends the spare workers whose setup has run ahead, or runs, and forks others in their place. Call it when
    /// something has changed that setup reads. Without ZygoteOptions::setupAhead it does nothing.
    void recycleSpareWorkers();

private:
    friend class ZygotePrivate;
    std::unique_ptr<ZygotePrivate> d;
};

}

#endif
