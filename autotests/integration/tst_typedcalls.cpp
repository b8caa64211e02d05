// SPDX-License-Identifier: MIT
// Typed calls, results and events change no value silently: what the compiler cannot refuse, for it depends on the
// value, is an error of that call. What the compiler refuses is in compile/refused.cpp.
#include "helpers/answers.h"
#include "helpers/embedded.h"
#include "helpers/protocols.h"

#include <QtPrefork/Client>
#include <QtPrefork/Worker>

#include <chrono>
#include <limits>

using namespace Prefork;
using Test::answer;

namespace {

inline constexpr Method<int(int)> square{"square"};
inline constexpr Method<quint64(quint64)> natural{"natural"};
inline constexpr Method<double(double)> real{"real"};
inline constexpr Method<float(float)> coarse{"coarse"};
inline constexpr Method<char(char)> letter{"letter"};
inline constexpr Method<int(QString, int)> second{"second"};
inline constexpr Method<int(qint64)> shortened{"shortened"};
inline constexpr Method<double(qint64)> rounded{"rounded"};
inline constexpr Method<void(qint64)> announce{"announce"};
inline constexpr Method<void()> tell{"tell"};
inline constexpr Event<int> told{"told"};
inline constexpr Event<int, QString> line{"line"};

enum Small : short { One = 1, Many = 300 };

// One method for every type, once added and once exposed.
#define PREFORK_TYPES(DO)                                                                                              \
    DO(bool, Bool)                                                                                                     \
    DO(char, Char)                                                                                                     \
    DO(uchar, UChar)                                                                                                   \
    DO(short, Short)                                                                                                   \
    DO(char16_t, Char16)                                                                                               \
    DO(int, Int)                                                                                                       \
    DO(uint, UInt)                                                                                                     \
    DO(qint64, LongLong)                                                                                               \
    DO(quint64, ULongLong)                                                                                             \
    DO(float, Float)                                                                                                   \
    DO(double, Double)                                                                                                 \
    DO(QString, Text)                                                                                                  \
    DO(std::string, Std)                                                                                               \
    DO(QByteArray, Bytes)                                                                                              \
    DO(QStringList, Texts)                                                                                             \
    DO(QList<int>, Ints)                                                                                               \
    DO(std::vector<double>, Doubles)                                                                                   \
    DO(IntMap, Map)                                                                                                    \
    DO(QVariantList, List)                                                                                             \
    DO(QVariant, Any)                                                                                                  \
    DO(Kind::Value, Enum)

using IntMap = QMap<QString, int>;

}

class Kind : public QObject
{
    Q_OBJECT

public:
    enum Value : short { None = 0, Some = 5, All = 300 };
    Q_ENUM(Value)
};

class Exposed : public QObject
{
    Q_OBJECT

public:
    Q_INVOKABLE bool exposedBool(bool value) { return value; }
    Q_INVOKABLE char exposedChar(char value) { return value; }
    Q_INVOKABLE uchar exposedUChar(uchar value) { return value; }
    Q_INVOKABLE short exposedShort(short value) { return value; }
    Q_INVOKABLE char16_t exposedChar16(char16_t value) { return value; }
    Q_INVOKABLE int exposedInt(int value) { return value; }
    Q_INVOKABLE uint exposedUInt(uint value) { return value; }
    Q_INVOKABLE qint64 exposedLongLong(qint64 value) { return value; }
    Q_INVOKABLE quint64 exposedULongLong(quint64 value) { return value; }
    Q_INVOKABLE float exposedFloat(float value) { return value; }
    Q_INVOKABLE double exposedDouble(double value) { return value; }
    Q_INVOKABLE QString exposedText(const QString &value) { return value; }
    Q_INVOKABLE std::string exposedStd(const std::string &value) { return value; }
    Q_INVOKABLE QByteArray exposedBytes(const QByteArray &value) { return value; }
    Q_INVOKABLE QStringList exposedTexts(const QStringList &value) { return value; }
    Q_INVOKABLE QList<int> exposedInts(const QList<int> &value) { return value; }
    Q_INVOKABLE std::vector<double> exposedDoubles(const std::vector<double> &value) { return value; }
    Q_INVOKABLE QMap<QString, int> exposedMap(const QMap<QString, int> &value) { return value; }
    Q_INVOKABLE QVariantList exposedList(const QVariantList &value) { return value; }
    Q_INVOKABLE QVariant exposedAny(const QVariant &value) { return value; }
    Q_INVOKABLE Kind::Value exposedEnum(Kind::Value value) { return value; }
};

namespace {

void fill(Interface &interface)
{
#define PREFORK_ADD(Type, Name)                                                                                        \
    interface.add(Method<Type(Type)>("added" #Name), [](const Type &value) { return value; });
    PREFORK_TYPES(PREFORK_ADD)
    interface.expose<Exposed>();
    Test::addBasics(interface);
    interface.add(square, [](int value) { return value * value; });
    interface.add(natural, [](quint64 value) { return value; });
    interface.add(real, [](double value) { return value; });
    interface.add(coarse, [](float value) { return value; });
    interface.add(letter, [](char value) { return value; });
    interface.add(second, [](const QString &, int value) { return value; });
    interface.add(shortened, [](qint64 value) { return value; });
    interface.add(rounded, [](qint64 value) { return value; });
    interface.add(announce, [](qint64 value) { Worker::emitEvent(told, value); });
    interface.add(tell, [] {
        Worker::setProgress(1, 2);
        Worker::emitEvent(line, 3, "x");
        Worker::setProgress(2, 2);
    });
    interface.add("nothing", [](const QVariantList &) { });
    interface.add("string", [](const QVariantList &list) { return std::string(std::size_t(list.size()), 'x'); });
    interface.add("long", [](const auto &list) { return long(list.size()); });
}

}

class TypedCallsTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_client = std::make_unique<Client>(Test::zygote(),
                                            ClientOptions{.minWorkers = 1, .maxWorkers = 2, .reuseAfterError = true});
        m_checkout = m_client->checkout();
        m_pid = Test::pidOf(m_checkout);
    }
    void cleanup()
    {
        if (!QTest::currentTestFailed())
            QCOMPARE(Test::pidOf(m_checkout), m_pid); // nothing of it has cost the worker
        m_checkout.reset();
        m_client.reset();
    }

    void anArgumentThatWouldChangeIsAnErrorOfItsCall()
    {
        const auto refused = [this](const auto &method, const auto &...arguments) {
            const Error error = failureOf(m_checkout->future(method, arguments...));
            return error.code() == Error::BadArguments ? error.message() : QStringLiteral("not refused");
        };
        QCOMPARE(refused(square, 5000000000LL), "square: argument 1 must fit int, got the number 5000000000");
        QCOMPARE(refused(square, std::numeric_limits<quint64>::max()),
                 "square: argument 1 must fit int, got the number 18446744073709551615");
        QCOMPARE(refused(second, "x", -2147483649LL), "second: argument 2 must fit int, got the number -2147483649");
        QCOMPARE(refused(natural, -1), "natural: argument 1 must fit qulonglong, got the number -1");
        QCOMPARE(refused(letter, 300), "letter: argument 1 must fit char, got the number 300");
        QCOMPARE(refused(letter, Many), "letter: argument 1 must fit char, got the number 300");
        QCOMPARE(refused(real, (1LL << 53) + 1), "real: argument 1 must fit double, got the number 9007199254740993");
        QCOMPARE(refused(coarse, 16777217), "coarse: argument 1 must fit float, got the number 16777217");
        QCOMPARE(refused(coarse, 1e300), "coarse: argument 1 must fit float, got the number 1e+300");
    }
    void oneThatDoesNotArrives()
    {
        QCOMPARE(resultOf(m_checkout->future(square, 7LL)), 49);
        QCOMPARE(resultOf(m_checkout->future(square, One)), 1);
        QCOMPARE(resultOf(m_checkout->future(square, true)), 1);
        QCOMPARE(resultOf(m_checkout->future(natural, 7)), quint64(7));
        QCOMPARE(resultOf(m_checkout->future(letter, 65)), 'A');
        QCOMPARE(resultOf(m_checkout->future(real, 1LL << 60)), double(1LL << 60));
        QCOMPARE(resultOf(m_checkout->future(real, std::numeric_limits<qint64>::min())), -0x1p63);
        QCOMPARE(resultOf(m_checkout->future(coarse, 0.1)), 0.1f);
        QCOMPARE(resultOf(m_checkout->future(second, QStringLiteral("x"), qsizetype(-5))), -5);
    }
    // As for an argument that cannot be encoded: those behind it in its checkout are canceled, and it goes on.
    void theCallsBehindItAreCanceled()
    {
        QStringList heard;
        const auto note = [&heard](const QString &what) { return [&heard, what] { heard.append(what); }; };
        m_checkout->call(square, 1, note("first"));
        m_checkout->call(square, 5000000000LL, note("second"),
                         [&heard](const Error &error) { heard.append(QString::number(error.code())); });
        m_checkout->call(square, 3, note("third"),
                         [&heard](const Error &error) { heard.append(QString::number(error.code())); });
        QVERIFY(m_checkout->waitForSettled());
        QCOMPARE(heard, QStringList({"first", QString::number(Error::BadArguments), QString::number(Error::Canceled)}));
        QCOMPARE(resultOf(m_client->future(square, 4)), 16);
        QCOMPARE(failureOf(m_client->future(square, 5000000000LL)).code(), Error::BadArguments);
    }
    void aResultThatWouldChangeIsAnErrorOfItsCall()
    {
        QCOMPARE(resultOf(m_checkout->future(shortened, 5)), 5);
        const Error error = failureOf(m_checkout->future(shortened, 5000000000LL));
        QCOMPARE(error.code(), Error::WorkerError);
        QCOMPARE(error.message(),
                 "shortened: the result must fit int, but the function returned the number 5000000000");
        QCOMPARE(failureOf(m_checkout->future(rounded, (1LL << 60) + 1)).code(), Error::WorkerError);
        QCOMPARE(resultOf(m_checkout->future(rounded, 1LL << 60)), double(1LL << 60));
    }
    void anEventsArgumentThatWouldChangeIsAnErrorOfItsCall()
    {
        const Error error = failureOf(m_checkout->future(announce, 5000000000LL));
        QCOMPARE(error.code(), Error::BadArguments);
        QCOMPARE(error.message(), "the event 'told': argument 1 must fit int, got the number 5000000000");
    }
    void handlersMayTakeLess()
    {
        QStringList heard;
        bool isDone = false;
        const auto note = [&heard](const QString &what) { return [&heard, what] { heard.append(what); }; };
        QObject context;
        m_checkout->with({})
            .onProgress(note("progress"))
            .on(line, note("line"))
            .on(line, [&heard](int number) { heard.append(QString::number(number)); })
            .on(line, &context, [&heard](int, const QString &text) { heard.append(text); })
            .onEvent(note("event"))
            .onEvent([&heard](const QString &name) { heard.append(name + u'!'); })
            .call(tell, [&isDone] { isDone = true; });
        WAIT_FOR(isDone);
        if (!Test::isNative())
            QCOMPARE(heard, QStringList());
        else
            QCOMPARE(heard, QStringList({"progress", "line", "3", "x", "event", "line!", "progress"}));
    }
    void exposedMethodsConvertAsAddedOnes_data()
    {
        QTest::addColumn<QString>("type");
#define PREFORK_ROW(Type, Name) QTest::newRow(#Name) << #Name;
        PREFORK_TYPES(PREFORK_ROW)
    }
    void exposedMethodsConvertAsAddedOnes()
    {
        QFETCH(QString, type);
        const QVariantList values{true,
                                  0,
                                  1,
                                  5,
                                  -1,
                                  65,
                                  300,
                                  70000,
                                  5000000000LL,
                                  -5000000000LL,
                                  std::numeric_limits<qint64>::max(),
                                  0.0,
                                  5.0,
                                  5.5,
                                  -0.5,
                                  1e300,
                                  16777217,
                                  "",
                                  "5",
                                  "x",
                                  "5.5",
                                  "true",
                                  "false",
                                  "-1",
                                  "\u00e9",
                                  QByteArray("5"),
                                  QVariant::fromValue(nullptr),
                                  QVariantList(),
                                  QVariantList{1, 2},
                                  QVariantList{1.5},
                                  QVariantList{"a", 2},
                                  QVariantMap(),
                                  QVariantMap{{"a", 1}},
                                  QVariantMap{{"a", 1.5}}};
        int accepted = 0;
        for (const QVariant &value : values) {
            const Test::Outcome added = Test::call(m_checkout, "added" + type, {value});
            const Test::Outcome exposed = Test::call(m_checkout, "exposed" + type, {value});
            QString input;
            QDebug(&input) << type << value;
            QVERIFY2(added.result.has_value() == exposed.result.has_value(), qPrintable(input));
            if (added.result) {
                ++accepted;
                QVERIFY2(*added.result == *exposed.result && added.result->metaType() == exposed.result->metaType(),
                         qPrintable(input));
            } else {
                QCOMPARE(exposed.error->code(), added.error->code());
                QCOMPARE(exposed.error->message().replace("exposed", "added"), added.error->message());
            }
        }
        QVERIFY(accepted > 0 || (type == "Char16" && !Test::isNative())); // which JSON does not have
    }
    void functionsByNameReturnWhatTheyLike()
    {
        QVERIFY(answer(m_checkout, "nothing").isNull());
        QCOMPARE(answer(m_checkout, "string", {1, 2}), QVariant("xx"));
        QCOMPARE(answer(m_checkout, "long", {1, 2, 3}), QVariant(3));
    }

private:
    template <class T>
    static T resultOf(const QFuture<T> &future)
    {
        if (!Test::waitUntil([&] { return future.isFinished(); }))
            return {};
        try {
            return future.result();
        } catch (const Error &error) {
            qWarning().noquote() << error.message();
            return {};
        }
    }
    template <class T>
    static Error failureOf(QFuture<T> future)
    {
        if (!Test::waitUntil([&] { return future.isFinished(); }))
            return {};
        try {
            future.waitForFinished();
        } catch (const Error &error) {
            return error;
        }
        return {};
    }

    std::unique_ptr<Client> m_client;
    CheckoutPtr m_checkout;
    qint64 m_pid = 0;
};

PREFORK_TEST_MAIN(TypedCallsTest, fill)
#include "tst_typedcalls.moc"
