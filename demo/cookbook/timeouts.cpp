// SPDX-License-Identifier: MIT
// Shows each kind of time-out, and what it says when it is over.
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

// This is a long loop that often asks whether its call is canceled.
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
    // runTimeout limits how long the method runs; the wait for a worker does not count. For jobs of a known length.
    say("runTimeout", client.with({.runTimeout = 200ms}).future(nap, 5000));

    // deadline limits the whole call, including the wait for a worker. For answers that are worth nothing later.
    const QFuture<void> busy = client.future(nap, 400);
    say("deadline", client.with({.deadline = 100ms}).future(nap, 1));
    say("the one before", busy);

    // timeout limits each call of the checkout, from when the call before it has settled. For whole conversations.
    say("timeout", client.checkout({.timeout = 200ms})->future(nap, 5000));

    // hungTimeout limits every method, whoever calls it: the zygote kills the worker. For methods that hang.
    say("hungTimeout", client.future(nap, 60000));

    // Without any time-out: the user has pressed Cancel.
    Call call;
    const QFuture<int> found = client.with({.call = &call}).future(search, -1);
    call.cancel();
    if (waitFor(found, 10s) && found.isCanceled())
        std::printf("cancel: done\n");
    // [timeouts]
    return 0;
}
