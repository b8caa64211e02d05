// SPDX-License-Identifier: MIT
#include <QtPrefork/Frame>

#include <QtTest/QTest>

using namespace Prefork;

namespace {

Local<std::optional<int>> junk{1};

[[noreturn]] void fail(const QString &text)
{
    throw Error(text);
}

QString messageOf(const std::function<void()> &code)
{
    try {
        code();
    } catch (const Error &error) {
        return error.message();
    }
    return {};
}

template <class Code, class... More>
concept CanRun = requires(Frame frame, Code code, More... more) { frame.run(code, more...); };

}

// New code in the environment of a frame that exists already.
class tst_frame_existing : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void f16_runUsesCatchersAndLocalsOfTheFrame();
    void f16_raiseFailsTheFrameFromOutside();
    void f16_runTakesNoCatcherAndNoLocal();
    void f17_theFrameIsCurrentWhileItRuns();
    void f26_libraryWrapsOnlyWhatIsNotYetAFrame();
};

void tst_frame_existing::f16_runUsesCatchersAndLocalsOfTheFrame()
{
    auto noop = [] { return *junk; };
    std::optional<FrameCallback<decltype(noop)>> first;
    std::function<void()> second;
    Frame secondFrame;

    frame(
        {.name = "base frame", .locals = {junk}},
        [&] {
            junk = 2;
            first.emplace(fub(noop));
            auto callback = frame(
                {.locals = {junk}},
                [] {
                    junk = 10;
                    fail(QStringLiteral("BLAH BLAH"));
                },
                [](const Error &error) { fail(QStringLiteral("OMG ") + error.message()); });
            secondFrame = callback.frame();
            second = callback;
        },
        [](const Error &error) { fail(QStringLiteral("HELLO ") + error.message()); })();

    QCOMPARE((*first)(), std::optional<int>(2));
    QCOMPARE(first->frame().run([] { return 1 + **junk; }), 3);
    QCOMPARE(messageOf([&] { first->frame().run([] { fail(QStringLiteral("WORLD")); }); }),
             QStringLiteral("HELLO WORLD"));

    // The binding of the second frame exists, but nobody has written it yet.
    QCOMPARE(secondFrame.run([] { return *junk; }), std::nullopt);
    QCOMPARE(messageOf(second), QStringLiteral("HELLO OMG BLAH BLAH"));
    QCOMPARE(secondFrame.run([] { return *junk; }), std::optional<int>(10));
    QCOMPARE(messageOf([&] { secondFrame.run([] { fail(QStringLiteral("EARTH")); }); }),
             QStringLiteral("HELLO OMG EARTH"));
}

void tst_frame_existing::f16_raiseFailsTheFrameFromOutside()
{
    QStringList caught;
    Frame request;
    frameTry(
        "request", [&] { request = Frame::create({.name = "CLIENT", .call = "METHOD"}); },
        [&](const Error &error) {
            caught << error.backTrace().section(u'\n', 0, 0) << error.backTrace().section(QStringLiteral(" - "), -2);
        });
    QVERIFY(!request.raise(Error(Error::Timeout, QStringLiteral("timed out after 30 seconds"))));
    QCOMPARE(caught.value(0), QStringLiteral("timed out after 30 seconds"));
    QVERIFY(caught.value(1).startsWith(QStringLiteral("CLIENT -> METHOD\n")));
    QVERIFY(caught.value(1).endsWith(QStringLiteral(" - request\n")));
    QVERIFY(Frame::current().isNull());
}

// Perl croaks `can't install new catcher if using existing_frame`; what `existing_frame isn't a frame` guards against
// has no type here.
void tst_frame_existing::f16_runTakesNoCatcherAndNoLocal()
{
    auto code = [] { };
    auto catcher = [](const Error &) { };
    static_assert(CanRun<decltype(code)>);
    static_assert(!CanRun<decltype(code), decltype(catcher)>);
    static_assert(!CanRun<decltype(code), FrameOptions>);
    QCOMPARE(Frame::create().run([](int value) { return value; }, 5), 5);
}

void tst_frame_existing::f17_theFrameIsCurrentWhileItRuns()
{
    const Frame existing = Frame::create();
    QVERIFY(existing.run([] { return Frame::current(); }) == existing);
    QVERIFY(Frame::current().isNull());
}

void tst_frame_existing::f26_libraryWrapsOnlyWhatIsNotYetAFrame()
{
    const auto wrap = [](auto callback) {
        if constexpr (requires { callback.frame(); })
            return callback;
        else
            return fub(std::move(callback));
    };
    const auto ready = fub([] { });
    QVERIFY(wrap(ready).frame() == ready.frame());
    QVERIFY(isFrame(wrap([] { })));
}

QTEST_GUILESS_MAIN(tst_frame_existing)
#include "tst_frame_existing.moc"
