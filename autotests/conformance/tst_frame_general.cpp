// SPDX-License-Identifier: MIT
#include <QtPrefork/Frame>

#include <QtCore/QRegularExpression>
#include <QtTest/QTest>

using namespace Prefork;

namespace {

QString place(int line, const char *name)
{
    const QString file = QString::fromUtf8(__FILE__).remove(QRegularExpression(QStringLiteral("^(\\.\\./)+")));
    return QStringLiteral("%1:%2 - %3\n").arg(file).arg(line).arg(QString::fromUtf8(name));
}

}

class tst_frame_general : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void f2_nearestCatcherGetsTheErrorOfADeepCallback();
    void f5_oneValueIsReturned();
    void f6_aFrameIsNamedByItsPlaceAndItsName();
    void f7_traceFormat();
    void f15_isFrameKnowsFrameCallablesOnly();
    void f19_catcherRunsOncePerFailingChild();
    void f21_parentsLiveAsLongAsAChild();
};

void tst_frame_general::f2_nearestCatcherGetsTheErrorOfADeepCallback()
{
    QStringList order;
    std::function<void(int)> first;
    std::function<void()> second, third;
    Frame failed;
    Frame currentInCatcher;
    Error caught;
    int lines[4] = {};

    QVERIFY(Frame::current().isNull());
    lines[0] = __LINE__ + 1;
    frame({.name = "base frame"}, [&] {
        QVERIFY(!Frame::current().isNull());
        order << QStringLiteral("base");
        lines[1] = __LINE__ + 1;
        first = frame(
            {.name = "frame 1"},
            [&](int value) {
                QCOMPARE(value, 123);
                order << QStringLiteral("1");
                lines[2] = __LINE__ + 1;
                second = frame({}, [&] {
                    order << QStringLiteral("2");
                    lines[3] = __LINE__ + 1;
                    third = frame({.name = "frame 3"}, [&] {
                        order << QStringLiteral("3");
                        failed = Frame::current();
                        throw Error(QStringLiteral("OUCH\n"));
                    });
                });
            },
            [&](const Error &error) {
                order << QStringLiteral("catch");
                currentInCatcher = Frame::current();
                caught = error;
            });
    })();
    QVERIFY(Frame::current().isNull());

    first(123);
    second();
    third();
    QCOMPARE(order.join(u' '), QStringLiteral("base 1 2 3 catch"));
    QVERIFY(currentInCatcher == failed); // F17
    QVERIFY(!failed.isNull());
    QCOMPARE(caught.message(), QStringLiteral("OUCH\n"));
    QCOMPARE(caught.backTrace(),
             QStringLiteral("OUCH\n----- called from -----\n") + place(lines[3], "frame 3")
                 + place(lines[2], "ANONYMOUS FRAME") + place(lines[1], "frame 1")
                 + place(lines[0], "base frame")); // F6
    QVERIFY(Frame::current().isNull());
}

// Perl calls the code in scalar context: `(1,2,3)` gives 3. A C++ function returns one value anyway, references as
// copies.
void tst_frame_general::f5_oneValueIsReturned()
{
    QString text = QStringLiteral("kept");
    const auto byReference = fub([&]() -> const QString & { return text; });
    static_assert(std::is_same_v<decltype(byReference()), QString>);
    QCOMPARE(byReference(), text);
}

void tst_frame_general::f6_aFrameIsNamedByItsPlaceAndItsName()
{
    const int line = __LINE__ + 1;
    const Frame named = Frame::create({.name = "fetch", .call = "row"});
    const Frame unnamed = Frame::create();
    QCOMPARE(named.name(), QStringLiteral("fetch -> row"));
    QCOMPARE(unnamed.name(), QStringLiteral("ANONYMOUS FRAME"));
    QCOMPARE(named.location().line, line);
    QVERIFY(named.backTrace(QStringLiteral("error")).endsWith(place(line, "fetch -> row")));
    QVERIFY(unnamed.backTrace(QStringLiteral("error")).endsWith(place(line + 1, "ANONYMOUS FRAME")));
}

void tst_frame_general::f7_traceFormat()
{
    const int line = __LINE__ + 1;
    const Frame root = Frame::create({.name = "root"});
    const QString expected = QStringLiteral("lost\n----- called from -----\n") + place(line, "root");
    QCOMPARE(root.backTrace(QStringLiteral("lost")), expected);
    QCOMPARE(root.backTrace(QStringLiteral("lost\n\n")), expected);
    QCOMPARE(root.backTrace(Error(QStringLiteral("lost"))), expected);
    QCOMPARE(root.traced(Error(QStringLiteral("lost"))).backTrace(), expected);
}

void tst_frame_general::f15_isFrameKnowsFrameCallablesOnly()
{
    auto callback = fub([] { });
    QVERIFY(isFrame(callback));
    QVERIFY(isFrame(frameSlot([] { })));
    QVERIFY(!isFrame(callback.frame()));
    QVERIFY(!isFrame(QStringLiteral("CODE(0x1)")));
    QVERIFY(!isFrame(17));
    QVERIFY(!isFrame([] { }));
    QVERIFY(!isFrame([existing = callback.frame()] { existing.run([] { }); }));

    const auto moved = std::move(callback);
    QVERIFY(isFrame(moved));
    QVERIFY(!isFrame(callback)); // NOLINT(bugprone-use-after-move): no longer live
}

void tst_frame_general::f19_catcherRunsOncePerFailingChild()
{
    std::vector<std::function<void()>> children;
    QStringList caught;
    frameTry(
        [&] {
            for (const char *name : {"left", "right"})
                children.push_back(fub([name] { throw Error(QString::fromUtf8(name)); }));
        },
        [&](const Error &error) { caught << error.message(); });
    for (const auto &child : children)
        child();
    QCOMPARE(caught, (QStringList{QStringLiteral("left"), QStringLiteral("right")}));
}

void tst_frame_general::f21_parentsLiveAsLongAsAChild()
{
    std::weak_ptr<int> base, middle;
    std::function<void()> first, second;
    const auto holding = [](std::weak_ptr<int> &watch) {
        const auto token = std::make_shared<int>();
        watch = token;
        return [token](const Error &) { };
    };
    frame({}, [&] { first = frame({}, [&] { second = fub([] { }); }, holding(middle)); }, holding(base))();
    first();
    QVERIFY(!base.expired());
    first = nullptr;
    QVERIFY(!middle.expired());
    QVERIFY(!base.expired());
    second = nullptr;
    QVERIFY(middle.expired());
    QVERIFY(base.expired());
}

QTEST_GUILESS_MAIN(tst_frame_general)
#include "tst_frame_general.moc"
