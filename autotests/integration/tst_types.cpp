// SPDX-License-Identifier: MIT
// Values of every type that docs/values.md names, to a worker and back: typed, by name, in events, in gadgets.
#include "helpers/answers.h"
#include "helpers/embedded.h"
#include "helpers/protocols.h"

#include <QtPrefork/Client>
#include <QtPrefork/Worker>

#include <QtCore/QBitArray>
#include <QtCore/QCborArray>
#include <QtCore/QCborMap>
#include <QtCore/QJsonArray>
#include <QtCore/QJsonDocument>
#include <QtCore/QJsonObject>
#include <QtCore/QLine>
#include <QtCore/QLocale>
#include <QtCore/QRect>
#include <QtCore/QRegularExpression>
#include <QtCore/QVersionNumber>

using namespace Prefork;
using namespace std::chrono_literals;

class Trip
{
    Q_GADGET
    Q_PROPERTY(std::optional<QString> note MEMBER note)
    Q_PROPERTY(QPair<QString, int> pair MEMBER pair)
    Q_PROPERTY(std::tuple<int, QString> tuple READ tuple WRITE setTuple)
    Q_PROPERTY(std::array<double, 2> array MEMBER array)
    Q_PROPERTY(QSet<QString> set MEMBER set)
    Q_PROPERTY(QMap<int, QString> stops MEMBER stops)
    Q_PROPERTY(std::map<Kind, QList<QPoint>> ways MEMBER ways)
    Q_PROPERTY(std::unordered_map<int, int> numbers MEMBER numbers)
    Q_PROPERTY(std::chrono::milliseconds time MEMBER time)
    Q_PROPERTY(QRectF area MEMBER area)
    Q_PROPERTY(QLocale locale MEMBER locale)
    Q_PROPERTY(QJsonArray json MEMBER json)
    Q_PROPERTY(QCborMap cbor MEMBER cbor)
    Q_PROPERTY(QChar letter MEMBER letter)

public:
    enum Kind { Car = 3, Ship = -7 };
    Q_ENUM(Kind)
    std::optional<QString> note;
    QPair<QString, int> pair;
    std::array<double, 2> array{};
    QSet<QString> set;
    QMap<int, QString> stops;
    std::map<Kind, QList<QPoint>> ways;
    std::unordered_map<int, int> numbers;
    std::chrono::milliseconds time{};
    QRectF area;
    QLocale locale = QLocale::c();
    QJsonArray json;
    QCborMap cbor;
    QChar letter = u'x';
    [[nodiscard]] std::tuple<int, QString> tuple() const { return m_tuple; }
    void setTuple(const std::tuple<int, QString> &tuple) { m_tuple = tuple; }
    friend bool operator==(const Trip &, const Trip &) = default;

private: // so that nobody can look into the class but by its meta-object
    std::tuple<int, QString> m_tuple;
};

namespace {

Trip trip()
{
    Trip result;
    result.note = QString("n");
    result.pair = {"p", 1};
    result.setTuple({2, "t"});
    result.array = {0.5, 2};
    result.set = {"a", "b"};
    result.stops = {{-1, "x"}, {300, "y"}};
    result.ways = {{Trip::Car, {QPoint(1, 2)}}, {Trip::Ship, {}}};
    result.numbers = {{1, 2}};
    result.time = 1500ms;
    result.area = QRectF(0.5, 1, 2, 3);
    result.locale = QLocale(QLocale::German, QLocale::Austria);
    result.json = {1, "two", QJsonValue()};
    result.cbor = {{1, QByteArray("\xff")}};
    result.letter = QChar(0x20ac);
    return result;
}

using Nested = std::map<int, std::vector<std::tuple<QString, std::optional<QSet<int>>, std::array<QSize, 2>>>>;

/// Every value is a row of the test, its type a method that returns what it gets.
class Echoes
{
public:
    struct Row
    {
        QByteArray name;
        std::function<void(Interface &)> add;
        std::function<QString(const CheckoutPtr &, const QByteArray &)> check; ///< what is wrong
    };

    template <class T>
    void add(const char *name, const T &value)
    {
        m_rows.push_back(
            {name,
             [name](Interface &interface) { interface.add(Method<T(T)>(name), [](T argument) { return argument; }); },
             [value](const CheckoutPtr &checkout, const QByteArray &method) {
                 return wrongWith<T>(checkout, method, value);
             }});
    }
    [[nodiscard]] const std::vector<Row> &rows() const { return m_rows; }

private:
    template <class T>
    static QString wrongWith(const CheckoutPtr &checkout, const QByteArray &name, const T &value)
    {
        const Method<T(T)> method(name.constData());
        const QFuture<T> future = checkout->future(method, value);
        if (!Test::waitUntil([&] { return future.isFinished(); }))
            return "it does not settle";
        try {
            if (future.result() != value)
                return "typed, something else comes back";
        } catch (const Error &error) {
            return "typed: " + error.message();
        }
        const Test::Outcome named = Test::call(checkout, name, {QVariant::fromValue(value)});
        if (named.error)
            return "by name: " + named.error->message();
        const Test::Outcome again = Test::call(checkout, name, {*named.result});
        if (again.error)
            return "by name, sent back: " + again.error->message();
        return *again.result == *named.result ? QString() : "by name, something else comes back";
    }

    std::vector<Row> m_rows;
};

const Echoes &echoes()
{
    static const Echoes all = [] {
        Echoes echoes;
        echoes.add("string", std::string("text"));
        echoes.add("optional", std::optional<int>(5));
        echoes.add("empty optional", std::optional<int>());
        echoes.add("optional null", std::optional<QDateTime>(QDateTime()));
        echoes.add("pair", std::pair<int, QString>(1, "a"));
        echoes.add("tuple", std::tuple<bool, QByteArray, double>(true, "b", 0.5));
        echoes.add("array", std::array<int, 3>{1, 2, 3});
        echoes.add("map", std::map<int, QString>{{-1, "a"}, {2, "b"}});
        echoes.add("enum map", QMap<Trip::Kind, int>{{Trip::Ship, 1}});
        echoes.add("hash", QHash<quint64, QString>{{~0ull, "a"}});
        echoes.add("unordered_map", std::unordered_map<std::string, int>{{"a", 1}});
        echoes.add("set", std::set<QString>{"a", "b"});
        echoes.add("QSet", QSet<int>{1});
        echoes.add("duration", 90min);
        echoes.add("fine duration", std::chrono::duration<double, std::milli>(0.25));
        echoes.add("QChar", QChar(0xdf));
        echoes.add("QSize", QSize(1, 2));
        echoes.add("QPointF", QPointF(0.1, -2));
        echoes.add("QRect", QRect(1, 2, 3, 4));
        echoes.add("QLineF", QLineF(1, 2, 3, 4.5));
        echoes.add("QBitArray", QBitArray(11, true));
        echoes.add("QLocale", QLocale(QLocale::German));
        echoes.add("QRegularExpression", QRegularExpression("^a", QRegularExpression::MultilineOption));
        echoes.add("QVersionNumber", QVersionNumber(6, 4, 2));
        echoes.add("QJsonObject", QJsonObject{{"a", QJsonArray{1, 2.5, "x"}}});
        echoes.add("QJsonValue", QJsonValue(1.5));
        echoes.add("QJsonDocument", QJsonDocument(QJsonArray{1}));
        echoes.add("QCborMap", QCborMap{{1, QByteArray("\xff")}});
        echoes.add("QCborValue", QCborValue(QCborArray{1, true}));
        echoes.add("uuid", QUuid("{67c8770b-44f1-410a-ab9a-f9b5446f13ee}"));
        echoes.add("url", QUrl("http://example.com/a%20b?c=%2F"));
        echoes.add("date", QDate(2024, 2, 29));
        echoes.add("gadget", trip());
        echoes.add("gadgets", std::map<int, QList<Trip>>{{1, {trip(), Trip()}}});
        echoes.add("nested", Nested{{-5, {{"a", QSet<int>{1}, {QSize(1, 2), QSize()}}, {"b", std::nullopt, {}}}}});
        return echoes;
    }();
    return all;
}

inline constexpr Method<int(std::chrono::milliseconds)> wait{"wait"};
inline constexpr Method<int(std::chrono::seconds)> waitLong{"wait"};
inline constexpr Method<void()> report{"report"};
inline constexpr Event<std::optional<int>, QMap<int, QSize>, Trip> found{"found"};

void fill(Interface &interface)
{
    Test::addBasics(interface);
    for (const auto &row : echoes().rows())
        row.add(interface);
    interface.add(wait, [](std::chrono::milliseconds time) { return int(time.count()); });
    interface.add(report, [] { Worker::emitEvent(found, 5, QMap<int, QSize>{{1, QSize(2, 3)}}, trip()); });
}

}

class TypesTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_client = std::make_unique<Client>(Test::zygote(), ClientOptions{.maxWorkers = 1, .reuseAfterError = true});
        m_checkout = m_client->checkout();
    }
    void everyTypeCrosses_data()
    {
        QTest::addColumn<int>("row");
        for (std::size_t i = 0; i < echoes().rows().size(); ++i)
            QTest::newRow(echoes().rows()[i].name.constData()) << int(i);
    }
    void everyTypeCrosses()
    {
        QFETCH(int, row);
        const auto &echo = echoes().rows()[std::size_t(row)];
        QCOMPARE(echo.check(m_checkout, echo.name), QString());
    }

    void whatDoesNotFitIsABadArgument_data()
    {
        QTest::addColumn<QVariant>("value");
        QTest::newRow("pair") << QVariant(QVariantList{1});
        QTest::newRow("array") << QVariant(QVariantList{1, 2, 3, 4});
        QTest::newRow("QSet") << QVariant(QVariantList{1, 1});
        QTest::newRow("map") << QVariant(QVariantMap{{"01", "a"}});
        QTest::newRow("QSize") << QVariant(QVariantList{1, 2.5});
        QTest::newRow("QChar") << QVariant("ab");
        QTest::newRow("duration") << QVariant(0.5);
        QTest::newRow("gadget") << QVariant(QVariantMap{{"array", QVariantList{1}}});
    }
    void whatDoesNotFitIsABadArgument()
    {
        QFETCH(QVariant, value);
        const Error error = Test::failure(m_checkout, QTest::currentDataTag(), {value});
        QCOMPARE(error.code(), Error::BadArguments);
        QVERIFY2(Test::call(m_checkout, "pid").result, "it has cost no more than the call");
    }

    void valuesThatWouldChangeAreBadArguments_data()
    {
        QTest::addColumn<QByteArray>("method");
        QTest::addColumn<QVariant>("value");
        const auto row = [](const char *name, const char *method, const QVariant &value) {
            QTest::newRow(name) << QByteArray(method) << value;
        };
        row("a key that the enumeration lacks", "enum map", QVariantMap{{"77", 1}});
        row("such a key in std's map", "gadget", QVariantMap{{"ways", QVariantMap{{"77", QVariantList()}}}});
        row("an integer too large for JSON", "QJsonValue", ~0ull);
        row("such an integer inside", "QJsonObject", QVariantMap{{"a", QVariantList{1, ~0ull}}});
        row("no number", "QJsonDocument", QVariantList{std::numeric_limits<double>::quiet_NaN()});
        row("several values for a key", "echo", QVariant::fromValue(QMultiMap<QString, int>{{"a", 1}, {"a", 2}}));
        row("keys that are no text", "echo", QVariant::fromValue(QHash<QByteArray, int>{{"\xff", 1}}));
        row("a UUID with something behind", "uuid", "{67c8770b-44f1-410a-ab9a-f9b5446f13ee}x");
        row("a text that is no UUID", "uuid", "garbage");
        row("a text that is no URL", "url", "http://[");
        row("a time for a date", "date", "2024-02-29T12:00:00Z");
        row("a date for a time", "optional null", QVariantList{"2024-02-29"});
        row("a locale that is not known", "QLocale", QVariantList{"de_Cyrl_JP", 0});
        row("2 for a bool", "tuple", QVariantList{2, "b", 0.5});
        if (Test::isNative()) { // over JSON these are texts and lists
            row("what JSON does not have", "QJsonObject", QVariantMap{{"a", QVariantList{QSize(1, 2)}}});
            row("bytes that are no text", "QJsonValue", QByteArray("\xff"));
            row("local time", "QJsonValue", QVariantList{QDateTime(QDate(2024, 2, 29), QTime(12, 0))});
        }
    }
    void valuesThatWouldChangeAreBadArguments()
    {
        QFETCH(QByteArray, method);
        QFETCH(QVariant, value);
        const Error error = Test::failure(m_checkout, method, {value});
        QCOMPARE(error.code(), Error::BadArguments);
        QVERIFY2(Test::call(m_checkout, "pid").result, "it has cost no more than the call");
    }
    void largeFactorsBetweenUnitsAreSeen()
    {
        const Method<int(std::chrono::duration<signed char>)> shortWait("wait");
        std::optional<Error> caught;
        frameTry([&] { m_checkout->call(shortWait, 1h); }, [&caught](const Error &error) { caught = error; });
        WAIT_FOR(caught.has_value());
        QCOMPARE(caught->code(), Error::BadArguments);
        QVERIFY2(caught->message().contains("argument 1 must fit"), qPrintable(caught->message()));
    }

    void unitsAreCompared()
    {
        if (!Test::isNative())
            QSKIP("JSON knows of no signatures");
        std::optional<Error> caught;
        frameTry([&] { m_checkout->call(waitLong, 5s); }, [&caught](const Error &error) { caught = error; });
        WAIT_FOR(caught.has_value());
        QCOMPARE(caught->code(), Error::BadArguments);
        QVERIFY(caught->message().contains("'wait'"));
    }

    void eventsCarryThem()
    {
        if (!Test::isNative())
            QSKIP("JSON has no events");
        std::optional<int> number;
        QMap<int, QSize> sizes;
        Trip heard;
        bool isDone = false;
        m_checkout->with({})
            .on(found,
                [&](const std::optional<int> &value, const QMap<int, QSize> &map, const Trip &carried) {
                    number = value;
                    sizes = map;
                    heard = carried;
                })
            .call(report, [&isDone] { isDone = true; });
        WAIT_FOR(isDone);
        QCOMPARE(number, std::optional<int>(5));
        QCOMPARE(sizes, (QMap<int, QSize>{{1, QSize(2, 3)}}));
        QVERIFY(heard == trip());
    }

    // A value without a type that is known here keeps it all the same, where the protocol can.
    void variantsKeepTheirTypes()
    {
        if (!Test::isNative())
            QSKIP("JSON has no types of ours");
        const QVariantList values{QSize(1, 2), QRectF(0.5, 1, 2, 3), QLocale::c(), QRegularExpression("x")};
        QCOMPARE(Test::answer(m_checkout, "echo", {QVariant(values)}), QVariant(values));
        QCOMPARE(Test::answer(m_checkout, "QSize", {QSize(1, 2)}), QVariant(QSize(1, 2)));
    }

private:
    std::unique_ptr<Client> m_client;
    CheckoutPtr m_checkout;
};

PREFORK_TEST_MAIN(TypesTest, fill)
#include "tst_types.moc"
