// SPDX-License-Identifier: MIT
#include <QtPrefork/Frame>

#include <QtCore/QRegularExpression>
#include <QtTest/QTest>

#include <atomic>
#include <cstdlib>
#include <new>

using namespace Prefork;

namespace {

std::atomic<qint64> allocations{0};
std::atomic<qint64> liveBlocks{0};

}

// Counting every block is the one way to see that nodes are gone without a hook in the library.
void *operator new(std::size_t size)
{
    void *block = std::malloc(size);
    if (!block)
        throw std::bad_alloc();
    ++allocations;
    ++liveBlocks;
    return block;
}

void operator delete(void *block) noexcept
{
    liveBlocks -= block ? 1 : 0;
    std::free(block);
}

void operator delete(void *block, std::size_t) noexcept
{
    operator delete(block);
}

namespace {

// One frame, made inside the one before; what is left of the chain is the last.
Frame chainedTo(const Frame &last, const FrameOptions &options = {.name = "link"})
{
    return last.run([&] { return Frame::create(options, Frame::current(), {"chain.cpp", 1}); });
}

Frame chainOf(qint64 links)
{
    Frame last;
    while (links-- > 0)
        last = chainedTo(last);
    return last;
}

QStringList namesIn(const QString &trace)
{
    QStringList names = trace.split(u'\n').mid(2);
    names.removeLast();
    return names.replaceInStrings(QRegularExpression(QStringLiteral("^.*:\\d+ - ")), QString());
}

}

// The price of a frame does not depend on how deep it is.
class tst_framecost : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void plainFrameIsOneAllocation();
    void chainTakesConstantMemory();
    void siblingsShareTheirPast();
    void traceOfALongChainNamesTheLastFrames();
    void traceCountsWhatItLeftOut_data();
    void traceCountsWhatItLeftOut();
    void traceNamesEveryFrameOnceBetweenCatchers();
    void traceOfManyCatchersIsBounded();
    void catchersAndLocalsOfALongChainAreKept();
    void millionNestedCatchersDieWithoutRecursion();
    void catchersOwningFramesDieWithoutRecursion();
};

void tst_framecost::plainFrameIsOneAllocation()
{
    const FrameOptions options{.name = "CLIENT", .call = "METHOD"};
    const qint64 before = allocations;
    const Frame frame = Frame::create(options);
    QVERIFY(allocations - before <= 1);
    const Frame copy = frame;
    const int result = copy.run([] { return Frame::current().isNull() ? 1 : 2; });
    QVERIFY(allocations - before <= 1);
    QCOMPARE(result, 2);
}

void tst_framecost::chainTakesConstantMemory()
{
    const FrameOptions options{.name = "link"};
    const qint64 before = liveBlocks;
    Frame last;
    qint64 early = 0;
    qint64 late = 0;
    const qint64 allocationsBefore = allocations;
    for (int i = 0; i < 100'000; ++i) {
        last = chainedTo(last, options);
        if (i < 1000)
            early = std::max(early, liveBlocks - before);
        else
            late = std::max(late, liveBlocks - before);
    }
    QCOMPARE(late, early);
    QVERIFY2(late < 100, qPrintable(QString::number(late)));
    QVERIFY(allocations - allocationsBefore < 110'000);
    last = Frame();
    QVERIFY(liveBlocks - before <= 256); // what the thread keeps for its next frames
}

void tst_framecost::siblingsShareTheirPast()
{
    for (int links = 60; links < 140; ++links) {
        const Frame parent = chainOf(links);
        const Frame first = chainedTo(parent);
        const FrameOptions options;
        std::vector<Frame> children(1000);
        const qint64 before = allocations;
        for (Frame &child : children)
            child = Frame::create(options, parent);
        QVERIFY(allocations - before <= 1000);
    }
}

void tst_framecost::traceOfALongChainNamesTheLastFrames()
{
    Frame last = Frame::create({.name = "root"}, [] { });
    for (int i = 1; i <= 300; ++i)
        last = chainedTo(last, {.name = QByteArray::number(i)});
    const QStringList names = namesIn(last.backTrace(QStringLiteral("x")));
    int i = 300;
    for (const QString &name : names) {
        if (name.startsWith(u'.'))
            break;
        QCOMPARE(name, QString::number(i--));
    }
    QVERIFY(300 - i >= 64);
    QCOMPARE(names.at(300 - i), QStringLiteral("... %1 frames left out ...").arg(i));
    QCOMPARE(names.last(), QStringLiteral("root"));
    QCOMPARE(names.size(), 300 - i + 2);
}

void tst_framecost::traceCountsWhatItLeftOut_data()
{
    QTest::addColumn<int>("links");
    QTest::addColumn<int>("shown");
    QTest::addColumn<QString>("line");
    QTest::newRow("1") << 1 << 1 << QString();
    QTest::newRow("64") << 64 << 64 << QString();
    QTest::newRow("65") << 65 << 65 << QString();
    QTest::newRow("128") << 128 << 128 << QString();
    QTest::newRow("129") << 129 << 65 << QStringLiteral("... 64 frames left out ...");
    QTest::newRow("192") << 192 << 128 << QStringLiteral("... 64 frames left out ...");
    QTest::newRow("193") << 193 << 65 << QStringLiteral("... 128 frames left out ...");
    QTest::newRow("100,000") << 100'000 << 96 << QStringLiteral("... 99,904 frames left out ...");
}

void tst_framecost::traceCountsWhatItLeftOut()
{
    QFETCH(const int, links);
    QFETCH(const int, shown);
    QFETCH(const QString, line);
    QStringList names = namesIn(chainOf(links).backTrace(QStringLiteral("x")));
    if (!line.isEmpty())
        QCOMPARE(names.takeLast(), line);
    QCOMPARE(names.size(), shown);
    QCOMPARE(names.count(QStringLiteral("link")), shown);
}

void tst_framecost::traceNamesEveryFrameOnceBetweenCatchers()
{
    Frame last;
    QStringList expected;
    for (int i = 0; i < 250; ++i) {
        const QByteArray name = QByteArray::number(i);
        if (i % 50 == 40)
            last = Frame::create({.name = name}, [] { }, last);
        else
            last = chainedTo(last, {.name = name});
        expected.prepend(QString::fromUtf8(name));
        QCOMPARE(namesIn(last.backTrace(QString())), expected);
    }
}

void tst_framecost::traceOfManyCatchersIsBounded()
{
    Frame last;
    for (const auto &[links, line] : {std::pair(257, QStringLiteral("... 1 frame left out ...")),
                                      std::pair(258, QStringLiteral("... 2 frames left out ...")),
                                      std::pair(10'000, QStringLiteral("... 9,744 frames left out ..."))}) {
        last = Frame();
        for (int i = 0; i < links; ++i)
            last = Frame::create({}, [] { }, last);
        const QStringList names = namesIn(last.backTrace(QStringLiteral("x")));
        QCOMPARE(names.size(), 257);
        QCOMPARE(names.last(), line);
    }
}

void tst_framecost::catchersAndLocalsOfALongChainAreKept()
{
    Local<int> local;
    QStringList caught;
    Frame last = Frame::create({.locals = {local}}, [&](const Error &error) { caught << error.message(); });
    last.run([&] { local = 5; });
    for (int i = 0; i < 1000; ++i) {
        last = chainedTo(last);
        if (i == 500)
            last = Frame::create({.name = "middle"}, [&](int) { caught << QStringLiteral("int"); }, last);
    }
    QCOMPARE(last.run([&] { return *local; }), 5);
    last.run([] { throw 1; });
    QVERIFY(!last.raise(Error(QStringLiteral("text"))));
    QCOMPARE(caught.join(u','), QStringLiteral("int,text"));
    QCOMPARE(namesIn(last.backTrace(QString())).filter(QStringLiteral("middle")).size(), 1);
}

void tst_framecost::millionNestedCatchersDieWithoutRecursion()
{
    const auto token = std::make_shared<int>();
    Frame last;
    for (int i = 0; i < 1'000'000; ++i)
        last = Frame::create({}, [token] { }, last);
    QCOMPARE(token.use_count(), 1'000'001);
    last = Frame();
    QCOMPARE(token.use_count(), 1);
}

void tst_framecost::catchersOwningFramesDieWithoutRecursion()
{
    const auto token = std::make_shared<int>();
    Frame last;
    for (int i = 0; i < 200'000; ++i)
        last = Frame::create({}, [token, owned = last] { }, Frame());
    QCOMPARE(token.use_count(), 200'001);
    last = Frame();
    QCOMPARE(token.use_count(), 1);
}

QTEST_GUILESS_MAIN(tst_framecost)
#include "tst_framecost.moc"
