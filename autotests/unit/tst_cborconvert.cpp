// SPDX-License-Identifier: MIT
#include <QtPrefork/detail/cborconvert.h>
#include <QtPrefork/detail/stepconverter.h>
#include <QtPrefork/detail/stepreader.h>

#include "wire/jsonparser_p.h"
#include "wire/jsonwriter_p.h"
#include "wire/utc_p.h"

#include <QtCore/QPoint>
#include <QtTest/QTest>

#include <malloc.h>

#include <deque>
#include <list>
#include <vector>

using namespace Prefork::detail;

class Item
{
    Q_GADGET
    Q_PROPERTY(QString name MEMBER name)
    Q_PROPERTY(int count MEMBER count)
    Q_PROPERTY(int twice READ twice)
    Q_PROPERTY(int secret MEMBER secret STORED false)

public:
    QString name;
    int count = 7;
    int secret = 1;
    [[nodiscard]] int twice() const { return 2 * count; }
    friend bool operator==(const Item &, const Item &) = default;
};

class Order
{
    Q_GADGET
    Q_PROPERTY(QList<Item> items MEMBER items)
    Q_PROPERTY(QMap<QString, int> prices MEMBER prices)
    Q_PROPERTY(Colour colour MEMBER colour)
    Q_PROPERTY(QVariant note MEMBER note)

public:
    enum Colour { Red, Green };
    Q_ENUM(Colour)
    QList<Item> items;
    QMap<QString, int> prices;
    Colour colour = Red;
    QVariant note;
    friend bool operator==(const Order &, const Order &) = default;
};

namespace {

enum class Size : qint8 { Small = -1, Large = 100 };

template <class T>
QByteArray encoded(const T &value, const TypeRegistry *types = nullptr)
{
    QByteArray bytes;
    CborWriter writer(&bytes, types);
    toCbor(writer, value);
    writer.finish();
    return writer.hasFailed() ? writer.errorString().toUtf8() : bytes;
}

template <class T>
bool crosses(const T &value, const TypeRegistry *types = nullptr)
{
    const QByteArray bytes = encoded(value, types);
    CborReader reader(bytes, types);
    T read{};
    QVariant variant;
    T converted{};
    CborReader other(bytes, types);
    return fromCbor(reader, &read) && reader.atEnd() && read == value
        && (types
            || (other.readVariant(&variant)
                && (!variant.isNull() ? fromVariant(variant, &converted) && converted == value : true)));
}

// What a peer wrote as From, read as To, by the way of typed readings and of JSON's conversions: both must agree.
template <class To, class From>
bool leniently(const From &written, const To &expected, bool fits = true)
{
    const QByteArray bytes = encoded(written);
    CborReader reader(bytes);
    To read{};
    To converted{};
    const bool isRead = fromCbor(reader, &read);
    const bool isConverted = fromVariant(toVariant(written), &converted);
    return isRead == fits && isConverted == fits && !reader.isBroken()
        && (fits ? read == expected : reader.position() == 0);
}

Order order()
{
    Order result;
    result.items = {Item{QStringLiteral("a"), 1, 1}, Item{QStringLiteral("b"), 2, 1}};
    result.prices = {{QStringLiteral("a"), 3}};
    result.colour = Order::Green;
    result.note = QStringLiteral("hi");
    return result;
}

qint64 usedMemory()
{
    const struct mallinfo2 info = mallinfo2();
    return qint64(info.uordblks + info.hblkhd);
}

// What is taken was counted, by the writer too.
template <class T>
QString miscounted(const T &value)
{
    QByteArray bytes;
    CborWriter writer(&bytes);
    toCbor(writer, value);
    writer.finish();
    CborReader reader(bytes);
    const qint64 allowed = reader.memoryLeft();
    const qint64 before = usedMemory();
    T read{};
    const bool isRead = fromCbor(reader, &read);
    const qint64 taken = usedMemory() - before;
    const qint64 charged = allowed - reader.memoryLeft();
    const qint64 unused
        = 4096 + charged / 8; // what the C library keeps at hand, and the ends of blocks that were larger
    if (isRead ? read == value && taken <= charged + unused && charged <= writer.decodedSize()
               : writer.decodedSize() > allowed)
        return {};
    return QStringLiteral("%1: %2 taken, %3 of %4 charged by the reader, %5 counted by the writer")
        .arg(isRead)
        .arg(taken)
        .arg(charged)
        .arg(allowed)
        .arg(writer.decodedSize());
}

// Reads @p bytes at once, and in steps of every length, of which some are longer than it; all must come to the same.
template <class T>
bool isSameInSteps(const QByteArray &bytes)
{
    CborReader reader(bytes);
    T expected{};
    const bool isRead = fromCbor(reader, &expected);
    for (int length = 1; length < 40; ++length) {
        CborReader stepped(bytes);
        T read{};
        TypedStepReader<T> steps(&read);
        StepState state = StepState::Working;
        while (state == StepState::Working) {
            int left = length;
            state = steps.read(stepped, &left);
        }
        if ((state == StepState::Done) != isRead || stepped.isBroken() != reader.isBroken())
            return false;
        if (isRead
            && (read != expected || stepped.position() != reader.position()
                || stepped.memoryLeft() != reader.memoryLeft()))
            return false;
        if (!isRead && !reader.isBroken() && stepped.position() != 0)
            return false;
    }
    return true;
}

template <class T>
bool isSameInSteps(const T &value)
{
    QByteArray bytes = encoded(value);
    bool isSame = isSameInSteps<T>(bytes) && isSameInSteps<QVariant>(bytes);
    isSame = isSame && isSameInSteps<QList<int>>(bytes)
        && isSameInSteps<QMap<QString, QStringList>>(bytes); // which it may not be
    for (qsizetype length = 0; length < bytes.size(); ++length)
        isSame = isSame && isSameInSteps<T>(bytes.first(length)) && isSameInSteps<QVariant>(bytes.first(length));
    return isSame;
}

// The same of what JSON brings.
template <class T>
bool isConvertedInSteps(const QVariant &value)
{
    constexpr qint64 Limit = 16 * 1024;
    T expected{};
    MemoryMeter memory(Limit, Limit);
    const bool fits = fromVariant(value, &expected, &memory);
    for (int length = 1; length < 20; ++length) {
        QVariant rest = value;
        T converted{};
        MemoryMeter left(Limit, Limit);
        TypedStepConverter<T> converter(&converted);
        StepState state = StepState::Working;
        int turns = 0;
        for (; state == StepState::Working && turns < 1000; ++turns) {
            int steps = length;
            state = converter.convert(&rest, &left, &steps);
        }
        if ((state == StepState::Done) != fits || (fits && (converted != expected || left.left() != memory.left())))
            return false;
        if (length == 1 && fits && !std::same_as<T, QVariant> && value.toList().size() > turns)
            return false;
    }
    return true;
}

template <class... T>
bool areConvertedInSteps(const QVariantList &values)
{
    const auto isSame = [](const QVariant &value, QMetaType type, bool isConverted) {
        if (!isConverted)
            qWarning() << value << "as" << type.name();
        return isConverted;
    };
    return std::all_of(values.begin(), values.end(), [&](const QVariant &value) {
        return (isSame(value, QMetaType::fromType<T>(), isConvertedInSteps<T>(value)) && ...);
    });
}

template <class T>
QByteArray wireType()
{
    QByteArray description;
    appendWireType<T>(&description);
    return description;
}

}

class TestCborConvert : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void typesCross();
    void conversionsAreThoseOfJson();
    void gadgetsCross();
    void gadgetsCrossAsJson();
    void unknownFieldsAreRefused();
    void wrongTypesConsumeNothingAndKeepTheDepth();
    void wireTypes();
    void memoryIsCounted();
    void readsTheSameInSteps();
    void convertsTheSameInSteps();
};

void TestCborConvert::typesCross()
{
    QVERIFY(crosses(true) && crosses(qint8(-128)) && crosses(quint8(255))
            && crosses(std::numeric_limits<quint64>::max()));
    QVERIFY(crosses(std::numeric_limits<qint64>::min()) && crosses(1.5) && crosses(0.25f) && crosses(Size::Small)
            && crosses(Size::Large));
    QVERIFY(crosses(QStringLiteral("text")) && crosses(QByteArray("by\0tes", 6)) && crosses(std::string("text")));
    QVERIFY(crosses(QList<int>{1, 2}) && crosses(std::vector<bool>{true, false})
            && crosses(QStringList{QStringLiteral("a")}));
    QVERIFY(crosses(QMap<QString, QList<double>>{{QStringLiteral("k"), {1.0, 2.5}}})
            && crosses(QHash<QString, int>{{QStringLiteral("k"), 1}}));
    QVERIFY(crosses(QDateTime::currentDateTimeUtc()) && crosses(QDateTime())
            && crosses(QUrl(QStringLiteral("http://a/b%20c"))));
    QVERIFY(crosses(QUuid::createUuid()) && crosses(QVariant(QStringLiteral("v"))) && crosses(QDate(2024, 2, 29)));
    TypeRegistry types;
    QVERIFY(types.add<QPoint>("point"));
    QVERIFY(crosses(QPoint(1, 2), &types) && crosses(QList<QPoint>{{1, 2}, {3, 4}}, &types));
    QVERIFY(encoded(QPoint()).contains("call registerType() for it"));
}

void TestCborConvert::conversionsAreThoseOfJson()
{
    QVERIFY(leniently(QStringLiteral("5"), 5) && leniently(5.0, 5) && leniently(5, 5.0) && leniently(1, true));
    QVERIFY(leniently(5, QStringLiteral("5")) && leniently(QByteArray("x"), QStringLiteral("x"))
            && leniently(QStringLiteral("x"), QByteArray("x")));
    QVERIFY(leniently(QVariantList{QStringLiteral("1"), 2.0}, QList<int>{1, 2})
            && leniently(QVariant::fromValue(nullptr), QString()));
    QVERIFY(leniently(QStringLiteral("2024-02-29"), QDate(2024, 2, 29))
            && leniently(QStringLiteral("http://a"), QUrl(QStringLiteral("http://a"))));
    QVERIFY(leniently(5.5, 0, false) && leniently(128, qint8(0), false) && leniently(-1, 0u, false)
            && leniently(QStringLiteral("x"), 0, false));
    QVERIFY(leniently(QVariant::fromValue(nullptr), 0, false) && leniently(QStringLiteral("x"), QList<int>(), false));
    QVERIFY(leniently(QVariantList{1}, QString(), false)
            && leniently(QVariantList{QStringLiteral("x")}, QList<int>(), false));
}

void TestCborConvert::gadgetsCross()
{
    QVERIFY(crosses(order().items.first()));
    const QByteArray bytes = encoded(order());
    Order read;
    CborReader reader(bytes);
    QVERIFY(fromCbor(reader, &read));
    QVERIFY(read == order());
    QVERIFY(crosses(QList<Item>{Item{}, Item{QStringLiteral("x"), 9, 1}}));
    QByteArray dynamic;
    CborWriter(&dynamic).writeVariant(QVariant::fromValue(order()));
    QCOMPARE(dynamic, bytes);
    QVERIFY(!bytes.contains("secret"));
}

void TestCborConvert::gadgetsCrossAsJson()
{
    QByteArray text;
    QVERIFY(!Prefork::Wire::JsonWriter(&text, 1000).write(QVariantList{toVariant(order())}, 0));
    Prefork::Wire::JsonParser parser;
    parser.start(text, Prefork::DefaultMaxDecodedSize);
    QCOMPARE(parser.parse(1000), Prefork::Wire::JsonParser::State::Done);
    const QVariant json = parser.take().first();
    QCOMPARE(json.toMap().value(QStringLiteral("colour")), QVariant(1));
    Order read;
    QVERIFY(fromVariant(json, &read));
    QVERIFY(read == order());
}

void TestCborConvert::unknownFieldsAreRefused()
{
    Item item;
    QVERIFY(leniently(QVariantMap{{QStringLiteral("name"), QStringLiteral("n")}}, Item{QStringLiteral("n"), 7, 1}));
    QVERIFY(leniently(QVariantMap{{QStringLiteral("count"), QStringLiteral("3")}, {QStringLiteral("twice"), 9}},
                      Item{QString(), 3, 1}));
    QVERIFY(leniently(QVariantMap{{QStringLiteral("nome"), QString()}}, item, false));
    QVERIFY(leniently(QVariantMap{{QStringLiteral("secret"), 1}}, item, false));
    QVERIFY(leniently(QVariantMap{{QStringLiteral("count"), QStringLiteral("x")}}, item, false));
    QVERIFY(leniently(5, item, false));
    const QByteArray twice = QByteArray::fromHex("a265636f756e740165636f756e7401");
    CborReader reader(twice);
    QVERIFY(!fromCbor(reader, &item));
    QVERIFY(reader.isBroken());
}

void TestCborConvert::wrongTypesConsumeNothingAndKeepTheDepth()
{
    const QByteArray bytes
        = encoded(QVariantMap{{QStringLiteral("a"), QVariantList{QVariantMap{{QStringLiteral("b"), QVariantList{}}}}}});
    CborReader reader(bytes);
    QMap<QString, QList<QMap<QString, int>>> wrong;
    for (int i = 0; i < 100; ++i)
        QVERIFY(!fromCbor(reader, &wrong));
    QVERIFY(!reader.isBroken());
    QMap<QString, QList<QMap<QString, QList<int>>>> right;
    QVERIFY(fromCbor(reader, &right));
    QCOMPARE(right.size(), 1);
}

void TestCborConvert::memoryIsCounted()
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    QSKIP("the sanitizer takes memory of its own");
#endif
    const QString some = QStringLiteral("thirty-two characters, or nearly");
    for (const int count : {0, 1, 2, 3, 10, 47, 48, 49, 64, 65, 129, 1000, 20000}) {
        QCOMPARE(miscounted(QList<int>(count, 7)), QString());
        QCOMPARE(miscounted(QList<bool>(count, true)), QString());
        QCOMPARE(miscounted(std::vector<qint64>(std::size_t(count), 7)), QString());
        QCOMPARE(miscounted(std::vector<std::string>(std::size_t(count), some.toStdString())), QString());
        QCOMPARE(miscounted(std::list<int>(std::size_t(count), 7)), QString());
        QCOMPARE(miscounted(std::deque<QString>(std::size_t(count), some)), QString());
        QCOMPARE(miscounted(QStringList(count, QString())), QString());
        QCOMPARE(miscounted(QStringList(count, QStringLiteral("a"))), QString());
        QCOMPARE(miscounted(QStringList(count, QStringLiteral("äöü"))), QString());
        QCOMPARE(miscounted(QStringList(count, some)), QString());
        QCOMPARE(miscounted(QByteArrayList(count, QByteArray("seven b"))), QString());
        QCOMPARE(miscounted(QList<QStringList>(count, {QStringLiteral("a"), QString()})), QString());
        QCOMPARE(miscounted(QList<QMap<QString, int>>(count, {{QStringLiteral("a"), 1}})), QString());
        QCOMPARE(miscounted(QList<QHash<QString, int>>(count, {{QStringLiteral("a"), 1}, {some, 2}})), QString());
        QCOMPARE(miscounted(QList<std::deque<int>>(count, std::deque<int>{1, 2})), QString());
        QCOMPARE(miscounted(QList<Item>(count, Item{some, 1, 1})), QString());
        QCOMPARE(miscounted(QVariantList(count, some)), QString());
        QCOMPARE(miscounted(QVariantList(count, QVariantList{qlonglong(1), QVariantMap{{some, QByteArray("bytes")}}})),
                 QString());
        QCOMPARE(miscounted(QVariantList(count, QDateTime(QDate(2024, 2, 29), QTime(1, 2), Prefork::Wire::Utc))),
                 QString());
        QCOMPARE(miscounted(QVariantList(
                     count, QUrl(QStringLiteral("https://user:word@host.example:80/a/path?query=1#fragment")))),
                 QString());
        QHash<QString, int> hash;
        QMap<QString, QStringList> map;
        for (int i = 0; i < count; ++i) {
            hash.insert(QString::number(i), i);
            map.insert(QString::number(i), {some});
        }
        QCOMPARE(miscounted(hash), QString());
        QCOMPARE(miscounted(map), QString());
    }
    QCOMPARE(miscounted(QString(1000000, u'x')), QString());
    QCOMPARE(miscounted(QStringList(10, QString(1000000, u'x'))), QString());
    QCOMPARE(miscounted(QByteArrayList(10, QByteArray(1000000, 'x'))), QString());
}

void TestCborConvert::readsTheSameInSteps()
{
    QVERIFY(isSameInSteps(QList<int>{1, 2, 300}) && isSameInSteps(QStringList{QStringLiteral("a"), QString()}));
    QVERIFY(isSameInSteps(QList<QStringList>{{QStringLiteral("a"), QString()}, {}, {QStringLiteral("b")}}));
    QVERIFY(isSameInSteps(QMap<QString, QList<int>>{{QStringLiteral("a"), {1, 2}}, {QStringLiteral("b"), {}}}));
    QVERIFY(isSameInSteps(QHash<QString, int>{{QStringLiteral("a"), 1}})
            && isSameInSteps(std::vector<bool>{true, false}));
    QList<Item> items(2);
    items.last() = {QStringLiteral("x"), 9, 1};
    QVERIFY(isSameInSteps(items) && isSameInSteps(std::list<std::string>{"a", "b"}));
    QVERIFY(isSameInSteps(order()) && isSameInSteps(Order()));
    QVERIFY(isSameInSteps(QMap<QString, Order>{{QStringLiteral("a"), order()}}));
    const QVariantMap map{{QStringLiteral("a"), QVariantList{1, QVariantList{}, QVariantMap{}, QStringLiteral("b")}},
                          {QStringLiteral("c"), QDateTime(QDate(2024, 2, 29), QTime(1, 2), Prefork::Wire::Utc)},
                          {QStringLiteral("d"), QUuid::fromRfc4122("0123456789abcdef")}};
    QVERIFY(isSameInSteps(map) && isSameInSteps(QVariantList{map, 5, map}));
    for (const char *const digits :
         {"9f01029f03ff80ff", "bf616101616282f6f5ff", "a2616101616102", "d9d9f782d9d9f7820102c0616103", "820102ff",
          "9f0182ff", "bf01ff", "8261", "83016161f6", "a1616183010203", "c100", "d8209f6161ff", "7f61616162ff"}) {
        const QByteArray bytes = QByteArray::fromHex(digits);
        QVERIFY2(isSameInSteps<QVariant>(bytes) && isSameInSteps<QVariantList>(bytes)
                     && isSameInSteps<QVariantMap>(bytes) && isSameInSteps<QList<int>>(bytes)
                     && isSameInSteps<QList<QStringList>>(bytes) && (isSameInSteps<QMap<QString, QVariant>>(bytes))
                     && isSameInSteps<Item>(bytes) && isSameInSteps<QList<Order>>(bytes),
                 digits);
    }
    const QByteArray deep = QByteArray(63, '\x81') + '\x80';
    QVERIFY(isSameInSteps<QVariant>(deep) && isSameInSteps<QVariant>('\x81' + deep)
            && isSameInSteps<QVariant>('\x81' + deep.chopped(1)));
}

void TestCborConvert::convertsTheSameInSteps()
{
    const auto item = [](const QVariant &name, const QVariant &count) {
        return QVariant(QVariantMap{{QStringLiteral("name"), name}, {QStringLiteral("count"), count}});
    };
    const auto orderOf = [](const QVariant &items, const QVariant &prices) {
        const QVariantMap map{
            {QStringLiteral("items"), items}, {QStringLiteral("prices"), prices}, {QStringLiteral("note"), items}};
        return QVariant(map);
    };
    const QVariant items = QVariantList{item(QStringLiteral("a"), 1), item(5, QStringLiteral("2")), QVariantMap()};
    const QVariant prices = QVariantMap{{QStringLiteral("a"), 1}, {QStringLiteral("b"), QStringLiteral("2")}};
    const QVariantList values{
        QVariantList{1, QStringLiteral("2"), 3.0, true},
        QVariantList{},
        QVariantList{1, 2, QStringLiteral("three")},
        QVariantList{QStringLiteral("a"), QVariantList{}},
        QVariantList{QVariantList{1, 2}, QVariantList{}, QVariantList{QString()}},
        items,
        prices,
        QVariantMap{},
        item(QVariantList{}, 1),
        item(QStringLiteral("a"), 1),
        QVariantMap{{QStringLiteral("twice"), 1}},
        QVariantMap{{QStringLiteral("secret"), 1}},
        QVariantMap{{QStringLiteral("other"), 1}},
        orderOf(items, prices),
        orderOf(items, items),
        orderOf(QVariantList{1}, prices),
        QVariantMap{{QStringLiteral("a"), orderOf(items, prices)}, {QStringLiteral("b"), orderOf({}, prices)}},
        QVariantList(20, QVariantList{}),
        QVariantList(600, 1), // takes more memory than it may as some of these types
        QStringLiteral("5"),
        5,
        QVariant(),
    };
    QVERIFY((areConvertedInSteps<QList<int>, QStringList, QVariantList, QList<QStringList>>(values)));
    QVERIFY((areConvertedInSteps<std::vector<std::string>, std::list<bool>, std::deque<double>>(values)));
    QVERIFY((areConvertedInSteps<QMap<QString, int>, QVariantMap, QVariantHash, QHash<QString, QList<int>>>(values)));
    QVERIFY((areConvertedInSteps<Item, Order, QList<Item>, QMap<QString, Order>, QVariant, int>(values)));
}

void TestCborConvert::wireTypes()
{
    QCOMPARE(wireType<void>() + wireType<bool>() + wireType<char>() + wireType<quint64>() + wireType<Size>(),
             QByteArray("nbiii"));
    QCOMPARE(wireType<QString>() + wireType<std::string>() + wireType<QByteArray>() + wireType<QVariant>(),
             QByteArray("ssyv"));
    QCOMPARE(wireType<QDateTime>() + wireType<QUrl>() + wireType<QUuid>() + wireType<float>(), QByteArray("tugd"));
    QCOMPARE(wireType<QStringList>() + wireType<QVariantMap>(), QByteArray("l<s>m<v>"));
    QCOMPARE((wireType<std::vector<QHash<QString, int>>>()), QByteArray("l<m<i>>"));
    QCOMPARE(wireType<QPoint>(), QByteArray("R<QPoint>"));
    QCOMPARE(wireType<QList<Order>>(),
             QByteArray("l<{Order;items:l<{Item;name:s;count:i;twice:i}>;prices:m<i>;colour:i;note:v}>"));
}

QTEST_GUILESS_MAIN(TestCborConvert)
#include "tst_cborconvert.moc"
