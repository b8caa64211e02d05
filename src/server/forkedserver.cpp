// SPDX-License-Identifier: MIT
#include <QtPrefork/forkedserver.h>
#include <QtPrefork/shutdownsignals.h>

#include "posix/child_p.h"
#include "posix/message_p.h"
#include "posix/nulldescriptors_p.h"
#include "posix/process_p.h"
#include "posix/signal_p.h"
#include "posix/socket_p.h"
#include "server/server_p.h"
#include "zygote/forkedprocess_p.h"
#include "zygote/inheritance_p.h"
#include "zygote/zygote_p.h"
#include "zygote/zygotemessages_p.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QSocketNotifier>

#include <csignal>

namespace Prefork {

using namespace Internal;
using namespace std::chrono_literals;
using namespace ZygoteMessages;

namespace {

/// This is the one message that the server process sends to the program: that it listens, or why it does not.
struct Report
{
    bool isListening = false;
    Text<1000> text; ///< the address if it listens, else the reason
};

void report(int control, bool isListening, const QString &text)
{
    Report message;
    message.isListening = isListening;
    message.text.set(text);
    static_cast<void>(Posix::sendMessage(control, bytesOf(message), -1, true));
}

int serve(const Interface &interface, const Address &address, const ZygoteOptions &zygoteOptions,
          const ServerOptions &serverOptions, int control)
{
    Posix::leadSession();
    Posix::NullDescriptors nullDescriptors;
    // If this fails, the zygote made below fails too, and says why.
    static_cast<void>(nullDescriptors.replaceAllBut(control));
    std::vector<int> keep = nullDescriptors.numbers();
    keep.push_back(control);
    Posix::beginProcess(std::move(keep));
    Posix::receiveSignals();
    Inheritance::reseedRandomNumbers();
    Zygote zygote(interface, zygoteOptions);
    int count = 1;
    char name[] = "server";
    char *arguments[] = {name, nullptr};
    QCoreApplication application(count, arguments);
    Server server(&zygote, serverOptions);
    ServerPrivate::of(server).leavesWorkers = false; // or workers would outlive the program that they belong to
    const ShutdownSignals shutdownSignals;
    if (!server.listen(address)) {
        report(control, false, server.errorString());
        return 1;
    }
    QObject::connect(&server, &Server::finished, &application, &QCoreApplication::quit, Qt::QueuedConnection);
    QSocketNotifier keepAlive(control, QSocketNotifier::Read);
    QObject::connect(&keepAlive, &QSocketNotifier::activated, &server, [&] {
        keepAlive.setEnabled(false);
        server.shutdown();
        if (!server.isShuttingDown())
            QCoreApplication::quit();
    });
    report(control, true, server.address().toString());
    return QCoreApplication::exec();
}

}

/// This is the private part of a ForkedServer, in the program that forked it: the server's process, and the socket
/// whose end tells it to shut down.
class ForkedServerPrivate
{
public:
    [[nodiscard]] QString start(const Interface &interface, const Address &wanted, const ZygoteOptions &zygoteOptions,
                                const ServerOptions &serverOptions);
    void waitForEnd(std::chrono::milliseconds patience);

    QString error;
    Address address;
    Posix::ChildProcess process;
    Posix::Fd control;
    std::chrono::milliseconds shutdownTimeout{};
};

QString ForkedServerPrivate::start(const Interface &interface, const Address &wanted,
                                   const ZygoteOptions &zygoteOptions, const ServerOptions &serverOptions)
{
    if (const QString tooLate = ZygotePrivate::tooLate(QStringLiteral("the forked server")); !tooLate.isEmpty())
        return tooLate;
    Posix::occupyStandardDescriptors();
    auto ends = Posix::messagePair();
    if (!ends)
        return QStringLiteral("messages with descriptors cannot be sent to the server: %1").arg(Posix::lastErrorText());
    const pid_t pid = Posix::forkProcess();
    if (pid < 0)
        return QStringLiteral("fork failed: %1").arg(Posix::lastErrorText());
    if (pid == 0)
        liveForked("the forked server",
                   [&] { return serve(interface, wanted, zygoteOptions, serverOptions, ends->second.get()); });
    ends->second.reset();
    control = std::move(ends->first);
    process = Posix::ChildProcess(pid);
    Report answer;
    const Posix::Transfer transfer = Posix::receiveMessage(control.get(), spaceOf(&answer));
    if (transfer.status == Posix::Transfer::Done && answer.isListening) {
        address = answer.text.get();
        return {};
    }
    control.reset();
    waitForEnd(5s);
    return transfer.status == Posix::Transfer::Done ? answer.text.get()
                                                    : QStringLiteral("the server ended before it listened");
}

void ForkedServerPrivate::waitForEnd(std::chrono::milliseconds patience)
{
    if (!process.waitForEnd(std::min<std::chrono::milliseconds>(patience, 24h * 365) + 1s)) {
        process.signal(SIGKILL);
        process.waitForEnd({});
    }
    process.reap(); // does nothing if other code in this program has reaped it
}

ForkedServer::ForkedServer(const Interface &interface, const Address &address, const ZygoteOptions &zygoteOptions,
                           const ServerOptions &serverOptions)
    : d(std::make_unique<ForkedServerPrivate>())
{
    d->shutdownTimeout = serverOptions.shutdownTimeout;
    d->error = address.isValid() ? d->start(interface, address, zygoteOptions, serverOptions) : address.errorString();
}

ForkedServer::~ForkedServer()
{
    d->control.reset();
    if (isValid() && d->shutdownTimeout >= 0ms)
        d->waitForEnd(d->shutdownTimeout);
}

bool ForkedServer::isValid() const
{
    return d->error.isEmpty();
}

QString ForkedServer::errorString() const
{
    return d->error;
}

Address ForkedServer::address() const
{
    return d->address;
}

qint64 ForkedServer::processId() const
{
    return isValid() ? d->process.pid() : 0;
}

}
