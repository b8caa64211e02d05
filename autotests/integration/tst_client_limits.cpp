// SPDX-License-Identifier: MIT
#include "helpers/calls.h"
#include "helpers/gate.h"
#include "helpers/protocols.h"

#include <QtPrefork/Client>
#include <QtPrefork/Zygote>

#include <QtCore/QCoreApplication>
#include <QtCore/QLoggingCategory>
#include <QtCore/QMap>
#include <QtCore/QTemporaryDir>
#include <QtCore/QTimer>
#include <QtNetwork/QLocalServer>
#include <QtTest/QTest>

#include <stdexcept>
#include <sys/resource.h>
#include <unistd.h>

using namespace Prefork;

namespace {

Zygote *zygote = nullptr;

constexpr Method<int(int)> same{"same"};
constexpr Method<void(QString)> pass{"pass"};
constexpr Method<int(QByteArray)> size{"size"};
constexpr Method<int()> pid{"pid"};
constexpr auto Forever = std::chrono::milliseconds::max();

// A type whose conversion fails by an exception.
struct Key
{
    int number = 0;
    friend bool operator<(const Key &a, const Key &b) { return a.number < b.number; }
};

}

Q_DECLARE_METATYPE(Key)

class ClientLimitsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void theLongestDurationsMeanNever();
    void messagesOf4GiBAreTooLarge();
    void aCallWhoseEncodingThrowsWasNotMade();
    void aConnectionWithoutADescriptorHasFailed();
    void aCallNoWorkerWasForkedForIsSentAgain();
    void aWriteBufferTakesWhatItMay_data();
    void aWriteBufferTakesWhatItMay();
    void aTimeoutOfOneThatWaitsCostsNobodyElse();
    void aCallBehindItsOwnCheckoutsCallsSaysSo();
    void aNegativeTimeLimitSaysSo();
};

void ClientLimitsTest::theLongestDurationsMeanNever()
{
    Client client(zygote, {.timeout = Forever, .idleTimeout = Forever});
    const CheckoutPtr checkout = client.checkout({.timeout = Forever});
    checkout->call(same, 1);
    QVERIFY(checkout->waitForSettled(Forever));
    client.close(Forever);
    QTest::qWait(50);
    QVERIFY(!checkout->error());
    QCOMPARE(client.state(), Client::Closing);
    QVERIFY(Test::call(checkout, "same", {2}).result);
}

void ClientLimitsTest::messagesOf4GiBAreTooLarge()
{
    constexpr qsizetype Most = 0xffffffff;
    Client most(zygote, {.maxMessageSize = Most});
    QCOMPARE(Test::call(most.checkout(), "same", {2}).result.value_or(QVariant()).toInt(), 2);
    Client embedded(zygote, {.maxMessageSize = Most + 1});
    Client served(QStringLiteral("unix:/nowhere/socket"), {.maxMessageSize = std::numeric_limits<qsizetype>::max()});
    for (Client *const client : {&embedded, &served}) {
        const Error error = Test::call(client->checkout(), "same", {2}).error.value_or(Error());
        QCOMPARE(error.code(), Error::Unavailable);
        QVERIFY2(error.message().contains(QString::number(Most)), qPrintable(error.message()));
    }
}

void ClientLimitsTest::aCallWhoseEncodingThrowsWasNotMade()
{
    QMetaType::registerConverter<Key, QString>([](const Key &) -> QString { throw std::runtime_error("no text"); });
    Client client(zygote);
    const CheckoutPtr checkout = client.checkout();
    const QVariant unsendable = QVariant::fromValue(QMap<Key, int>{{Key(), 1}});
    QVERIFY_EXCEPTION_THROWN(checkout->call("same", {unsendable}), std::runtime_error);
    QCOMPARE(checkout->pendingCallCount(), 0);
    QCOMPARE(Test::call(checkout, "same", {3}).result.value_or(QVariant()).toInt(), 3);
}

void ClientLimitsTest::aConnectionWithoutADescriptorHasFailed()
{
#ifdef __SANITIZE_ADDRESS__
    QSKIP("UndefinedBehaviorSanitizer needs descriptors of its own");
#endif
    const QTemporaryDir directory;
    QLocalServer server;
    QVERIFY(server.listen(directory.filePath(QStringLiteral("s"))));
    rlimit usual{};
    QCOMPARE(::getrlimit(RLIMIT_NOFILE, &usual), 0);
    const int next = ::dup(0);
    ::close(next);
    const rlimit noneLeft{rlim_t(next), usual.rlim_max};
    QCOMPARE(::setrlimit(RLIMIT_NOFILE, &noneLeft), 0);
    const Client client(Address::unixSocket(server.fullServerName()), {.minWorkers = 1, .protocol = Protocol::Json});
    const QString error = client.connectionError();
    const bool isConnected = client.state() == Client::Connected;
    QCOMPARE(::setrlimit(RLIMIT_NOFILE, &usual), 0);
    QVERIFY2(error.contains(QStringLiteral("Too many open files")), qPrintable(error));
    QVERIFY(!isConnected);
    QTRY_COMPARE_WITH_TIMEOUT(client.state(), Client::Connected, 30000);
}

void ClientLimitsTest::aCallNoWorkerWasForkedForIsSentAgain()
{
    rlimit usual{};
    QCOMPARE(::prlimit(pid_t(zygote->processId()), RLIMIT_NOFILE, nullptr, &usual), 0);
    const rlimit none{3, usual.rlim_max};
    QCOMPARE(::prlimit(pid_t(zygote->processId()), RLIMIT_NOFILE, &none, nullptr), 0);
    Client client(zygote, {.minWorkers = 0});
    std::optional<Error> error;
    bool isDone = false;
    frameTry([&] { client.checkout()->call(same, 1, [&isDone] { isDone = true; }); },
             [&error](const Error &e) { error = e; });
    QTest::qWait(300);
    QCOMPARE(::prlimit(pid_t(zygote->processId()), RLIMIT_NOFILE, &usual, nullptr), 0);
    QTRY_VERIFY_WITH_TIMEOUT(isDone || error, 30000);
    QVERIFY2(!error, error ? qPrintable(error->message() + error->detail()) : "");
}

void ClientLimitsTest::aWriteBufferTakesWhatItMay_data()
{
    QTest::addColumn<bool>("hasAnswered"); // its worker, which makes a call go a shorter way
    QTest::addColumn<bool>("isCanceled");
    QTest::newRow("before anything is connected") << false << false;
    QTest::newRow("behind a call that runs") << true << false;
    QTest::newRow("before anything is connected, canceled") << false << true;
    QTest::newRow("behind a call that runs, canceled") << true << true;
}

// More calls than that are made in one turn of the event loop, behind one that waits.
void ClientLimitsTest::aWriteBufferTakesWhatItMay()
{
    constexpr int Count = 200;
    constexpr int Size = 100000;
    constexpr qint64 Most = qint64(256) * 1024 + Size + 100; // one call more than there is room for is taken
    QFETCH(bool, hasAnswered);
    QFETCH(bool, isCanceled);
    Test::Gate gate;
    Client client(zygote, {.minWorkers = 0, .maxWorkers = 1, .maxInFlightBytes = 256 * 1024});
    const CheckoutPtr checkout = client.checkout();
    if (hasAnswered)
        QVERIFY(Test::call(checkout, "same", {1}).result);
    checkout->call(pass, gate.path());
    QList<int> answers;
    std::vector<Call> calls;
    for (int i = 0; i < Count; ++i)
        calls.push_back(checkout->call(size, QByteArray(Size + i, 'x'), [&](int answer) { answers.append(answer); }));
    QTRY_VERIFY_WITH_TIMEOUT(gate.isReached(), 30000);
    const qint64 unsent = checkout->bytesToWrite();
    const qint64 inBuffer = client.bytesToWrite() - unsent;
    QVERIFY2(inBuffer <= Most, qPrintable(QString::number(inBuffer)));
    QVERIFY(unsent > 0);
    QList<int> expected;
    for (int i = 0; i < Count; ++i) {
        const bool cancels = isCanceled && i % 2 == 0;
        if (cancels)
            QVERIFY(calls[std::size_t(i)].cancel());
        else
            expected.append(Size + i);
    }
    if (isCanceled)
        QTRY_VERIFY_WITH_TIMEOUT(checkout->bytesToWrite() <= unsent / 2 + Size, 30000); // once they have settled
    gate.open();
    QVERIFY(checkout->waitForSettled());
    QCOMPARE(answers, expected);
    QCOMPARE(client.bytesToWrite(), 0);
}

// Calls without a checkout share a worker.
void ClientLimitsTest::aTimeoutOfOneThatWaitsCostsNobodyElse()
{
    Test::Gate gate;
    Client client(zygote, {.minWorkers = 1, .maxWorkers = 1});
    bool hasPassed = false;
    int answer = 0;
    std::optional<Error> error;
    const int worker = Test::call(client.checkout(), "pid").result.value_or(0).toInt();
    client.call(pass, gate.path(), [&] { hasPassed = true; });
    QTRY_VERIFY_WITH_TIMEOUT(gate.isReached(), 30000);
    client.with({.deadline = std::chrono::milliseconds(50)}).call(same, 1, nullptr, [&](const Error &e) { error = e; });
    client.call(pid, [&](int process) { answer = process; });
    QTRY_VERIFY_WITH_TIMEOUT(error, 30000);
    QCOMPARE(error->code(), Error::Timeout);
    const QString where = Test::isNative() ? QStringLiteral("waited for the calls before it for ")
                                           : QStringLiteral("all workers were busy"); // which are not shared
    QVERIFY2(error->detail().startsWith(where), qPrintable(error->detail()));
    gate.open();
    QTRY_VERIFY_WITH_TIMEOUT(hasPassed && answer != 0, 30000);
    QCOMPARE(answer, worker);
    QCOMPARE(Test::call(client.checkout(), "pid").result.value_or(0).toInt(), worker); // nobody has hung up on it
}

// Over JSON a worker is given one call at a time, so that the second call is not sent before the first has settled.
void ClientLimitsTest::aCallBehindItsOwnCheckoutsCallsSaysSo()
{
    Test::Gate gate;
    Test::Gate second; // a worker that has come to it does not answer
    Client client(zygote, {.minWorkers = 1, .maxWorkers = 1});
    const CheckoutPtr checkout = client.checkout();
    std::optional<Error> error;
    checkout->call(same, 1, nullptr, nullptr); // its worker is set up, and has begun nothing
    QVERIFY(checkout->waitForSettled());
    checkout->call(pass, gate.path());
    checkout->with({.deadline = std::chrono::milliseconds(50)}).call(pass, second.path(), nullptr, [&](const Error &e) {
        error = e;
    });
    QTRY_VERIFY_WITH_TIMEOUT(gate.isReached(), 30000);
    bool isOver = false;
    QTimer::singleShot(100, checkout.get(), [&isOver] { isOver = true; }); // the deadline is over, and nothing says so
    QTRY_VERIFY_WITH_TIMEOUT(isOver, 30000);
    QVERIFY(!error);
    gate.open();
    QTRY_VERIFY_WITH_TIMEOUT(error, 30000);
    QCOMPARE(error->message(), QStringLiteral("timed out after 0.05 seconds"));
    QVERIFY2(error->detail().startsWith(QStringLiteral("waited for the calls before it for ")),
             qPrintable(error->detail()));
}

void ClientLimitsTest::aNegativeTimeLimitSaysSo()
{
    const QString text = QStringLiteral("timed out at once: a negative time limit is over already");
    Client client(zygote, {.minWorkers = 1, .maxWorkers = 1});
    std::optional<Error> error;
    const auto keep = [&error](const Error &e) { error = e; };
    client.with({.deadline = std::chrono::milliseconds(-5)}).call(same, 1, nullptr, keep);
    QTRY_VERIFY_WITH_TIMEOUT(error, 30000);
    QCOMPARE(error->message(), text);
    QCOMPARE(error->code(), Error::Timeout);
    error.reset();
    client.checkout({.timeout = std::chrono::milliseconds(-1)})->call(same, 1, nullptr, keep);
    QTRY_VERIFY_WITH_TIMEOUT(error, 30000);
    QCOMPARE(error->message(), text);
    error.reset();
    Client hasty(zygote, {.timeout = std::chrono::milliseconds(-1)});
    hasty.call(same, 1, nullptr, keep);
    QTRY_VERIFY_WITH_TIMEOUT(error, 30000);
    QCOMPARE(error->message(), text);
    // The other limits have no "over already": a negative one means none.
    QCOMPARE(Test::call(client.checkout({.runTimeout = std::chrono::milliseconds(-1)}), "same", {3}).result,
             QVariant(3));
}

int main(int argc, char *argv[])
{
    Interface interface;
    interface.add(same, [](int n) { return n; });
    interface.add(pid, [] { return int(::getpid()); });
    interface.add(pass, &Test::Gate::pass);
    interface.add(size, [](const QByteArray &bytes) { return int(bytes.size()); });
    // Logging without a descriptor left confuses UndefinedBehaviorSanitizer, which makes a pipe to check a virtual
    // call.
    interface.preload([] { QLoggingCategory::setFilterRules(QStringLiteral("prefork.zygote.warning=false")); });
    Zygote itsZygote(interface);
    zygote = &itsZygote;
    QCoreApplication app(argc, argv);
    ClientLimitsTest test;
    return QTest::qExec(&test, argc, argv);
}

#include "tst_client_limits.moc"
