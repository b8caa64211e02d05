// SPDX-License-Identifier: MIT
// Whatever one side writes the other reads, and what decoding takes in memory is bounded, for both sides and in steps.
#include "helpers/embedded.h"
#include "helpers/faults.h"
#include "helpers/lyingserver.h"
#include "helpers/protocols.h"

#include <QtPrefork/Server>

#include <algorithm>
#include <array>
#include <deque>
#include <malloc.h>

using namespace Prefork;
using namespace Test;

namespace {

constexpr qint64 MiB = 1024 * 1024;
constexpr qint64 Narrow = 8 * MiB;

// A sanitizer takes many times as long for each value.
constexpr int many(int count)
{
    return isSanitized() ? count / 4 : count;
}

class Wide
{
    Q_GADGET
    Q_PROPERTY(int number MEMBER number)

public:
    int number = 0;
    std::array<char, 996> padding = {};
};

using Rows = QList<QStringList>;
using Ages = QMap<QString, int>;

class Sheet
{
    Q_GADGET
    Q_PROPERTY(QList<int> numbers MEMBER numbers)
    Q_PROPERTY(QStringList names MEMBER names)
    Q_PROPERTY(QVariantList cells MEMBER cells)
    Q_PROPERTY(Rows rows MEMBER rows)
    Q_PROPERTY(Ages ages MEMBER ages)

public:
    [[nodiscard]] static Sheet of(int count)
    {
        Sheet sheet{.numbers = QList<int>(count, 7),
                    .names = QStringList(count, "a"),
                    .cells = {},
                    .rows = Rows(count / 10, {"b", "c"}),
                    .ages = {}};
        for (int i = 0; i < count / 10; ++i) {
            sheet.cells.append(i % 2 ? QVariant(qlonglong(i)) : QVariant("d"));
            sheet.ages.insert(QString::number(i), i);
        }
        return sheet;
    }
    bool operator==(const Sheet &) const = default;

    QList<int> numbers;
    QStringList names;
    QVariantList cells;
    Rows rows;
    Ages ages;
};

using Sheets = QMap<QString, Sheet>;
using Tables = QList<QHash<QString, int>>;
using Queues = QList<std::deque<int>>;

inline constexpr Method<qint64(QStringList)> countTexts{"countTexts"};
inline constexpr Method<qint64(QList<QStringList>)> countRows{"countRows"};
inline constexpr Method<qint64(QList<int>)> countNumbers{"countNumbers"};
inline constexpr Method<qint64(Tables)> countTables{"countTables"};
inline constexpr Method<qint64(Queues)> countQueues{"countQueues"};
inline constexpr Method<qint64(QList<Wide>)> countWide{"countWide"};
inline constexpr Method<QList<int>(int)> makeNumbers{"makeNumbers"};
inline constexpr Method<QList<QStringList>(int)> makeRows{"makeRows"};
inline constexpr Method<QMap<QString, QList<int>>(int)> makeColumns{"makeColumns"};
inline constexpr Method<Tables(int)> makeTables{"makeTables"};
inline constexpr Method<QStringList(int)> makeTexts{"makeTexts"};
inline constexpr Method<QVariantMap(int)> makeMap{"makeMap"};
constexpr Method<QHash<QString, QString>(int)> makeHash{"makeHash"};
inline constexpr Method<Sheet(int)> makeSheet{"makeSheet"};
inline constexpr Method<Sheets(int)> makeSheets{"makeSheets"};
inline constexpr Method<QList<int>(int)> makeMisfit{"makeMisfit"};

QVariant listOf(qsizetype count, const QVariant &item)
{
    return QVariantList(count, item);
}

QVariant made(const QString &what)
{
    if (what == "numbers")
        return listOf(many(1100000), 7);
    if (what == "rows")
        return listOf(many(300000), QVariantList{7, "a", 2});
    if (what == "cells")
        return listOf(isNative() ? many(1000000) : many(100000), listOf(10, 7));
    QVariantMap map;
    for (int i = 0; i < many(250000); ++i)
        map.insert(QString::number(i), i);
    return map;
}

void fill(Interface &interface)
{
    addBasics(interface);
    interface.add("make", [](const QVariantList &arguments) { return made(arguments.at(0).toString()); });
    interface.add("isThat", [](const QVariantList &arguments) {
        return QVariant(arguments.at(1) == made(arguments.at(0).toString()));
    });
    interface.add("list", [](const QVariantList &arguments) { return listOf(arguments.at(0).toInt(), 7); });
    interface.add("size", [](const QVariantList &arguments) { return QVariant(arguments.at(0).toList().size()); });
    const auto size = [](const auto &list) { return qint64(list.size()); };
    interface.add(countTexts, size);
    interface.add(countRows, size);
    interface.add(countNumbers, size);
    interface.add(countTables, size);
    interface.add(countQueues, size);
    interface.add(countWide, size);
    interface.add(makeNumbers, [](int count) { return QList<int>(count, 7); });
    interface.add(makeRows, [](int count) { return QList<QStringList>(count, {"a", "b"}); });
    interface.add(makeColumns,
                  [](int count) { return QMap<QString, QList<int>>{{"a", QList<int>(count, 7)}, {"b", {1, 2}}}; });
    interface.add(makeTexts, [](int count) { return QStringList(count, "a"); });
    interface.add(makeMap, [](int count) {
        QVariantMap map;
        for (int i = 0; i < count; ++i)
            map.insert(QString::number(i), i);
        return map;
    });
    interface.add(makeHash, [](int count) {
        QHash<QString, QString> hash;
        for (int i = 0; i < count; ++i)
            hash.insert(QString::number(i), QString::number(i));
        return hash;
    });
    interface.add(makeSheet, &Sheet::of);
    interface.add(makeSheets,
                  [](int count) { return Sheets{{"a", Sheet::of(count)}, {"b", Sheet::of(3)}, {"c", Sheet()}}; });
    // As if of another version of the program.
    interface.add("makeMisfit", [](const QVariantList &arguments) {
        QVariantList list(arguments.at(0).toInt(), 7);
        list.last() = "no number";
        return QVariant(list);
    });
    interface.add(makeTables, [](int count) { return Tables(count, {{"a", 7}}); });
}

Zygote *theNarrowZygote = nullptr; // whose workers may take less

QByteArray inProtocol(const QByteArray &native, const QByteArray &json)
{
    return isNative() ? native : json;
}

// Many of an item as one list, in as many bytes as are given at most.
QByteArray listOfBytes(qsizetype size, const QByteArray &native, const QByteArray &json)
{
    if (isNative()) {
        const qsizetype count = size / native.size();
        return longHead(4, quint32(count)) + native.repeated(count);
    }
    QByteArray list = '[' + (json + ',').repeated(size / (json.size() + 1));
    list.back() = ']';
    return list;
}

QByteArray replyOf(const QByteArray &value, quint64 call)
{
    return isNative() ? resultOf(value, call) : "[\"ok\",{}," + value + ']';
}

// What is worst for its size, and whether it is within the bound.
void addBombs()
{
    QTest::addColumn<QByteArray>("native");
    QTest::addColumn<QByteArray>("json");
    QTest::addColumn<bool>("fits");
    const auto row = [](const char *name, const char *native, const char *json, bool fits = true) {
        QTest::newRow(name) << QByteArray(native) << QByteArray(json) << fits;
    };
    row("numbers", "\x01", "1");
    row("lists", "\x80", "[]");
    row("maps", "\xa0", "{}");
    row("texts", "\x60", "\"\"");
    row("texts of one", "\x61\x61", "\"a\"");
    row("lists of one", "\x81\x01", "[1]");
    row("maps of one", "\xa1\x60\x01", "{\"\":1}");
    QTest::newRow("lists in lists") << QByteArray(61, '\x81') + '\x80' << QByteArray(500, '[') + QByteArray(500, ']')
                                    << true;
    QTest::newRow("maps in maps") << QByteArray("\xa1\x60").repeated(61) + '\x01'
                                  << QByteArray("{\"\":").repeated(500) + '1' + QByteArray(500, '}') << !isNative();
}

}

class DecodingTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void row85_whatIsWrittenIsRead_data()
    {
        QTest::addColumn<QString>("what");
        for (const char *const what : {"numbers", "rows", "map", "cells"})
            QTest::newRow(what) << what;
    }
    void row85_whatIsWrittenIsRead()
    {
        QFETCH(QString, what);
        Client client(zygote(), {.minWorkers = 1, .maxWorkers = 1, .timeout = std::chrono::milliseconds(0)});
        const CheckoutPtr checkout = client.checkout();
        const qint64 pid = pidOf(checkout);
        const QVariant expected = made(what);
        QVERIFY(answer(checkout, "make", {what}) == expected);
        QCOMPARE(answer(checkout, "isThat", {what, expected}), QVariant(true));
        QCOMPARE(pidOf(checkout), pid);
    }
    // Containers of a type take less than lists of QVariant, so more of them fits.
    void row85_typedContainersCross()
    {
        Client client(zygote(), {.minWorkers = 1, .maxWorkers = 1});
        const CheckoutPtr checkout = client.checkout();
        const int count = isNative() ? many(10000000) : many(1000000);
        QCOMPARE(resultOf(checkout, makeNumbers, count), QList<int>(count, 7));
        QCOMPARE(resultOf(checkout, makeRows, many(300000)), QList<QStringList>(many(300000), {"a", "b"}));
        QCOMPARE(resultOf(checkout, makeColumns, many(300000)),
                 (QMap<QString, QList<int>>{{"a", QList<int>(many(300000), 7)}, {"b", {1, 2}}}));
        QCOMPARE(resultOf(checkout, makeTables, 1000), Tables(1000, {{"a", 7}}));
        QVERIFY(resultOf(checkout, makeSheet, many(300000)) == Sheet::of(many(300000)));
        QVERIFY(resultOf(checkout, makeSheets, many(200000))
                == (Sheets{{"a", Sheet::of(many(200000))}, {"b", Sheet::of(3)}, {"c", Sheet()}}));
        QCOMPARE(resultOf(checkout, countNumbers, QList<int>(count, 7)), count);
        QCOMPARE(resultOf(checkout, countTexts, QStringList(many(1000000), QString())), many(1000000));
    }

    void row85_theWriterAppliesTheBound()
    {
        Client client(zygote(), {.minWorkers = 1, .maxWorkers = 1, .reuseAfterError = true, .maxDecodedSize = Narrow});
        const CheckoutPtr checkout = client.checkout();
        const qint64 pid = pidOf(checkout);
        QCOMPARE(answer(checkout, "list", {100000}).toList().size(), 100000);
        const Error error = failure(checkout, "list", {1000000});
        QCOMPARE(error.code(), Error::WorkerError);
        QVERIFY2(error.message().contains("maxDecodedSize") && error.message().contains(QString::number(Narrow)),
                 qPrintable(error.message()));
        QCOMPARE(errorOf(checkout, makeTables, 100000).code(), Error::WorkerError);
        QCOMPARE(pidOf(checkout), pid);
    }
    void row85_theWriterAppliesTheBoundOfArguments()
    {
        Client client(theNarrowZygote, {.minWorkers = 1, .maxWorkers = 1, .reuseAfterError = true});
        const CheckoutPtr checkout = client.checkout();
        const qint64 pid = pidOf(checkout);
        QCOMPARE(answer(checkout, "size", {listOf(100000, 7)}), QVariant(100000));
        const Error error = failure(checkout, "size", {listOf(1000000, 7)});
        QCOMPARE(error.code(), Error::BadArguments);
        QVERIFY2(error.message().contains("maxDecodedSize") && error.message().contains(QString::number(Narrow)),
                 qPrintable(error.message()));
        QCOMPARE(errorOf(checkout, countTables, Tables(100000, {{"a", 7}})).code(), Error::BadArguments);
        QCOMPARE(errorOf(checkout, countTexts, QStringList(1000000, QString())).code(), Error::BadArguments);
        QCOMPARE(pidOf(checkout), pid);
        QCOMPARE(answer(checkout, "count").toInt(), 3); // nothing of those was begun
    }

    void row41_aClientsMemoryIsBounded_data() { addBombs(); }
    void row41_aClientsMemoryIsBounded()
    {
        QFETCH(QByteArray, native);
        QFETCH(QByteArray, json);
        QFETCH(bool, fits);
        constexpr qsizetype Size = many(4 * int(MiB));
        bool isFirst = true;
        const QByteArray bomb = listOfBytes(Size, native, json);
        LyingServer server([&](QLocalSocket *socket, quint64 call) {
            socket->write(replyOf(std::exchange(isFirst, false) ? bomb : inProtocol("\x07", "7"), call));
        });
        Client client(server.address(),
                      {.minWorkers = 1, .maxWorkers = 1, .timeout = Patience, .reuseAfterError = true});
        const CheckoutPtr checkout = client.checkout();
        resetPeakMemory();
        const qint64 before = peakMemory(::getpid());
        const Outcome outcome = Test::call(checkout, "ask");
        const qint64 growth = peakMemory(::getpid()) - before;
        QCOMPARE(outcome.result.has_value(), fits);
        QVERIFY2(isSanitized() || growth <= 64 * bomb.size() + 32 * MiB, qPrintable(QString::number(growth / MiB)));
        if (!fits) {
            QCOMPARE(outcome.error->code(), Error::WorkerError);
            QVERIFY2(outcome.error->message().contains("maxDecodedSize"), qPrintable(outcome.error->message()));
        }
        QCOMPARE(answer(checkout, "ask"), QVariant(7)); // on the same connection
    }
    // Calls that are with the worker already when a result is refused settle as behind any error, and what it says to
    // them is nobody's.
    void row41_answersBehindARefusedOneAreDropped()
    {
        if (!isNative())
            QSKIP("over JSON there are no calls behind");
        const QByteArray bomb = listOfBytes(MiB, "\x01", "1");
        LyingServer server([&](QLocalSocket *socket, quint64 call) {
            socket->write(replyOf(call == 1 ? bomb : QByteArray("\x07"), call));
        });
        Client client(
            server.address(),
            {.minWorkers = 1, .maxWorkers = 1, .timeout = Patience, .reuseAfterError = true, .maxDecodedSize = Narrow});
        const CheckoutPtr checkout = client.checkout();
        Journal journal;
        journal.call(checkout, "a", "ask");
        journal.call(checkout, "b", "ask");
        journal.call(checkout, "c", "ask");
        WAIT_FOR(journal.size() >= 1);
        QVERIFY(journal.entries().first().startsWith("a!"));
        journal.call(checkout, "d", "ask");
        WAIT_FOR(journal.size() >= 2);
        QCOMPARE(journal.entries().at(1), "d=7");
        QVERIFY(!checkout->error());
    }

    void row41_aWorkersMemoryIsBounded_data() { addBombs(); }
    void row41_aWorkersMemoryIsBounded()
    {
        QFETCH(QByteArray, native);
        QFETCH(QByteArray, json);
        QFETCH(bool, fits);
        verifyWorker("size", native, json, fits);
    }
    void row41_typedArgumentsAreBounded_data()
    {
        QTest::addColumn<QString>("method");
        QTest::addColumn<QByteArray>("native");
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<bool>("fits");
        QTest::newRow("texts") << "countTexts" << QByteArray("\x60") << QByteArray("\"\"") << true;
        QTest::newRow("texts of one") << "countTexts" << QByteArray("\x61\x61") << QByteArray("\"a\"") << true;
        QTest::newRow("rows") << "countRows" << QByteArray("\x80") << QByteArray("[]") << true;
        QTest::newRow("rows of one") << "countRows" << QByteArray("\x81\x60") << QByteArray("[\"\"]") << true;
        QTest::newRow("tables") << "countTables" << QByteArray("\xa1\x60\x01") << QByteArray("{\"\":1}") << false;
        QTest::newRow("queues") << "countQueues" << QByteArray("\x80") << QByteArray("[]") << false;
        QTest::newRow("wide structures") << "countWide" << QByteArray("\xa0") << QByteArray("{}") << false;
    }
    void row41_typedArgumentsAreBounded()
    {
        QFETCH(QString, method);
        QFETCH(QByteArray, native);
        QFETCH(QByteArray, json);
        QFETCH(bool, fits);
        verifyWorker(method, native, json, fits);
    }

    // Whatever it is, the event loop turns in between.
    void row86_largeResultsAreReadInSteps_data()
    {
        QTest::addColumn<QString>("what");
        for (const char *const what : {"rows", "map", "typed rows", "typed columns", "typed numbers", "typed texts",
                                       "typed map", "a gadget", "a map of gadgets"})
            QTest::newRow(what) << what;
    }
    void row86_largeResultsAreReadInSteps()
    {
        QFETCH(QString, what);
        Client client(zygote(), {.minWorkers = 1, .maxWorkers = 1, .readBudget = std::chrono::microseconds(0)});
        const CheckoutPtr checkout = client.checkout();
        QVERIFY(pidOf(checkout) > 0);
        int turns = 0;
        bool hasSettled = false;
        QTimer turn;
        connect(&turn, &QTimer::timeout, &turn, [&] { ++turns; });
        turn.start(0);
        const auto settle = [&](qsizetype size, qsizetype expected) {
            hasSettled = true;
            QCOMPARE(size, expected);
        };
        if (what == "typed rows")
            checkout->call(makeRows, many(300000),
                           [&](const QList<QStringList> &rows) { settle(rows.size(), many(300000)); });
        else if (what == "typed columns")
            checkout->call(makeColumns, many(600000), [&](const QMap<QString, QList<int>> &columns) {
                settle(columns.value("a").size(), many(600000));
            });
        else if (what == "typed numbers")
            checkout->call(makeNumbers, many(1000000),
                           [&](const QList<int> &numbers) { settle(numbers.size(), many(1000000)); });
        else if (what == "typed texts")
            checkout->call(makeTexts, many(500000),
                           [&](const QStringList &texts) { settle(texts.size(), many(500000)); });
        else if (what == "typed map")
            checkout->call(makeMap, many(200000), [&](const QVariantMap &map) { settle(map.size(), many(200000)); });
        else if (what == "a gadget")
            checkout->call(makeSheet, many(200000),
                           [&](const Sheet &sheet) { settle(sheet.names.size(), many(200000)); });
        else if (what == "a map of gadgets")
            checkout->call(makeSheets, many(200000),
                           [&](const Sheets &sheets) { settle(sheets.value("a").names.size(), many(200000)); });
        else
            checkout->call("make", {what}, [&](const QVariant &value) {
                settle(what == "map" ? value.toMap().size() : value.toList().size(),
                       what == "map" ? many(250000) : many(300000));
            });
        QVERIFY(waitUntil([&] { return hasSettled; }));
        QVERIFY2(turns >= 100, qPrintable(QString::number(turns)));
    }

    // The C library joins small blocks that were freed when a large one comes up, all in one turn if nobody sees to it.
    void row86_freedBlocksAreJoinedInBetween()
    {
        Client client(zygote(), {.minWorkers = 1, .maxWorkers = 1});
        const CheckoutPtr checkout = client.checkout();
        std::size_t most = 0; // bytes of freed blocks that are not joined yet
        qsizetype size = 0;
        int turnsAfter = 0;
        QTimer turn;
        connect(&turn, &QTimer::timeout, &turn, [&] {
            most = std::max(most, ::mallinfo2().fsmblks);
            turnsAfter += size > 0 ? 1 : 0;
        });
        turn.start(0);
        checkout->call(makeHash, 200000, [&](const QHash<QString, QString> &hash) { size = hash.size(); });
        QVERIFY(waitUntil([&] { return turnsAfter >= 300; }));
        QCOMPARE(size, 200000);
        QVERIFY2(most < 4 * 1024 * 1024, qPrintable(QString::number(most)));
    }

    void row86_aLargeResultOfAnotherType()
    {
        Client client(zygote(), {.minWorkers = 1, .maxWorkers = 1});
        const CheckoutPtr checkout = client.checkout();
        const Error error = errorOf(checkout, makeMisfit, 200000);
        QVERIFY2(error.message().contains("the result of makeMisfit is of the wrong type: a list"),
                 qPrintable(error.message()));
        QCOMPARE(resultOf(checkout, makeNumbers, 3), QList<int>(3, 7)); // on the same worker
    }

private:
    template <class R, class... A, class... T>
    static R resultOf(const CheckoutPtr &checkout, Method<R(A...)> method, T &&...arguments)
    {
        std::optional<R> result;
        checkout->call(method, std::forward<T>(arguments)..., [&result](const R &value) { result = value; });
        static_cast<void>(waitUntil([&] { return result || checkout->error(); }));
        return result.value_or(R());
    }
    template <class R, class... A, class... T>
    static Error errorOf(const CheckoutPtr &checkout, Method<R(A...)> method, T &&...arguments)
    {
        std::optional<Error> error;
        bool hasSettled = false;
        frameTry([&] { checkout->call(method, std::forward<T>(arguments)..., [&](const R &) { hasSettled = true; }); },
                 [&](const Error &caught) { error = caught; });
        static_cast<void>(waitUntil([&] { return error || hasSettled; }));
        return error.value_or(Error());
    }
    // A call of that many bytes, made without our codecs.
    static void verifyWorker(const QString &method, const QByteArray &native, const QByteArray &json, bool fits)
    {
        constexpr qsizetype Size = many(4 * int(MiB));
        const QByteArray bomb = listOfBytes(Size, native, json);
        const QByteArray name = method.toUtf8();
        Server server(zygote());
        QTemporaryDir directory;
        QVERIFY(server.listen("unix:" + directory.filePath("socket")));
        QLocalSocket socket;
        QByteArray heard;
        connect(&socket, &QLocalSocket::readyRead, &socket, [&] { heard += socket.readAll(); });
        socket.connectToServer(directory.filePath("socket"));
        const auto ask = [&](const QByteArray &call) {
            heard.clear();
            socket.write(call);
        };
        const auto hears = [&](const QByteArray &text) {
            return waitUntil([&] { return heard.contains(text) || socket.state() == QLocalSocket::UnconnectedState; })
                && heard.contains(text);
        };
        const auto echo = [](const QByteArray &word, quint64 id) {
            return isNative() ? echoCall(text(word), id, id) : "[\"do\",{},\"echo\",\"" + word + "\"]";
        };
        ask((isNative() ? hello() : QByteArray()) + echo("before", 1));
        QVERIFY(hears("before"));
        QList<qint64> workers;
        QVERIFY(pollUntil([&] { // those of the rows before have left
            workers = childrenOf(zygote()->processId());
            return workers.size() == 1;
        }));
        const qint64 before = peakMemory(workers.first());
        ask((isNative() ? packet(CallKind, bigEndian(2) + array({map({}), text(name), bomb}), 2)
                        : "[\"do\",{},\"" + name + "\"," + bomb + ']')
            + echo("after", 3));
        QVERIFY(hears("after"));
        const qint64 growth = peakMemory(workers.first()) - before;
        QCOMPARE(!heard.contains("BadArguments"), fits);
        QCOMPARE(!heard.contains("maxDecodedSize"), fits);
        QVERIFY2(isSanitized() || growth <= 64 * bomb.size() + 32 * MiB, qPrintable(QString::number(growth / MiB)));
    }
};

int main(int argc, char *argv[])
{
    Interface interface;
    fill(interface);
    Zygote narrow(interface, {.maxDecodedSize = Narrow});
    theNarrowZygote = &narrow;
    return runWithZygote<DecodingTest>(argc, argv, fill, {.hungTimeout = std::chrono::seconds(60)});
}
#include "tst_decoding.moc"
