// SPDX-License-Identifier: MIT
#include <QtPrefork/Frame>

#include <QtCore/QFuture>
#include <QtCore/QPromise>
#include <QtCore/QTimer>
#include <QtTest/QTest>

using namespace Prefork;

namespace {

class Receiver : public QObject
{
    Q_OBJECT

public:
    void count() { ++m_calls; }
    int take(const QString &text)
    {
        m_texts << text;
        return int(text.size());
    }
    int calls() const { return m_calls; }
    QStringList texts() const { return m_texts; }

Q_SIGNALS:
    void poked(const QString &text, int number);

private:
    int m_calls = 0;
    QStringList m_texts;
};

void turnTheLoop(int turns = 3)
{
    while (turns-- > 0)
        QCoreApplication::processEvents();
}

}

// Frame callables where Qt takes callables.
class tst_framecallback : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { m_unhandled.clear(); }
    void initTestCase();
    void cleanupTestCase() { setUnhandledErrorHandler({}); }

    void callableAsItsFunctionIs();
    void moveOnlyCaptures();
    void singleShotTimer();
    void futureContinuation();
    void signalWithFewerArguments();
    void destroyedContextDoesNothing();
    void memberFunctionOfTheContext();
    void frameSlotReportsWhatNobodyCaught();
    void frameSlotKeepsAReadyFrame();
    void connectInFrameRunsInTheFrame();
    void connectInFrameEndsWithItsContext();
    void connectInFrameReportsWhatNobodyCaught();
    void connectInFrameQueued();
    void aWrapperOfAFrameCallableIsAFrame();
    void whatHoldsNoFrameCallableIsNoFrame();
    void whatHoldsSeveralFramesIsNoFrame();

private:
    QStringList m_unhandled;
};

void tst_framecallback::initTestCase()
{
    setUnhandledErrorHandler([this](const Error &error) { m_unhandled << error.backTrace(); });
}

void tst_framecallback::callableAsItsFunctionIs()
{
    auto counting = fub([n = 0]() mutable { return ++n; });
    static_assert(std::is_invocable_v<decltype(counting) &>);
    static_assert(!std::is_invocable_v<const decltype(counting) &>);
    static_assert(!std::is_invocable_v<decltype(counting) &, int>);
    counting();
    QCOMPARE(counting(), 2);

    const auto adding = fub([](int a, const QString &b) { return b + QString::number(a); });
    static_assert(!std::is_invocable_v<decltype(adding) &>);
    QCOMPARE(adding(3, QStringLiteral("x")), QStringLiteral("x3"));
    static_assert(std::is_copy_constructible_v<decltype(adding)>);

    const auto generic = fub([](auto... values) { return (values + ...); });
    QCOMPARE(generic(1, 2, 3), 6);
    std::function<int(int)> wrapped = fub([](int a) { return a * 2; });
    QCOMPARE(wrapped(4), 8);
}

void tst_framecallback::moveOnlyCaptures()
{
    auto callback = fub([owned = std::make_unique<int>(5)](std::unique_ptr<int> more) { return *owned + *more; });
    static_assert(!std::is_copy_constructible_v<decltype(callback)>);
    auto moved = std::move(callback);
    QCOMPARE(moved(std::make_unique<int>(6)), 11);
}

void tst_framecallback::singleShotTimer()
{
    QStringList caught;
    frameTry(
        [this] {
            QTimer::singleShot(0, fub([owned = std::make_unique<int>(1)] { throw Error(QStringLiteral("plain")); }));
            QTimer::singleShot(0, this, fub("named", [] { throw Error(QStringLiteral("with context")); }));
        },
        [&](const Error &error) { caught << error.message(); });
    QVERIFY(caught.isEmpty());
    QTRY_COMPARE_WITH_TIMEOUT(caught.join(u','), QStringLiteral("plain,with context"), 30000);
}

void tst_framecallback::futureContinuation()
{
    int result = 0;
    bool inFrame = false;
    QPromise<int> promise;
    const Frame outer = Frame::create({.name = "outer"});
    outer.run([&] {
        promise.future()
            .then(fub([](int value) { return value + 1; }))
            .then(this, fub([&, owned = std::make_unique<int>(10)](int value) {
                      inFrame = Frame::current().backTrace(QString()).endsWith(QStringLiteral(" - outer\n"));
                      result = value + *owned;
                  }));
    });
    promise.start();
    promise.addResult(1);
    promise.finish();
    QTRY_COMPARE_WITH_TIMEOUT(result, 12, 30000);
    QVERIFY(inFrame);
}

void tst_framecallback::signalWithFewerArguments()
{
    Receiver receiver;
    QStringList seen;
    connect(&receiver, &Receiver::poked, this, fub([&] { seen << QStringLiteral("none"); }));
    connect(&receiver, &Receiver::poked, this, fub([&](const QString &text) { seen << text; }));
    connect(&receiver, &Receiver::poked, this,
            fub([&](const QString &text, int number) { seen << text + QString::number(number); }));
    Q_EMIT receiver.poked(QStringLiteral("a"), 1);
    QCOMPARE(seen.join(u','), QStringLiteral("none,a,a1"));
}

void tst_framecallback::destroyedContextDoesNothing()
{
    int calls = 0;
    auto context = std::make_unique<QObject>();
    auto callback = fub(context.get(), [&](int value) { return calls += value; });
    QCOMPARE(callback(3), 3);
    context.reset();
    QCOMPARE(callback(3), 0);
    QCOMPARE(calls, 3);
    QVERIFY(isFrame(callback));
}

void tst_framecallback::memberFunctionOfTheContext()
{
    auto receiver = std::make_unique<Receiver>();
    auto callback = fub(receiver.get(), &Receiver::take);
    QCOMPARE(callback(QStringLiteral("four")), 4);
    QCOMPARE(receiver->texts(), QStringList{QStringLiteral("four")});
    receiver.reset();
    QCOMPARE(callback(QStringLiteral("four")), 0);
}

void tst_framecallback::frameSlotReportsWhatNobodyCaught()
{
    auto slot = frameSlot([](int value) { return value < 0 ? throw Error(QStringLiteral("negative")) : value; });
    QCOMPARE(slot(2), 2);
    QCOMPARE(slot(-2), 0);
    const int line = __LINE__ - 3;
    QCOMPARE(m_unhandled.size(), 1);
    QVERIFY(m_unhandled.first().startsWith(QStringLiteral("negative\n")));
    QVERIFY(m_unhandled.first().endsWith(QStringLiteral(":%1 - ANONYMOUS FRAME\n").arg(line)));

    QTimer::singleShot(0, frameSlot([] { throw 1; }));
    QTRY_COMPARE_WITH_TIMEOUT(m_unhandled.size(), 2, 30000);
}

void tst_framecallback::frameSlotKeepsAReadyFrame()
{
    const auto callback = fub("poll", [] { });
    QVERIFY(frameSlot(callback).frame() == callback.frame());
    QVERIFY(frameSlot(frameSlot(callback)).frame() == callback.frame());
}

void tst_framecallback::connectInFrameRunsInTheFrame()
{
    Receiver receiver;
    QStringList caught;
    Frame root;
    frameTry(
        {.name = "root"},
        [&] {
            QVERIFY(connectInFrame(&receiver, &Receiver::poked, this, [](const QString &text) { throw Error(text); }));
            connectInFrame(&receiver, &Receiver::poked, &receiver, &Receiver::count);
            connectInFrame(&receiver, &Receiver::poked, &receiver, &Receiver::take);
            connectInFrame(&receiver, &Receiver::poked, this,
                           fub("ready", [] { throw Error(QStringLiteral("ready")); }));
        },
        [&](const Error &error) { caught << error.message() << error.backTrace().section(QStringLiteral(" - "), -1); });
    Q_EMIT receiver.poked(QStringLiteral("a"), 1);
    Q_EMIT receiver.poked(QStringLiteral("b"), 2);
    QCOMPARE(caught.join(QString()), QStringLiteral("aroot\nreadyroot\nbroot\nreadyroot\n"));
    QCOMPARE(receiver.calls(), 2);
    QCOMPARE(receiver.texts().join(u','), QStringLiteral("a,b"));
    QVERIFY(m_unhandled.isEmpty());
}

void tst_framecallback::connectInFrameEndsWithItsContext()
{
    Receiver receiver;
    const auto token = std::make_shared<int>();
    auto context = std::make_unique<QObject>();
    int calls = 0;
    const auto connection = connectInFrame(&receiver, &Receiver::poked, context.get(), [&calls, token] { ++calls; });
    Q_EMIT receiver.poked(QString(), 0);
    QVERIFY(connection);
    QCOMPARE(token.use_count(), 2);
    context.reset();
    Q_EMIT receiver.poked(QString(), 0);
    QCOMPARE(calls, 1);
    QVERIFY(!connection);
    QCOMPARE(token.use_count(), 1);
}

void tst_framecallback::connectInFrameReportsWhatNobodyCaught()
{
    Receiver receiver;
    connectInFrame(&receiver, &Receiver::poked, this, [](const QString &text) { throw Error(text); });
    Q_EMIT receiver.poked(QStringLiteral("lost"), 1);
    QCOMPARE(m_unhandled.size(), 1);
    QVERIFY(m_unhandled.first().startsWith(QStringLiteral("lost\n----- called from -----\n")));
}

void tst_framecallback::connectInFrameQueued()
{
    Receiver receiver;
    QStringList seen;
    connectInFrame(&receiver, &Receiver::poked, this, [&](const QString &text) { seen << text; }, Qt::QueuedConnection);
    Q_EMIT receiver.poked(QStringLiteral("later"), 1);
    QVERIFY(seen.isEmpty());
    turnTheLoop();
    QCOMPARE(seen, QStringList{QStringLiteral("later")});
}

namespace {

template <class F>
struct Logged
{
    F function;
    template <class... Args>
    auto operator()(Args &&...args)
    {
        return function(std::forward<Args>(args)...);
    }
};

}

void tst_framecallback::aWrapperOfAFrameCallableIsAFrame()
{
    const auto callback = fub([](int value) { return value + 1; });
    const std::function<int(int)> kept = callback;
    QVERIFY(isFrame(kept));
    QVERIFY(isFrame(std::function<int(int)>(kept)));
    QVERIFY(isFrame(std::function<int()>(std::bind(kept, 3))));
    QVERIFY(isFrame(std::bind(callback, 3)));
    QVERIFY(isFrame(Logged<std::decay_t<decltype(callback)>>{callback}));
    QVERIFY(isFrame(Logged<std::function<int(int)>>{kept}));
    QVERIFY(isFrame([callback](int value) { return callback(value); }));
    QVERIFY(isFrame([first = callback, second = callback](int value) { return first(second(value)); }));
    QVERIFY(isFrame(std::function<int(int)>(frameSlot(callback))));
    QVERIFY(isFrame(std::function<void(int)>(fub(this, [](int) { }))));
    QVERIFY(detail::heldFrame(kept) == callback.frame());
    const auto around = fub([callback](int value) { return callback(value); });
    QVERIFY(detail::heldFrame(std::function<int(int)>(around)) == around.frame());
    auto moveOnly = [inner = fub([owned = std::make_unique<int>(4)](int value) { return *owned + value; })](
                        int value) mutable { return inner(value); };
    QVERIFY(!detail::takeHeldFrame(moveOnly).isNull());
    QCOMPARE(moveOnly(3), 7); // it is as it was
}

void tst_framecallback::whatHoldsNoFrameCallableIsNoFrame()
{
    auto callback = fub([](int value) { return value; });
    const Frame frame = callback.frame();
    QVERIFY(!isFrame(std::function<void()>()));
    QVERIFY(!isFrame(std::function<void()>([] { })));
    QVERIFY(!isFrame([frame] { frame.run([] { }); }));
    QVERIFY(!isFrame([&callback](int value) { return callback(value); }));
    QVERIFY(!isFrame(&callback));
    QVERIFY(!isFrame([text = QStringLiteral("text")] { return text; }));
    QVERIFY(!isFrame(std::make_unique<int>(1)));
    const auto moved = std::move(callback);
    QVERIFY(!isFrame(std::function<int(int)>(callback))); // NOLINT(bugprone-use-after-move): no longer live
    struct Thrower
    {
        Thrower() = default;
        Thrower(const Thrower &) { throw 1; }
    };
    QVERIFY(!isFrame(Thrower()));
}

void tst_framecallback::whatHoldsSeveralFramesIsNoFrame()
{
    const auto one = fub([] { });
    const auto other = fub([] { });
    QVERIFY(!isFrame([one, other] { one(), other(); }));
    QVERIFY(!isFrame(std::function<void()>([one, kept = std::function<void()>(other)] { one(), kept(); })));
}

QTEST_GUILESS_MAIN(tst_framecallback)
#include "tst_framecallback.moc"
