// SPDX-License-Identifier: MIT
#include <QtPrefork/Frame>

#include <QtTest/QTest>

using namespace Prefork;

namespace {

Local<int> foo{1};

template <class Body>
concept CanTryAlone = requires(Body body) { frameTry(body); };
template <class Body, class Handler>
concept CanTry = requires(Body body, Handler handler) { frameTry(body, handler); };

}

class tst_frame_trycatch : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void cleanup() { setUnhandledErrorHandler({}); }

    void f9_laterErrorsReachTheCatcher();
    void f9_tryRunsAtOnceAndReturnsItsValue();
    void f9_tryWithoutACatcherDoesNotCompile();
    void f10_voidCutsCatchersAndLocalsOff();
    void f10_errorsOfAVoidBodyGoToTheUnhandledHandler();
    void f10_tryVoidHasItsOwnCatcherOnly();
    void f10_framesStayUsableInsideVoid();
    void f24_theBodysTypeDecidesTheResult();
};

void tst_frame_trycatch::f9_laterErrorsReachTheCatcher()
{
    QString caught;
    std::function<void()> callback;
    frameTry([&] { callback = fub([] { throw Error(QStringLiteral("some error")); }); },
             [&](const Error &error) { caught = error.message(); });
    QVERIFY(caught.isEmpty());
    callback();
    QCOMPARE(caught, QStringLiteral("some error"));
}

void tst_frame_trycatch::f9_tryRunsAtOnceAndReturnsItsValue()
{
    QString trace;
    const auto catcher = [&](const Error &error) { trace = error.backTrace(); };
    QCOMPARE(frameTry([] { return 5; }, catcher), 5);
    QCOMPARE(trace, QString());
    QCOMPARE(frameTry([]() -> int { throw 5; }, catcher), 0); // F4
    QVERIFY(trace.endsWith(QStringLiteral(":%1 - ANONYMOUS FRAME\n").arg(__LINE__ - 1)));
    frameTry("named", [] { throw 5; }, catcher);
    QVERIFY(trace.endsWith(QStringLiteral(" - named\n")));
    frameTry({.name = "named", .call = "part"}, [] { throw 5; }, catcher);
    QVERIFY(trace.endsWith(QStringLiteral(" - named -> part\n")));
}

// Perl croaks `value missing for key catch` and `Useless bare frame_catch`.
void tst_frame_trycatch::f9_tryWithoutACatcherDoesNotCompile()
{
    auto body = [] { };
    auto twoParameters = [](const Error &, int) { };
    auto writable = [](Error &) { };
    auto good = [](const Error &) { };
    static_assert(!CanTryAlone<decltype(body)>);
    static_assert(!CanTry<decltype(body), decltype(twoParameters)>);
    static_assert(!CanTry<decltype(body), decltype(writable)>);
    static_assert(!CanTry<decltype(body), int>);
    static_assert(CanTry<decltype(body), decltype(good)>);
    QVERIFY(Catcher(std::function<void()>()).isNull());
}

void tst_frame_trycatch::f10_voidCutsCatchersAndLocalsOff()
{
    int caught = 0;
    QStringList unhandled;
    setUnhandledErrorHandler([&](const Error &error) { unhandled << error.backTrace(); });
    std::function<void()> callback;
    int inside = -1;
    frameTry(
        [&] {
            frameLocal(foo, 5, [&] {
                frameVoid([&] {
                    QVERIFY(Frame::current().isNull());
                    inside = *foo;
                    callback = frameSlot(fub("unassociated", [] { throw 1; }));
                });
                QCOMPARE(*foo, 5);
            });
        },
        [&] { ++caught; });
    callback();
    QCOMPARE(inside, 1);
    QCOMPARE(caught, 0);
    QCOMPARE(unhandled.size(), 1);
    QCOMPARE(unhandled.first().count(u'\n'), 3); // the one frame
}

void tst_frame_trycatch::f10_errorsOfAVoidBodyGoToTheUnhandledHandler()
{
    int caught = 0;
    QStringList unhandled;
    setUnhandledErrorHandler([&](const Error &error) { unhandled << error.message(); });
    int result = -1;
    frameTry([&] { result = frameVoid([]() -> int { throw Error(QStringLiteral("mine")); }); }, [&] { ++caught; });
    QCOMPARE(result, 0);
    QCOMPARE(caught, 0);
    QCOMPARE(unhandled, QStringList{QStringLiteral("mine")});
    QCOMPARE(frameVoid([] { return 3; }), 3);
}

void tst_frame_trycatch::f10_tryVoidHasItsOwnCatcherOnly()
{
    int outer = 0;
    QStringList inner;
    QStringList unhandled;
    setUnhandledErrorHandler([&](const Error &error) { unhandled << error.message(); });
    frameTry(
        [&] {
            frameTryVoid([] { throw Error(QStringLiteral("a")); },
                         [&](const Error &error) { inner << error.message(); });
            frameTryVoid(
                "b", [] { throw Error(QStringLiteral("b")); },
                [&](const Error &error) {
                    inner << error.message();
                    throw Error(QStringLiteral("c"));
                });
        },
        [&] { ++outer; });
    QCOMPARE(outer, 0);
    QCOMPARE(inner.join(u','), QStringLiteral("a,b"));
    QCOMPARE(unhandled.join(u','), QStringLiteral("c"));
}

// Perl hides its registry of frames inside frame_void: `existing_frame isn't a frame`.
void tst_frame_trycatch::f10_framesStayUsableInsideVoid()
{
    int caught = 0;
    int seen = 0;
    bool known = false;
    frameTry(
        [&] {
            const auto callback = fub([] { });
            frameVoid([&] {
                known = isFrame(callback);
                callback.frame().run([&] {
                    ++seen;
                    throw 1;
                });
            });
        },
        [&] { ++caught; });
    QVERIFY(known);
    QCOMPARE(seen, 1);
    QCOMPARE(caught, 1);
}

void tst_frame_trycatch::f24_theBodysTypeDecidesTheResult()
{
    auto catcher = [] { };
    static_assert(std::is_void_v<decltype(frameTry([] { }, catcher))>);
    static_assert(std::is_same_v<decltype(frameTry([] { return QString(); }, catcher)), QString>);
    const auto owned = frameTry([] { return std::make_unique<int>(4); }, catcher);
    QCOMPARE(*owned, 4);
}

QTEST_GUILESS_MAIN(tst_frame_trycatch)
#include "tst_frame_trycatch.moc"
