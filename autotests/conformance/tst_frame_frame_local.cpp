// SPDX-License-Identifier: MIT
#include <QtPrefork/Frame>

#include <QtTest/QTest>

using namespace Prefork;

namespace {

Local<int> foo{1};

int globalFooGetter()
{
    return *foo;
}

}

class tst_frame_frame_local : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void f11_frameLocalBindsForEverythingMadeInside();
    void f11_frameLocalReturnsItsBodysValue();
};

void tst_frame_frame_local::f11_frameLocalBindsForEverythingMadeInside()
{
    std::function<int()> callback;
    frameLocal(foo, [&] {
        foo = 2;
        callback = fub([] { return globalFooGetter(); });
    });
    QCOMPARE(*foo, 1);
    QCOMPARE(callback(), 2);
    QCOMPARE(*foo, 1);
}

void tst_frame_frame_local::f11_frameLocalReturnsItsBodysValue()
{
    QCOMPARE(frameLocal(foo, [] { return globalFooGetter() + 5; }), 5);
    QCOMPARE(frameLocal(foo, 20, [] { return globalFooGetter() + 5; }), 25);
    QCOMPARE(*foo, 1);
}

QTEST_GUILESS_MAIN(tst_frame_frame_local)
#include "tst_frame_frame_local.moc"
