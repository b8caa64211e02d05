// SPDX-License-Identifier: MIT
#include <QtPrefork/Frame>

#include <QtTest/QTest>

using namespace Prefork;

namespace {

Local<int> foo{123};

}

// A write to a binding survives the exception that follows it; catchers see what was there before.
class tst_frame_guard : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void f12_writesSurviveAnException();
    void f14_catcherOfTheDeclaringFrameSeesTheValueOutside();
    void f14_catcherSeesWhatTheFailingCallWasMadeUnder();
};

void tst_frame_guard::f12_writesSurviveAnException()
{
    std::function<void()> failing;
    std::function<int()> reading;
    std::optional<int> inCatcher;
    frame({.name = "base frame", .locals = {foo}}, [&] {
        failing = frame(
            {},
            [] {
                foo = 234;
                throw Error(QStringLiteral("bye"));
            },
            [&] { inCatcher = *foo; });
        reading = fub([] { return *foo; });
    })();
    QCOMPARE(*foo, 123);
    failing();
    QCOMPARE(inCatcher, std::optional<int>(123));
    QCOMPARE(*foo, 123);
    QCOMPARE(reading(), 234);
    QCOMPARE(*foo, 123);
}

void tst_frame_guard::f14_catcherOfTheDeclaringFrameSeesTheValueOutside()
{
    std::optional<int> inCatcher;
    bool bound = true;
    frame(
        {.locals = {foo}},
        [] {
            foo = 5;
            throw 1;
        },
        [&] {
            inCatcher = *foo;
            bound = foo.isBound();
        })();
    QCOMPARE(inCatcher, std::optional<int>(123));
    QVERIFY(!bound);
}

void tst_frame_guard::f14_catcherSeesWhatTheFailingCallWasMadeUnder()
{
    std::optional<int> inCatcher;
    const auto failing = frame({.locals = {foo}}, [] { throw 1; }, [&] { inCatcher = *foo; });
    frameLocal(foo, 9, [&] { failing(); });
    QCOMPARE(inCatcher, std::optional<int>(9));
}

QTEST_GUILESS_MAIN(tst_frame_guard)
#include "tst_frame_guard.moc"
