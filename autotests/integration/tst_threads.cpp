// SPDX-License-Identifier: MIT
// Clients, futures, frames and errors in several threads at once: what ThreadSanitizer is to look at.
#include "helpers/embedded.h"
#include "helpers/ledger.h"

#include <QtPrefork/Client>
#include <QtPrefork/Server>

#include <QtCore/QEventLoop>
#include <QtCore/QPointer>
#include <QtCore/QTemporaryDir>

#include <array>
#include <atomic>
#include <csignal>
#include <thread>

using namespace Prefork;
using Test::Ledger;

namespace {

constexpr int Crowd = 4;
constexpr int Rounds = 60;

inline constexpr Method<int(int, int)> add{"add"};
inline constexpr Method<void(int)> nap{"sleep"};

void fill(Interface &interface)
{
    Test::addBasics(interface);
    interface.add(add, [](int a, int b) { return a + b; });
    interface.add("die", [](const QVariantList &) { return ::raise(SIGKILL), QVariant(); });
}

// Runs a function in so many threads at once while this one's event loop turns; false if they do not end in time. Each
// is given its number. No QThread: how one is waited for ThreadSanitizer cannot see, in a Qt that is built without it.
template <class Function>
[[nodiscard]] bool inThreads(Function function)
{
    std::atomic<int> ready = 0;
    std::atomic<int> ended = 0;
    std::array<std::thread, Crowd> threads;
    for (int i = 0; i < Crowd; ++i) {
        threads[std::size_t(i)] = std::thread([&ready, &ended, &function, i] {
            const QEventLoop hasTimersAndSockets;
            ++ready;
            while (ready < Crowd)
                std::this_thread::yield();
            function(i);
            ++ended;
        });
    }
    const bool isInTime = QTest::qWaitFor([&ended] { return ended == Crowd; },
                                          2 * int(Test::Patience.count())); // each has patience of its own
    for (std::thread &thread : threads)
        thread.join();
    return isInTime;
}

struct Account
{
    bool isSettled = false;
    bool isEachSettledOnce = false;
    qsizetype served = 0;
    qsizetype failed = 0;
    qsizetype lost = 0;
    qsizetype wrong = 0;
};

// Checkouts and one-shots, results and errors, and a worker that dies.
Account useClient(const QString &address, int number)
{
    Account account;
    Client client(address, {.maxWorkers = 2});
    Ledger ledger;
    for (int i = 0; i < Rounds; ++i) {
        const CheckoutPtr checkout = client.checkout();
        ledger.call(checkout, "echo", {number * Rounds + i}, number * Rounds + i);
        ledger.call(checkout, "fail", {"as asked for"});
        int sum = 0;
        client.call(add, number, i, [&sum](int result) { sum = result; });
        if (!Test::waitUntil([&] { return sum == number + i; }))
            ++account.wrong;
    }
    ledger.call(client.checkout(), "die");
    ledger.call(client.checkout(), "echo", {number}, number);
    account.isSettled = ledger.wait();
    account.isEachSettledOnce = ledger.isEachSettledOnce();
    account.served = ledger.served();
    account.failed = ledger.failed(Error::WorkerError);
    account.lost = ledger.failed(Error::WorkerLost);
    account.wrong += ledger.wrong();
    return account;
}

}

class ThreadsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyThreadMayHaveAClient()
    {
        const QTemporaryDir directory;
        const QString address = "unix:" + directory.filePath("socket");
        Server server(Test::zygote());
        QVERIFY2(server.listen(address), qPrintable(server.errorString()));
        std::array<Account, Crowd> accounts;
        QVERIFY(inThreads([&](int number) { accounts[std::size_t(number)] = useClient(address, number); }));
        for (const Account &account : accounts) {
            QVERIFY(account.isSettled);
            QVERIFY(account.isEachSettledOnce);
            QCOMPARE(account.served, Rounds + 1);
            QCOMPARE(account.failed, Rounds);
            QCOMPARE(account.lost, 1);
            QCOMPARE(account.wrong, 0);
        }
    }

    void aFutureIsWaitedForOrCanceledInAnyThread()
    {
        Client client(Test::zygote(), {.maxWorkers = Crowd + 1, .protocol = Protocol::Native});
        std::array<QFuture<int>, Crowd> sums;
        std::array<QFuture<void>, Crowd> naps;
        for (int i = 0; i < Crowd; ++i) {
            naps[std::size_t(i)] = client.future(nap, 3'600'000);
            sums[std::size_t(i)] = client.checkout()->future(add, i, 40);
        }
        std::array<int, Crowd> results{};
        QVERIFY(inThreads([&](int number) {
            results[std::size_t(number)] = sums[std::size_t(number)].result();
            naps[std::size_t(number)].cancel();
        }));
        for (int i = 0; i < Crowd; ++i) {
            QCOMPARE(results[std::size_t(i)], i + 40);
            QVERIFY(naps[std::size_t(i)].isCanceled());
        }
        QTRY_VERIFY_WITH_TIMEOUT(
            std::all_of(naps.begin(), naps.end(), [](const auto &future) { return future.isFinished(); }),
            int(Test::Patience.count()));
    }

    void theLastHandleMayGoInAnyThread()
    {
        Client client(Test::zygote(), {.minWorkers = 2, .maxWorkers = 2, .reuseAfterError = true});
        Ledger ledger;
        std::vector<QPointer<Checkout>> watched;
        std::array<std::vector<CheckoutPtr>, Crowd> handles;
        for (int i = 0; i < Rounds * Crowd; ++i) {
            CheckoutPtr checkout = client.checkout();
            watched.emplace_back(checkout.get());
            if (i % 3 > 0) // some have nothing to settle, some go before they have settled
                ledger.call(checkout, "echo", {i}, i);
            if (i % 5 == 0)
                ledger.call(checkout, "fail", {"as asked for"});
            handles[std::size_t(i % Crowd)].push_back(std::move(checkout));
        }
        QVERIFY(inThreads([&](int number) {
            while (!handles[std::size_t(number)].empty())
                handles[std::size_t(number)].pop_back();
        }));
        QVERIFY(ledger.wait());
        QVERIFY(ledger.isEachSettledOnce());
        QCOMPARE(ledger.failed(Error::WorkerError), ledger.made() - ledger.served());
        QVERIFY(Test::waitUntil([&] { return client.idleWorkerCount() == 2; }));
        QVERIFY(Test::waitUntil(
            [&] { return std::all_of(watched.begin(), watched.end(), [](const auto &one) { return one.isNull(); }); }));
    }

    void aContinuationInAnotherThreadMayHoldTheLastHandle()
    {
        Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1});
        std::vector<QFuture<int>> futures;
        for (int i = 0; i < Rounds; ++i) {
            const CheckoutPtr checkout = client.checkout();
            futures.push_back(checkout->future(add, i, 1).then(QtFuture::Launch::Async,
                                                               [checkout](int sum) { return checkout ? sum + 1 : 0; }));
        }
        for (int i = 0; i < Rounds; ++i) {
            QVERIFY(Test::waitUntil([&] { return futures[std::size_t(i)].isFinished(); }));
            QCOMPARE(futures[std::size_t(i)].result(), i + 2);
        }
        futures.clear();
        QVERIFY(Test::waitUntil([&] { return client.idleWorkerCount() == 1; }));
    }

    void aHandleMayGoInAnotherThreadWhenItsClientIsGone()
    {
        auto client = std::make_unique<Client>(Test::zygote());
        std::array<CheckoutPtr, Crowd> handles;
        std::array<QPointer<Checkout>, Crowd> watched;
        for (std::size_t i = 0; i < handles.size(); ++i) {
            handles[i] = client->checkout();
            watched[i] = handles[i].get();
        }
        client.reset();
        QVERIFY(inThreads([&](int number) { handles[std::size_t(number)].reset(); }));
        QVERIFY(Test::waitUntil(
            [&] { return std::all_of(watched.begin(), watched.end(), [](const auto &one) { return one.isNull(); }); }));
    }

    void aHandleMayOutliveTheThreadOfItsClient_data()
    {
        QTest::addColumn<bool>("isBeforeTheEnd");
        QTest::newRow("dropped before it ends") << true;
        QTest::newRow("dropped after it has ended") << false;
    }
    // Its event loop has ended in either case.
    void aHandleMayOutliveTheThreadOfItsClient()
    {
        QFETCH(bool, isBeforeTheEnd);
        const QTemporaryDir directory;
        Server server(Test::zygote());
        QVERIFY2(server.listen("unix:" + directory.filePath("socket")), qPrintable(server.errorString()));
        const std::string address = ("unix:" + directory.filePath("socket")).toStdString();
        std::array<CheckoutPtr, 2 * Crowd> handles;
        std::atomic<bool> hasClient = true;
        std::atomic<bool> mayEnd = !isBeforeTheEnd;
        std::atomic<int> destroyed = 0;
        std::thread home([&] {
            const QEventLoop hasTimersAndSockets;
            Client client(QString::fromStdString(address), {.maxWorkers = 1});
            for (CheckoutPtr &handle : handles) {
                handle = client.checkout();
                QObject::connect(
                    handle.get(), &QObject::destroyed, handle.get(), [&destroyed] { ++destroyed; },
                    Qt::DirectConnection);
            }
            handles[0]->call("echo", {1});
            if (!handles[0]->waitForSettled())
                handles = {};
            client.close(); // leaves something for the event loop to do, which never does it
            hasClient = false;
            while (!mayEnd)
                std::this_thread::yield();
        });
        QVERIFY(QTest::qWaitFor([&] { return !hasClient; }, 2 * int(Test::Patience.count())));
        if (!isBeforeTheEnd)
            home.join();
        QVERIFY(handles[0]);
        QVERIFY(inThreads([&](int number) {
            handles[std::size_t(2 * number)].reset();
            handles[std::size_t(2 * number + 1)].reset();
        }));
        mayEnd = true;
        if (isBeforeTheEnd)
            home.join();
        QCOMPARE(destroyed.load(), int(handles.size()));
    }

    void aWrongThreadEndsTheProgramAndSaysWhy_data()
    {
        QTest::addColumn<QString>("said");
        for (const char *const function : {"Client::checkout()",
                                           "Client::call()",
                                           "Client::call() by name",
                                           "Client::call() for a future",
                                           "Client::registerType()",
                                           "Client::setProtocol()",
                                           "Client::protocol()",
                                           "Client::close()",
                                           "Client::recycleWorkers()",
                                           "Client::state()",
                                           "Client::address()",
                                           "Client::connectionError()",
                                           "Client::workerCount()",
                                           "Client::idleWorkerCount()",
                                           "Client::bytesToWrite()",
                                           "Client::waitingCheckoutCount()",
                                           "Client::~Client()",
                                           "Checkout::call()",
                                           "Checkout::call() by name",
                                           "Checkout::call() of a function",
                                           "Checkout::call() for a future",
                                           "Checkout::call() with options",
                                           "Client::call() with options",
                                           "Call::cancel()",
                                           "Call::isSettled()",
                                           "Checkout::release()",
                                           "Checkout::abort()",
                                           "Checkout::waitForSettled()",
                                           "Checkout::isReleased()",
                                           "Checkout::error()",
                                           "Checkout::bytesToWrite()",
                                           "Checkout::pendingCallCount()",
                                           "Checkout::release() of a client that is gone"})
            QTest::newRow(function) << QString("Prefork::" + QString(function).section(')', 0, 0)
                                               + ") was called in a wrong thread: ");
        for (const char *const move :
             {"a Prefork::Client cannot be moved", "a Prefork::Client cannot be moved with its parent",
              "a Prefork::Checkout cannot be moved"})
            QTest::newRow(move) << QString(move).section(" moved", 0, 0) + " moved to another thread: ";
        QTest::newRow("a zygote") << "a zygote was used in a wrong thread: ";
        QTest::newRow("connect()") << QString();
    }
    void aWrongThreadEndsTheProgramAndSaysWhy()
    {
        QFETCH(QString, said);
        const Test::Ended ended = Test::runProgram(MISUSED_CLIENT, {QTest::currentDataTag()});
        QCOMPARE(ended.exitCode, said.isEmpty() ? 0 : -1);
        QVERIFY2(ended.errors.startsWith(said), qPrintable(ended.errors));
        QCOMPARE(ended.errors.trimmed().count(QChar('\n')), 0);
    }

    void anErrorIsCopiedAndAFrameDroppedInAnyThread()
    {
        const Error error("shared", QVariantMap{{"key", "value"}});
        std::array<std::vector<Frame>, Crowd> frames;
        Frame parent = Frame::create({.name = "parent"});
        for (int i = 0; i < Rounds * Crowd; ++i)
            frames[std::size_t(i % Crowd)].push_back(Frame::create({.name = "child"}, parent));
        parent = {};
        std::array<QString, Crowd> traces;
        QVERIFY(inThreads([&](int number) {
            auto &mine = frames[std::size_t(number)];
            for (const Frame &frame : mine) {
                Error copy = error;
                copy = frame.traced(copy);
                traces[std::size_t(number)] = copy.backTrace();
            }
            while (!mine.empty())
                mine.pop_back();
        }));
        for (const QString &trace : traces)
            QVERIFY2(trace.startsWith("shared\n") && trace.contains("- child\n") && trace.contains("- parent\n"),
                     qPrintable(trace));
        QVERIFY(error.backTrace().isEmpty());
    }

    void unhandledErrorsAreReportedInAnyThread()
    {
        std::atomic<int> reported = 0;
        const auto count = [&reported](const Error &) { ++reported; };
        setUnhandledErrorHandler(count);
        const bool isInTime = inThreads([&](int) {
            for (int i = 0; i < Rounds; ++i) {
                reportUnhandled(Error("nobody's"));
                setUnhandledErrorHandler(count);
            }
        });
        setUnhandledErrorHandler({});
        QVERIFY(isInTime);
        QCOMPARE(reported.load(), Crowd * Rounds);
    }
};

PREFORK_TEST_MAIN(ThreadsTest, fill)
#include "tst_threads.moc"
