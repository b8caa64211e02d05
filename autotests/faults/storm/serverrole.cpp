// SPDX-License-Identifier: MIT
// The server, and what its workers do.
#include "ledger.h"
#include "requests.h"
#include "roles.h"

#include <QtPrefork/Server>
#include <QtPrefork/ShutdownSignals>
#include <QtPrefork/Worker>
#include <QtPrefork/Zygote>

#include <QtCore/QCoreApplication>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <sys/time.h>
#include <unistd.h>

namespace Storm {

namespace {

// A request that is in no ledger must not count as one that failed as it should.
[[noreturn]] void refuse()
{
    throw Prefork::Error(Prefork::Error::BadArguments, QStringLiteral("nobody asked for this"));
}

void endMyself(int death, qint64 nonce)
{
    switch (death) {
    case Segfault:
        ::raise(SIGSEGV);
        break;
    case Abort:
        std::abort();
    case ExitZero:
        ::_exit(0);
    case ExitThree:
        std::exit(3);
    default: {
        itimerval soon = {};
        soon.it_value.tv_usec = 1 + suseconds_t(quint64(nonce) % 300);
        ::setitimer(ITIMER_REAL, &soon, nullptr);
    }
    }
}

Prefork::Interface makeInterface(Ledger &ledger)
{
    Prefork::Interface interface;
    interface.add(work, [&ledger](qint64 id, qint64 nonce, int answerSize, int microseconds, const QString &payload) {
        if (!ledger.execute(id, nonce))
            refuse();
        if (microseconds > 0)
            ::usleep(useconds_t(microseconds));
        return answerTo(id, nonce, answerSize, payload);
    });
    interface.add(tell, [&ledger](qint64 id, qint64 nonce, int answerSize, int steps, int microseconds) {
        if (!ledger.execute(id, nonce))
            refuse();
        for (int step = 0; step < steps; ++step) {
            Prefork::Worker::emitEvent(told, nonce, step);
            Prefork::Worker::setProgress(step + 1, steps);
            if (microseconds > 0)
                ::usleep(useconds_t(microseconds));
            Prefork::Worker::throwIfCanceled();
        }
        return answerTo(id, nonce, answerSize, QString());
    });
    interface.add(fail, [&ledger](qint64 id, qint64 nonce) -> QString {
        if (!ledger.execute(id, nonce))
            refuse();
        throw Prefork::Error(QStringLiteral("as asked for"));
    });
    interface.add(die, [&ledger](qint64 id, qint64 nonce, int death) {
        if (!ledger.execute(id, nonce))
            refuse();
        ledger.header().crashes.fetch_add(1);
        endMyself(death, nonce);
        return answerTo(id, nonce, 0, QString());
    });
    return interface;
}

}

int runServer(Ledger &ledger, const ServerRole &role)
{
    using namespace std::chrono_literals;
    const Prefork::Interface interface = makeInterface(ledger);
    Prefork::Zygote zygote(interface, {.name = "storm", .hungTimeout = 1s});
    int argc = 1;
    char name[] = "prefork-storm";
    char *argv[] = {name, nullptr};
    QCoreApplication app(argc, argv);
    const Prefork::ShutdownSignals signalWatch;
    // A JSON client that is never idle keeps its connection as long as that.
    const Prefork::ServerOptions options{.replace = role.replaces, .drainTimeout = LongestDrain};
    Prefork::Server server(&zygote, options);
    if (!server.listen(Prefork::Address::unixSocket(QString::fromLocal8Bit(role.path)))) {
        std::fprintf(stderr, "prefork-storm: no server: %s\n", qPrintable(server.errorString()));
        return 1;
    }
    ledger.header().zygote.store(zygote.processId());
    ledger.header().listening.store(role.generation);
    return QCoreApplication::exec();
}

}
