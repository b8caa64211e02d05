// SPDX-License-Identifier: MIT
// Values arrive as they were, or their call fails and nothing else: never are they changed silently.
#include "helpers/answers.h"
#include "helpers/embedded.h"
#include "helpers/protocols.h"

#include <QtPrefork/Checkout>
#include <QtPrefork/Client>

#include <QtCore/QTimeZone>

#include <cmath>
#include <ctime>
#include <limits>
#include <numeric>

using namespace Prefork;
using Test::failure;

namespace {

class Horse
{
    Q_GADGET
    Q_PROPERTY(QString name MEMBER name)
    Q_PROPERTY(int hands MEMBER hands)

public:
    QString name;
    int hands = 0;
};

class Paint
{
    Q_GADGET
    Q_PROPERTY(Colour colour MEMBER colour)
    Q_PROPERTY(Layers layers READ layers WRITE setLayers)

public:
    enum class Colour : qint8 { Red = -1, Green = 5 };
    Q_ENUM(Colour)
    enum Layer { Primer = 1, Coat = 4 };
    Q_DECLARE_FLAGS(Layers, Layer)
    Q_FLAG(Layers)
    Colour colour = Colour::Red;
    [[nodiscard]] Layers layers() const { return m_layers; }
    void setLayers(Layers layers) { m_layers = layers; }

private:
    Layers m_layers;
};
enum class Plain : quint64 { Most = ~quint64(0) };

constexpr Method<Paint::Colour(Paint::Colour)> mix{"mix"};
constexpr Method<Paint::Colour(QVariant)> echoAsColour{"echo"};
constexpr Method<Paint::Layers(Paint::Layers)> stack{"stack"};
constexpr Method<int(Paint)> useUp{"useUp"};
constexpr Method<Plain(Plain)> plain{"plain"};
constexpr Method<qint64(QDateTime)> instantOf{"instantOf"};
constexpr Method<QDateTime(qint64)> localAt{"localAt"};
constexpr Method<QDateTime(QDateTime)> sameTime{"sameTime"};
constexpr Method<QDate(QDate)> sameDate{"sameDate"};
constexpr Method<QTime(QTime)> sameTimeOfDay{"sameTimeOfDay"};
constexpr Method<quint64(quint64)> sameUnsigned{"sameUnsigned"};
constexpr Method<double(double)> sameDouble{"sameDouble"};
constexpr Method<float(float)> sameFloat{"sameFloat"};
constexpr Method<QString(QString)> sameText{"sameText"};
constexpr Method<QByteArray(QByteArray)> sameBytes{"sameBytes"};
constexpr Method<std::string(std::string)> sameString{"sameString"};
constexpr Method<int(int)> square{"square"};
constexpr Method<QString(int, QString)> label{"label"};
constexpr Method<qint8(QVariant)> echoAsSmall{"echo"};
constexpr Method<QList<int>(QVariant)> echoAsInts{"echo"};
constexpr Method<Horse(QVariant)> echoAsHorse{"echo"};
constexpr Method<int(Horse)> handsOf{"handsOf"};
constexpr Method<int(QList<int>)> sum{"sum"};

void moveTo(const char *zone)
{
    qputenv("TZ", zone);
    ::tzset();
}

template <class T>
void addSame(Interface &interface, const Method<T(T)> &method)
{
    interface.add(method, [](T value) { return value; });
}

// Half of a surrogate pair.
QString half()
{
    return QStringLiteral("a") + QChar(0xd834);
}

void addTexts(Interface &interface)
{
    using Arguments = const QVariantList &;
    interface.add("makeHalf", [](Arguments arguments) -> QVariant {
        const QString how = arguments.value(0).toString();
        if (how == "value")
            return half();
        if (how == "list")
            return QStringList{half()};
        if (how == "key")
            return QVariantMap{{half(), 1}};
        if (how == "event")
            Worker::emitEvent(half());
        else if (how == "argument of an event")
            Worker::emitEvent("news", {half()});
        else if (how == "progress")
            Worker::setProgress(1, 2, half());
        else if (how == "error")
            throw Error(half());
        return "nothing happened";
    });
}

void fill(Interface &interface)
{
    Test::addBasics(interface);
    moveTo("Europe/Berlin");
    interface.setup([] { moveTo("America/New_York"); });
    interface.add("types", [](const QVariantList &arguments) {
        QStringList types;
        for (const QVariant &argument : arguments)
            types.append(argument.isValid() ? argument.typeName() : "none");
        return QVariant(types);
    });
    interface.add("nothing", [](const QVariantList &) { return QVariant(); });
    interface.add(instantOf, [](const QDateTime &time) { return time.toMSecsSinceEpoch(); });
    interface.add(localAt, [](qint64 instant) { return QDateTime::fromMSecsSinceEpoch(instant); });
    interface.add(useUp, [](const Paint &paint) { return int(paint.colour); });
    addSame(interface, mix);
    addSame(interface, stack);
    addSame(interface, plain);
    addSame(interface, sameTime);
    addSame(interface, sameDate);
    addSame(interface, sameTimeOfDay);
    addSame(interface, sameUnsigned);
    addSame(interface, sameDouble);
    addSame(interface, sameFloat);
    addSame(interface, sameText);
    addSame(interface, sameBytes);
    addSame(interface, sameString);
    addTexts(interface);
    interface.add(label, [](int number, const QString &text) { return QString::number(number) + text; });
    interface.add(square, [](int side) { return side * side; });
    interface.add(handsOf, [](const Horse &horse) { return horse.hands; });
    interface.add(sum, [](const QList<int> &numbers) { return std::accumulate(numbers.begin(), numbers.end(), 0); });
}

}

class ValuesTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_client = std::make_unique<Client>(Test::zygote(),
                                            ClientOptions{.minWorkers = 1, .maxWorkers = 1, .reuseAfterError = true});
        m_checkout = m_client->checkout();
        m_pid = Test::pidOf(m_checkout);
        QVERIFY(m_pid > 0);
    }
    void cleanup()
    {
        if (!QTest::currentTestFailed())
            QCOMPARE(Test::pidOf(m_checkout), m_pid); // no value has cost the connection
        m_checkout.reset();
        m_client.reset();
    }

    void argumentsThatDoNotFitAreBad_data()
    {
        QTest::addColumn<QString>("method");
        QTest::addColumn<QVariant>("argument");
        const QByteArray bytes(100 * 1024, 'x');
        const QList<QPair<const char *, QVariant>> values{{"2^31", qint64(1) << 31},
                                                          {"2^63", quint64(1) << 63},
                                                          {"2^64 - 1", std::numeric_limits<quint64>::max()},
                                                          {"the least", std::numeric_limits<qint64>::min()},
                                                          {"a fraction", 7.5},
                                                          {"1e300", 1e300},
                                                          {"many bytes", bytes},
                                                          {"a long text", QString::fromLatin1(bytes)}};
        for (const auto &[name, value] : values) {
            QTest::addRow("%s", name) << "square" << value;
            QTest::addRow("%s in a list", name) << "sum" << QVariant(QVariantList{1, value});
            QTest::addRow("%s in a structure", name) << "handsOf" << QVariant(QVariantMap{{"hands", value}});
        }
        QTest::newRow("many bytes as a list") << "sum" << QVariant(bytes);
        QTest::newRow("many bytes as a structure") << "handsOf" << QVariant(bytes);
    }
    void argumentsThatDoNotFitAreBad()
    {
        QFETCH(QString, method);
        QFETCH(QVariant, argument);
        const Error error = failure(m_checkout, method, {argument});
        QCOMPARE(error.code(), Error::BadArguments);
        QVERIFY2(error.message().contains(method + ": argument 1 must fit"), qPrintable(error.message()));
    }

    void numbersAreExact()
    {
        for (const quint64 number : {quint64(1) << 53 | 1, quint64(1) << 63, ~quint64(0)}) {
            const QVariant echoed = Test::answer(m_checkout, "echo", {QVariantMap{{"n", QVariantList{number}}}});
            QCOMPARE(echoed.toMap().value("n").toList().value(0).toULongLong(), number);
            QVERIFY(echoed.toMap().value("n").toList().value(0).typeId() != QMetaType::Double);
            QCOMPARE(result(sameUnsigned, number), number);
        }
        for (const double number : {0x1p53 + 2, 1e18, -1e18, 1e22, 0.1, -0.0}) {
            const QVariant echoed = Test::answer(m_checkout, "echo", {number});
            QCOMPARE(echoed.typeId(), int(QMetaType::Double));
            QCOMPARE(echoed.toDouble(), number);
            QCOMPARE(std::signbit(echoed.toDouble()), std::signbit(number));
            QCOMPARE(result(sameDouble, number), number);
        }
        QCOMPARE(result(sameFloat, 0.1f), 0.1f);
        QCOMPARE(failure(m_checkout, "sameFloat", {1e300}).code(), Error::BadArguments);
        QCOMPARE(failure(m_checkout, "sameDouble", {(qint64(1) << 53) + 1}).code(), Error::BadArguments);
    }
    void notANumberAndInfinity()
    {
        for (const double number :
             {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
            const Test::Outcome outcome = Test::call(m_checkout, "echo", {number});
            if (Test::isNative())
                QVERIFY(std::isnan(number) ? std::isnan(outcome.result->toDouble())
                                           : std::isinf(outcome.result->toDouble()));
            else
                QCOMPARE(outcome.error->code(), Error::BadArguments);
        }
    }

    void timesAreTheSameInstants_data()
    {
        QTest::addColumn<QDateTime>("time");
        QTest::addColumn<bool>("fitsJson");
        const QDate day(2024, 7, 1);
        const QTime noon(12, 0, 0, 123);
        QTest::newRow("UTC") << QDateTime(day, noon, QTimeZone::utc()).toUTC() << true;
        QTest::newRow("local") << QDateTime(day, noon) << true;
        QTest::newRow("local, the second time it is half past two")
            << QDateTime::fromSecsSinceEpoch(1729992600) << true;
        QTest::newRow("offset") << QDateTime(day, noon).toOffsetFromUtc(-12600) << true;
        QTest::newRow("zone") << QDateTime(day, noon, QTimeZone("Asia/Kathmandu")) << true;
        QTest::newRow("zone with a long name")
            << QDateTime(day, noon, QTimeZone("America/Argentina/ComodRivadavia")) << true;
        QTest::newRow("zone of an offset") << QDateTime(day, noon, QTimeZone(5400)) << true;
        QTest::newRow("offset with seconds") << QDateTime(day, noon).toOffsetFromUtc(3661) << false;
        QTest::newRow("zone of long ago") << QDateTime(QDate(1850, 1, 1), noon, QTimeZone("Europe/Berlin")) << false;
        QTest::newRow("far away") << QDateTime(QDate(12024, 1, 1), noon, QTimeZone("Asia/Kathmandu")) << false;
        QTest::newRow("long ago") << QDateTime(QDate(-44, 3, 15), noon).toOffsetFromUtc(3600) << false;
        QTest::newRow("invalid") << QDateTime() << true;
    }
    void timesAreTheSameInstants()
    {
        QFETCH(QDateTime, time);
        QFETCH(bool, fitsJson);
        if (!fitsJson && !Test::isNative()) {
            QCOMPARE(failure(m_checkout, "echo", {time}).code(), Error::BadArguments);
            return;
        }
        if (time.isValid())
            QCOMPARE(result(instantOf, time), time.toMSecsSinceEpoch());
        const QDateTime typed = result(sameTime, time);
        const QVariant any = Test::answer(m_checkout, "echo", {QVariantList{time}}).toList().value(0);
        QCOMPARE(typed.isValid(), time.isValid());
        for (const QDateTime &same : {typed, any.toDateTime()}) {
            if (time.isValid())
                QCOMPARE(same, time);
            if (Test::isNative()) {
                QCOMPARE(same.timeSpec(), time.timeSpec());
                QCOMPARE(same.offsetFromUtc(), time.offsetFromUtc());
                if (time.timeSpec() == Qt::TimeZone)
                    QCOMPARE(same.timeZone().id(), time.timeZone().id());
            }
        }
        QCOMPARE(any.typeId() == QMetaType::QDateTime, Test::isNative());
    }
    void localTimesOfAnotherTimeZone()
    {
        const qint64 instant = 1720000000123;
        const QDateTime time = result(localAt, instant);
        QCOMPARE(time.toMSecsSinceEpoch(), instant);
        if (Test::isNative())
            QCOMPARE(time.timeSpec(), Qt::LocalTime);
        QVERIFY(time.offsetFromUtc() == (Test::isNative() ? 7200 : -14400));
        const QTimeZone own("Custom/Own", 3600, "Own", "O");
        QCOMPARE(Test::call(m_checkout, "echo", {QDateTime(QDate(2024, 1, 1), QTime(1, 2), own)}).error.has_value(),
                 Test::isNative());
    }
    void datesTimesAndCharactersKeepTheirTypes()
    {
        const QVariantList values{
            QDate(2024, 2, 29), QDate(12024, 1, 1), QDate(-1, 1, 1), QDate(), QTime(1, 2, 3, 4), QTime(),
            QChar(u'x'),        QChar(u'\ufeff'),   QChar(0)};
        for (const QVariant &value : values) {
            const Test::Outcome outcome = Test::call(m_checkout, "echo", {QVariantList{value}});
            if (Test::isNative()) {
                QVERIFY2(outcome.result, outcome.error ? qPrintable(outcome.error->message()) : "");
                QCOMPARE(outcome.result->toList().value(0), value);
                QCOMPARE(outcome.result->toList().value(0).typeId(), value.typeId());
            } else if (value.typeId() == QMetaType::QDate && value.toDate().isValid()
                       && value.toDate().year() != 2024) {
                QCOMPARE(outcome.error->code(), Error::BadArguments);
            } else {
                QCOMPARE(outcome.result->toList().value(0).toString(), value.toString());
            }
        }
        QCOMPARE(result(sameDate, QDate(2024, 2, 29)), QDate(2024, 2, 29));
        QCOMPARE(result(sameDate, QDate()), QDate());
        QCOMPARE(result(sameTimeOfDay, QTime(1, 2, 3, 4)), QTime(1, 2, 3, 4));
        QCOMPARE(failure(m_checkout, "sameDate", {QDateTime::currentDateTime()}).code(), Error::BadArguments);
        QCOMPARE(Test::answer(m_checkout, "sameText", {QDate(2024, 2, 29)}), QVariant("2024-02-29"));
    }

    void byteOrderMarksSurvive()
    {
        const QString text = QChar(0xfeff) + QStringLiteral("x\u00e9");
        QCOMPARE(Test::answer(m_checkout, "echo", {QVariantMap{{text, text}}}), QVariant(QVariantMap{{text, text}}));
        QCOMPARE(result(sameText, text), text);
        QCOMPARE(result(sameBytes, text.toUtf8()), text.toUtf8());
        QCOMPARE(result(sameString, text.toStdString()), text.toStdString());
        QCOMPARE(Test::answer(m_checkout, "sameText", {text.toUtf8()}), QVariant(text));
        const QVariant bytes = Test::answer(m_checkout, "echo", {text.toUtf8()});
        QCOMPARE(Test::isNative() ? QString(bytes.toByteArray().toHex()) : bytes.toString(),
                 Test::isNative() ? QString(text.toUtf8().toHex()) : text);
    }
    void halvesOfCharactersAreNotSent()
    {
        for (const QVariant &value : {QVariant(half()), QVariant(QStringList{half()}), QVariant(QChar(0xd834)),
                                      QVariant(QVariantMap{{half(), 1}}), QVariant(QVariantMap{{"a", half()}})}) {
            const Error error = failure(m_checkout, "echo", {value});
            QCOMPARE(error.code(), Error::BadArguments);
            QVERIFY2(error.message().contains("half of a surrogate pair"), qPrintable(error.message()));
        }
        QCOMPARE(failure(m_checkout, half()).code(), Error::BadArguments);
        QCOMPARE(errorOf(sameText, half())->code(), Error::BadArguments);
        QCOMPARE(errorOf(sameString, std::string("a\xff"))->code(), Error::BadArguments);
        QCOMPARE(failure(m_checkout, "sameText", {QByteArray("a\xff")}).code(), Error::BadArguments);
    }
    void anArgumentThatCannotBeSentIsNamed()
    {
        const QString second = "argument 2 cannot be sent: a QString that is not Unicode text";
        const auto expect = [&second](const Error &error, const QString &text) {
            QCOMPARE(error.code(), Error::BadArguments);
            QVERIFY2(error.message().startsWith(text), qPrintable(error.message()));
        };
        expect(failure(m_checkout, "echo", {1, half(), 2}), second);
        expect(failure(m_checkout, "echo", {1, QVariantList{0, QVariantMap{{"a", half()}}}, half()}), second);
        expect(errorOf(label, 1, half()).value_or(Error()), second);
        expect(errorOf(label, 1, half() + QString(100'000, 'x')).value_or(Error()), second);
        QVariant nested = half(); // it runs no code of the user's until it is a list
        nested = QVariantList{nested};
        expect(failure(m_checkout, "echo", {nested}), "argument 1 cannot be sent: a QString");
        expect(failure(m_checkout, half(), {1}), "the name of the method cannot be sent: a QString");
        std::optional<Error> error;
        m_checkout->callFunction({1, half()}, [] {}, [&error](const Error &caught) { error = caught; });
        QVERIFY(Test::waitUntil([&error] { return error.has_value(); }));
        expect(*error, second);

        Client small(Test::zygote(), {.maxMessageSize = 1000}); // here no argument is to blame alone
        const QString all = "the arguments cannot be sent: a message of ";
        expect(failure(small.checkout(), "echo", {1, QString(5000, 'x')}), all);
        expect(failure(small.checkout(), "echo", {QString(600, 'x'), QString(600, 'x')}), all);
    }
    void halvesOfCharactersAreNoResults_data()
    {
        QTest::addColumn<QString>("how");
        for (const char *const how : {"value", "list", "key", "event", "argument of an event", "progress", "error"})
            QTest::newRow(how) << how;
    }
    void halvesOfCharactersAreNoResults()
    {
        QFETCH(QString, how);
        std::optional<Error> error;
        QVariant result;
        m_checkout->with({})
            .onEvent([](const QString &, const QVariantList &) {})
            .onProgress([](const Progress &) {})
            .call(
                "makeHalf", {how}, [&](const QVariant &value) { result = value; },
                [&](const Error &caught) { error = caught; });
        QVERIFY(Test::waitUntil([&] { return error || result.isValid(); }));
        if (!error) { // what is said of a call while it runs does not cross JSON
            QCOMPARE(result, QVariant("nothing happened"));
            QVERIFY(!Test::isNative());
            return;
        }
        QCOMPARE(error->code(), Error::WorkerError);
        QVERIFY2(how == "error" ? error->message().startsWith("a") : error->message().contains("half of a surrogate"),
                 qPrintable(error->message()));
    }

    void nothingStaysNothing()
    {
        if (!Test::isNative())
            QSKIP("JSON has null alone");
        const QVariant null = QVariant::fromValue(nullptr);
        QCOMPARE(Test::answer(m_checkout, "types", {QVariant(), null, 1}).toStringList(),
                 QStringList({"none", "std::nullptr_t", "qlonglong"}));
        QVERIFY(!Test::answer(m_checkout, "nothing").isValid());
        const QVariantMap map{{"list", QVariantList{QVariant(), null}}, {"none", QVariant()}};
        const QVariant echoed = Test::answer(m_checkout, "echo", {map});
        QVERIFY(echoed.toMap().contains("none") && !echoed.toMap().value("none").isValid());
        QVERIFY(!echoed.toMap().value("list").toList().value(0).isValid());
        QCOMPARE(echoed.toMap().value("list").toList().value(1).typeId(), int(QMetaType::Nullptr));
    }

    void enumerationsHaveTheirValuesOnly()
    {
        QCOMPARE(result(mix, Paint::Colour::Green), Paint::Colour::Green);
        QCOMPARE(errorOf(mix, Paint::Colour(4))->code(), Error::BadArguments);
        QCOMPARE(errorOf(echoAsColour, QVariant(7))->code(), Error::WorkerError);
        QCOMPARE(result(plain, Plain::Most), Plain::Most);
        QCOMPARE(result(plain, Plain(7)), Plain(7)); // nobody knows what it has
        for (const int bad : {4, 0, 127, 261})
            QCOMPARE(failure(m_checkout, "useUp", {QVariantMap{{"colour", bad}}}).code(), Error::BadArguments);
        QCOMPARE(Test::answer(m_checkout, "useUp", {QVariantMap{{"colour", 5}, {"layers", 5}}}), QVariant(5));
        QCOMPARE(failure(m_checkout, "useUp", {QVariantMap{{"layers", 2}}}).code(), Error::BadArguments);
        const Paint::Layers both = Paint::Layers(Paint::Primer) | Paint::Coat;
        QCOMPARE(result(stack, both), both);
        QCOMPARE(result(stack, Paint::Layers()), Paint::Layers());
        QCOMPARE(errorOf(stack, Paint::Layers(QFlag(6)))->code(), Error::BadArguments);
    }

    void resultsThatDoNotFitCostTheirCall_data()
    {
        QTest::addColumn<QVariant>("result");
        QTest::addColumn<int>("type");
        QTest::newRow("128 for a qint8") << QVariant(128) << 0;
        QTest::newRow("2^64 - 1 for a qint8") << QVariant(std::numeric_limits<quint64>::max()) << 0;
        QTest::newRow("bytes for a qint8") << QVariant(QByteArray(100 * 1024, 'x')) << 0;
        QTest::newRow("2^40 in a list") << QVariant(QVariantList{1, qint64(1) << 40}) << 1;
        QTest::newRow("2^40 in a long list") << QVariant(QVariantList(20000, 1) << (qint64(1) << 40)) << 1;
        QTest::newRow("2^40 in a structure") << QVariant(QVariantMap{{"hands", qint64(1) << 40}}) << 2;
        QTest::newRow("bytes in a structure") << QVariant(QVariantMap{{"hands", QByteArray(100 * 1024, 'x')}}) << 2;
    }
    void resultsThatDoNotFitCostTheirCall()
    {
        QFETCH(QVariant, result);
        QFETCH(int, type);
        const std::optional<Error> error = type == 0 ? errorOf(echoAsSmall, result)
            : type == 1                              ? errorOf(echoAsInts, result)
                                                     : errorOf(echoAsHorse, result);
        QVERIFY(error);
        QCOMPARE(error->code(), Error::WorkerError);
        QVERIFY(!error->isFatal());
        QVERIFY2(error->message().startsWith("the result of echo is of the wrong type"), qPrintable(error->message()));
    }

private:
    template <class R, class... A, class... Arguments>
    R result(const Method<R(A...)> &method, const Arguments &...arguments)
    {
        std::optional<R> result;
        std::optional<Error> error;
        m_checkout->call(
            method, arguments..., [&](const R &value) { result = value; },
            [&](const Error &caught) { error = caught; });
        static_cast<void>(Test::waitUntil([&] { return result || error; }));
        if (error)
            qWarning().noquote() << method.name() << error->message();
        return result.value_or(R());
    }
    template <class R, class... A, class... Arguments>
    std::optional<Error> errorOf(const Method<R(A...)> &method, const Arguments &...arguments)
    {
        std::optional<Error> error;
        bool hasResult = false;
        m_checkout->call(
            method, arguments..., [&](const R &) { hasResult = true; }, [&](const Error &caught) { error = caught; });
        static_cast<void>(Test::waitUntil([&] { return hasResult || error; }));
        return error;
    }

    std::unique_ptr<Client> m_client;
    CheckoutPtr m_checkout;
    qint64 m_pid = 0;
};

PREFORK_TEST_MAIN(ValuesTest, fill)
#include "tst_values.moc"
