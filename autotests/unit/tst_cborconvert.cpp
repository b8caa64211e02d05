// SPDX-License-Identifier: MIT
#include <QtPrefork/cborconvert.h>

#include "wire/jsonvalue_p.h"

#include <QtCore/QJsonObject>
#include <QtCore/QPoint>
#include <QtTest/QTest>

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
        && (types || (other.readVariant(&variant) && (!variant.isNull() ? fromVariant(variant, &converted) && converted == value : true)));
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
    return isRead == fits && isConverted == fits && !reader.isBroken() && (fits ? read == expected : reader.position() == 0);
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
};

void TestCborConvert::typesCross()
{
    QVERIFY(crosses(true) && crosses(qint8(-128)) && crosses(quint8(255)) && crosses(std::numeric_limits<quint64>::max()));
    QVERIFY(crosses(std::numeric_limits<qint64>::min()) && crosses(1.5) && crosses(0.25f) && crosses(Size::Small) && crosses(Size::Large));
    QVERIFY(crosses(QStringLiteral("text")) && crosses(QByteArray("by\0tes", 6)) && crosses(std::string("text")));
    QVERIFY(crosses(QList<int>{1, 2}) && crosses(std::vector<bool>{true, false}) && crosses(QStringList{QStringLiteral("a")}));
    QVERIFY(crosses(QMap<QString, QList<double>>{{QStringLiteral("k"), {1.0, 2.5}}})
            && crosses(QHash<QString, int>{{QStringLiteral("k"), 1}}));
    QVERIFY(crosses(QDateTime::currentDateTimeUtc()) && crosses(QDateTime()) && crosses(QUrl(QStringLiteral("http://a/b%20c"))));
    QVERIFY(crosses(QUuid::createUuid()) && crosses(QVariant(QStringLiteral("v"))) && crosses(QDate(2024, 2, 29)));
    TypeRegistry types;
    QVERIFY(types.add<QPoint>("point"));
    QVERIFY(crosses(QPoint(1, 2), &types) && crosses(QList<QPoint>{{1, 2}, {3, 4}}, &types));
    QVERIFY(encoded(QPoint()).contains("register it by name"));
}

void TestCborConvert::conversionsAreThoseOfJson()
{
    QVERIFY(leniently(QStringLiteral("5"), 5) && leniently(5.0, 5) && leniently(5, 5.0) && leniently(1, true));
    QVERIFY(leniently(5, QStringLiteral("5")) && leniently(QByteArray("x"), QStringLiteral("x"))
            && leniently(QStringLiteral("x"), QByteArray("x")));
    QVERIFY(leniently(QVariantList{QStringLiteral("1"), 2.0}, QList<int>{1, 2}) && leniently(QVariant::fromValue(nullptr), QString()));
    QVERIFY(leniently(QStringLiteral("2024-02-29"), QDate(2024, 2, 29))
            && leniently(QStringLiteral("http://a"), QUrl(QStringLiteral("http://a"))));
    QVERIFY(leniently(5.5, 0, false) && leniently(128, qint8(0), false) && leniently(-1, 0u, false)
            && leniently(QStringLiteral("x"), 0, false));
    QVERIFY(leniently(QVariant::fromValue(nullptr), 0, false) && leniently(QStringLiteral("x"), QList<int>(), false));
    QVERIFY(leniently(QVariantList{1}, QString(), false) && leniently(QVariantList{QStringLiteral("x")}, QList<int>(), false));
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
    QJsonValue json;
    QVERIFY(!Prefork::Wire::toJson(toVariant(order()), &json));
    QCOMPARE(json.toObject().value(QStringLiteral("colour")).toInt(), 1);
    Order read;
    QVERIFY(fromVariant(json.toVariant(), &read));
    QVERIFY(read == order());
}

void TestCborConvert::unknownFieldsAreRefused()
{
    Item item;
    QVERIFY(leniently(QVariantMap{{QStringLiteral("name"), QStringLiteral("n")}}, Item{QStringLiteral("n"), 7, 1}));
    QVERIFY(leniently(QVariantMap{{QStringLiteral("count"), QStringLiteral("3")}, {QStringLiteral("twice"), 9}}, Item{QString(), 3, 1}));
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
    const QByteArray bytes = encoded(QVariantMap{{QStringLiteral("a"), QVariantList{QVariantMap{{QStringLiteral("b"), QVariantList{}}}}}});
    CborReader reader(bytes);
    QMap<QString, QList<QMap<QString, int>>> wrong;
    for (int i = 0; i < 100; ++i)
        QVERIFY(!fromCbor(reader, &wrong));
    QVERIFY(!reader.isBroken());
    QMap<QString, QList<QMap<QString, QList<int>>>> right;
    QVERIFY(fromCbor(reader, &right));
    QCOMPARE(right.size(), 1);
}

void TestCborConvert::wireTypes()
{
    QCOMPARE(wireType<void>() + wireType<bool>() + wireType<char>() + wireType<quint64>() + wireType<Size>(), QByteArray("nbiii"));
    QCOMPARE(wireType<QString>() + wireType<std::string>() + wireType<QByteArray>() + wireType<QVariant>(), QByteArray("ssyv"));
    QCOMPARE(wireType<QDateTime>() + wireType<QUrl>() + wireType<QUuid>() + wireType<float>(), QByteArray("tugd"));
    QCOMPARE(wireType<QStringList>() + wireType<QVariantMap>(), QByteArray("l<s>m<v>"));
    QCOMPARE((wireType<std::vector<QHash<QString, int>>>()), QByteArray("l<m<i>>"));
    QCOMPARE(wireType<QPoint>(), QByteArray("R<QPoint>"));
    QCOMPARE(wireType<QList<Order>>(), QByteArray("l<{Order;items:l<{Item;name:s;count:i;twice:i}>;prices:m<i>;colour:i;note:v}>"));
}

QTEST_GUILESS_MAIN(TestCborConvert)
#include "tst_cborconvert.moc"
