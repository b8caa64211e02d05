// SPDX-License-Identifier: MIT
#include <QtPrefork/Frame>

#include <QtTest/QTest>

using namespace Prefork;

namespace {

Local<std::optional<int>> junk{1};

}

// The same as basic, through fub().
class tst_frame_basic_fub : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void f8_fubTakesNameLocalsAndCatcher();
    void f8_fubAloneKeepsTheEnvironment();
    void f21_everythingGoesWithTheLastCallback();
};

void tst_frame_basic_fub::f8_fubTakesNameLocalsAndCatcher()
{
    QVERIFY(Frame::current().isNull());
    QString trace;
    const auto callback = fub(
        {.name = "base frame", .locals = {junk}},
        [](bool fail) {
            if (fail)
                throw Error(QStringLiteral("ERROR"));
            return *junk;
        },
        [&trace](const Error &error) {
            trace = error.backTrace();
            throw Error(QStringLiteral("NEW ERROR"));
        });
    QVERIFY(isFrame(callback));
    QCOMPARE(callback(false), std::nullopt);
    try {
        callback(true);
        QFAIL("nothing was thrown");
    } catch (const Error &error) {
        QCOMPARE(error.message(), QStringLiteral("NEW ERROR"));
    }
    QVERIFY(trace.startsWith(QStringLiteral("ERROR\n")));
    QVERIFY(trace.endsWith(QStringLiteral(" - base frame\n")));
}

void tst_frame_basic_fub::f8_fubAloneKeepsTheEnvironment()
{
    std::function<int(int)> callback;
    QStringList caught;
    frameTry(
        [&] {
            callback = fub("step", [](int value) {
                if (value > 9)
                    throw Error(QStringLiteral("too much"));
                return value + 1;
            });
        },
        [&](const Error &error) { caught << error.message(); });
    QCOMPARE(callback(1), 2);
    QVERIFY(caught.isEmpty());
    QCOMPARE(callback(10), 0);
    QCOMPARE(caught, QStringList{QStringLiteral("too much")});
}

void tst_frame_basic_fub::f21_everythingGoesWithTheLastCallback()
{
    const auto token = std::make_shared<int>();
    {
        const auto callback = fub("base frame", [] { }, [token] { });
        QCOMPARE(token.use_count(), 2);
        callback();
    }
    QCOMPARE(token.use_count(), 1);
}

QTEST_GUILESS_MAIN(tst_frame_basic_fub)
#include "tst_frame_basic_fub.moc"
