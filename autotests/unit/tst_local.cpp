// SPDX-License-Identifier: MIT
#include <QtPrefork/Frame>
#include <QtPrefork/Local>

#include <QtTest/QTest>

#include <thread>

using namespace Prefork;

namespace {

Local<QString> user{QStringLiteral("-")};
Local<int> depth;
Local<std::unique_ptr<int>> owned;

}

class tst_local : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void outsideValue();
    void accessors();
    void f11_severalLocalsInOneFrame();
    void f12_nearestBindingWins();
    void f12_otherTreeSeesTheRunningBinding();
    void f12_restoredAfterAnException();
    void f14_catcherRunByRaiseSeesTheRunningBinding();
    void f14_frameMadeInACatcherSeesTheBinding();
    void moveOnlyValues();
    void bindingLivesAsLongAsItsFrames();
    void bindingIsNotThatOfALaterVariable();
    void bindingIsPerThread();
    void recursionEachWithItsOwn();
};

void tst_local::outsideValue()
{
    QCOMPARE(*user, QStringLiteral("-"));
    QVERIFY(!user.isBound());
    user = QStringLiteral("root");
    QCOMPARE(*user, QStringLiteral("root"));
    user = QStringLiteral("-");
    QCOMPARE(*depth, 0);
}

void tst_local::accessors()
{
    frameLocal(user, QStringLiteral("ann"), [] {
        QVERIFY(user.isBound());
        user->append(u'a');
        *user += u'b';
        user.value() += u'c';
        QCOMPARE(std::as_const(user).value(), QStringLiteral("annabc"));
        QCOMPARE(*std::as_const(user), QStringLiteral("annabc"));
        QCOMPARE(std::as_const(user)->size(), 6);
    });
    QCOMPARE(*user, QStringLiteral("-"));
}

void tst_local::f11_severalLocalsInOneFrame()
{
    const FrameOptions options{.name = "request", .locals = {user, depth}};
    const auto make = [&] {
        return frame(options, [](int by) {
            user = QStringLiteral("in");
            return *depth += by;
        });
    };
    auto one = make();
    auto two = make(); // the same options, but bindings of its own
    QCOMPARE(one(1), 1);
    QCOMPARE(one(1), 2);
    QCOMPARE(two(10), 10);
    QCOMPARE(*depth, 0);
    QCOMPARE(*user, QStringLiteral("-"));
}

void tst_local::f12_nearestBindingWins()
{
    std::function<int()> inner, outer;
    frameLocal(depth, 1, [&] {
        outer = fub([] { return *depth; });
        frameLocal(depth, 2, [&] { inner = fub([] { return *depth; }); });
        QCOMPARE(*depth, 1);
    });
    QCOMPARE(inner(), 2);
    QCOMPARE(outer(), 1);
}

// As in Perl, where the variable simply still holds the value: what a frame does not bind is whatever its caller sees.
void tst_local::f12_otherTreeSeesTheRunningBinding()
{
    const auto read = fub([] { return *depth; });
    QCOMPARE(read(), 0);
    QCOMPARE(frameLocal(depth, 3, [&] { return read(); }), 3);
    QCOMPARE(frameLocal(depth, 3, [] { return frameVoid([] { return *depth; }); }), 0);
}

void tst_local::f12_restoredAfterAnException()
{
    const auto failing = [] { frameLocal(depth, 4, [] { throw 1; }); };
    QVERIFY_THROWS_EXCEPTION(int, failing());
    QCOMPARE(*depth, 0);
}

void tst_local::f14_catcherRunByRaiseSeesTheRunningBinding()
{
    int seen = -1;
    const Frame declaring = Frame::create({.locals = {depth}}, [&] { seen = *depth; });
    declaring.run([] { depth = 6; });
    QVERIFY(!declaring.raise(Error(QStringLiteral("x"))));
    QCOMPARE(seen, 0);
    frameLocal(depth, 7, [&] { QVERIFY(!declaring.raise(Error(QStringLiteral("x")))); });
    QCOMPARE(seen, 7);
}

void tst_local::f14_frameMadeInACatcherSeesTheBinding()
{
    int inCatcher = -1;
    int inFrame = -1;
    const auto failing = frame(
        {.locals = {depth}},
        [] {
            depth = 8;
            throw 1;
        },
        [&] {
            inCatcher = *depth;
            fub([&] { inFrame = *depth; })();
        });
    failing();
    QCOMPARE(inCatcher, 0);
    QCOMPARE(inFrame, 8);
}

void tst_local::moveOnlyValues()
{
    const int read = frameLocal(owned, std::make_unique<int>(5), [] { return fub([] { return **owned; })(); });
    QCOMPARE(read, 5);
    QVERIFY(!*owned);
}

void tst_local::bindingLivesAsLongAsItsFrames()
{
    Local<std::shared_ptr<int>> shared;
    const auto token = std::make_shared<int>();
    std::function<void()> callback;
    frameLocal(shared, token, [&] { callback = fub([] { }); });
    QCOMPARE(token.use_count(), 2);
    callback = nullptr;
    QCOMPARE(token.use_count(), 1);
}

void tst_local::bindingIsNotThatOfALaterVariable()
{
    std::optional<Local<int>> variable(std::in_place, 1);
    const Frame declaring = Frame::create({.locals = {*variable}});
    QVERIFY(declaring.run([&] { return variable->isBound(); }));
    variable.emplace(2);
    QVERIFY(!declaring.run([&] { return variable->isBound(); }));
    QCOMPARE(declaring.run([&] { return **variable; }), 2);
}

void tst_local::bindingIsPerThread()
{
    bool boundThere = true;
    int carried = 0;
    frameLocal(depth, 9, [&] {
        auto callback = fub([] { return *depth; });
        std::thread([&boundThere, &carried, callback = std::move(callback)] {
            boundThere = depth.isBound();
            carried = callback();
        }).join();
    });
    QVERIFY(!boundThere);
    QCOMPARE(carried, 9);
}

void tst_local::recursionEachWithItsOwn()
{
    const std::function<int(int)> descend = [&](int level) -> int {
        return frameLocal(depth, level, [&] { return (level > 0 ? descend(level - 1) : 0) + *depth; });
    };
    QCOMPARE(descend(100), 5050);
}

QTEST_GUILESS_MAIN(tst_local)
#include "tst_local.moc"
