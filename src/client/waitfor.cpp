// SPDX-License-Identifier: MIT
#include <QtPrefork/waitfor.h>

#include "client/clientcore_p.h"
#include "client/waitingloop_p.h"
#include "posix/poller_p.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QDeadlineTimer>
#include <QtCore/QFutureWatcher>

namespace Prefork::Internal {

namespace {

using namespace std::chrono_literals;

void waitByHand(const QFuture<void> &future, const QDeadlineTimer &end)
{
    constexpr std::chrono::nanoseconds PollInterval = 10ms; // a future that another thread finishes wakes nobody here
    constexpr std::chrono::nanoseconds EachOfMany = 1ms; // if there are several clients, for each waits for its own
    while (!future.isFinished() && !end.hasExpired()) {
        const std::vector<std::shared_ptr<ClientCore>> clients = clientsOfThisThread();
        const std::chrono::nanoseconds longest
            = std::min(end.remainingTimeAsDuration(), clients.size() > 1 ? EachOfMany : PollInterval);
        if (clients.empty())
            Posix::waitFor({}, longest);
        for (const std::shared_ptr<ClientCore> &client : clients) {
            if (!future.isFinished())
                client->turnByHand(longest);
        }
    }
}

void waitInLoop(const QFuture<void> &future, std::chrono::milliseconds timeout)
{
    for (const std::shared_ptr<ClientCore> &client : clientsOfThisThread())
        client->turns().watch();
    WaitingLoop loop;
    QFutureWatcher<void> watcher;
    QObject::connect(&watcher, &QFutureWatcherBase::finished, &loop, &QEventLoop::quit);
    watcher.setFuture(future);
    loop.turn(timeout);
    for (const std::shared_ptr<ClientCore> &client : clientsOfThisThread())
        client->settler().deleteLeftovers();
}

}

}

namespace Prefork::detail {

bool waitForFinished(const QFuture<void> &future, std::chrono::milliseconds timeout)
{
    if (future.isFinished() || timeout.count() <= 0)
        return future.isFinished();
    if (QCoreApplication::instance())
        Internal::waitInLoop(future, timeout);
    else // without an application an event loop would never end
        Internal::waitByHand(future, QDeadlineTimer(timeout, Qt::PreciseTimer));
    return future.isFinished();
}

QString problemOf(const QFuture<void> &future)
{
    if (!waitFor(future))
        return QStringLiteral("it has not finished in 30 seconds");
    if (!future.isCanceled())
        return {};
    try {
        QFuture<void>(future).waitForFinished(); // throws what the future holds
    } catch (...) {
        const Error error = Error::fromCurrentException();
        return error.detail().isEmpty() ? error.message()
                                        : QStringLiteral("%1 (%2)").arg(error.message(), error.detail());
    }
    return QStringLiteral("it was canceled");
}

}
