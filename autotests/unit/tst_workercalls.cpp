// SPDX-License-Identifier: MIT
// A worker's calls on a native connection, without a socket: what is canceled, what is said while a method runs, and
// what is read meanwhile.
#include "helpers/fakechannel.h"

#include <QtPrefork/Worker>

#include <QtCore/QRandomGenerator>
#include <QtCore/QRegularExpression>
#include <QtTest/QTest>

#include <chrono>
#include <stdexcept>
#include <thread>

using namespace Prefork;
using namespace Prefork::Internal;
using namespace Test;
using namespace std::chrono_literals;

namespace {

constexpr Method<int(int)> twice{"twice"};
constexpr Method<void()> work{"work"};
constexpr Event<QString, int> lineRead{"lineRead"};
constexpr Event<> bare{"bare"};

const QByteArray Nothing = "\xf6";

// A clock that a loaded machine does not disturb: the deadline is for tests that fail.
template <class Condition>
[[nodiscard]] bool comesTrue(Condition condition)
{
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > until)
            return false;
    }
    return true;
}

void spinFor(std::chrono::microseconds time)
{
    const auto until = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < until) { }
}

// The same, asking all the time.
void spinAsking(std::chrono::microseconds time)
{
    const auto until = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < until)
        static_cast<void>(Worker::isCanceled());
}

/// Notes what ran.
struct BusyWorker : FakeWorker
{
    QList<int> ran;
    std::function<void()> whileWorking = [] { };
    int setups = 0; // of cancelInSetup()

    BusyWorker()
    {
        interface.add(twice, [this](int value) { return ran.append(value), 2 * value; }).add(work, [this] {
            whileWorking();
        });
    }
    /// The first setup finds that call 1 is canceled, and does @p more; there is nothing to a later one.
    template <class More>
    void cancelInSetup(More more)
    {
        interface.setup([this, more] {
            if (++setups > 1)
                return;
            connection.unread = cancel(1);
            more();
        });
    }
    /// For the methods.
    [[nodiscard]] bool seesItIsCanceled() const
    {
        return comesTrue([] { return Worker::isCanceled(); });
    }
    [[nodiscard]] bool looks() const
    {
        const qsizetype before = connection.unread.size();
        return comesTrue([&] { return static_cast<void>(Worker::isCanceled()), connection.unread.size() < before; });
    }
    [[nodiscard]] bool hasReadAll() const
    {
        return comesTrue([this] { return static_cast<void>(Worker::isCanceled()), connection.unread.isEmpty(); });
    }
};

QByteArray twiceOf(int value, quint64 id, quint64 group = 1)
{
    return Test::call("twice", {QByteArray(1, char(value))}, id, group);
}

QByteArray number(int value)
{
    return QByteArray(1, char(value));
}

// What is not about the begin of calls has a client to whom it is not told.
QByteArray calmHello()
{
    return helloWithFeatures({"cancel", "event", "progress"});
}

// Each message of @p bytes by its kind and number, such as "result 1".
QStringList said(QByteArrayView bytes)
{
    static const QStringList names{{},
                                   QStringLiteral("hello"),
                                   QStringLiteral("call"),
                                   QStringLiteral("result"),
                                   QStringLiteral("failure"),
                                   QStringLiteral("release"),
                                   QStringLiteral("released"),
                                   QStringLiteral("goodbye"),
                                   QStringLiteral("event"),
                                   QStringLiteral("progress"),
                                   QStringLiteral("cancel"),
                                   QStringLiteral("canceled"),
                                   QStringLiteral("begun")};
    QStringList messages;
    while (bytes.size() >= 16) {
        if (bytes.startsWith("end: "))
            return messages << QString::fromUtf8(bytes);
        const auto header = Wire::Native::Header::read(bytes.data());
        messages.append(names.value(header.kind) + u' ' + QString::number(header.id));
        bytes = bytes.sliced(16 + qsizetype(header.length));
    }
    return messages;
}

}

/// Says something while it is written.
struct Talkative
{
};

QDataStream &operator<<(QDataStream &stream, const Talkative &)
{
    Worker::emitEvent(bare);
    Worker::setProgress(1, 1);
    return stream << 1;
}

QDataStream &operator>>(QDataStream &stream, Talkative &)
{
    return stream;
}

Q_DECLARE_METATYPE(Talkative)

class TestWorkerCalls : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aCallCanceledInTheSameReadNeverStarts();
    void aCallCanceledWhileAnotherRunsNeverStarts();
    void aCallCanceledBeforeItsTurnIsSeenWithoutTheMethodsHelp();
    void aMethodThatIsCanceledMayEndAsItLikes_data();
    void aMethodThatIsCanceledMayEndAsItLikes();
    void anUnaskedThrowOfCanceledIsAnOrdinaryError();
    void aCancelLeavesTheFateGroupAlive();
    void whatACancelMayName_data();
    void whatACancelMayName();
    void numbersRiseByOneIfCallsCanBeCanceled();
    void floodsOfCancels();
    void soMuchIsReadAheadAndNoMore();
    void aMessageThatBeganWithinTheBoundIsReadToItsEnd();
    void whatIsNoMessageIsNotReadAhead();
    void whatWasReadAheadIsServedInOrder();
    void afterTheEndNothingBegins();
    void theEndCancelsWhatRuns();
    void theEndIsSeenBehindACallThatTookLong_data();
    void theEndIsSeenBehindACallThatTookLong();
    void otherThreadsOnlySeeWhatIsKnown();
    void outsideOfCallsNothingIsCanceled();
    void theFirstCallIsSaidToBeginBehindItsSetup();
    void theFirstCallRunsOnceItWasSaidToBegin_data();
    void theFirstCallRunsOnceItWasSaidToBegin();
    void aCallCanceledDuringItsSetupDoesNotRun();
    void aCallCanceledDuringASetupThatFailsIsCanceled();
    void theScoreboardKnowsWhatHasBegunAndWasNotAnswered();
    void eventsLeaveAtOnceAndInOrder();
    void eventsLeaveBehindWhatWasHeldBack();
    void progressIsSaidNowAndThen();
    void progressThatWaitsLeavesBeforeWhateverComesNext_data();
    void progressThatWaitsLeavesBeforeWhateverComesNext();
    void aReaderThatIsSlowDelaysEventsButNotProgress();
    void whileAnEventWaitsACancelArrives();
    void whileAnEventWaitsTheBoundHolds();
    void nobodyReadsAnyMore();
    void anEventThatCannotBeSentIsAnErrorOfTheMethod_data();
    void anEventThatCannotBeSentIsAnErrorOfTheMethod();
    void progressThatCannotBeSentIsAnErrorOfTheMethod();
    void aPeerThatDoesNotSpeakOfThemHearsNothing();
    void whereThereIsNobodyToTellNothingIsSent();
};

void TestWorkerCalls::aCallCanceledInTheSameReadNeverStarts()
{
    BusyWorker worker;
    QVERIFY(worker.greet(calmHello()));
    const QByteArray bytes = twiceOf(1, 1) + twiceOf(2, 2) + cancel(2) + twiceOf(3, 3) + cancel(1);
    QCOMPARE(worker.answerTo(bytes), canceled(false, 1) + canceled(false, 2) + resultOf(number(6), 3));
    QCOMPARE(worker.ran, QList<int>({3}));
    QCOMPARE(worker.answerTo(cancel(3) + cancel(2) + twiceOf(4, 4)), resultOf(number(8), 4)); // those are answered

    // The hello too may be in it.
    BusyWorker other;
    other.session = std::make_unique<NativeSession>(InterfacePrivate::of(other.interface), 65536, &other.page,
                                                    other.connection.channel());
    QVERIFY(other.answerTo(calmHello() + twiceOf(1, 1) + cancel(1)).endsWith(canceled(false, 1)));
    QCOMPARE(other.ran, QList<int>());
}

void TestWorkerCalls::aCallCanceledWhileAnotherRunsNeverStarts()
{
    BusyWorker worker;
    QVERIFY(worker.greet(calmHello()));
    worker.whileWorking = [&] {
        worker.connection.unread = cancel(2);
        QVERIFY(worker.hasReadAll());
        QVERIFY(!Worker::isCanceled());
    };
    QCOMPARE(worker.answerTo(Test::call("work", {}, 1) + twiceOf(2, 2) + twiceOf(3, 3)),
             resultOf(Nothing, 1) + canceled(false, 2) + resultOf(number(6), 3));
    QCOMPARE(worker.ran, QList<int>({3}));
}

void TestWorkerCalls::aCallCanceledBeforeItsTurnIsSeenWithoutTheMethodsHelp()
{
    BusyWorker worker;
    QVERIFY(worker.greet(calmHello()));
    worker.whileWorking = [&] {
        worker.connection.unread = cancel(2) + twiceOf(3, 3);
        spinFor(1500us);
    };
    QCOMPARE(worker.answerTo(Test::call("work", {}, 1) + twiceOf(2, 2)),
             resultOf(Nothing, 1) + canceled(false, 2) + resultOf(number(6), 3));
    QCOMPARE(worker.ran, QList<int>({3}));
}

void TestWorkerCalls::aMethodThatIsCanceledMayEndAsItLikes_data()
{
    QTest::addColumn<int>("end");
    QTest::newRow("returns") << 0;
    QTest::newRow("throws Canceled") << 1;
    QTest::newRow("throws an Error") << 2;
    QTest::newRow("throws what is no exception") << 3;
}

void TestWorkerCalls::aMethodThatIsCanceledMayEndAsItLikes()
{
    QFETCH(int, end);
    BusyWorker worker;
    QVERIFY(worker.greet(calmHello()));
    worker.whileWorking = [&] {
        worker.connection.unread = cancel(1);
        QVERIFY(worker.seesItIsCanceled());
        if (end == 1)
            Worker::throwIfCanceled();
        if (end == 2)
            throw Error(QStringLiteral("rather not"), 5);
        if (end == 3)
            throw 5;
    };
    QCOMPARE(worker.answerTo(Test::call("work", {}, 1) + twiceOf(2, 2)), canceled(true, 1) + resultOf(number(4), 2));
    QVERIFY(!Worker::isCanceled());
}

void TestWorkerCalls::anUnaskedThrowOfCanceledIsAnOrdinaryError()
{
    BusyWorker worker;
    QVERIFY(worker.greet(calmHello()));
    worker.whileWorking = [] { throw Error(Error::Canceled, QStringLiteral("no mood")); };
    QCOMPARE(worker.answerTo(Test::call("work", {}, 1) + twiceOf(2, 2)), failureOf("WorkerError", "no mood", 1));
    QCOMPARE(worker.ran, QList<int>()); // it was of the same fate group
}

void TestWorkerCalls::aCancelLeavesTheFateGroupAlive()
{
    BusyWorker worker;
    QVERIFY(worker.greet(calmHello()));
    QCOMPARE(worker.answerTo(twiceOf(1, 1, 7) + twiceOf(2, 2, 7) + cancel(1)),
             canceled(false, 1) + resultOf(number(4), 2));
    // A dead one stays dead, and what is dropped with it has no answer, canceled or not.
    const QByteArray bad = Test::call("twice", {text("x")}, 3, 7);
    const QByteArray answer = worker.answerTo(bad + twiceOf(4, 4, 7) + cancel(4) + twiceOf(5, 5, 8) + cancel(4));
    QCOMPARE(said(answer), QStringList({QStringLiteral("failure 3"), QStringLiteral("result 5")}));
}

void TestWorkerCalls::whatACancelMayName_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QByteArray>("answer");
    const QByteArray one = twiceOf(1, 1);
    const QByteArray two = resultOf(number(2), 1);
    QTest::newRow("no call") << one + cancel(0) << two;
    QTest::newRow("a call to come") << one + cancel(2) + twiceOf(2, 2)
                                    << two + "end: a cancel of call 2, where call 1 was the last";
    QTest::newRow("the last number there is")
        << one + cancel(~quint64(0)) << two + "end: a cancel of call 18446744073709551615, where call 1 was the last";
    QTest::newRow("with a payload") << one + packet(CancelKind, "\xf6", 1) << two + "end: a malformed cancel";
    QTest::newRow("twice") << one + cancel(1) + cancel(1) << canceled(false, 1);
    QTest::newRow("a worker's kind") << one + canceled(true, 1) << two + "end: a message of the unknown kind 11";
    QTest::newRow("an event") << one + eventOf("x", {}, 1) << two + "end: a message of the unknown kind 8";
    QTest::newRow("progress") << one + progressOf({"\x01", "\x01", text("")}, 1)
                              << two + "end: a message of the unknown kind 9";
    QTest::newRow("begun") << one + packet(BegunKind, {}, 1) << two + "end: a message of the unknown kind 12";
    QTest::newRow("a log") << one + packet(13, {}, 1) << two + "end: a message of the unknown kind 13";
    QTest::newRow("statistics") << one + packet(14, {}, 0) << two + "end: a message of the unknown kind 14";
}

void TestWorkerCalls::whatACancelMayName()
{
    QFETCH(QByteArray, bytes);
    BusyWorker worker;
    QVERIFY(worker.greet(calmHello()));
    QTEST(worker.answerTo(bytes), "answer");
}

void TestWorkerCalls::numbersRiseByOneIfCallsCanBeCanceled()
{
    for (const quint64 id : {0u, 1u, 3u}) {
        BusyWorker worker;
        QVERIFY(worker.greet(calmHello()));
        QCOMPARE(worker.answerTo(twiceOf(1, 1) + twiceOf(2, id)),
                 resultOf(number(2), 1) + "end: call " + QByteArray::number(id) + ", where call 2 is the next");
    }
    BusyWorker worker;
    QVERIFY(worker.greet(helloWithFeatures({"event", "progress"})));
    QCOMPARE(worker.answerTo(twiceOf(1, 9) + twiceOf(2, 9)), resultOf(number(2), 9) + resultOf(number(4), 9));
    QVERIFY(worker.answerTo(cancel(9)).endsWith("end: a message of the unknown kind 10"));
}

void TestWorkerCalls::floodsOfCancels()
{
    BusyWorker worker;
    QVERIFY(worker.greet(calmHello()));
    QByteArray flood = twiceOf(1, 1);
    for (int i = 0; i < 100000; ++i)
        flood += cancel(quint64(i % 2));
    QCOMPARE(worker.answerTo(flood), canceled(false, 1));

    QByteArray pairs;
    QByteArray answers = resultOf(Nothing, 2);
    for (quint64 id = 3; pairs.size() < InputQueue::MaxAhead - 1000; ++id) {
        pairs += twiceOf(1, id) + cancel(id);
        answers += canceled(false, id);
    }
    worker.whileWorking = [&] {
        worker.connection.unread = pairs;
        QVERIFY(worker.hasReadAll());
    };
    worker.ran.clear();
    QCOMPARE(worker.answerTo(Test::call("work", {}, 2)), answers);
    QCOMPARE(worker.ran, QList<int>());
    QVERIFY(worker.connection.largestWrite <= 64 * (16 + 8));
}

void TestWorkerCalls::soMuchIsReadAheadAndNoMore()
{
    BusyWorker worker;
    QVERIFY(worker.greet(calmHello()));
    QByteArray calls;
    quint64 last = 1;
    while (calls.size() < 4 * InputQueue::MaxAhead) {
        ++last;
        calls += twiceOf(int(last % 10), last);
    }
    qsizetype left = 0;
    worker.connection.mostAtOnce = 1000;
    worker.whileWorking = [&] {
        worker.connection.unread = calls;
        QVERIFY(worker.looks());
        left = worker.connection.unread.size();
        worker.connection.unread += cancel(1);
        worker.connection.hasWaitedForInput = true;
        for (int i = 0; i < 3; ++i)
            spinAsking(1100us);
        QCOMPARE(worker.connection.unread.size(), left + 16);
        QVERIFY(!Worker::isCanceled());
    };
    QByteArray answer = worker.answerTo(Test::call("work", {}, 1));
    const qsizetype taken = calls.size() - left;
    QVERIFY2(taken >= InputQueue::MaxAhead && taken <= InputQueue::MaxAhead + 100, qPrintable(QString::number(taken)));
    QVERIFY(answer.startsWith(resultOf(Nothing, 1))); // the cancel came too late to be seen
    answer += worker.answerTo(std::exchange(worker.connection.unread, {}));
    QStringList expected;
    for (quint64 id = 1; id <= last; ++id)
        expected.append(QStringLiteral("result %1").arg(id));
    QCOMPARE(said(answer), expected);
}

void TestWorkerCalls::aMessageThatBeganWithinTheBoundIsReadToItsEnd()
{
    BusyWorker worker;
    QVERIFY(worker.greet(calmHello()));
    worker.interface.add("echo", [](const QVariantList &) { return 1; });
    const QByteArray large = Test::call("echo", {longHead(2, 700000) + QByteArray(700000, 'x')}, 2);
    worker.whileWorking = [&] {
        worker.connection.unread = large.sliced(7) + cancel(1);
        QVERIFY(worker.looks());
        QCOMPARE(worker.connection.unread, cancel(1));
    };
    QCOMPARE(said(worker.answerTo(Test::call("work", {}, 1) + large.first(7))),
             QStringList({QStringLiteral("result 1"), QStringLiteral("result 2")}));
}

void TestWorkerCalls::whatIsNoMessageIsNotReadAhead()
{
    BusyWorker worker;
    QVERIFY(worker.greet(calmHello(), 65536));
    const QByteArray tooLong = header(65537, CallKind, 2);
    worker.whileWorking = [&] {
        worker.connection.unread = tooLong + QByteArray(100000, 'x') + cancel(1);
        QVERIFY(worker.looks());
        spinAsking(1100us);
        QVERIFY(worker.connection.unread.size() > 50000);
    };
    QCOMPARE(worker.answerTo(Test::call("work", {}, 1)),
             resultOf(Nothing, 1)
                 + "end: a message of 65537 bytes, where 65536 are allowed (maxMessageSize of client and zygote)");
}

// However the bytes are cut, and whichever of them are read while a method runs.
void TestWorkerCalls::whatWasReadAheadIsServedInOrder()
{
    QRandomGenerator random(7);
    for (int round = 0; round < 300; ++round) {
        BusyWorker worker;
        QVERIFY(worker.greet(calmHello()));
        QByteArray bytes;
        QByteArray answers;
        const quint64 calls = 1 + random.bounded(30);
        for (quint64 id = 1; id <= calls; ++id) {
            const int size = random.bounded(10) == 0 ? random.bounded(100000) : random.bounded(100);
            const QByteArray argument = longHead(2, quint32(size)) + QByteArray(size, 'x');
            bytes += random.bounded(2) == 0 ? Test::call("work", {}, id) : Test::call("echo", {argument}, id);
        }
        worker.interface.add("echo", [](const QVariantList &) { return 1; });
        worker.connection.mostAtOnce = 1 + random.bounded(20000);
        worker.whileWorking = [&] {
            if (random.bounded(2) == 0)
                return;
            QByteArray &unread = worker.connection.unread;
            unread = bytes.first(std::min<qsizetype>(bytes.size(), random.bounded(50000)));
            bytes.remove(0, unread.size());
            QVERIFY(worker.hasReadAll());
        };
        while (!bytes.isEmpty()) {
            const QByteArray piece = bytes.first(std::min<qsizetype>(bytes.size(), 1 + random.bounded(30000)));
            bytes.remove(0, piece.size());
            worker.connection.written.clear();
            QVERIFY2(worker.session->serve(piece), qPrintable(worker.session->errorString()));
            answers += worker.connection.written;
        }
        QStringList expected;
        for (quint64 id = 1; id <= calls; ++id)
            expected.append(QStringLiteral("result %1").arg(id));
        QCOMPARE(said(answers), expected);
    }
}

void TestWorkerCalls::afterTheEndNothingBegins()
{
    BusyWorker worker;
    QVERIFY(worker.greet(calmHello()));
    worker.whileWorking = [&] {
        worker.connection.unread = twiceOf(3, 3);
        worker.connection.hasEnded = true;
        QVERIFY(worker.seesItIsCanceled());
    };
    QCOMPARE(worker.answerTo(Test::call("work", {}, 1) + twiceOf(2, 2)), resultOf(Nothing, 1) + "end: ");
    QCOMPARE(worker.ran, QList<int>());
    QVERIFY(!Worker::isCanceled());
}

// Nobody has canceled it, so what it says is an answer; but that it stops is none.
void TestWorkerCalls::theEndCancelsWhatRuns()
{
    for (const bool isCanceling : {true, false}) {
        BusyWorker worker;
        QVERIFY(worker.greet(calmHello()));
        worker.whileWorking = [&] {
            worker.connection.hasEnded = true;
            QVERIFY(worker.seesItIsCanceled());
            if (isCanceling)
                Worker::throwIfCanceled();
            throw Error(QStringLiteral("no luck"));
        };
        QCOMPARE(worker.answerTo(Test::call("work", {}, 1)),
                 isCanceling ? QByteArray("end: ") : failureOf("WorkerError", "no luck", 1) + "end: ");
        QCOMPARE(worker.page.begunCalls(), isCanceling ? std::vector<quint64>({1}) : std::vector<quint64>());
    }
}

void TestWorkerCalls::theEndIsSeenBehindACallThatTookLong_data()
{
    QTest::addColumn<QByteArray>("greeting");
    QTest::newRow("with cancel") << calmHello();
    QTest::newRow("without") << hello();
}

void TestWorkerCalls::theEndIsSeenBehindACallThatTookLong()
{
    QFETCH(QByteArray, greeting);
    BusyWorker worker;
    QVERIFY(worker.greet(greeting));
    worker.whileWorking = [&] {
        worker.connection.hasEnded = true;
        spinFor(1500us);
    };
    QCOMPARE(worker.answerTo(Test::call("work", {}, 1) + twiceOf(2, 2)), resultOf(Nothing, 1) + "end: ");
    QCOMPARE(worker.ran, QList<int>());
    QCOMPARE(worker.page.lastStarted.load(), quint64(1));
}

void TestWorkerCalls::otherThreadsOnlySeeWhatIsKnown()
{
    BusyWorker worker;
    QVERIFY(worker.greet(calmHello()));
    worker.whileWorking = [&] {
        worker.connection.unread = cancel(1);
        bool isSeen = true;
        std::thread([&] {
            spinAsking(2200us);
            isSeen = Worker::isCanceled();
        }).join();
        QVERIFY(!isSeen);
        QCOMPARE(worker.connection.unread, cancel(1));
        QVERIFY(worker.seesItIsCanceled());
        std::thread([&] { isSeen = Worker::isCanceled(); }).join();
        QVERIFY(isSeen);
    };
    QCOMPARE(worker.answerTo(Test::call("work", {}, 1)), canceled(true, 1));
}

void TestWorkerCalls::outsideOfCallsNothingIsCanceled()
{
    QVERIFY(!Worker::isCanceled());
    Worker::throwIfCanceled();
    BusyWorker worker;
    worker.interface.checkoutDone([&] {
        worker.connection.hasEnded = true;
        spinAsking(1100us);
        QVERIFY(!Worker::isCanceled());
    });
    QVERIFY(worker.greet(calmHello()));
    QCOMPARE(said(worker.answerTo(packet(ReleaseKind, {}, 0))), QStringList({QStringLiteral("released 0")}));
    QVERIFY(!Worker::isCanceled());
}

void TestWorkerCalls::theFirstCallIsSaidToBeginBehindItsSetup()
{
    BusyWorker worker;
    QList<QByteArray> before;
    worker.interface.setup([&] { before.append(worker.connection.written); });
    worker.whileWorking = [&] { before.append(worker.connection.written); };
    QVERIFY(worker.greet(featuredHello()));
    const QByteArray begun = packet(BegunKind, {}, 1);
    QCOMPARE(worker.answerTo(Test::call("work", {}, 1)), begun + resultOf(Nothing, 1));
    QCOMPARE(before, QList<QByteArray>({{}, begun}));
    QCOMPARE(worker.answerTo(Test::call("work", {}, 2)), resultOf(Nothing, 2));

    BusyWorker without;
    QVERIFY(without.greet(featuredHello()));
    QCOMPARE(without.answerTo(Test::call("work", {}, 1)), begun + resultOf(Nothing, 1));

    BusyWorker failing;
    int setups = 0;
    failing.interface.setup([&] {
        if (++setups == 1)
            throw Error(QStringLiteral("no luck"));
    });
    QVERIFY(failing.greet(featuredHello()));
    QCOMPARE(said(failing.answerTo(Test::call("work", {}, 1, 1))), QStringList({QStringLiteral("failure 1")}));
    QCOMPARE(failing.answerTo(Test::call("work", {}, 2, 2)), packet(BegunKind, {}, 2) + resultOf(Nothing, 2));

    BusyWorker old;
    old.interface.setup([] { });
    QVERIFY(old.greet(calmHello()));
    QCOMPARE(old.answerTo(Test::call("work", {}, 1)), resultOf(Nothing, 1));

    BusyWorker late; // the call that it was set up for does not begin
    late.cancelInSetup([] { spinFor(1500us); });
    QVERIFY(late.greet(featuredHello()));
    QCOMPARE(late.answerTo(Test::call("work", {}, 1)), canceled(false, 1));
    QCOMPARE(late.answerTo(Test::call("work", {}, 2)), packet(BegunKind, {}, 2) + resultOf(Nothing, 2));
    QCOMPARE(late.answerTo(Test::call("work", {}, 3)), resultOf(Nothing, 3));
}

void TestWorkerCalls::theFirstCallRunsOnceItWasSaidToBegin_data()
{
    QTest::addColumn<bool>("isEnd");
    QTest::addColumn<QByteArray>("answer");
    QTest::newRow("the client ends meanwhile") << true << resultOf(Nothing, 1);
    QTest::newRow("the call is canceled meanwhile") << false << canceled(true, 1);
}

// What the client says while it is told that the call begins must not keep the call from beginning.
void TestWorkerCalls::theFirstCallRunsOnceItWasSaidToBegin()
{
    QFETCH(const bool, isEnd);
    QFETCH(const QByteArray, answer);
    BusyWorker worker;
    bool isCanceled = false;
    worker.whileWorking = [&] { isCanceled = Worker::isCanceled(); };
    QVERIFY(worker.greet(featuredHello()));
    worker.connection.onWrite = [&] {
        spinFor(1500us); // so that the worker looks at its input again
        worker.connection.hasEnded = isEnd;
        worker.connection.unread = isEnd ? QByteArray() : Test::cancel(1);
    };
    QVERIFY(worker.answerTo(Test::call("work", {}, 1)).startsWith(packet(BegunKind, {}, 1) + answer));
    QVERIFY(isCanceled);
}

void TestWorkerCalls::aCallCanceledDuringASetupThatFailsIsCanceled()
{
    BusyWorker worker;
    worker.cancelInSetup([] {
        spinFor(1500us);
        throw Error(QStringLiteral("no luck"));
    });
    QVERIFY(worker.greet(calmHello()));
    QCOMPARE(said(worker.answerTo(twiceOf(1, 1) + twiceOf(2, 2))),
             QStringList({QStringLiteral("canceled 1"), QStringLiteral("result 2")}));
    QCOMPARE(worker.ran, QList<int>({2}));
}

void TestWorkerCalls::aCallCanceledDuringItsSetupDoesNotRun()
{
    for (const bool isThrowing : {false, true}) {
        BusyWorker worker;
        worker.cancelInSetup([&] {
            if (isThrowing) {
                QVERIFY(worker.seesItIsCanceled());
                Worker::throwIfCanceled();
            }
            spinFor(1500us);
        });
        QVERIFY(worker.greet(calmHello()));
        QCOMPARE(worker.answerTo(twiceOf(1, 1)), canceled(false, 1));
        QCOMPARE(worker.ran, QList<int>());
        QCOMPARE(worker.page.setup.load(), quint32(isThrowing ? ScoreboardPage::NotSetUp : ScoreboardPage::SetUp));
        QCOMPARE(said(worker.answerTo(twiceOf(2, 2))).last(), QStringLiteral("result 2"));
        QCOMPARE(worker.setups, isThrowing ? 2 : 1);
    }
    // What is canceled before its turn is not even set up for.
    BusyWorker worker;
    worker.interface.setup([] { QFAIL("it is set up"); });
    QVERIFY(worker.greet(calmHello()));
    QCOMPARE(worker.answerTo(twiceOf(1, 1) + cancel(1)), canceled(false, 1));
}

void TestWorkerCalls::theScoreboardKnowsWhatHasBegunAndWasNotAnswered()
{
    BusyWorker worker;
    QVERIFY(worker.greet(calmHello()));
    std::vector<quint64> during;
    worker.whileWorking = [&] { during = worker.page.begunCalls(); };
    static_cast<void>(worker.answerTo(twiceOf(1, 1) + Test::call("work", {}, 2))); // so that both are quick
    QVERIFY(worker.page.begunCalls().empty());
    static_cast<void>(worker.answerTo(twiceOf(1, 3) + Test::call("work", {}, 4)));
    // The answer of the first may have been written before, if this machine was slow.
    QVERIFY(during == std::vector<quint64>({3, 4}) || during == std::vector<quint64>({4}));
    QVERIFY(worker.page.begunCalls().empty());
    QByteArray many;
    for (quint64 id = 5; id < 505; ++id)
        many += id % 3 == 0 ? twiceOf(1, id) + cancel(id) : Test::call("work", {}, id);
    bool isSorted = true;
    std::size_t most = 0;
    worker.whileWorking = [&] {
        during = worker.page.begunCalls();
        most = std::max(most, during.size());
        isSorted = isSorted && during.back() == worker.page.lastStarted.load();
    };
    static_cast<void>(worker.answerTo(many));
    QVERIFY(isSorted && most <= ScoreboardPage::BegunSlots);
    QVERIFY(worker.page.begunCalls().empty());

    // Whose setup fails has not begun, and its answer may be held back.
    BusyWorker unlucky;
    quint64 attempts = 0;
    bool isAlone = true;
    unlucky.interface.setup([&] {
        isAlone = isAlone && unlucky.page.begunCalls() == std::vector<quint64>({++attempts});
        throw Error(QStringLiteral("no luck"));
    });
    QVERIFY(unlucky.greet(calmHello()));
    QByteArray calls;
    for (quint64 id = 1; id <= 50; ++id)
        calls += twiceOf(1, id, id);
    QCOMPARE(said(unlucky.answerTo(calls)).size(), 50);
    QVERIFY(isAlone && attempts == 50);
    QCOMPARE(worker.page.layout.load(), quint32(ScoreboardPage::Layout));
}

void TestWorkerCalls::eventsLeaveAtOnceAndInOrder()
{
    BusyWorker worker;
    QVERIFY(worker.greet(calmHello()));
    QByteArray expected;
    worker.whileWorking = [&] {
        Worker::emitEvent(lineRead, "one", 1);
        expected += eventOf("lineRead", {text("one"), "\x01"}, 1);
        QCOMPARE(worker.connection.written, expected);
        Worker::emitEvent(bare);
        expected += eventOf("bare", {}, 1);
        Worker::emitEvent(QStringLiteral("by name"), {true, QVariant(), QByteArray("xy")});
        expected += eventOf("by name", {"\xf5", "\xf7", "\x42xy"}, 1);
        Worker::emitEvent(QString());
        expected += eventOf("", {}, 1);
        QCOMPARE(worker.connection.written, expected);
    };
    const QByteArray answer = worker.answerTo(Test::call("work", {}, 1));
    QCOMPARE(answer, expected + resultOf(Nothing, 1));
}

void TestWorkerCalls::eventsLeaveBehindWhatWasHeldBack()
{
    BusyWorker worker;
    QVERIFY(worker.greet(calmHello()));
    static_cast<void>(worker.answerTo(Test::call("work", {}, 1))); // it is quick
    std::vector<quint64> begun;
    worker.whileWorking = [&] {
        Worker::emitEvent(bare);
        begun = worker.page.begunCalls();
    };
    QCOMPARE(worker.answerTo(twiceOf(1, 2) + Test::call("work", {}, 3) + twiceOf(1, 4)),
             resultOf(number(2), 2) + eventOf("bare", {}, 3) + resultOf(Nothing, 3) + resultOf(number(2), 4));
    QCOMPARE(begun, std::vector<quint64>({3}));
}

void TestWorkerCalls::progressIsSaidNowAndThen()
{
    BusyWorker worker;
    QVERIFY(worker.greet(calmHello()));
    worker.whileWorking = [&] {
        const auto begin = std::chrono::steady_clock::now();
        qint64 value = 0;
        while (std::chrono::steady_clock::now() - begin < 35ms)
            Worker::setProgress(++value, 1000000, QStringLiteral("word"));
        const auto took = std::chrono::steady_clock::now() - begin;
        const qsizetype count = said(worker.connection.written).size();
        QVERIFY2(count >= 1 && count <= 1 + took / 10ms, qPrintable(QString::number(count)));
        QVERIFY(worker.connection.written.startsWith(progressOf({"\x01", longHead(0, 1000000), text("word")}, 1)));
        Worker::setProgress(-5, 0);
    };
    QVERIFY(worker.answerTo(Test::call("work", {}, 1))
                .endsWith(progressOf({"\x24", number(0), text("")}, 1) + resultOf(Nothing, 1)));
    // What one call had to say is not said in the next.
    worker.whileWorking = [] { };
    QCOMPARE(worker.answerTo(Test::call("work", {}, 2)), resultOf(Nothing, 2));
}

void TestWorkerCalls::progressThatWaitsLeavesBeforeWhateverComesNext_data()
{
    QTest::addColumn<int>("end");
    QTest::newRow("an event") << 0;
    QTest::newRow("a result") << 1;
    QTest::newRow("an error") << 2;
    QTest::newRow("a result that cannot be sent") << 3;
}

void TestWorkerCalls::progressThatWaitsLeavesBeforeWhateverComesNext()
{
    QFETCH(int, end);
    BusyWorker worker;
    QVERIFY(worker.greet(calmHello()));
    worker.interface.add("strange", [&](const QVariantList &) {
        worker.connection.room = 0; // so that it waits
        Worker::setProgress(1, 2);
        Worker::setProgress(2, 2);
        worker.connection.room = 10000;
        if (end == 0)
            Worker::emitEvent(bare);
        if (end == 2)
            throw Error(QStringLiteral("ouch"));
        return end == 3 ? QVariant::fromValue(static_cast<void *>(nullptr)) : QVariant(7);
    });
    const QByteArray answer = worker.answerTo(Test::call("strange", {}, 1));
    const QByteArray progress = progressOf({"\x02", "\x02", text("")}, 1);
    if (end == 0)
        QCOMPARE(answer, progress + eventOf("bare", {}, 1) + resultOf(number(7), 1));
    if (end == 1)
        QCOMPARE(answer, progress + resultOf(number(7), 1));
    if (end == 2)
        QCOMPARE(answer, progress + failureOf("WorkerError", "ouch", 1));
    if (end == 3)
        QCOMPARE(said(answer), QStringList({QStringLiteral("progress 1"), QStringLiteral("failure 1")}));
}

void TestWorkerCalls::aReaderThatIsSlowDelaysEventsButNotProgress()
{
    BusyWorker worker;
    QVERIFY(worker.greet(calmHello()));
    worker.connection.onWait = [&] { worker.connection.room = 5; };
    worker.whileWorking = [&] {
        worker.connection.room = 5;
        for (int i = 0; i < 100; ++i)
            Worker::emitEvent(lineRead, u"x", i);
        QVERIFY(worker.connection.waits > 100);
        QCOMPARE(said(worker.connection.written).size(), 100);
        worker.connection.waits = 0;
        worker.connection.room = 0;
        const auto until = std::chrono::steady_clock::now() + 25ms;
        while (std::chrono::steady_clock::now() < until)
            Worker::setProgress(1, 2);
        QCOMPARE(worker.connection.waits, 0);
    };
    const QStringList messages = said(worker.answerTo(Test::call("work", {}, 1)));
    QCOMPARE(messages.mid(100), QStringList({QStringLiteral("progress 1"), QStringLiteral("result 1")}));
    QCOMPARE(worker.page.midWrite.load(), 0u);
}

void TestWorkerCalls::whileAnEventWaitsACancelArrives()
{
    BusyWorker worker;
    QVERIFY(worker.greet(calmHello()));
    bool isSeen = false;
    worker.connection.onWait = [&] {
        isSeen = Worker::isCanceled();
        if (worker.connection.waits == 1)
            worker.connection.unread = cancel(1) + twiceOf(3, 3) + cancel(2);
        else if (isSeen)
            worker.connection.room = 1000;
    };
    worker.whileWorking = [&] {
        worker.connection.room = 3;
        Worker::emitEvent(bare);
        QVERIFY(isSeen && Worker::isCanceled());
    };
    QCOMPARE(worker.answerTo(Test::call("work", {}, 1) + twiceOf(2, 2)),
             eventOf("bare", {}, 1) + canceled(true, 1) + canceled(false, 2) + resultOf(number(6), 3));
}

// A client that only writes, and never reads, is not read from for ever.
void TestWorkerCalls::whileAnEventWaitsTheBoundHolds()
{
    BusyWorker worker;
    QVERIFY(worker.greet(calmHello()));
    qsizetype taken = 0;
    qsizetype sent = 0; // last
    worker.connection.onWait = [&] {
        taken += sent - worker.connection.unread.size();
        sent = worker.connection.unread.size();
        if (!worker.connection.hasWaitedForInput || worker.connection.waits > 1000) {
            worker.connection.room = 1000; // at last
            return;
        }
        worker.connection.unread = cancel(0).repeated(625);
        sent = worker.connection.unread.size();
    };
    worker.whileWorking = [&] {
        worker.connection.room = 0;
        Worker::emitEvent(bare);
        QVERIFY2(taken <= InputQueue::MaxAhead + 16 && taken >= InputQueue::MaxAhead,
                 qPrintable(QString::number(taken)));
    };
    QCOMPARE(worker.answerTo(Test::call("work", {}, 1)), eventOf("bare", {}, 1) + resultOf(Nothing, 1));
}

void TestWorkerCalls::nobodyReadsAnyMore()
{
    BusyWorker worker;
    QVERIFY(worker.greet(calmHello()));
    worker.whileWorking = [&] {
        worker.connection.isGone = true;
        for (int i = 0; i < 3; ++i)
            Worker::emitEvent(bare);
        Worker::setProgress(1, 1);
        QVERIFY(Worker::isCanceled());
    };
    QCOMPARE(worker.answerTo(Test::call("work", {}, 1) + twiceOf(2, 2)).right(5), QByteArray("end: "));
    QCOMPARE(worker.ran, QList<int>());
    QCOMPARE(worker.page.midWrite.load(), 0u);
}

void TestWorkerCalls::anEventThatCannotBeSentIsAnErrorOfTheMethod_data()
{
    QTest::addColumn<QVariant>("value");
    QTest::addColumn<QString>("error");
    QTest::newRow("no value")
        << QVariant::fromValue(static_cast<void *>(nullptr))
        << QStringLiteral("argument 2 of the event 'odd' cannot be sent: a value whose type void* is a pointer, which "
                          "means nothing to another process: send the value it points to");
    QTest::newRow("too long") << QVariant(QByteArray((1 << 20) - 6, 'x'))
                              << QStringLiteral("the event 'odd' cannot be sent: a message of 1048582 bytes, "
                                                "where 1048576 are allowed (maxMessageSize of client and zygote)");
    QVariant nested = 1;
    for (int i = 0; i < 70; ++i)
        nested = QVariantList{nested};
    QTest::newRow("too deep") << nested
                              << QStringLiteral("argument 2 of the event 'odd' cannot be sent: a value nested deeper "
                                                "than 64 levels");
}

void TestWorkerCalls::anEventThatCannotBeSentIsAnErrorOfTheMethod()
{
    QFETCH(QVariant, value);
    BusyWorker worker;
    QVERIFY(worker.greet(calmHello()));
    QString message;
    worker.whileWorking = [&] {
        try {
            Worker::emitEvent(QStringLiteral("odd"), {1, value});
        } catch (const Error &error) {
            message = error.message();
        }
        Worker::emitEvent(bare);
    };
    QCOMPARE(worker.answerTo(Test::call("work", {}, 1)), eventOf("bare", {}, 1) + resultOf(Nothing, 1));
    QFETCH(QString, error);
    QVERIFY2(message.startsWith(error), qPrintable(message));
}

void TestWorkerCalls::progressThatCannotBeSentIsAnErrorOfTheMethod()
{
    BusyWorker worker;
    QVERIFY(worker.greet(calmHello()));
    worker.whileWorking = [] {
        Worker::setProgress(1, 3);
        Worker::setProgress(2, 3, QString(1 << 20, u'x')); // which would not be said at once
    };
    const QByteArray answer = worker.answerTo(Test::call("work", {}, 1));
    QVERIFY2(answer.endsWith("progress cannot be sent: a message of 1048585 bytes, where 1048576 are allowed "
                             "(maxMessageSize of client and zygote)"),
             answer.right(200).constData());
    QCOMPARE(said(answer), QStringList({QStringLiteral("progress 1"), QStringLiteral("failure 1")}));
}

void TestWorkerCalls::aPeerThatDoesNotSpeakOfThemHearsNothing()
{
    const auto answer = [](const QByteArray &greeting) {
        BusyWorker worker;
        worker.whileWorking = [] {
            Worker::setProgress(1, 1);
            Worker::emitEvent(bare);
            Worker::emitEvent(QStringLiteral("odd"), {QVariant::fromValue(static_cast<void *>(nullptr))});
        };
        return worker.greet(greeting) ? worker.answerTo(Test::call("work", {}, 1)) : QByteArray("end");
    };
    QCOMPARE(answer(hello()), resultOf(Nothing, 1));
    QCOMPARE(answer(helloWithFeatures({"cancel", "later"})), resultOf(Nothing, 1));
    QCOMPARE(answer(helloWithFeatures({"progress"})), progressOf({"\x01", "\x01", text("")}, 1) + resultOf(Nothing, 1));
}

void TestWorkerCalls::whereThereIsNobodyToTellNothingIsSent()
{
    QTest::ignoreMessage(QtWarningMsg,
                         QRegularExpression(QStringLiteral("an event is not sent: it was said by setup|"
                                                           "progress is not sent: it was said by setup")));
    const auto say = [] {
        Worker::emitEvent(bare);
        Worker::setProgress(1, 1);
    };
    BusyWorker worker;
    worker.interface.setup(say).checkoutDone(say);
    worker.whileWorking = [&] { std::thread(say).join(); };
    static_cast<void>(worker.interface.registerType<Talkative>("talkative"));
    worker.interface.add("talk", [](const QVariantList &) { return QVariant::fromValue(Talkative()); });
    QVERIFY(worker.greet(calmHello()));
    QCOMPARE(worker.answerTo(Test::call("work", {}, 1)), resultOf(Nothing, 1));
    QCOMPARE(said(worker.answerTo(Test::call("talk", {}, 2))), QStringList({QStringLiteral("result 2")}));
    QCOMPARE(said(worker.answerTo(packet(ReleaseKind, {}, 2))), QStringList({QStringLiteral("released 2")}));
    say();
    QVERIFY(!worker.page.midWrite);
}

QTEST_APPLESS_MAIN(TestWorkerCalls)
#include "tst_workercalls.moc"
