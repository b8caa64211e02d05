// SPDX-License-Identifier: MIT
// What JSON cannot carry, and how two programs that disagree about a method or a type are told.
#include "helpers/retold.h"
#include "wire/utc_p.h"

#include <QtPrefork/Worker>

#include <QtCore/QDataStream>
#include <QtCore/QDateTime>
#include <QtCore/QTimeZone>
#include <QtCore/QUrl>
#include <QtCore/QUuid>

#include <cmath>
#include <limits>

using namespace Prefork;
using Test::failure;

namespace {

struct Point
{
    int x = 0;
    int y = 0;
    friend bool operator==(const Point &, const Point &) = default;
    friend QDataStream &operator<<(QDataStream &stream, const Point &point) { return stream << point.x << point.y; }
    friend QDataStream &operator>>(QDataStream &stream, Point &point) { return stream >> point.x >> point.y; }
};

struct Secret : Point
{
    friend QDataStream &operator<<(QDataStream &stream, const Secret &secret) { return stream << secret.x; }
    friend QDataStream &operator>>(QDataStream &stream, Secret &secret) { return stream >> secret.x; }
};

class Horse
{
    Q_GADGET
    Q_PROPERTY(QString name MEMBER name)
    Q_PROPERTY(int hands MEMBER hands)
    Q_PROPERTY(QDateTime born MEMBER born)
    Q_PROPERTY(QByteArray brand MEMBER brand)
    Q_PROPERTY(QString shout READ shout STORED false)

public:
    QString name;
    int hands = 0;
    QDateTime born;
    QByteArray brand;
    [[nodiscard]] QString shout() const { return name.toUpper(); }
};

// A later edition of the program has another.
class Mule
{
    Q_GADGET
    Q_PROPERTY(QString name MEMBER name)
    Q_PROPERTY(double hands MEMBER hands)

public:
    QString name;
    double hands = 0;
};

constexpr qsizetype Limit = 1000000;

inline constexpr Method<Point(Point)> mirror{"mirror"};
inline constexpr Method<Horse(Horse, int)> grow{"grow"};
inline constexpr Method<QString(Horse)> nameOf{"nameOf"};
inline constexpr Method<QString(Mule)> nameOfMule{"nameOf"};
inline constexpr Event<Point> met{"met"};
inline constexpr Event<Point, int> metTwice{"met"};
inline constexpr Method<int(int)> area{"area"};
inline constexpr Method<double(double)> areaOfDouble{"area"};
inline constexpr Method<int(int, int)> areaOfTwo{"area"};
inline constexpr Method<QVariant(QVariant)> echoAny{"echoAny"};
inline constexpr Method<double(double)> echoDouble{"echoDouble"};
inline constexpr Method<quint64(quint64)> echoUnsigned{"echoUnsigned"};
inline constexpr Method<QDateTime(QDateTime)> echoTime{"echoTime"};
inline constexpr Method<QUrl(QUrl)> echoUrl{"echoUrl"};
inline constexpr Method<QUuid(QUuid)> echoUuid{"echoUuid"};
inline constexpr Method<QByteArray(QByteArray)> echoBytes{"echoBytes"};

template <class T>
T same(T value)
{
    return value;
}

}

Q_DECLARE_METATYPE(Point)
Q_DECLARE_METATYPE(Secret)

namespace {

void fill(Interface &interface)
{
    Test::addBasics(interface);
    static_cast<void>(interface.registerType<Point>("point"));
    interface.add(mirror, [](Point point) { return Point{point.y, point.x}; });
    interface.add("typeOf", [](const QVariantList &arguments) { return QVariant(arguments.value(0).typeName()); });
    interface.add("take", [](const QVariantList &arguments) { return QVariant(arguments.value(0).toString().size()); });
    interface.add("make",
                  [](const QVariantList &arguments) { return QVariant(QString(arguments.value(0).toInt(), 'x')); });
    interface.add("makeSecret", [](const QVariantList &) { return QVariant::fromValue(Secret()); });
    interface.add("makePoint", [](const QVariantList &) { return QVariant::fromValue(Point{1, 2}); });
    interface.add("makePoints", [](const QVariantList &) { return QVariantList(5000, QVariant::fromValue(Point())); });
    interface.add("failWithPoint", [](const QVariantList &) { throw Error("no luck", QVariant::fromValue(Point())); });
    interface.add("meetPoint", [](const QVariantList &) {
        Worker::emitEvent(met, Point{1, 2});
        return 5;
    });
    interface.add(grow, [](Horse horse, int hands) {
        horse.hands += hands;
        return horse;
    });
    interface.add(nameOf, [](const Horse &horse) { return horse.name; });
    interface.add(area, [](int side) { return side * side; });
    interface.add(echoAny, same<QVariant>);
    interface.add(echoDouble, same<double>);
    interface.add(echoUnsigned, same<quint64>);
    interface.add(echoTime, same<QDateTime>);
    interface.add(echoUrl, same<QUrl>);
    interface.add(echoUuid, same<QUuid>);
    interface.add(echoBytes, same<QByteArray>);
}

}

class NativeRegistrationTest : public Test::InBothPlaces
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase_data() { addPlaces(); }
    void init()
    {
        m_client
            = makeClient({.minWorkers = 1, .maxWorkers = 1, .reuseAfterError = true, .protocol = Protocol::Native});
        QVERIFY(m_client->registerType<Point>("point"));
        m_checkout = m_client->checkout();
        m_pid = Test::pidOf(m_checkout);
        QVERIFY(m_pid > 0);
    }
    void cleanup()
    {
        if (m_pid > 0 && !QTest::currentTestFailed())
            QCOMPARE(Test::pidOf(m_checkout), m_pid); // nothing of it has cost the worker
        m_checkout.reset();
        m_client.reset();
        m_stranger.reset();
    }

    void valuesComeBackAsTheyAre_data()
    {
        QTest::addColumn<QVariant>("value");
        const QDateTime time(QDate(2024, 2, 29), QTime(23, 59, 59, 123), Prefork::Wire::Utc);
        QTest::newRow("time") << QVariant(time);
        QTest::newRow("time with an offset") << QVariant(time.toOffsetFromUtc(5400));
        QTest::newRow("url") << QVariant(QUrl("https://example.org/a%20b?c=d#e"));
        QTest::newRow("uuid") << QVariant(QUuid("{12345678-9abc-def0-1234-56789abcdef0}"));
        QTest::newRow("the largest integer") << QVariant(std::numeric_limits<quint64>::max());
        QTest::newRow("the smallest integer") << QVariant(std::numeric_limits<qint64>::min());
        QTest::newRow("infinity") << QVariant(std::numeric_limits<double>::infinity());
        QTest::newRow("minus infinity") << QVariant(-std::numeric_limits<double>::infinity());
        QTest::newRow("bytes") << QVariant(QByteArray("\0\xff\x80", 3));
        QTest::newRow("all of them") << QVariant(
            QVariantMap{{"list", QVariantList{time, QUrl("x:y"), QByteArray("\xff")}}});
    }
    void valuesComeBackAsTheyAre()
    {
        QFETCH(QVariant, value);
        const QVariant dynamic = Test::answer(m_checkout, "echo", {value});
        QCOMPARE(dynamic, value);
        QCOMPARE(dynamic.typeId(), value.typeId());
        QCOMPARE(result(echoAny, value), value);
    }
    void typedValuesComeBackAsTheyAre()
    {
        const QDateTime time(QDate(2024, 2, 29), QTime(23, 59, 59, 999), Prefork::Wire::Utc);
        QCOMPARE(result(echoTime, time), time);
        QCOMPARE(result(echoUrl, QUrl("https://example.org/?q=%26")), QUrl("https://example.org/?q=%26"));
        const QUuid uuid = QUuid::createUuid();
        QCOMPARE(result(echoUuid, uuid), uuid);
        QCOMPARE(result(echoUnsigned, std::numeric_limits<quint64>::max()), std::numeric_limits<quint64>::max());
        QCOMPARE(result(echoBytes, QByteArray("\xff\0", 2)), QByteArray("\xff\0", 2));
        QVERIFY(std::isnan(result(echoDouble, std::numeric_limits<double>::quiet_NaN())));
        QCOMPARE(result(echoDouble, -std::numeric_limits<double>::infinity()),
                 -std::numeric_limits<double>::infinity());
        QVERIFY(std::signbit(result(echoDouble, -0.0)));
    }
    void notANumberComesBackFromADynamicCall()
    {
        const QVariant value = Test::answer(m_checkout, "echo", {std::numeric_limits<double>::quiet_NaN()});
        QCOMPARE(value.typeId(), int(QMetaType::Double));
        QVERIFY(std::isnan(value.toDouble()));
    }

    void halfACharacterIsNotSent()
    {
        const Error error = failure(m_checkout, "echo", {QString("a") + QChar(0xd800) + "b"});
        QCOMPARE(error.code(), Error::BadArguments);
        QVERIFY2(error.message().contains("half of a surrogate pair"), qPrintable(error.message()));
    }

    // The worker's limit is not that of the client, which is told of it.
    void aCallLongerThanTheWorkerTakesIsRefusedHere()
    {
        constexpr qsizetype Frame = 8 + 1 + 1 + 5 + 5; // group, array, no meta, method, and the head of a long text
        const QString longest(Limit - Frame, 'x');
        QCOMPARE(failure(m_checkout, "take", {longest + 'x'}).code(), Error::BadArguments);
        QCOMPARE(Test::answer(m_checkout, "take", {longest}), QVariant(longest.size()));
    }
    void aResultLongerThanTheWorkerMaySendIsNone()
    {
        constexpr int Frame = 1 + 1 + 5; // array, no meta, and the head of a long text
        const Error error = failure(m_checkout, "make", {int(Limit) - Frame + 1});
        QCOMPARE(error.code(), Error::WorkerError);
        QVERIFY2(error.message().startsWith("the result cannot be sent: "), qPrintable(error.message()));
        QCOMPARE(Test::answer(m_checkout, "make", {int(Limit) - Frame}).toString().size(), Limit - Frame);
    }

    void gadgetsCrossFieldByField()
    {
        Horse horse;
        horse.name = "Bucephalus";
        horse.hands = 14;
        horse.born = QDateTime(QDate(2001, 1, 2), QTime(3, 4, 5, 6), Prefork::Wire::Utc);
        horse.brand = QByteArray("\0\xff", 2);
        const Horse grown = result(grow, horse, 3);
        QCOMPARE(grown.name, horse.name);
        QCOMPARE(grown.hands, 17);
        QCOMPARE(grown.born, horse.born);
        QCOMPARE(grown.brand, horse.brand);
    }
    void aGadgetIsAMapOfItsStoredFields()
    {
        const QVariantMap fields
            = Test::answer(m_checkout, "grow", {QVariantMap{{"name", "Rosinante"}, {"hands", 12}}, 1}).toMap();
        QCOMPARE(fields.value("name"), QVariant("Rosinante"));
        QCOMPARE(fields.value("hands"), QVariant(13));
        QVERIFY(fields.contains("born") && fields.contains("brand"));
        QVERIFY(!fields.contains("shout"));
    }
    void aFieldNobodyKnowsIsABadArgument()
    {
        const Error error = failure(m_checkout, "nameOf", {QVariantMap{{"name", "x"}, {"wings", 2}}});
        QCOMPARE(error.code(), Error::BadArguments);
        QVERIFY2(error.message().contains("nameOf"), qPrintable(error.message()));
    }

    void methodsOfOtherSignaturesAreRefused()
    {
        QCOMPARE(result(area, 7), 49);
        expectSkew(areaOfDouble, "'area' is double(double) here and int(int) there", 7.0);
        expectSkew(areaOfTwo, "'area' is int(int, int) here and int(int) there", 7, 7);
        Mule mule;
        mule.name = "Silver";
        expectSkew(nameOfMule, "'nameOf' is QString(Mule) here and QString(Horse) there", mule);
        QCOMPARE(result(area, 8), 64);
    }

    void registeredTypesCross()
    {
        QCOMPARE(result(mirror, Point{1, 2}), (Point{2, 1}));
        QCOMPARE(result(echoAny, QVariant::fromValue(Point{3, 4})), QVariant::fromValue(Point{3, 4}));
        const QVariant inside = QVariantList{QVariantMap{{"point", QVariant::fromValue(Point{5, 6})}}};
        QCOMPARE(Test::answer(m_checkout, "echo", {inside}), inside);
    }
    void aTypeIsRegisteredOnce()
    {
        QVERIFY(m_client->registerType<Point>("point")); // the same again
    }
    void aTypeNotRegisteredHereIsNotSent()
    {
        const Error error = failure(m_checkout, "echo", {QVariant::fromValue(Secret())});
        QCOMPARE(error.code(), Error::BadArguments);
        QVERIFY2(error.message().contains("Secret"), qPrintable(error.message()));
    }
    void aTypeNotRegisteredThereIsNoResult()
    {
        const Error error = failure(m_checkout, "makeSecret");
        QCOMPARE(error.code(), Error::WorkerError);
        QVERIFY2(error.message().startsWith("the result cannot be sent: "), qPrintable(error.message()));
        QVERIFY2(error.message().contains("Secret"), qPrintable(error.message()));
    }
    // cleanup() sees that none of this has cost the worker.
    void aTypeTheWorkerDoesNotKnowFailsItsCall_data()
    {
        QTest::addColumn<QString>("method");
        QTest::addColumn<QVariant>("argument");
        const QVariant secret = QVariant::fromValue(Secret());
        QTest::newRow("any argument") << "typeOf" << secret;
        QTest::newRow("inside another") << "echo" << QVariant(QVariantMap{{"list", QVariantList{1, secret}}});
        QTest::newRow("for a typed parameter") << "mirror" << secret;
        QTest::newRow("as a field") << "nameOf" << QVariant(QVariantMap{{"name", secret}});
    }
    void aTypeTheWorkerDoesNotKnowFailsItsCall()
    {
        QFETCH(QString, method);
        QFETCH(QVariant, argument);
        QVERIFY(m_client->registerType<Secret>("secret"));
        const Error error = failure(m_checkout, method, {argument});
        QCOMPARE(error.code(), Error::BadArguments);
        QCOMPARE(error.message(),
                 method
                     + ": the arguments cannot be taken: a value whose type 'secret' is not registered here, in the "
                       "worker's "
                       "program: call Interface::registerType() for it");
        QCOMPARE(result(area, 7), 49);
    }
    void aTypeTheClientDoesNotKnowFailsItsCall_data()
    {
        QTest::addColumn<QString>("method");
        QTest::newRow("a result") << "makePoint";
        QTest::newRow("a long list of them") << "makePoints";
    }
    void aTypeTheClientDoesNotKnowFailsItsCall()
    {
        QFETCH(QString, method);
        QFETCH_GLOBAL(bool, isServed);
        const CheckoutPtr checkout = strangersCheckout();
        const qint64 pid = Test::pidOf(checkout);
        if (!isServed) {
            QVERIFY(Test::call(checkout, method).result);
            return;
        }
        QStringList heard;
        checkout->call(
            method, {}, [&heard] { heard.append("result"); }, [&heard](const Error &e) { heard.append(e.message()); });
        checkout->call(
            area, 1, [&heard] { heard.append("result"); },
            [&heard](const Error &e) { heard.append(QVariant::fromValue(e.code()).toString()); });
        QVERIFY(checkout->waitForSettled());
        QCOMPARE(heard,
                 QStringList(
                     {"the result cannot be taken: a value whose type 'point' is not registered here, in the client's "
                      "program: call Client::registerType() for it",
                      "Canceled"}));
        QCOMPARE(failure(checkout, method).code(), Error::WorkerError);
        QCOMPARE(Test::pidOf(checkout), pid);
    }
    void anErrorWithDataOfSuchATypeComesWithoutIt()
    {
        QFETCH_GLOBAL(bool, isServed);
        const CheckoutPtr checkout = strangersCheckout();
        const qint64 pid = Test::pidOf(checkout);
        const Error error = failure(checkout, "failWithPoint");
        QCOMPARE(error.code(), Error::WorkerError);
        QCOMPARE(error.message(), "no luck");
        QCOMPARE(error.data().isValid(), !isServed);
        QCOMPARE(error.detail().contains("'point' is not registered here, in the client's program"), isServed);
        QCOMPARE(Test::pidOf(checkout), pid);
    }
    void anEventOfSuchATypeFailsItsCall()
    {
        QFETCH_GLOBAL(bool, isServed);
        const CheckoutPtr checkout = strangersCheckout();
        const qint64 pid = Test::pidOf(checkout);
        QStringList heard;
        checkout->with({})
            .onEvent([&heard](const QString &name) { heard.append(name); })
            .call(
                "meetPoint", {}, [&heard](const QVariant &result) { heard.append(result.toString()); },
                [&heard](const Error &e) { heard.append(e.message()); });
        QVERIFY(checkout->waitForSettled());
        if (isServed)
            QCOMPARE(
                heard,
                QStringList(
                    {"the event 'met' of 'meetPoint' cannot be taken: a value whose type 'point' is not registered "
                     "here, in the client's program: call Client::registerType() for it"}));
        else
            QCOMPARE(heard, QStringList({"met", "5"}));
        const QFuture<QVariant> future = checkout->with({}).onEvent([] { }).future("meetPoint");
        QVERIFY(Test::waitUntil([&] { return future.isFinished(); }));
        QCOMPARE(future.isCanceled(), isServed); // as Qt says of one that has an exception
        QCOMPARE(Test::pidOf(checkout), pid);
    }
    void anEventOfOtherTypesNamesBoth()
    {
        const QString problem = "the event 'met' of 'meetPoint' is met({anonymous}::Point, int) here and came as "
                                "met({anonymous}::Point): one of "
                                "the two programs is out of date";
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression(QRegularExpression::escape(problem)));
        std::optional<Error> caught;
        m_checkout->with({})
            .on(metTwice, [] {})
            .call("meetPoint", {}, [] {}, [&caught](const Error &error) { caught = error; });
        m_pid = 0; // such a program is no peer of ours
        WAIT_FOR(caught.has_value());
        QCOMPARE(caught->code(), Error::ProtocolError);
        QVERIFY2(caught->message().contains(problem), qPrintable(caught->message()));
    }
    void registeringSaysWhyNot()
    {
        const auto expect = [](const char *why) {
            QTest::ignoreMessage(QtWarningMsg, (QByteArray("Prefork::Client::registerType(): ") + why).constData());
        };
        expect("{anonymous}::Point cannot be registered as 'dot': it is registered as 'point' already");
        QVERIFY(!m_client->registerType<Point>("dot"));
        expect("{anonymous}::Secret cannot be registered as 'point': another type, {anonymous}::Point, has that name");
        QVERIFY(!m_client->registerType<Secret>("point"));
        expect("{anonymous}::Horse cannot be registered as 'horse': it has no operators << and >> for QDataStream");
        QVERIFY(!m_client->registerType<Horse>("horse"));
        expect("{anonymous}::Secret cannot be registered as '': the name is empty");
        QVERIFY(!m_client->registerType<Secret>(""));
        Interface interface;
        QTest::ignoreMessage(QtWarningMsg,
                             "Prefork::Interface::registerType(): {anonymous}::Horse cannot be registered as 'horse': "
                             "it has no operators << and >> "
                             "for QDataStream");
        QVERIFY(!interface.registerType<Horse>("horse"));
    }

private:
    // Of a client that has registered nothing. One directly on the zygote knows what the interface has.
    CheckoutPtr strangersCheckout()
    {
        m_stranger
            = makeClient({.minWorkers = 1, .maxWorkers = 1, .reuseAfterError = true, .protocol = Protocol::Native});
        return m_stranger->checkout();
    }
    template <class R, class... A, class... Arguments>
    R result(Method<R(A...)> method, const Arguments &...arguments)
    {
        const QFuture<R> future = m_checkout->future(method, arguments...);
        if (!Test::waitUntil([&] { return future.isFinished(); }))
            return {};
        try {
            return future.result();
        } catch (const Error &error) {
            qWarning().noquote() << error.message();
            return {};
        }
    }
    template <class R, class... A, class... Arguments>
    void expectSkew(Method<R(A...)> method, const QString &says, const Arguments &...arguments)
    {
        std::optional<Error> caught;
        frameTry([&] { m_checkout->call(method, arguments...); }, [&caught](const Error &error) { caught = error; });
        WAIT_FOR(caught.has_value());
        QCOMPARE(caught->code(), Error::BadArguments);
        QCOMPARE(caught->method(), method.name());
        QCOMPARE(caught->message(), says + ": one of the two programs is out of date");
    }

    std::unique_ptr<Client> m_client;
    std::unique_ptr<Client> m_stranger;
    CheckoutPtr m_checkout;
    qint64 m_pid = 0;
};

PREFORK_RETOLD_MAIN(NativeRegistrationTest, fill, {.maxMessageSize = Limit})
#include "tst_native_registration.moc"
