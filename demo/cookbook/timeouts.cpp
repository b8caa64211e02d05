// SPDX-License-Identifier: MIT
// Which time-out do I want? Each kind, and what it says when it is over.
#include <QtPrefork/Client>
#include <QtPrefork/Interface>
#include <QtPrefork/WaitFor>
#include <QtPrefork/Worker>
#include <QtPrefork/Zygote>

#include <QtCore/QCoreApplication>
#include <QtCore/QThread>

#include <cstdio>

using namespace Prefork;
using namespace std::chrono_literals;

namespace {

inline constexpr Method<void(int)> nap{"nap"};
inline constexpr Method<int(int)> search{"search"};

// A long loop that asks now and then whether anybody still wants its result.
int searchFor(int needle)
{
    for (int i = 0; i != needle; ++i) {
        Worker::throwIfCanceled();
        QThread::msleep(1);
    }
    return needle;
}

void say(const char *option, const QFuture<void> &future)
{
    if (!waitFor(future, 10s))
        return;
    try {
        QFuture<void>(future).waitForFinished(); // throws the error, if there is one
        std::printf("%s: in time\n", option);
    } catch (const Error &error) {
        std::printf("%s: %s (%s)\n", option, qPrintable(error.message()), qPrintable(error.detail()));
    }
}

}

int main(int argc, char *argv[])
{
    Interface work;
    work.add(nap, [](int milliseconds) { QThread::msleep(ulong(milliseconds)); });
    work.add(search, searchFor);
    Zygote zygote(work, {.hungTimeout = 1s});
    QCoreApplication app(argc, argv);
    Client client(&zygote, {.maxWorkers = 1});

    // [timeouts]
    // The method may run for so long; how long the call waits for a worker does not count. For jobs of a known length.
    say("runTimeout", client.with({.runTimeout = 200ms}).future(nap, 5000));

    // The whole call, the wait included, may take so long. For answers that are worth nothing later.
    const QFuture<void> busy = client.future(nap, 400);
    say("deadline", client.with({.deadline = 100ms}).future(nap, 1));
    say("the one before", busy);

    // Each call of the checkout may take so long, from when the one before has settled. For whole conversations.
    say("timeout", client.checkout({.timeout = 200ms})->future(nap, 5000));

    // No method may run longer than this, whoever calls it: the zygote's last word. For what hangs.
    say("hungTimeout", client.future(nap, 60000));

    // No time-out at all: somebody has pressed Cancel.
    Call call;
    const QFuture<int> found = client.with({.call = &call}).future(search, -1);
    call.cancel();
    if (waitFor(found, 10s) && found.isCanceled())
        std::printf("cancel: done\n");
    // [timeouts]
    return 0;
}
