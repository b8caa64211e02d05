// SPDX-License-Identifier: MIT
#include <QtPrefork/Frame>

#include <QtTest/QTest>

#include <stdexcept>
#include <thread>

using namespace Prefork;

namespace {

struct BaseFault
{
    virtual ~BaseFault() = default;
};
struct DerivedFault : BaseFault
{
};

QString lastMessage;

void remember(const Error &error)
{
    lastMessage = error.message();
}

}

class tst_frame : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { lastMessage.clear(); }
    void cleanup() { setUnhandledErrorHandler({}); }

    void nullFrame();
    void namesArePieces();
    void locationIsTheCallers();
    void handlesAreSharedNotCopied();
    void runRestoresOnEveryExit();
    void runPassesArgumentsAndValues();
    void catcherTakesExactTypes();
    void catcherThatDoesNotMatchPassesOutwards();
    void catcherForms();
    void catcherMayDropItsOwnCallback();
    void runOrReportThrowsNothing();
    void raiseWithoutCatcherReturnsTheError();
    void raiseReturnsWhatTheLastCatcherThrew();
    void raiseHandsOutForeignExceptions();
    void f17_raiseMakesTheFrameCurrentInItsCatchers();
    void errorThatHasATraceKeepsIt();
    void tracesDoNotNameTheBuildFolder();
    void errorEscapingANestedRunKeepsItsTrace();
    void errorLeftByANestedRunMeetsTheOuterCatcherAgain();
    void unhandledHandlerIsReplacedAndReturned();
    void unhandledErrorsAreLoggedByDefault();
    void unhandledHandlerThatThrowsIsLogged();
    void currentIsPerThread();
    void frameMovesToAnotherThread();
};

void tst_frame::nullFrame()
{
    const Frame none;
    QVERIFY(none.isNull());
    QVERIFY(none == Frame::current());
    QVERIFY(none != Frame::create());
    QCOMPARE(none.name(), QString());
    QVERIFY(!none.location().isKnown());
    QCOMPARE(none.backTrace(QStringLiteral("x")), QString());
    const Error error(QStringLiteral("x"));
    QCOMPARE(none.traced(error).backTrace(), QString());
    QCOMPARE(none.raise(error), std::optional<Error>(error));
    QVERIFY(Frame::create().run([&] { return none.run([] { return Frame::current(); }); }).isNull());
    QVERIFY_THROWS_EXCEPTION(std::runtime_error, none.run([] { throw std::runtime_error("x"); }));
}

void tst_frame::namesArePieces()
{
    QCOMPARE(Frame::create().name(), QStringLiteral("ANONYMOUS FRAME"));
    QCOMPARE(Frame::create({.name = "step"}).name(), QStringLiteral("step"));
    QCOMPARE(Frame::create({.name = "CLIENT", .call = "METHOD"}).name(), QStringLiteral("CLIENT -> METHOD"));
    QCOMPARE(Frame::create({.name = "\xc3\xbc"}).name(), QStringLiteral("ü"));
}

void tst_frame::locationIsTheCallers()
{
    const auto callback = fub([] { });
    QCOMPARE(callback.frame().location().line, __LINE__ - 1);
    QCOMPARE(callback.frame().location().file, __FILE__);
    QCOMPARE(frame({}, [] { }).frame().location().line, __LINE__);
    QCOMPARE(fub("name", [] { }).frame().location().line, __LINE__);
    QCOMPARE(fub(this, [] { }).frame().location().line, __LINE__);
    QCOMPARE(frameSlot([] { }).frame().location().line, __LINE__);
    QCOMPARE(Frame::create().location().line, __LINE__);
    QCOMPARE(frameTry([] { return Frame::current(); }, [] {}).location().line, __LINE__);
    QCOMPARE(frameTryVoid([] { return Frame::current(); }, [] {}).location().line, __LINE__);
    QCOMPARE(Frame::create({}, Frame(), {"there.cpp", 7}).backTrace(QString()).section(u'\n', 2, 2),
             QStringLiteral("there.cpp:7 - ANONYMOUS FRAME"));
}

void tst_frame::handlesAreSharedNotCopied()
{
    Frame frame = Frame::create();
    const Frame copy = frame;
    QVERIFY(copy == frame);
    const Frame moved = std::move(frame);
    QVERIFY(moved == copy);
    QVERIFY(frame.isNull()); // NOLINT(bugprone-use-after-move): the documented state
    frame = copy;
    frame = *&frame;
    QVERIFY(frame == copy);
}

void tst_frame::runRestoresOnEveryExit()
{
    const Frame outer = Frame::create();
    const Frame inner = Frame::create();
    outer.run([&] {
        inner.run([&] { QVERIFY(Frame::current() == inner); });
        QVERIFY(Frame::current() == outer);
        QVERIFY_THROWS_EXCEPTION(int, inner.run([] { throw 1; }));
        QVERIFY(Frame::current() == outer);
        QVERIFY(inner.raise(Error(QStringLiteral("x"))));
        QVERIFY(Frame::current() == outer);
    });
    QVERIFY(Frame::current().isNull());
}

void tst_frame::runPassesArgumentsAndValues()
{
    const Frame frame = Frame::create();
    auto owned = frame.run([](std::unique_ptr<int> value) { return value; }, std::make_unique<int>(3));
    QCOMPARE(*owned, 3);
    int target = 0;
    frame.run([](int &reference) { reference = 4; }, target);
    QCOMPARE(target, 4);
    QCOMPARE(frame.run(&QString::size, QStringLiteral("four")), 4);
}

void tst_frame::catcherTakesExactTypes()
{
    QString text;
    frameTry([] { throw std::out_of_range("range"); },
             [&](const std::logic_error &error) { text = QString::fromUtf8(error.what()); });
    QCOMPARE(text, QStringLiteral("range"));

    bool derived = false;
    frameTry([] { throw DerivedFault(); },
             [&](const BaseFault &fault) { derived = dynamic_cast<const DerivedFault *>(&fault); });
    QVERIFY(derived);

    int number = 0;
    frameTry([] { throw 7; }, [&](int value) { number = value; });
    QCOMPARE(number, 7);

    bool isError = false;
    frameTry([] { throw Error(QStringLiteral("an Error is a std::exception")); },
             [&](const std::exception &error) { isError = dynamic_cast<const Error *>(&error); });
    QVERIFY(isError);
}

void tst_frame::catcherThatDoesNotMatchPassesOutwards()
{
    QStringList order;
    frameTry(
        [&] {
            frameTry(
                [&] {
                    frameTry([] { throw std::runtime_error("odd"); },
                             [&](const QString &) { order << QStringLiteral("QString"); });
                },
                [&](const std::bad_alloc &) { order << QStringLiteral("bad_alloc"); });
        },
        [&](const std::runtime_error &) { order << QStringLiteral("runtime_error"); });
    QCOMPARE(order, QStringList{QStringLiteral("runtime_error")});

    // A handler's own exception of the very type it takes goes outwards too.
    QVERIFY_THROWS_EXCEPTION(int, frameTry([] { throw 1; }, [](int) { throw 2; }));
}

void tst_frame::catcherForms()
{
    const auto fail = [] { throw Error(QStringLiteral("ouch")); };
    frameTry(fail, remember);
    QCOMPARE(lastMessage, QStringLiteral("ouch"));

    QString text;
    frameTry(fail, [&](const auto &error) { text = error.message(); });
    QCOMPARE(text, QStringLiteral("ouch"));

    std::function<void(const Error &)> function = [&](const Error &error) { text = error.message() + u'!'; };
    frameTry(fail, function);
    QCOMPARE(text, QStringLiteral("ouch!"));

    int times = 0;
    const auto failing = frame({}, fail, [owned = std::make_unique<int>(0), &times]() mutable { times = ++*owned; });
    failing();
    failing();
    QCOMPARE(times, 2);

    QVERIFY_THROWS_EXCEPTION(Error, frameTry(fail, std::function<void()>()));
}

void tst_frame::catcherMayDropItsOwnCallback()
{
    int caught = 0;
    std::function<void()> callback;
    frameTry([&] { callback = fub([] { throw 1; }); },
             [&caught, &callback, token = std::make_shared<int>(5)] {
                 callback = nullptr;
                 caught = *token;
             });
    const auto running = callback;
    running();
    QCOMPARE(caught, 5);
    QVERIFY(!callback);
}

void tst_frame::runOrReportThrowsNothing()
{
    QStringList unhandled;
    setUnhandledErrorHandler(
        [&](const Error &error) { unhandled << error.message() << error.backTrace().section(u'\n', 0, 0); });
    const Frame frame
        = Frame::create({}, [](const std::runtime_error &) { throw std::logic_error("from the catcher"); });
    QCOMPARE(frame.runOrReport([](int value) { return value; }, 3), 3);
    QCOMPARE(frame.runOrReport([]() -> int { throw std::runtime_error("first"); }), 0);
    QCOMPARE(unhandled.join(u','), QStringLiteral("from the catcher,first"));
}

void tst_frame::raiseWithoutCatcherReturnsTheError()
{
    const Frame frame = Frame::create({.name = "alone"});
    const std::optional<Error> left
        = frame.raise(Error(Error::WorkerLost, QStringLiteral("worker connection suddenly died")));
    QVERIFY(left);
    QCOMPARE(left->code(), Error::WorkerLost);
    QVERIFY(left->backTrace().endsWith(QStringLiteral(" - alone\n")));
}

void tst_frame::raiseReturnsWhatTheLastCatcherThrew()
{
    const Frame outer = Frame::create({}, [](const Error &error) { throw Error(error.message() + u'2'); });
    const Frame inner = Frame::create({}, [](const Error &error) { throw Error(error.message() + u'1'); }, outer);
    const std::optional<Error> left = inner.raise(Error(QStringLiteral("x")));
    QVERIFY(left);
    QCOMPARE(left->message(), QStringLiteral("x12"));
    QVERIFY(left->backTrace().startsWith(QStringLiteral("x\n")));
    QVERIFY(!Frame::create({}, [] { }, outer).raise(Error(QStringLiteral("x"))));
}

void tst_frame::raiseHandsOutForeignExceptions()
{
    int caught = 0;
    const Frame frame = Frame::create({}, [&](int value) { caught = value; });
    QVERIFY(!frame.raise(std::make_exception_ptr(7)));
    QCOMPARE(caught, 7);
    const auto left = frame.raise(std::make_exception_ptr(std::runtime_error("x")));
    QVERIFY(left);
    QVERIFY_THROWS_EXCEPTION(std::runtime_error, left->rethrow());
}

void tst_frame::f17_raiseMakesTheFrameCurrentInItsCatchers()
{
    Frame seen;
    const Frame outer = Frame::create({}, [&] { seen = Frame::current(); });
    const Frame inner = Frame::create({}, outer);
    QVERIFY(!inner.raise(Error(QStringLiteral("x"))));
    QVERIFY(seen == inner);
    QVERIFY(Frame::current().isNull());
}

void tst_frame::errorThatHasATraceKeepsIt()
{
    QString trace;
    const Frame frame = Frame::create({}, [&](const Error &error) { trace = error.backTrace(); });
    const Error known = Error(QStringLiteral("x")).withBackTrace(QStringLiteral("where it began"));
    QVERIFY(!frame.raise(known));
    QCOMPARE(trace, QStringLiteral("where it began"));
    QCOMPARE(frame.traced(known).backTrace(), trace);
}

void tst_frame::tracesDoNotNameTheBuildFolder()
{
    const auto placeIn = [](const char *file) {
        return Frame::create({.name = "x"}, Frame(), {file, 7}).backTrace(QString()).section(u'\n', 2, 2);
    };
    QCOMPARE(placeIn("../../src/main.cpp"), QStringLiteral("src/main.cpp:7 - x"));
    QCOMPARE(placeIn("/home/me/src/main.cpp"), QStringLiteral("/home/me/src/main.cpp:7 - x"));
    QCOMPARE(placeIn("..main.cpp"), QStringLiteral("..main.cpp:7 - x"));
}

void tst_frame::errorEscapingANestedRunKeepsItsTrace()
{
    QString trace;
    const Frame inner = Frame::create({.name = "another tree"});
    frameTry([&] { inner.run([] { throw Error(QStringLiteral("x")); }); },
             [&](const Error &error) { trace = error.backTrace(); });
    QVERIFY(trace.endsWith(QStringLiteral(" - another tree\n")));
}

void tst_frame::errorLeftByANestedRunMeetsTheOuterCatcherAgain()
{
    QStringList order;
    const auto run = [&] {
        frameTry([&] { fub([] { throw Error(QStringLiteral("x")); })(); },
                 [&](const Error &error) {
                     order << error.message();
                     throw Error(error.message() + u'x');
                 });
    };
    QVERIFY_THROWS_EXCEPTION(Error, run());
    QCOMPARE(order.join(u','), QStringLiteral("x,xx"));
}

void tst_frame::unhandledHandlerIsReplacedAndReturned()
{
    QStringList seen;
    QVERIFY(!setUnhandledErrorHandler([&](const Error &error) { seen << QStringLiteral("1 ") + error.message(); }));
    reportUnhandled(Error(QStringLiteral("a")));
    const UnhandledErrorHandler first
        = setUnhandledErrorHandler([&](const Error &error) { seen << QStringLiteral("2 ") + error.message(); });
    reportUnhandled(Error(QStringLiteral("b")));
    setUnhandledErrorHandler(first);
    reportUnhandled(Error(QStringLiteral("c")));
    QCOMPARE(seen.join(u','), QStringLiteral("1 a,2 b,1 c"));
}

void tst_frame::unhandledErrorsAreLoggedByDefault()
{
    static QStringList logged;
    logged.clear();
    const auto previous
        = qInstallMessageHandler([](QtMsgType type, const QMessageLogContext &context, const QString &text) {
              logged << QStringLiteral("%1 %2 %3").arg(type).arg(QString::fromUtf8(context.category), text);
          });
    reportUnhandled(Error(QStringLiteral("bare")));
    const Error traced = Frame::create({}, Frame(), {"f.cpp", 3}).traced(Error(QStringLiteral("traced")));
    reportUnhandled(traced);
    reportUnhandled(Error(QStringLiteral("bare")).withDetail(QStringLiteral("the cause\n")));
    reportUnhandled(traced.withDetail(QStringLiteral("the\ncause")));
    qInstallMessageHandler(previous);
    QCOMPARE(logged.size(), 4);
    QCOMPARE(logged.at(0), QStringLiteral("%1 prefork.frame Unhandled error: bare").arg(QtCriticalMsg));
    QCOMPARE(logged.at(1),
             QStringLiteral("%1 prefork.frame Unhandled error: traced\n----- called from -----\n"
                            "f.cpp:3 - ANONYMOUS FRAME")
                 .arg(QtCriticalMsg));
    QCOMPARE(logged.at(2), QStringLiteral("%1 prefork.frame Unhandled error: bare (the cause)").arg(QtCriticalMsg));
    QCOMPARE(logged.at(3),
             QStringLiteral("%1 prefork.frame Unhandled error: traced (the\\ncause)\n----- called from -----\n"
                            "f.cpp:3 - ANONYMOUS FRAME")
                 .arg(QtCriticalMsg));
}

void tst_frame::unhandledHandlerThatThrowsIsLogged()
{
    setUnhandledErrorHandler([](const Error &) { throw std::runtime_error("handler"); });
    QTest::ignoreMessage(QtCriticalMsg, "Unhandled error: lost");
    QTest::ignoreMessage(QtCriticalMsg, "Unhandled error: handler");
    reportUnhandled(Error(QStringLiteral("lost")));
    QVERIFY(setUnhandledErrorHandler({}));
}

void tst_frame::currentIsPerThread()
{
    bool nullThere = false;
    Frame::create().run([&] {
        std::thread([&] { nullThere = Frame::current().isNull(); }).join();
        QVERIFY(!Frame::current().isNull());
    });
    QVERIFY(nullThere);
}

void tst_frame::frameMovesToAnotherThread()
{
    std::thread::id caughtIn;
    std::thread::id ranIn;
    std::function<void()> callback;
    frameTry([&] { callback = fub([] { throw 1; }); }, [&] { caughtIn = std::this_thread::get_id(); });
    std::thread([&ranIn, callback = std::move(callback)]() mutable {
        ranIn = std::this_thread::get_id();
        callback();
        callback = nullptr; // the last handle goes here
    }).join();
    QVERIFY(caughtIn == ranIn);
    QVERIFY(caughtIn != std::thread::id());
}

QTEST_GUILESS_MAIN(tst_frame)
#include "tst_frame.moc"
