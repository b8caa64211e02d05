// SPDX-License-Identifier: MIT
#include "helpers/calls.h"

#include <QtPrefork/Client>
#include <QtPrefork/Zygote>

#include <QtCore/QCoreApplication>
#include <QtCore/QElapsedTimer>
#include <QtCore/QEventLoop>
#include <QtCore/QLine>
#include <QtCore/QPoint>
#include <QtCore/QRect>
#include <QtCore/QRegularExpression>
#include <QtCore/QSize>
#include <QtCore/QTimer>
#include <QtTest/QSignalSpy>
#include <QtTest/QTest>

#include <array>
#include <functional>
#include <memory>
#include <optional>

using namespace Prefork;

namespace {

Zygote *zygote = nullptr;

constexpr Method<int(int)> same{"same"};
constexpr Method<int(int)> fail{"fail"};
constexpr Method<QStringList(int)> numbers{"numbers"};

// Something that happens while a value is being written.
std::function<void()> onWriting;

int written(int number)
{
    if (onWriting)
        std::exchange(onWriting, nullptr)();
    return number;
}

}

struct Gadget
{
    Q_GADGET
    Q_PROPERTY(int first READ readFirst WRITE setFirst)
    Q_PROPERTY(int second MEMBER second)

public:
    int readFirst() const { return written(first); }
    void setFirst(int number) { first = number; }
    int first = 1;
    int second = 2;
};

struct Streamed
{
    int number = 3;
    friend QDataStream &operator<<(QDataStream &stream, const Streamed &value)
    {
        return stream << written(value.number);
    }
    friend QDataStream &operator>>(QDataStream &stream, Streamed &value) { return stream >> value.number; }
};
Q_DECLARE_METATYPE(Streamed)

namespace {

constexpr Method<int(Gadget)> sum{"sum"};
constexpr Method<int(Streamed)> unpack{"unpack"};

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
    void waitingInACallbackForTheRest();
    void waitingInACallbackForOtherLargeResults();
    void anEventLoopThatEndsInTheMiddleOfALargeResult_data();
    void anEventLoopThatEndsInTheMiddleOfALargeResult();
    void deferredDeletesInsideReleased();
    void manyRepliesDoNotHoldUpTheEventLoop();
    void whileArgumentsAreWritten_data();
    void whileArgumentsAreWritten();
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
    frameTry([&] { client.checkout({.timeout = std::chrono::milliseconds(200)})->call(same, 1); },
             [&error](const Error &e) { error = e; });
    QTRY_VERIFY_WITH_TIMEOUT(isInside, 30000);
    QTRY_VERIFY_WITH_TIMEOUT(error, 30000);
    QVERIFY(isSettledInside);
}

void TestReentrancy::clientDestroyedIn_data()
{
    QTest::addColumn<QString>("place");
    for (const char *place : {"callback", "finished", "catcher", "errored", "canceled", "released", "stateChanged",
                              "callback's destructor"})
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
                const auto destroyer
                    = std::make_shared<Destroyer>([&] { destroyIn(QStringLiteral("callback's destructor")); });
                checkout->call(same, 1, [&, checkout, destroyer] { destroyIn(QStringLiteral("callback")); });
                checkout->call(fail, 2, [checkout] { });
                checkout->call(same, 3, [checkout] { });
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
        QTimer::singleShot(50, checkout.get(), &Checkout::release);
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

// Over the native protocol several replies come together: those behind the first have been read when its callback runs.
void TestReentrancy::waitingInACallbackForTheRest()
{
    Client client(zygote, {.minWorkers = 1, .maxWorkers = 1});
    const CheckoutPtr checkout = client.checkout();
    checkout->call(same, 0);
    QVERIFY(checkout->waitForSettled()); // From now on its worker is quick, and writes replies together.
    for (int round = 0; round < 10; ++round) {
        QList<int> results;
        std::optional<bool> hasSettled;
        checkout->call(same, 1, [&] { hasSettled = checkout->waitForSettled(); });
        for (int i = 2; i < 6; ++i)
            checkout->call(same, i, [&results](int n) { results.append(n); });
        QVERIFY(checkout->waitForSettled());
        QVERIFY(hasSettled.value_or(false));
        QCOMPARE(results, QList<int>({2, 3, 4, 5}));
    }
}

// All are being read in steps, by turns, when the first is complete.
void TestReentrancy::waitingInACallbackForOtherLargeResults()
{
    constexpr int Count = 60000;
    Client client(zygote, {.minWorkers = 3, .maxWorkers = 3, .readBudget = {}});
    for (int round = 0; round < 3; ++round) {
        const std::array checkouts{client.checkout(), client.checkout(), client.checkout()};
        int settled = 0;
        int waited = 0;
        for (const CheckoutPtr &checkout : checkouts) {
            checkout->call(numbers, Count, [&](const QStringList &result) {
                settled += result.size() == Count ? 1 : 0;
                for (const CheckoutPtr &other : checkouts)
                    waited += other->waitForSettled() ? 1 : 0;
            });
        }
        for (const CheckoutPtr &checkout : checkouts)
            QVERIFY(checkout->waitForSettled());
        QCOMPARE(settled, 3);
        QCOMPARE(waited, 9);
    }
}

void TestReentrancy::anEventLoopThatEndsInTheMiddleOfALargeResult_data()
{
    QTest::addColumn<bool>("fails");
    QTest::addColumn<bool>("aborts");
    QTest::newRow("after a result") << false << false;
    QTest::newRow("after an error") << true << false;
    QTest::newRow("after a result, and the checkout is aborted") << false << true;
    QTest::newRow("after an error, and the checkout is aborted") << true << true;
}

// The next call's result is read in steps by an event loop that the callback or catcher of a call turns. When that loop
// ends, the rest of the result still belongs to the next call. In one of these rounds it ends in the middle.
void TestReentrancy::anEventLoopThatEndsInTheMiddleOfALargeResult()
{
    QFETCH(const bool, fails);
    QFETCH(const bool, aborts);
    constexpr int Count = 60000;
    QTest::failOnWarning(QRegularExpression(QStringLiteral("broke the protocol")));
    Client client(zygote, {.minWorkers = 1, .maxWorkers = 1, .reuseAfterError = true, .readBudget = {}});
    for (int turns = 2; turns <= 80; turns += 6) {
        const CheckoutPtr checkout = client.checkout();
        QStringList log;
        const auto callNumbers = [&] {
            checkout->call(numbers, Count, [&](const QStringList &result) {
                log.append(
                    QStringLiteral("%1 numbers, the last is %2").arg(result.size()).arg(result.value(Count - 1)));
            });
        };
        const auto turnLoop = [&] {
            QTimer ticks; // so that there is always a next turn
            ticks.start(5);
            for (int i = 0; i < turns; ++i)
                QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
            if (aborts)
                checkout->abort();
        };
        frameTry(
            [&] {
                if (fails)
                    return static_cast<void>(checkout->call(fail, 1));
                checkout->call(same, 1, [&] { turnLoop(); });
                callNumbers();
            },
            [&](const Error &error) {
                log.append(error.message());
                if (log.size() > 1 || !fails)
                    return;
                frameTry(callNumbers, [&](const Error &second) { log.append(second.message()); });
                turnLoop();
            });
        QVERIFY(checkout->waitForSettled());
        QStringList expected{fails ? QStringLiteral("1") : QString()};
        expected.removeAll(QString());
        if (!aborts || log.value(log.size() - 1).contains(QStringLiteral("numbers")))
            expected.append(QStringLiteral("%1 numbers, the last is %2").arg(Count).arg(Count - 1));
        else if (log.size() > expected.size())
            expected.append(QStringLiteral("aborted"));
        QCOMPARE(log, expected);
    }
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
    const QObject here;
    QTimer::singleShot(0, &here, [&] { checkout.reset(); });
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
    QVERIFY(Test::waitUntilAll([&] { return results; }, [] { return Calls; }));
    QCOMPARE(results, Calls);
    QVERIFY2(ticks > 100, qPrintable(QString::number(ticks)));
}

void TestReentrancy::whileArgumentsAreWritten_data()
{
    QTest::addColumn<QString>("what");
    QTest::addColumn<QString>("how");
    for (const char *what : {"a call of the same checkout", "a call of another checkout", "a one-shot", "many calls",
                             "an event loop", "the checkout released", "the checkout aborted", "the client destroyed",
                             "the protocol changed", "a type registered", "an exception"}) {
        for (const char *how :
             {"a gadget", "a variant", "a list", "a one-shot", "a first one-shot", "a registered type"})
            QTest::addRow("%s, %s", what, how) << QString::fromLatin1(what) << QString::fromLatin1(how);
    }
}

// A getter or an operator<< may do what a user may do: its call settles all the same, and so do those made meanwhile.
void TestReentrancy::whileArgumentsAreWritten()
{
    QFETCH(const QString, what);
    QFETCH(const QString, how);
    const bool isRegistered = how == QStringLiteral("a registered type");
    QList<int> results;
    QList<Error> errors; // They outlive the client, which fails what is still under way when it is destroyed.
    auto client = std::make_unique<Client>(zygote, ClientOptions{.minWorkers = 2, .reuseAfterError = true});
    if (isRegistered && client->protocol() == Protocol::Json)
        QSKIP("JSON has no registered types");
    QVERIFY(client->registerType<Streamed>("Streamed"));
    CheckoutPtr checkout;
    CheckoutPtr other;
    if (how != QStringLiteral("a first one-shot")) { // there is no worker yet, and nobody uses the client
        checkout = client->checkout();
        other = client->checkout();
        for (int i = 0; i < 2; ++i) { // from then on calls are written at once
            QVERIFY(Test::call(checkout, "same", {i}).result);
            QVERIFY(Test::call(other, "same", {i}).result);
        }
    }
    const auto note = [&results](int result) { results.append(result); };
    const auto act = [&] {
        if (what == QStringLiteral("a call of the same checkout")) {
            (checkout ? checkout : client->checkout())->call(same, 7, note);
        } else if (what == QStringLiteral("a call of another checkout")) {
            (other ? other : client->checkout())->call(same, 7, note);
        } else if (what == QStringLiteral("a one-shot")) {
            client->call(same, 7, note);
        } else if (what == QStringLiteral("many calls")) {
            for (int i = 0; i < 100; ++i)
                (i % 2 == 0 && checkout ? checkout : client->checkout())
                    ->call("same", {QVariantList{QString(1000, u'x')}.size()}, [] { });
            client->call(same, 7, note);
        } else if (what == QStringLiteral("an event loop")) {
            client->call(same, 7, note);
            QVERIFY(Test::waitUntil([&] { return !results.isEmpty(); }));
        } else if (what == QStringLiteral("the checkout released") && checkout) {
            checkout->release();
        } else if (what == QStringLiteral("the checkout aborted") && checkout) {
            checkout->abort();
        } else if (what == QStringLiteral("the client destroyed")) {
            client.reset();
        } else if (what == QStringLiteral("the protocol changed")) {
            QVERIFY(!client->setProtocol(client->protocol() == Protocol::Json ? Protocol::Native : Protocol::Json));
        } else if (what == QStringLiteral("a type registered")) {
            for (int i = 0; i < 10; ++i) // each with a warning
                static_cast<void>(client->registerType<Gadget>("no operators"));
            static_cast<void>(client->registerType<QPoint>("point"));
            static_cast<void>(client->registerType<QSize>("size"));
            static_cast<void>(client->registerType<QRect>("rectangle"));
            static_cast<void>(client->registerType<QLine>("line"));
        } else if (what == QStringLiteral("an exception")) {
            throw 17;
        }
    };
    bool hasThrown = false;
    const auto call = [&] {
        onWriting = act;
        const QVariant gadget = QVariant::fromValue(Gadget());
        try {
            if (how == QStringLiteral("a gadget"))
                checkout->call(sum, Gadget(), note);
            else if (how == QStringLiteral("a variant"))
                checkout->call("sum", {gadget}, [note](const QVariant &result) { note(result.toInt()); });
            else if (how == QStringLiteral("a list"))
                checkout->call("sumOfFirst", {QVariantList{gadget}},
                               [note](const QVariant &result) { note(result.toInt()); });
            else if (isRegistered)
                checkout->call(unpack, Streamed(), note);
            else
                client->call(sum, Gadget(), note);
        } catch (int) {
            hasThrown = true;
        }
    };
    frameTry(call, [&errors](const Error &error) { errors.append(error); });
    QVERIFY(!onWriting);
    QCOMPARE(hasThrown, what == QStringLiteral("an exception"));
    const bool mayBeAborted = checkout && how != QStringLiteral("a one-shot");
    const bool isAborted = mayBeAborted
        && (what == QStringLiteral("the checkout released") || what == QStringLiteral("the checkout aborted"));
    if (hasThrown || isAborted || !client) {
        QTRY_COMPARE_WITH_TIMEOUT(errors.size(), hasThrown ? 0 : 1, 30000);
        QCOMPARE(results, QList<int>());
    } else {
        const bool hasCalled = what.contains(QStringLiteral("call")) || what.contains(QStringLiteral("one-shot"))
            || what == QStringLiteral("an event loop");
        QTRY_COMPARE_WITH_TIMEOUT(results.size(), hasCalled ? 2 : 1, 30000);
        QVERIFY(results.contains(3) && results.contains(hasCalled ? 7 : 3));
        QVERIFY(errors.isEmpty());
    }
    if (!client || isAborted)
        return;
    for (const CheckoutPtr &one : {checkout, other, client->checkout()}) {
        if (one && !one->isReleased() && !one->error())
            QCOMPARE(Test::call(one, "same", {11}).result.value_or(QVariant()).toInt(), 11);
    }
}

int main(int argc, char *argv[])
{
    Interface interface;
    interface.add(same, [](int n) { return n; });
    interface.add(fail, [](int n) -> int { throw Error(QString::number(n)); });
    interface.add(numbers, [](int count) {
        QStringList list;
        for (int i = 0; i < count; ++i)
            list.append(QString::number(i));
        return list;
    });
    static_cast<void>(interface.registerType<Streamed>("Streamed"));
    interface.add(sum, [](const Gadget &gadget) { return gadget.first + gadget.second; });
    interface.add("sumOfFirst", [](const QVariantList &arguments) {
        const QVariantMap gadget = arguments.value(0).toList().value(0).toMap();
        return QVariant(gadget.value(QStringLiteral("first")).toInt() + gadget.value(QStringLiteral("second")).toInt());
    });
    interface.add(unpack, [](const Streamed &value) { return value.number; });
    Zygote itsZygote(interface);
    zygote = &itsZygote;
    QCoreApplication app(argc, argv);
    TestReentrancy test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_reentrancy.moc"
