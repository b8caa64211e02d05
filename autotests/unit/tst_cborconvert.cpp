// SPDX-License-Identifier: MIT
#include <QtPrefork/detail/cborconvert.h>
#include <QtPrefork/detail/stepconverter.h>
#include <QtPrefork/detail/stepreader.h>

#include "wire/jsonparser_p.h"
#include "wire/jsonwriter_p.h"
#include "wire/utc_p.h"

#include <QtCore/QBitArray>
#include <QtCore/QCborArray>
#include <QtCore/QCborMap>
#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>
#include <QtCore/QLine>
#include <QtCore/QLocale>
#include <QtCore/QPoint>
#include <QtCore/QRect>
#include <QtCore/QRegularExpression>
#include <QtCore/QSize>
#include <QtCore/QVersionNumber>
#include <QtTest/QTest>

#include <malloc.h>

#include <array>
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

/// Holds what Qt's meta-type system knows nothing of.
class Chest
{
    Q_GADGET
    Q_PROPERTY(std::optional<int> maybe MEMBER maybe)
    Q_PROPERTY(std::optional<QString> nothing MEMBER nothing)
    Q_PROPERTY(std::tuple<int, QString, Colour> triple MEMBER triple)
    Q_PROPERTY(std::array<double, 3> three MEMBER three)
    Q_PROPERTY(QPair<QString, QList<int>> pair MEMBER pair)
    Q_PROPERTY(QPair<QVariant, QString> anyPair MEMBER anyPair)
    Q_PROPERTY(QSet<int> set MEMBER set)
    Q_PROPERTY(std::set<QString> stdSet MEMBER stdSet)
    Q_PROPERTY(std::unordered_set<int> hashed MEMBER hashed)
    Q_PROPERTY(QMap<int, QString> map MEMBER map)
    Q_PROPERTY(QHash<Colour, qint64> hash MEMBER hash)
    Q_PROPERTY(std::map<qint8, std::string> stdMap MEMBER stdMap)
    Q_PROPERTY(std::unordered_map<std::string, int> stdHash MEMBER stdHash)
    Q_PROPERTY(std::chrono::milliseconds time MEMBER time)
    Q_PROPERTY(std::chrono::duration<double> seconds MEMBER seconds)
    Q_PROPERTY(QList<std::optional<QSize>> sizes MEMBER sizes)
    Q_PROPERTY(QRectF rect MEMBER rect)
    Q_PROPERTY(QJsonObject json MEMBER json)
    Q_PROPERTY(QCborMap cbor MEMBER cbor)
    Q_PROPERTY(QChar letter MEMBER letter)
    Q_PROPERTY(QVersionNumber version MEMBER version)

public:
    enum Colour { Red, Green };
    Q_ENUM(Colour)
    std::optional<int> maybe;
    std::optional<QString> nothing;
    std::tuple<int, QString, Colour> triple;
    std::array<double, 3> three{};
    QPair<QString, QList<int>> pair;
    QPair<QVariant, QString> anyPair{QString(), {}};
    QSet<int> set;
    std::set<QString> stdSet;
    std::unordered_set<int> hashed;
    QMap<int, QString> map;
    QHash<Colour, qint64> hash;
    std::map<qint8, std::string> stdMap;
    std::unordered_map<std::string, int> stdHash;
    std::chrono::milliseconds time{};
    std::chrono::duration<double> seconds{};
    QList<std::optional<QSize>> sizes;
    QRectF rect;
    QJsonObject json;
    QCborMap cbor;
    QChar letter{u'-'};
    QVersionNumber version;
    friend bool operator==(const Chest &, const Chest &) = default;
};

namespace {

Chest chest()
{
    Chest result;
    result.maybe = 5;
    result.triple = {1, QStringLiteral("two"), Chest::Green};
    result.three = {1.5, 2, 3};
    result.pair = {QStringLiteral("a"), {1, 2}};
    result.anyPair = {QStringLiteral("any"), QStringLiteral("b")};
    result.set = {1, 2, 3};
    result.stdSet = {QStringLiteral("x"), QStringLiteral("y")};
    result.hashed = {7, 8};
    result.map = {{-1, QStringLiteral("minus")}, {10, QStringLiteral("ten")}};
    result.hash = {{Chest::Green, 1}, {Chest::Red, 2}};
    result.stdMap = {{qint8(-128), "least"}, {qint8(127), "most"}};
    result.stdHash = {{"k", 1}};
    result.time = std::chrono::milliseconds(1500);
    result.seconds = std::chrono::duration<double>(0.25);
    result.sizes = {QSize(1, 2), std::nullopt};
    result.rect = QRectF(0.5, 1.5, 2, 3);
    result.json = QJsonObject{{QStringLiteral("a"), QJsonArray{1, 2.5, QJsonValue()}}};
    result.cbor = QCborMap{{1, QByteArray("\xff")}, {QStringLiteral("a"), QCborArray{1}}};
    result.letter = u'ß';
    result.version = QVersionNumber(6, 4, 2);
    return result;
}

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

// The lengths of steps in which the tests read and convert; the last ones are longer than what they read.
constexpr std::array StepLengths{1, 2, 3, 4, 5, 7, 11, 17, 39};

// Reads @p bytes at once, and in steps of several lengths; all must come to the same.
template <class T>
bool isSameInSteps(const QByteArray &bytes)
{
    CborReader reader(bytes);
    T expected{};
    const bool isRead = fromCbor(reader, &expected);
    for (const int length : StepLengths) {
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
    for (const int length : StepLengths) {
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
        if (length == 1 && fits && !std::same_as<T, QVariant> && value.typeId() == QMetaType::QVariantList
            && value.toList().size() > turns)
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
    void typesOfStdCross();
    void setsAndMapsCross();
    void wrongShapesAreRefused();
    void typesOfQtCross();
    void typesOfQtStayInVariants();
    void wrongTagsAreRefused();
    void everythingCrossesInGadgets();
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
    QVERIFY(encoded(QPoint()) == QByteArray::fromHex("da51504619820000"));
}

// Over JSON, too.
template <class T>
bool crossesAsJson(const T &value)
{
    QByteArray text;
    if (const auto failure = Prefork::Wire::JsonWriter(&text, 10000).write(QVariantList{toVariant(value)}, 0)) {
        qWarning().noquote() << *failure;
        return false;
    }
    Prefork::Wire::JsonParser parser;
    parser.start(text, Prefork::DefaultMaxDecodedSize);
    T read{};
    if (parser.parse(10000) != Prefork::Wire::JsonParser::State::Done || !fromVariant(parser.take().first(), &read)
        || read != value) {
        qWarning() << text;
        return false;
    }
    return true;
}

// In every way a value can go.
template <class T>
bool crossesAnyway(const T &value)
{
    QByteArray dynamic;
    CborWriter(&dynamic).writeVariant(QVariant::fromValue(value));
    const bool isSame = dynamic == encoded(value); // as a property of a gadget, too
    if (!isSame)
        qWarning() << dynamic.toHex() << encoded(value).toHex();
    QByteArray described;
    appendWireType(&described, QMetaType::fromType<T>());
    if (described != wireType<T>())
        qWarning() << described << wireType<T>();
    QList<T> list(3);
    list.first() = list.last() = value;
    return isSame && described == wireType<T>() && crosses(value) && crossesAsJson(value) && isSameInSteps(value)
        && isSameInSteps(list) && isConvertedInSteps<T>(toVariant(value));
}

void TestCborConvert::typesOfStdCross()
{
    using namespace std::chrono;
    QVERIFY(crossesAnyway(std::optional<int>(5)) && crossesAnyway(std::optional<int>()));
    QVERIFY(crossesAnyway(std::optional<QString>(QStringLiteral("x")))
            && crossesAnyway(std::optional<QStringList>(QStringList{QStringLiteral("x"), QString()})));
    // Of what may be null itself, an empty optional is another thing than an optional null.
    using Nested = std::optional<std::optional<int>>;
    QVERIFY(crossesAnyway(Nested()) && crossesAnyway(Nested(std::optional<int>())) && crossesAnyway(Nested(5)));
    QVERIFY(crosses(std::optional<QDateTime>(QDateTime())) && isSameInSteps(std::optional<QDateTime>(QDateTime()))
            && crossesAnyway(std::optional<QDateTime>()));
    const std::optional<Item> item = Item{QStringLiteral("a"), 1, 1};
    QVERIFY(crosses(item) && crossesAsJson(item) && isSameInSteps(item) && crossesAnyway(std::optional<Item>()));
    QVERIFY(crossesAnyway(std::pair<int, QString>(1, QStringLiteral("a")))
            && crossesAnyway(std::pair<QString, QList<int>>(QStringLiteral("a"), {1, 2})));
    QVERIFY(crossesAnyway(std::tuple<int, bool, QString>(1, true, QStringLiteral("a")))
            && crossesAnyway(std::tuple<QStringList, std::tuple<>>()));
    QVERIFY(crossesAnyway(std::array<int, 3>{1, 2, 3}) && crossesAnyway(std::array<QString, 0>{})
            && crossesAnyway(std::array<std::optional<QString>, 2>{QStringLiteral("a"), std::nullopt}));
    QVERIFY(crossesAnyway(milliseconds(-5)) && crossesAnyway(hours::max()) && crossesAnyway(duration<double>(0.25))
            && crossesAnyway(duration<int, std::ratio<1, 60>>(7)));
    QVERIFY(crossesAnyway(QList<std::tuple<milliseconds, std::optional<Size>>>{{milliseconds(1), Size::Large}}));
}

void TestCborConvert::setsAndMapsCross()
{
    const QString a = QStringLiteral("a");
    QVERIFY(crossesAnyway(QSet<int>{1, 2, 3}) && crossesAnyway(QSet<QString>{a, QString()})
            && crossesAnyway(std::set<QString>{a}) && crossesAnyway(std::unordered_set<int>{1, 2, 3}));
    QVERIFY(crossesAnyway(QMap<int, QString>{{-1, a}, {5, a}}) && crossesAnyway(QHash<quint64, int>{{~0ull, 1}})
            && crossesAnyway(QMap<Chest::Colour, QList<int>>{{Chest::Red, {1}}, {Chest::Green, {}}})
            && crosses(QMap<Size, QList<int>>{{Size::Small, {1}}, {Size::Large, {}}}));
    QVERIFY(crossesAnyway(std::map<int, QString>{{-1, a}}) && crossesAnyway(std::map<QString, int>{{a, 1}})
            && crossesAnyway(std::unordered_map<qint64, QString>{{std::numeric_limits<qint64>::min(), a}})
            && crossesAnyway(std::unordered_map<std::string, int>{{"ä", 1}}));
    QVERIFY(crossesAnyway(QMap<int, QMap<QString, QSet<int>>>{{1, {{a, {1, 2}}}}}));
    QVERIFY(crossesAnyway(std::map<std::string, std::vector<std::pair<int, std::optional<QString>>>>{{"k", {{1, a}}}}));
}

void TestCborConvert::wrongShapesAreRefused()
{
    using Pair = std::pair<int, int>;
    QVERIFY(leniently(QVariantList{1, QStringLiteral("2")}, Pair(1, 2))
            && leniently(QStringLiteral("5"), std::optional<int>(5)) && leniently(5.0, std::chrono::seconds(5)));
    QVERIFY(leniently(QVariantList{1}, Pair(), false) && leniently(QVariantList{1, 2, 3}, Pair(), false)
            && leniently(5, Pair(), false) && leniently(QVariantList{1, QStringLiteral("x")}, Pair(), false));
    QVERIFY(leniently(QVariantList{1, 2}, std::array<int, 3>(), false)
            && leniently(QVariantList{1, 2}, std::tuple<int>(), false));
    QVERIFY(leniently(QStringLiteral("x"), std::optional<int>(), false)
            && leniently(5, std::optional<QDateTime>(), false)
            && leniently(QVariantList{}, std::optional<std::optional<int>>(), false));
    QVERIFY(leniently(0.5, std::chrono::seconds(), false));
    // A set has each value once.
    QVERIFY(leniently(QVariantList{1, 2, 1}, QSet<int>(), false)
            && leniently(QVariantList{1, 1}, std::set<int>(), false)
            && leniently(QVariantList{1, QStringLiteral("1")}, std::unordered_set<int>(), false));
    // A number has one text.
    for (const char *const key : {"1.0", "+1", "01", " 1", "", "x", "128", "-129"}) {
        const QVariantMap map{{QLatin1StringView(key), 1}};
        QVERIFY2(leniently(map, QMap<qint8, int>(), false) && leniently(map, std::map<qint8, int>(), false), key);
    }
    QVERIFY(leniently(QVariantMap{{QStringLiteral("-1"), 1}}, QMap<uint, int>(), false));
    const QByteArray twice = QByteArray::fromHex("a2613101613102");
    QVERIFY((isSameInSteps<QMap<int, int>>(twice) && isSameInSteps<std::unordered_map<int, int>>(twice)
             && isSameInSteps<QSet<int>>(QByteArray::fromHex("83010201"))
             && isSameInSteps<std::pair<int, QStringList>>(QByteArray::fromHex("83010203"))));
}

void TestCborConvert::typesOfQtCross()
{
    QVERIFY(crossesAnyway(QPoint(1, -2)) && crossesAnyway(QPointF(0.1, -2)) && crossesAnyway(QSize())
            && crossesAnyway(QSizeF(1e300, 2)));
    QVERIFY(crossesAnyway(QRect(1, 2, 3, 4)) && crossesAnyway(QRect()) && crossesAnyway(QRectF(0.5, 1, 2, 3))
            && crossesAnyway(QRect(QPoint(INT_MIN, INT_MIN), QPoint(INT_MAX, INT_MAX))));
    QVERIFY(crossesAnyway(QLine(1, 2, 3, 4)) && crossesAnyway(QLineF(0.1, 2, 3, 4)));
    QBitArray bits(11);
    bits.setBit(3);
    bits.setBit(10);
    QVERIFY(crossesAnyway(bits) && crossesAnyway(QBitArray()) && crossesAnyway(QBitArray(8, true)));
    QLocale locale(QLocale::Chinese, QLocale::TraditionalHanScript, QLocale::Taiwan);
    QVERIFY(crossesAnyway(locale) && crossesAnyway(QLocale::c()) && crossesAnyway(QLocale(QLocale::German)));
    locale.setNumberOptions(QLocale::OmitGroupSeparator | QLocale::RejectLeadingZeroInExponent);
    QVERIFY(crossesAnyway(locale));
    QVERIFY(crossesAnyway(QRegularExpression(QStringLiteral("^a(b)?"), QRegularExpression::CaseInsensitiveOption))
            && crossesAnyway(QRegularExpression()));
    QVERIFY(crossesAnyway(QVersionNumber(6, 4, 2)) && crossesAnyway(QVersionNumber()));
    QVERIFY(crossesAnyway(QChar(u'a')) && crossesAnyway(QChar(u'€')) && crossesAnyway(QChar()));
    const QJsonObject object{{QStringLiteral("a"), QJsonArray{1, 2.5, QJsonValue(), true, QStringLiteral("x")}}};
    QVERIFY(crosses(object) && crosses(QJsonArray{object, 1}) && crosses(QJsonArray()) && crossesAsJson(object)
            && crossesAsJson(QJsonArray{object, 1}) && isSameInSteps(object));
    QVERIFY(crossesAnyway(QJsonValue(object)) && crossesAnyway(QJsonValue()) && crossesAnyway(QJsonValue(1.5))
            && crossesAnyway(QJsonValue(qint64(1) << 60)) && crossesAnyway(QJsonValue(QString())));
    QVERIFY(crossesAnyway(QJsonDocument(object)) && crossesAnyway(QJsonDocument(QJsonArray()))
            && crossesAnyway(QJsonDocument()));
    const QCborMap map{{1, QByteArray("\xff")},
                       {QStringLiteral("a"), QCborArray{1, QCborValue(QCborKnownTags::Url, 5)}}};
    QVERIFY(crossesAnyway(map) && crossesAnyway(QCborArray{map, 1}) && crossesAnyway(QCborMap()));
    QVERIFY(crossesAnyway(QCborValue(map)) && crossesAnyway(QCborValue()) && crossesAnyway(QCborValue(nullptr))
            && crossesAnyway(QCborValue(1.5)));
    // Nothing is rounded.
    QVERIFY(leniently(QPoint(1, 2), QPointF(1, 2)) && leniently(QPointF(1.5, 2), QPoint(), false)
            && leniently(QRectF(1, 2, 3, 4.5), QRect(), false) && leniently(QSize(1, 2), QPoint(), false));
    QVERIFY(leniently(QVariantList{1, 2.0}, QPoint(1, 2)) && leniently(QVariantList{1, 2.5}, QPoint(), false)
            && leniently(QVariantList{1, qint64(1) << 40}, QSize(), false)
            && leniently(QVariantList{1, 2, 3}, QRect(), false));
    QVERIFY(leniently(QVariantList{0, 0, qint64(1) << 33, 1}, QRect(), false)
            && leniently(QVariantList{0, 0, std::numeric_limits<qint64>::min(), 1}, QRect(), false));
    QVERIFY(leniently(QStringLiteral("ab"), QChar(), false) && leniently(QString(), QChar(), false));
    QVERIFY(leniently(QVariantList{9, QByteArray("x")}, QBitArray(), false)
            && leniently(QStringLiteral("012"), QBitArray(), false)
            && leniently(QVariantList{-1, QByteArray()}, QBitArray(), false));
    QVERIFY(leniently(QVariantList{QStringLiteral("xx_Yyyy_ZZ"), 0}, QLocale(), false)
            && leniently(QVariantList{QStringLiteral("de_Latn_DE"), 64}, QLocale(), false)
            && leniently(QVariantList{QString(), 128}, QRegularExpression(), false)
            && leniently(QVariantList{1, QStringLiteral("x")}, QVersionNumber(), false));
    QVERIFY(leniently(QVariantList{}, QJsonObject(), false) && leniently(QVariantMap{}, QJsonArray(), false)
            && leniently(5, QJsonDocument(), false)
            && leniently(std::numeric_limits<quint64>::max(), QJsonValue(), false));
    QVERIFY(leniently(QByteArray("\x01\x02"), QCborValue(), false) && leniently(QByteArray("\x01"), QCborMap(), false)
            && leniently(QStringLiteral("?"), QCborValue(), false)
            && leniently(QByteArray("\x81"), QCborArray(), false));
}

void TestCborConvert::typesOfQtStayInVariants()
{
    const QVariantList values{QPoint(1, 2),
                              QPointF(1, 2),
                              QSize(1, 2),
                              QSizeF(1, 2),
                              QRect(),
                              QRectF(),
                              QLine(),
                              QLineF(),
                              QBitArray(9, true),
                              QLocale::c(),
                              QRegularExpression(QStringLiteral("x")),
                              QVariant::fromValue(QVersionNumber(1, 2)),
                              QVariant::fromValue(QCborMap{{1, 2}}),
                              QVariant::fromValue(QCborArray{1}),
                              QVariant::fromValue(QCborValue(5))};
    QVERIFY(isSameInSteps(values) && isSameInSteps(QVariantMap{{QStringLiteral("a"), values}}));
    const QByteArray bytes = encoded(QVariant(values));
    CborReader reader(bytes);
    QVariant read;
    QVERIFY(reader.readVariant(&read));
    const QVariantList list = read.toList();
    QCOMPARE(list.size(), values.size());
    for (qsizetype i = 0; i < values.size(); ++i) {
        QCOMPARE(list[i].typeName(), values[i].typeName());
        QCOMPARE(list[i], values[i]);
    }
}

void TestCborConvert::wrongTagsAreRefused()
{
    const QByteArray size = QByteArray::fromHex("da51504615");
    QCOMPARE(encoded(QSize(1, 2)), size + QByteArray::fromHex("820102"));
    for (const QByteArray &content :
         {QByteArray::fromHex("8101"), QByteArray::fromHex("83010203"), size + "\x82\x01\x02",
          QByteArray::fromHex("6161"), QByteArray::fromHex("821b00000001000000000a"), QByteArray()}) {
        const QByteArray bytes = size + content;
        CborReader reader(bytes);
        QVariant read;
        QVERIFY2(!reader.readVariant(&read) && reader.isBroken(), content.toHex().constData());
        QVERIFY(isSameInSteps<QVariant>(bytes) && isSameInSteps<QSize>(bytes));
    }
    // One that is not ours means what it is before.
    const QByteArray foreign = QByteArray::fromHex("da51504601820102");
    CborReader reader(foreign);
    QList<int> list;
    QVERIFY(fromCbor(reader, &list));
    QCOMPARE(list, (QList<int>{1, 2}));
}

void TestCborConvert::everythingCrossesInGadgets()
{
    QVERIFY(crossesAnyway(chest()) && crossesAnyway(Chest()));
    QVERIFY(crossesAnyway(std::map<int, std::vector<Chest>>{{1, {chest(), Chest()}}}));
    QVERIFY(wireType<Chest>().contains("maybe:o<i>;") && wireType<Chest>().contains("triple:p<i;s;i>;")
            && wireType<Chest>().contains("time:c<i;1/1000>;") && wireType<Chest>().contains("sizes:l<O<Q<QSize>>>;"));
    Chest expected;
    QVERIFY(
        leniently(QVariantMap{{QStringLiteral("map"), QVariantMap{{QStringLiteral("01"), QString()}}}}, expected, false)
        && leniently(QVariantMap{{QStringLiteral("set"), QVariantList{1, 1}}}, expected, false)
        && leniently(QVariantMap{{QStringLiteral("pair"), QVariantList{1}}}, expected, false)
        && leniently(QVariantMap{{QStringLiteral("three"), QVariantList{1, 2}}}, expected, false));
    const QVariantList maps{QVariantMap{{QStringLiteral("map"), QVariantMap{{QStringLiteral("1"), QString()}}}},
                            QVariantMap{{QStringLiteral("map"), QVariantMap{{QStringLiteral("01"), QString()}}}},
                            QVariantMap{{QStringLiteral("set"), QVariantList{1, 1}}},
                            QVariantMap{{QStringLiteral("set"), QVariantList{1, 2}}},
                            QVariantMap{{QStringLiteral("pair"), QVariantList{1, QVariantList{1}}}}};
    QVERIFY((areConvertedInSteps<Chest, std::optional<Chest>, QMap<QString, Chest>>(maps)));
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
    for (const char *tail : {"", "x", "count"}) { // behind a NUL, to which Qt reads a property's name
        const QString name = QStringLiteral("count") + QChar(0) + QLatin1StringView(tail);
        QVERIFY2(leniently(QVariantMap{{name, 1}}, item, false), tail);
    }
    QVERIFY(leniently(QVariantMap{{QString(QChar(0)), 1}}, item, false));
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
        QSet<QString> set;
        std::map<int, std::string> stdMap;
        std::unordered_map<int, QString> stdHash;
        std::unordered_set<int> stdSet;
        QMap<int, std::pair<QString, std::optional<QByteArray>>> pairs;
        for (int i = 0; i < count; ++i) {
            set.insert(some + QString::number(i));
            stdMap.emplace(i, some.toStdString());
            stdHash.emplace(i, some);
            stdSet.insert(i);
            pairs.insert(i, {some, QByteArray("bytes")});
        }
        QCOMPARE(miscounted(set), QString());
        QCOMPARE(miscounted(stdMap), QString());
        QCOMPARE(miscounted(stdHash), QString());
        QCOMPARE(miscounted(stdSet), QString());
        QCOMPARE(miscounted(pairs), QString());
        QCOMPARE(miscounted(QList<QPointF>(count, QPointF(1, 2))), QString());
        QCOMPARE(miscounted(QVariantList(count, QRectF(1, 2, 3, 4))), QString());
        QCOMPARE(miscounted(QVariantList(count, QRegularExpression(some))), QString());
        QCOMPARE(miscounted(QList<QCborArray>(count, QCborArray{1, some})), QString());
        QCOMPARE(miscounted(QVariantList(count, QVariant::fromValue(QVersionNumber({1, 2, 3, 4, 5, 6, 7, 8, 9})))),
                 QString());
        QCOMPARE(miscounted(QVariantList(count, QBitArray(1000, true))), QString());
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
    QCOMPARE(wireType<QPoint>() + wireType<QChar>() + wireType<QJsonObject>(),
             QByteArray("Q<QPoint>hm<R<QJsonValue>>"));
    QCOMPARE((wireType<std::optional<int>>() + wireType<std::optional<QVariant>>()), QByteArray("o<i>O<v>"));
    QCOMPARE((wireType<std::tuple<int, QString>>() + wireType<QPair<int, QString>>() + wireType<std::tuple<>>()),
             QByteArray("p<i;s>p<i;s>p<>"));
    QCOMPARE((wireType<std::array<int, 3>>() + wireType<QSet<int>>() + wireType<QMap<Size, QString>>()),
             QByteArray("a3<i>e<i>m<i:s>"));
    QCOMPARE(wireType<std::chrono::hours>() + wireType<std::chrono::duration<double>>(),
             QByteArray("c<i;3600/1>c<d;1/1>"));
    QCOMPARE(wireType<QList<Order>>(),
             QByteArray("l<{Order;items:l<{Item;name:s;count:i;twice:i}>;prices:m<i>;colour:i;note:v}>"));
}

QTEST_GUILESS_MAIN(TestCborConvert)
#include "tst_cborconvert.moc"
