// SPDX-License-Identifier: MIT
#include "worker/jsonsession_p.h"

#include <QtPrefork/Worker>

#include <QtTest/QTest>

#include <chrono>
#include <stdexcept>

using namespace Prefork;
using namespace Prefork::Internal;

namespace {

constexpr Method<int(int, int)> add{"add"};
constexpr Method<void()> nothing{"nothing"};

struct Fixture
{
    Interface interface;
    ScoreboardPage page;
    QByteArray written;
    bool reachable = true;
    JsonSession session{InterfacePrivate::of(interface), 1000, &page, [this](QByteArrayView bytes) {
                            written.append(bytes);
                            return reachable;
                        }};

    QByteArray answerTo(const QByteArray &bytes)
    {
        written.clear();
        return session.serve(bytes) ? written : "end: " + session.errorString().toUtf8();
    }
};

}

class Exposed : public QObject
{
    Q_OBJECT

public:
    Q_INVOKABLE int little(qint8 number) { return number; }
    Q_INVOKABLE int littleUnsigned(uchar number) { return number; }
};

class TestSession : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void answersEachWholeRequestOnce();
    void setsUpLazilyAndTriesAgain();
    void exceptionsBecomeErrors();
    void argumentsAreChecked_data();
    void argumentsAreChecked();
    void argumentsOfExposedObjectsAreNotCut();
    void fallbackTakesTheRest();
    void aResultThatCannotBeSentIsAnError();
    void checkoutDoneRunsWithoutSetup();
    void aFailingCheckoutDoneEndsTheWorker();
    void endsQuietlyWhenNobodyListens();
    void eventsAndProgressGoNowhere();
    void aClientThatHasClosedHasCanceled();
    void keepsTheScoreboard();
    void theScoreboardHoldsNoControlCharacters();
};

void TestSession::answersEachWholeRequestOnce()
{
    Fixture f;
    f.interface.add(add, [](int a, int b) { return a + b; }).add(nothing, [] {});
    QCOMPARE(f.answerTo(R"(["do",{},"add",1,2]["do",{},"nothing"]["do",{},"ad)"),
             QByteArray(R"(["ok",{},3]["ok",{},null])"));
    QCOMPARE(f.answerTo(R"(d",3,4])"), QByteArray(R"(["ok",{},7])"));
}

void TestSession::setsUpLazilyAndTriesAgain()
{
    Fixture f;
    int attempts = 0;
    f.interface.add(nothing, [] {}).setup([&attempts] {
        if (++attempts < 3)
            throw std::runtime_error("no database");
    });
    QCOMPARE(attempts, 0);
    const QByteArray call = R"(["do",{},"nothing"])";
    const QByteArray failure = R"(["er",{"code":"SetupError"},"setup exception: no database"])";
    QCOMPARE(f.answerTo(call), failure);
    QCOMPARE(f.answerTo(call), failure);
    QCOMPARE(f.answerTo(call), QByteArray(R"(["ok",{},null])"));
    QCOMPARE(f.answerTo(call), QByteArray(R"(["ok",{},null])"));
    QCOMPARE(attempts, 3);
}

void TestSession::exceptionsBecomeErrors()
{
    Fixture f;
    f.interface.add("error", [](const QVariantList &) -> QVariant { throw Error(QStringLiteral("no luck\n"), 42); })
        .add("fatal", [](const QVariantList &) -> QVariant { throw Error(Error::Timeout, QStringLiteral("claimed")); })
        .add("std", [](const QVariantList &) -> QVariant { throw std::out_of_range("too far"); })
        .add("text", [](const QVariantList &) -> QVariant { throw QStringLiteral("λ"); })
        .add("strange", [](const QVariantList &) -> QVariant { throw 5; });
    QCOMPARE(f.answerTo(R"(["do",{},"error"])"), QByteArray(R"(["er",{"code":"WorkerError","data":42},"no luck\n"])"));
    QCOMPARE(f.answerTo(R"(["do",{},"fatal"])"), QByteArray(R"(["er",{"code":"WorkerError"},"claimed"])"));
    QCOMPARE(f.answerTo(R"(["do",{},"std"])"), QByteArray(R"(["er",{"code":"WorkerError"},"too far"])"));
    QCOMPARE(f.answerTo(R"(["do",{},"text"])"), QByteArray(R"(["er",{"code":"WorkerError"},"λ"])"));
    QVERIFY(f.answerTo(R"(["do",{},"strange"])").endsWith("\"an exception of an unknown type\"]"));
}

void TestSession::argumentsAreChecked_data()
{
    QTest::addColumn<QByteArray>("arguments");
    QTest::addColumn<QByteArray>("answer");
    const auto bad
        = [](const char *text) { return QByteArray(R"(["er",{"code":"BadArguments"},"add: )") + text + "\"]"; };
    QTest::newRow("fit") << QByteArray("1,2") << QByteArray(R"(["ok",{},3])");
    QTest::newRow("numbers as text") << QByteArray(R"("1","2")") << QByteArray(R"(["ok",{},3])");
    QTest::newRow("whole double") << QByteArray("1.0,2e0") << QByteArray(R"(["ok",{},3])");
    QTest::newRow("too few") << QByteArray("1") << bad("expected 2 arguments, got 1");
    QTest::newRow("too many") << QByteArray("1,2,3") << bad("expected 2 arguments, got 3");
    QTest::newRow("text") << QByteArray(R"(1,"x")") << bad("argument 2 must fit int, got a string");
    QTest::newRow("fraction") << QByteArray("1.5,2") << bad("argument 1 must fit int, got the number 1.5");
    QTest::newRow("too big") << QByteArray("1,2147483648") << bad("argument 2 must fit int, got the number 2147483648");
    QTest::newRow("null") << QByteArray("null,2") << bad("argument 1 must fit int, got null");
    QTest::newRow("list") << QByteArray("[1],2") << bad("argument 1 must fit int, got a list");
}

void TestSession::argumentsAreChecked()
{
    QFETCH(QByteArray, arguments);
    Fixture f;
    f.interface.add(add, [](int a, int b) { return a + b; });
    QTEST(f.answerTo(R"(["do",{},"add",)" + arguments + "]"), "answer");
}

void TestSession::argumentsOfExposedObjectsAreNotCut()
{
    Fixture f;
    f.interface.expose<Exposed>();
    QCOMPARE(f.answerTo(R"(["do",{},"little",-128])"), QByteArray(R"(["ok",{},-128])"));
    QVERIFY(f.answerTo(R"(["do",{},"little",300])").contains("BadArguments"));
    QVERIFY(f.answerTo(R"(["do",{},"littleUnsigned",-1])").contains("BadArguments"));
}

void TestSession::fallbackTakesTheRest()
{
    Fixture f;
    f.interface.add(nothing, [] {}).fallback([](const QString &method, const QVariantList &arguments) -> QVariant {
        return QVariantList{method.isNull() ? QVariant() : QVariant(method), QVariant(arguments)};
    });
    QCOMPARE(f.answerTo(R"(["do",{},"nothing"])"), QByteArray(R"(["ok",{},null])"));
    QCOMPARE(f.answerTo(R"(["do",{},"other",1])"), QByteArray(R"(["ok",{},["other",[1]]])"));
    QCOMPARE(f.answerTo(R"(["do",{},1,2])"), QByteArray(R"(["ok",{},[null,[1,2]]])"));
    QCOMPARE(f.answerTo(R"(["do",{}])"), QByteArray(R"(["ok",{},[null,[]]])"));
}

void TestSession::aResultThatCannotBeSentIsAnError()
{
    Fixture f;
    f.interface.add("object", [](const QVariantList &) { return QVariant::fromValue(static_cast<void *>(nullptr)); })
        .add("long", [](const QVariantList &) { return QVariant(QString(2000, u'x')); });
    QCOMPARE(f.answerTo(R"(["do",{},"object"])"),
             QByteArray(R"(["er",{"code":"WorkerError"},"the result cannot be sent: a value whose type void* is a )"
                        R"(pointer, which means nothing to another process: send the value it points to"])"));
    QVERIFY(f.answerTo(R"(["do",{},"long"])").contains("a message of more than 2000 bytes, where 1000 are allowed"));
}

void TestSession::checkoutDoneRunsWithoutSetup()
{
    Fixture f;
    QByteArray log;
    f.interface.setup([&log] { log += "setup "; }).checkoutDone([&log] { log += "done "; });
    QCOMPARE(f.answerTo(R"(["dn",{}]["dn",{}])"), QByteArray());
    QCOMPARE(log, QByteArray("done done "));
}

void TestSession::aFailingCheckoutDoneEndsTheWorker()
{
    Fixture f;
    f.interface.checkoutDone([] { throw std::runtime_error("dirty"); });
    QCOMPARE(f.answerTo(R"(["dn",{}])"), QByteArray("end: checkoutDone failed: dirty"));
}

void TestSession::endsQuietlyWhenNobodyListens()
{
    Fixture f;
    f.interface.add(nothing, [] { });
    f.reachable = false;
    QVERIFY(!f.session.serve(R"(["do",{},"nothing"])"));
    QVERIFY(f.session.errorString().isEmpty());
}

void TestSession::eventsAndProgressGoNowhere()
{
    Fixture f;
    f.interface.add(nothing, [] {
        Worker::setProgress(1, 2);
        Worker::emitEvent(Event<int>("x"), 1);
        Worker::emitEvent(QStringLiteral("x"), {QVariant::fromValue(static_cast<void *>(nullptr))});
        Worker::throwIfCanceled();
    });
    QCOMPARE(f.answerTo(R"(["do",{},"nothing"])"), QByteArray(R"(["ok",{},null])"));
}

void TestSession::aClientThatHasClosedHasCanceled()
{
    Interface interface;
    ScoreboardPage page;
    QByteArray written;
    bool isHalfEnough = true;
    Channel channel = [&written](QByteArrayView bytes) { return written.append(bytes), true; };
    channel.hasHungUp = [&isHalfEnough](bool half) { return isHalfEnough = half, true; };
    JsonSession session(InterfacePrivate::of(interface), 1000, &page, channel);
    interface.add(nothing, [] {
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
        while (std::chrono::steady_clock::now() < until)
            Worker::throwIfCanceled();
    });
    QVERIFY(session.serve(R"(["do",{},"nothing"])"));
    QCOMPARE(written, QByteArray(R"(["er",{"code":"WorkerError"},"the call was canceled"])"));
    QVERIFY(!isHalfEnough); // some ask so and wait for the reply
    QVERIFY(!Worker::isCanceled());
}

void TestSession::keepsTheScoreboard()
{
    Fixture f;
    quint32 stateInside = ScoreboardPage::Free;
    f.interface.add(nothing, [&] { stateInside = f.page.state; });
    const qint64 before = ScoreboardPage::now();
    QCOMPARE(f.answerTo(R"(["do",{},"nothing"]["do",{},"nothing"])").count("ok"), 2);
    QCOMPARE(stateInside, quint32(ScoreboardPage::Busy));
    QCOMPARE(f.page.state.load(), quint32(ScoreboardPage::Idle));
    QCOMPARE(f.page.served.load(), quint64(2));
    QCOMPARE(f.page.lastStarted.load(), quint64(2));
    QCOMPARE(f.page.midWrite.load(), 0u);
    QCOMPARE(f.page.methodName(), QByteArray("nothing"));
    QVERIFY(f.page.since >= before);
}

void TestSession::theScoreboardHoldsNoControlCharacters()
{
    ScoreboardPage page;
    page.setMethod("a\nb" + QByteArray(100, 'x'));
    QCOMPARE(page.methodName(), "a?b" + QByteArray(60, 'x'));
}

QTEST_APPLESS_MAIN(TestSession)
#include "tst_session.moc"
