// SPDX-License-Identifier: MIT
#include <QtPrefork/Frame>

#include <QtCore/QHash>
#include <QtTest/QTest>

using namespace Prefork;

namespace {

using Value = std::optional<int>;

Local<Value> first{1};
Local<Value> second;
Local<QHash<QString, int>> table;

Value globalGetter()
{
    return *first;
}

}

// Bindings are restored, shadowed, several to a frame.
class tst_frame_locals : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void f12_bindingsAreRestoredAndShadowed();
    void f12_siblingsShareABinding();
    void f13_nestedRunsSeeTheParentsValue();
    void f25_elementsOfAContainerAreBoundWithIt();

private:
    static void verifyOutside()
    {
        QCOMPARE(*first, Value(1));
        QCOMPARE(*second, Value());
    }
};

void tst_frame_locals::f12_bindingsAreRestoredAndShadowed()
{
    std::function<int()> one;
    std::function<void()> two, three;
    int calls = 0;

    frame({.locals = {first, second}}, [&] {
        QCOMPARE(*first, Value());
        QCOMPARE(globalGetter(), Value());
        QCOMPARE(*second, Value());
        first = 5;
        second = 999;
        one = frame({.locals = {second}}, [&] {
            [&] {
                QCOMPARE(*first, Value(5));
                QCOMPARE(*second, Value());
                second = 888;
                two = fub([&] {
                    QCOMPARE(*second, Value(234));
                    second = Value();
                    three = fub([&] {
                        QCOMPARE(*second, Value());
                        ++calls;
                    });
                    ++calls;
                });
                second = 234;
                ++calls;
            }();
            return 9876;
        });
        QCOMPARE(*first, Value(5));
        QCOMPARE(*second, Value(999));
        ++calls;
    })();
    verifyOutside();
    QCOMPARE(one(), 9876);
    verifyOutside();
    two();
    verifyOutside();
    three();
    verifyOutside();
    QCOMPARE(calls, 4);
}

void tst_frame_locals::f12_siblingsShareABinding()
{
    std::function<void()> write;
    std::function<Value()> read;
    frameLocal(first, [&] {
        write = fub([] { first = 42; });
        read = fub([] { return *first; });
    });
    QCOMPARE(read(), Value());
    write();
    QCOMPARE(read(), Value(42));
    verifyOutside();
}

// Perl hands a child that runs inside its parent the last *saved* value; here it sees the value itself.
void tst_frame_locals::f13_nestedRunsSeeTheParentsValue()
{
    Value seen;
    Value after;
    frameLocal(first, [&] {
        first = 7;
        fub([&] {
            seen = *first;
            first = 8;
        })();
        after = *first;
    });
    QCOMPARE(seen, Value(7));
    QCOMPARE(after, Value(8));
}

void tst_frame_locals::f25_elementsOfAContainerAreBoundWithIt()
{
    table->insert(QStringLiteral("user"), 1);
    std::function<int()> read;
    frameLocal(table, *table, [&] {
        table->insert(QStringLiteral("user"), 2);
        read = fub([] { return table->value(QStringLiteral("user")); });
    });
    QCOMPARE(table->value(QStringLiteral("user")), 1);
    QCOMPARE(read(), 2);
}

QTEST_GUILESS_MAIN(tst_frame_locals)
#include "tst_frame_locals.moc"
