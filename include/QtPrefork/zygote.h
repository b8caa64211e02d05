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

struct ZygoteOptions
{
    /// Process titles are `NAME server`, `NAME zygote` and `NAME worker N`; empty leaves titles alone. (Parity T8.) A
    /// title is written over the first arguments and environment: with a name, the Zygote moves both elsewhere, so that
    /// what getenv() returned before is no longer valid, nor are copies of the pointers in argv; argv itself is, with
    /// the title as argv[0].
    QByteArray name = {};
    /// A worker busy with one call (with setup, checkoutDone and the writing of its reply) for longer is killed; 0 =
    /// never. (Parity T7.)
    std::chrono::milliseconds hungTimeout = std::chrono::seconds(300);
    /// A worker that is still busy, with a call or with checkoutDone, so long after its client has hung up is killed,
    /// for nobody waits for it: counted from the hang-up or from when it became busy, whichever is later. 0 = at once,
    /// negative = never. An idle worker notices the hang-up itself and ends. A client of the JSON protocol on a unix
    /// socket has not hung up until it closes both directions; on TCP it has as soon as it says that it writes no more.
    std::chrono::milliseconds abandonedGrace = std::chrono::milliseconds(250);
    /// How long a worker that is to be killed has between SIGTERM, with which it may tidy up, and SIGKILL; 0 or less =
    /// SIGKILL at once.
    std::chrono::milliseconds killGrace = std::chrono::milliseconds(100);
    /// Each worker leads a process group. What it has started and is still in that group is killed when the worker has
    /// ended, however it has, and is sent SIGTERM with a worker that is to be killed. A child that is to outlive its
    /// worker calls setsid(2), as daemons do. False: children live on, and workers stay in the zygote's group.
    bool killsChildren = true;
    /// The most bytes of one message to or from a worker. A longer one from a client ends that client's worker. With 4
    /// GiB or more the zygote is not valid.
    qsizetype maxMessageSize = DefaultMaxMessageSize;
    /// The most bytes of memory that the arguments of one call may take once they are decoded: 64 for each byte of the
    /// message and 4 MiB at most, and never more than this. A call that would take more fails with code BadArguments,
    /// and the worker lives on. What operator>> of a registered type takes cannot be bounded.
    qint64 maxDecodedSize = DefaultMaxDecodedSize;
    /// What each worker may use up, and as whom it runs.
    WorkerLimits limits = {};
};
QTPREFORK_EXPORT QDebug operator<<(QDebug debug, const ZygoteOptions &options);

/// The small single-threaded process that forks every worker, reaps it, and kills it when it hangs or nobody waits for
/// it any more.
///
/// Make it at the top of main(), before QCoreApplication and before any thread: the constructor forks, and what is
/// forked must not have inherited an event loop or somebody's lock. It returns once preload has run. When it cannot do
/// its work it is not valid and says why, in a warning too; Server::listen() and a Client on it then fail with the same
/// text.
///
/// Zygote and workers have nothing of the program's open but standard input, output and error. Each other descriptor
/// that is open when the Zygote is made becomes /dev/null in them: what code there then writes to an old log, or with a
/// message handler that has a file, is lost. Closed standard ones do so in the program too. The zygote leads a session,
/// so that Ctrl-C reaches the program first. When the Zygote is destroyed, or its program dies, it forks no more and
/// stays until its last worker has ended: a worker that a checkout holds serves it to its end, others say goodbye at
/// once, those of JSON clients end when their clients hang up. (Parity T10, T12, T16, T17.)
///
/// **Signals.** SIGTERM to the zygote means that it forks no more, asks its workers to leave, as above, and tells its
/// program: its Servers shut down as at a SIGTERM of their own, also without ShutdownSignals, and when they have
/// finished the application quits with exit code 0; Clients on it answer what is new with Error::Unavailable. The
/// zygote itself ends with its program. So a SIGTERM for all processes at once, as systemd sends it, costs no checkout
/// anything before `shutdownTimeout`.
///
/// In a worker all signals are at their defaults, but for three, which programs that it executes get at their defaults
/// too: SIGPIPE does nothing; SIGHUP, and SIGTERM from anybody but the zygote, ask the worker to leave as soon as no
/// checkout holds it (workers of JSON clients stay until those hang up), while they interrupt what it sleeps in. A
/// method may set a handler of its own for SIGTERM: it then runs whoever has sent it, at `killGrace` too. From outside
/// a worker is ended by SIGKILL.
///
/// **Environment.** What a supervisor says to its service alone does not reach zygote and workers: NOTIFY_SOCKET,
/// WATCHDOG_PID, WATCHDOG_USEC, LISTEN_PID, LISTEN_PIDFDID, LISTEN_FDS, LISTEN_FDNAMES.
///
/// **Locale.** The zygote does before preload what QCoreApplication does in the program: setlocale(LC_ALL, ""), with
/// UTF-8 as the encoding even if the environment has another. It leaves alone what the program has set before it made
/// the Zygote.
///
/// **Random numbers.** Zygote and workers seed QRandomGenerator::global(), rand(), random() and drand48() anew, each
/// its own; so names of temporary files and tokens differ, and a seed that the program has chosen does not reach them.
/// What else has a state that preload or the program has used, such as a std::mt19937, goes on alike in every worker:
/// seed it in setup. The seed of QHash is the same in all.
///
/// **Threads.** It must be made before there is a second thread, or it is not valid, and be destroyed in the same one.
/// Its Servers and Clients belong to that thread: using it through one in another ends the program with a message. What
/// else needs workers in other threads connects to a Server's address, with Clients of its own.
///
/// Not a QObject. Must outlive the Servers and Clients that use it in order to be of use to them; they notice when it
/// is gone.
class QTPREFORK_EXPORT Zygote
{
    Q_DISABLE_COPY_MOVE(Zygote)

public:
    explicit Zygote(const Interface &interface, const ZygoteOptions &options = {});
    ~Zygote();

    /// The zygote of this process, for code that cannot be handed it, such as a test or a plug-in; null if there is
    /// none. With a @p name, the one that has it (ZygoteOptions::name). Of several, the one made first, valid ones
    /// before those that are not. Any thread may ask, but a Client on it must be made in the zygote's.
    [[nodiscard]] static Zygote *find(const QByteArray &name = {});

    [[nodiscard]] bool isValid() const;
    /// Why the zygote is not valid, with the cure; empty when it is.
    [[nodiscard]] QString errorString() const;
    [[nodiscard]] QByteArray name() const;
    /// Of the zygote; 0 when it is not valid.
    [[nodiscard]] qint64 processId() const;

private:
    friend class ZygotePrivate;
    std::unique_ptr<ZygotePrivate> d;
};

}

#endif
