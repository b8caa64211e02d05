// SPDX-License-Identifier: MIT
#include "helpers/calls.h"

#include <QtPrefork/Client>
#include <QtPrefork/Zygote>

#include <QtCore/QCoreApplication>
#include <QtCore/QElapsedTimer>
#include <QtCore/QEventLoop>
#include <QtCore/QTimer>
#include <QtTest/QSignalSpy>
#include <QtTest/QTest>

#include <functional>
#include <memory>
#include <optional>

using namespace Prefork;

namespace {

Zygote *zygote = nullptr;

constexpr Method<int(int)> same{"same"};
constexpr Method<int(int)> fail{"fail"};

void turn(int milliseconds)
{
    QEventLoop loop;
    QTimer::singleShot(milliseconds, &loop, &QEventLoop::quit);
    loop.exec();
}

}

class TestReentrancy : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theFirstFailureToConnectIsHeard();
    void clientDestroyedWhenConnectingFails();
    void anEventLoopInsideConnectionFailed();
    void clientDestroyedIn_data();
    void clientDestroyedIn();
    void releaseAndAbortIn_data();
    void releaseAndAbortIn();
    void waitingInACatcherForTheRest();
    void othersSettleWhileACatcherTurnsAnEventLoop();
    void nestedEventLoopsInCallbacks();
    void deferredDeletesInsideReleased();
    void manyRepliesDoNotHoldUpTheEventLoop();
};

void TestReentrancy::theFirstFailureToConnectIsHeard()
{
    Client client(Address::unixSocket(QStringLiteral("/nonexistent/s")), {.idleTimeout = {}});
    QSignalSpy failed(&client, &Client::connectionFailed);
    QVERIFY(!client.connectionError().isEmpty());
    QCoreApplication::sendPostedEvents();
    QVERIFY(failed.size() >= 1);
}

void TestReentrancy::clientDestroyedWhenConnectingFails()
{
    auto client = std::make_unique<Client>(Address::unixSocket(QStringLiteral("/nonexistent/s")));
    std::optional<Error> error;
    bool isSettledBefore = false;
    connect(client.get(), &Client::connectionFailed, this, [&] {
        client.reset();
        isSettledBefore = error.has_value();
    });
    frameTry([&] { client->checkout()->call(same, 1); }, [&error](const Error &e) { error = e; });
    QTRY_VERIFY_WITH_TIMEOUT(!client, 30000);
    QTRY_VERIFY_WITH_TIMEOUT(error, 30000);
    QCOMPARE(error->code(), Error::Shutdown);
    QVERIFY(isSettledBefore);
}

void TestReentrancy::anEventLoopInsideConnectionFailed()
{
    Client client(Address::unixSocket(QStringLiteral("/nonexistent/s")));
    std::optional<Error> error;
    bool isInside = false;
    bool isSettledInside = false;
    connect(&client, &Client::connectionFailed, this, [&] {
        if (std::exchange(isInside, true))
            return;
        turn(400);
        isSettledInside = error.has_value();
    });
    frameTry([&] { client.checkout({.timeout = std::chrono::milliseconds(200)})->call(same, 1); }, [&error](const Error &e) { error = e; });
    QTRY_VERIFY_WITH_TIMEOUT(isInside, 30000);
    QTRY_VERIFY_WITH_TIMEOUT(error, 30000);
    QVERIFY(isSettledInside);
}

void TestReentrancy::clientDestroyedIn_data()
{
    QTest::addColumn<QString>("place");
    for (const char *place :
         {"callback", "finished", "catcher", "errored", "canceled", "released", "stateChanged", "callback's destructor"})
        QTest::newRow(place) << QString::fromLatin1(place);
}

// Everything settles all the same, once, before the destructor returns.
void TestReentrancy::clientDestroyedIn()
{
    QFETCH(const QString, place);
    auto client = std::make_unique<Client>(zygote, ClientOptions{.minWorkers = 1, .maxWorkers = 1});
    int settled = 0;
    const auto destroyIn = [&](const QString &where) {
        if (where == place)
            client.reset();
    };
    struct Destroyer
    {
        std::function<void()> destroy;
        ~Destroyer() { destroy(); }
    };
    connect(client.get(), &Client::stateChanged, this, [&](Client::State state) {
        if (state == Client::Connected)
            destroyIn(QStringLiteral("stateChanged"));
    });
    QPointer<Checkout> watched;
    {
        const CheckoutPtr checkout = client->checkout();
        watched = checkout.get();
        connect(checkout.get(), &Checkout::finished, this, [&] {
            ++settled;
            destroyIn(QStringLiteral("finished"));
        });
        connect(checkout.get(), &Checkout::errored, this, [&] {
            ++settled;
            destroyIn(QStringLiteral("errored"));
        });
        connect(checkout.get(), &Checkout::canceled, this, [&] {
            ++settled;
            destroyIn(QStringLiteral("canceled"));
        });
        connect(checkout.get(), &Checkout::released, this, [&] { destroyIn(QStringLiteral("released")); });
        frameTry(
            [&] {
                const auto destroyer = std::make_shared<Destroyer>([&] { destroyIn(QStringLiteral("callback's destructor")); });
                checkout->call(same, 1, [&, checkout, destroyer] { destroyIn(QStringLiteral("callback")); });
                checkout->call(fail, 2, [checkout] {});
                checkout->call(same, 3, [checkout] {});
                checkout->call(same, 4);
            },
            [&, checkout] { destroyIn(QStringLiteral("catcher")); });
    }
    QTRY_VERIFY_WITH_TIMEOUT(!client, 30000);
    QTRY_COMPARE_WITH_TIMEOUT(settled, 4, 30000);
    turn(20);
    QCOMPARE(settled, 4);
    QVERIFY(!watched);
}

void TestReentrancy::releaseAndAbortIn_data()
{
    QTest::addColumn<QString>("place");
    QTest::addColumn<bool>("abort");
    for (const char *place : {"callback", "finished", "catcher", "errored", "canceled", "released"}) {
        QTest::addRow("release in %s", place) << QString::fromLatin1(place) << false;
        QTest::addRow("abort in %s", place) << QString::fromLatin1(place) << true;
    }
}

void TestReentrancy::releaseAndAbortIn()
{
    QFETCH(const QString, place);
    QFETCH(const bool, abort);
    Client client(zygote, {.minWorkers = 1, .maxWorkers = 1});
    int settled = 0;
    int released = 0;
    CheckoutPtr checkout = client.checkout();
    const QPointer<Checkout> watched = checkout.get();
    const auto actIn = [&](const QString &where) {
        if (where != place || !checkout)
            return;
        if (abort)
            checkout->abort();
        else
            checkout->release();
        checkout.reset();
    };
    connect(checkout.get(), &Checkout::finished, this, [&] {
        ++settled;
        actIn(QStringLiteral("finished"));
    });
    connect(checkout.get(), &Checkout::errored, this, [&] {
        ++settled;
        actIn(QStringLiteral("errored"));
    });
    connect(checkout.get(), &Checkout::canceled, this, [&] {
        ++settled;
        actIn(QStringLiteral("canceled"));
    });
    connect(checkout.get(), &Checkout::released, this, [&] {
        ++released;
        actIn(QStringLiteral("released"));
    });
    frameTry(
        [&] {
            checkout->call(same, 1, [&] { actIn(QStringLiteral("callback")); });
            checkout->call(fail, 2);
            checkout->call(same, 3);
            checkout->call(same, 4);
        },
        [&] { actIn(QStringLiteral("catcher")); });
    if (place == QStringLiteral("released"))
        QTimer::singleShot(50, this, [&] { checkout->release(); });
    QTRY_COMPARE_WITH_TIMEOUT(settled, 4, 30000);
    QTRY_VERIFY_WITH_TIMEOUT(!watched, 30000);
    QCOMPARE(settled, 4);
    QVERIFY(released <= 1);
    QCOMPARE(Test::call(client.checkout(), "same", {5}).result.value_or(QVariant()).toInt(), 5);
}

void TestReentrancy::waitingInACatcherForTheRest()
{
    Client client(zygote);
    const CheckoutPtr checkout = client.checkout();
    std::optional<bool> hasSettled;
    frameTry(
        [&] {
            checkout->call(fail, 1);
            checkout->call(same, 2);
            checkout->call(same, 3);
        },
        [&] { hasSettled = checkout->waitForSettled(); });
    QTRY_VERIFY_WITH_TIMEOUT(hasSettled, 30000);
    QVERIFY(*hasSettled);
}

void TestReentrancy::othersSettleWhileACatcherTurnsAnEventLoop()
{
    Client client(Address::unixSocket(QStringLiteral("/nonexistent/s")));
    int errors = 0;
    int errorsInside = 0;
    const CheckoutPtr one = client.checkout();
    const CheckoutPtr two = client.checkout();
    frameTry(
        [&] {
            one->call(same, 1);
            two->call(same, 2);
        },
        [&] {
            if (++errors > 1)
                return;
            turn(30);
            errorsInside = errors;
        });
    one->abort();
    two->abort();
    QTRY_COMPARE_WITH_TIMEOUT(errors, 2, 30000);
    QCOMPARE(errorsInside, 2);
}

void TestReentrancy::nestedEventLoopsInCallbacks()
{
    Client client(zygote, {.minWorkers = 2});
    int depth = 0;
    int results = 0;
    const CheckoutPtr checkout = client.checkout();
    for (int i = 0; i < 20; ++i) {
        checkout->call(same, i, [&] {
            ++depth;
            turn(5);
            --depth;
            ++results;
        });
    }
    QTRY_COMPARE_WITH_TIMEOUT(results, 20, 30000);
    QCOMPARE(depth, 0);
}

void TestReentrancy::deferredDeletesInsideReleased()
{
    Client client(zygote);
    CheckoutPtr checkout = client.checkout();
    const QPointer<Checkout> watched = checkout.get();
    bool wasReleased = false;
    connect(checkout.get(), &Checkout::released, this, [&] {
        wasReleased = true;
        QCoreApplication::sendPostedEvents(nullptr, QEvent::DeferredDelete);
    });
    QTimer::singleShot(0, this, [&] { checkout.reset(); });
    turn(50);
    QVERIFY(wasReleased || !watched);
}

void TestReentrancy::manyRepliesDoNotHoldUpTheEventLoop()
{
    Client client(zygote, {.minWorkers = 1});
    constexpr int Calls = 5000;
    int results = 0;
    int ticks = 0;
    QTimer tick;
    connect(&tick, &QTimer::timeout, this, [&ticks] { ++ticks; });
    const CheckoutPtr checkout = client.checkout();
    for (int i = 0; i < Calls; ++i) {
        checkout->call(same, i, [&] {
            QElapsedTimer busy;
            busy.start();
            while (busy.nsecsElapsed() < 200000) { }
            ++results;
        });
    }
    tick.start(1);
    QTRY_COMPARE_WITH_TIMEOUT(results, Calls, 30000);
    QVERIFY2(ticks > 100, qPrintable(QString::number(ticks)));
}

int main(int argc, char *argv[])
{
    Interface interface;
    interface.add(same, [](int n) { return n; });
    interface.add(fail, [](int n) -> int { throw Error(QString::number(n)); });
    Zygote itsZygote(interface);
    zygote = &itsZygote;
    QCoreApplication app(argc, argv);
    TestReentrancy test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_reentrancy.moc"
