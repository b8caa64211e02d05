// SPDX-License-Identifier: MIT
// The examples of docs/futures.md, run one after the other against workers of this program.
#include "futures/awaiter.h"

#include <QtPrefork/Client>
#include <QtPrefork/Interface>
#include <QtPrefork/WaitFor>
#include <QtPrefork/Worker>
#include <QtPrefork/Zygote>

#include <QtCore/QCoreApplication>
#include <QtCore/QThread>

#include <cstdio>

using Prefork::Call;
using Prefork::CheckoutPtr;
using Prefork::Client;
using Prefork::Error;
using Prefork::Method;
using namespace std::chrono_literals;

namespace Library {

inline constexpr Method<int(QString)> count{"count"}; // the pages of a book
inline constexpr Method<void()> wait{"wait"};

}

namespace {

void say(const QString &text)
{
    std::puts(qPrintable(text));
}

void fill(Prefork::Interface &library)
{
    library.add(Library::count, [](const QString &book) {
        if (book.isEmpty())
            throw Error(QStringLiteral("a book has a title"));
        return int(100 * book.size());
    });
    library.add(Library::wait, [] {
        for (;;) {
            Prefork::Worker::throwIfCanceled();
            QThread::msleep(1);
        }
    });
}

// [chain]
QFuture<void> chain(Client &client, const QString &book)
{
    return client.future(Library::count, book)
        .then([](int pages) { say(QStringLiteral("chain: %1 pages").arg(pages)); })
        .onCanceled([] { say(QStringLiteral("chain: canceled")); })
        .onFailed([](const Error &error) { say(QStringLiteral("chain: ") + error.message()); });
}
// [chain]

// [all]
QFuture<void> countAll(Client &client, const QStringList &books)
{
    QList<QFuture<int>> counts;
    for (const QString &book : books)
        counts.append(client.future(Library::count, book));
    return QtFuture::whenAll(counts.begin(), counts.end()).then([](const QList<QFuture<int>> &finished) {
        int pages = 0;
        for (QFuture<int> count : finished) {
            try {
                count.waitForFinished(); // returns at once, or throws the error
                if (!count.isCanceled())
                    pages += count.result();
            } catch (const Error &error) {
                say(QStringLiteral("all: ") + error.message());
            }
        }
        say(QStringLiteral("all: %1 pages").arg(pages));
    });
}
// [all]

// [cancel]
QFuture<void> cancel(Client &client)
{
    Call call;
    const QFuture<void> future = client.with({.call = &call})
                                     .future(Library::wait)
                                     .then([] { say(QStringLiteral("cancel: too late")); })
                                     .onCanceled([] { say(QStringLiteral("cancel: canceled")); });
    call.cancel(); // allowed at any time in the client's thread; here the call was not even sent yet
    return future;
}
// [cancel]

// [coroutine]
Task coroutine(Client &client)
{
    const CheckoutPtr checkout = client.checkout({.timeout = 10s});
    try {
        const int first = co_await checkout->future(Library::count, QStringLiteral("Emma"));
        const QVariantList arguments{QStringLiteral("Persuasion")};
        const QVariant second = co_await checkout->future("count", arguments);
        say(QStringLiteral("coroutine: %1 and %2 pages").arg(first).arg(second.toInt()));
        co_await checkout->future(Library::count, QString());
    } catch (const Error &error) {
        say(QStringLiteral("coroutine: ") + error.message());
    }
    QCoreApplication::quit();
}
// [coroutine]

}

int main(int argc, char *argv[])
{
    Prefork::Interface library;
    fill(library);
    Prefork::Zygote zygote(library);
    QCoreApplication app(argc, argv);
    Client client(&zygote);

    // [wait]
    const QFuture<void> done = chain(client, QStringLiteral("Emma"));
    if (!Prefork::waitFor(done, 10s)) // only in a script or a test: a GUI never waits
        say(QStringLiteral("it takes long, and goes on"));
    // [wait]
    const bool inTime = Prefork::waitFor(chain(client, QString())) && Prefork::waitFor(cancel(client))
        && Prefork::waitFor(countAll(client, {QStringLiteral("Emma"), QString(), QStringLiteral("Sanditon")}));
    if (!inTime)
        return 1;
    coroutine(client);
    return QCoreApplication::exec();
}
