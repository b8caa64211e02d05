// SPDX-License-Identifier: MIT
#include <QtPrefork/Frame>

#include <QtTest/QTest>

using namespace Prefork;

namespace {

Local<std::optional<int>> junk{1};

template <class Options, class Code>
concept CanFrame = requires(Options options, Code code) { frame(options, code); };
template <class Options>
concept CanFrameNothing = requires(Options options) { frame(options); };

}

// One frame, no nesting.
class tst_frame_basic : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void f1_frameReinstallsTheEnvironmentOfItsCreation();
    void f1_framesWithoutCodeDoNotCompile();
    void f3_whatTheLastCatcherThrowsReachesTheCaller();
    void f4_caughtErrorReturnsAnEmptyValue();
    void f21_everythingGoesWithTheLastCallback();
};

void tst_frame_basic::f1_frameReinstallsTheEnvironmentOfItsCreation()
{
    QVERIFY(Frame::current().isNull());
    const auto callback = frame({.name = "base frame", .locals = {junk}}, [] { return *junk; });
    QVERIFY(Frame::current().isNull());
    QCOMPARE(*junk, std::optional<int>(1));
    QCOMPARE(callback(), std::nullopt);
    QCOMPARE(*junk, std::optional<int>(1));

    std::function<Frame()> inner;
    const auto outer
        = frame({.name = "outer"}, [&inner] { inner = frame({.name = "inner"}, [] { return Frame::current(); }); });
    outer();
    QVERIFY(inner().backTrace(QString()).contains(QStringLiteral(" - inner\n")));
    QVERIFY(inner().backTrace(QString()).endsWith(QStringLiteral(" - outer\n")));
}

// Perl croaks `frame needs a 'code' callback`, `Unknown frame option: X`, `value missing for key K`: here the compiler
// does.
void tst_frame_basic::f1_framesWithoutCodeDoNotCompile()
{
    struct Unknown
    {
        int flavour;
    };
    auto code = [] { };
    static_assert(CanFrame<FrameOptions, decltype(code)>);
    static_assert(!CanFrame<Unknown, decltype(code)>);
    static_assert(!CanFrameNothing<FrameOptions>);
    frame({.name = "called"}, code)();

    const auto empty = frame({}, std::function<void()>());
    QVERIFY_THROWS_EXCEPTION(std::bad_function_call, empty());
}

void tst_frame_basic::f3_whatTheLastCatcherThrowsReachesTheCaller()
{
    const auto callback = frame(
        {.name = "base frame", .locals = {junk}},
        [](bool fail) {
            if (fail)
                throw Error(QStringLiteral("ERROR"));
            return *junk;
        },
        [](const Error &) { throw Error(QStringLiteral("NEW ERROR")); });
    QCOMPARE(callback(false), std::nullopt);
    try {
        callback(true);
        QFAIL("nothing was thrown");
    } catch (const Error &error) {
        QCOMPARE(error.message(), QStringLiteral("NEW ERROR"));
    }
    QVERIFY(Frame::current().isNull());
    QCOMPARE(*junk, std::optional<int>(1));
}

void tst_frame_basic::f4_caughtErrorReturnsAnEmptyValue()
{
    int caught = 0;
    const auto number = frame(
        {}, [](int value) { return value < 0 ? throw Error(QStringLiteral("negative")) : value; }, [&] { ++caught; });
    QCOMPARE(number(3), 3);
    QCOMPARE(number(-3), 0);
    QCOMPARE(caught, 1);
}

void tst_frame_basic::f21_everythingGoesWithTheLastCallback()
{
    const auto inCode = std::make_shared<int>();
    const auto inCatcher = std::make_shared<int>();
    std::optional callback = frame({.name = "base frame"}, [inCode] { }, [inCatcher](const Error &) { });
    std::optional copy = callback;
    QCOMPARE(inCode.use_count(), 3);
    QCOMPARE(inCatcher.use_count(), 2); // copies share the frame
    callback.reset();
    QCOMPARE(inCode.use_count(), 2);
    QCOMPARE(inCatcher.use_count(), 2);
    copy.reset();
    QCOMPARE(inCode.use_count(), 1);
    QCOMPARE(inCatcher.use_count(), 1);
}

QTEST_GUILESS_MAIN(tst_frame_basic)
#include "tst_frame_basic.moc"
