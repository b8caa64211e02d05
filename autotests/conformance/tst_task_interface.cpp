// SPDX-License-Identifier: MIT
#include "helpers/answers.h"
#include "helpers/embedded.h"

#include <QtPrefork/Client>

#include <QtCore/QPoint>

using namespace Prefork;
using Test::answer;
using Test::failure;

namespace {

inline constexpr Method<int(int, int)> add{"add"};
inline constexpr Method<QStringList(QString, QStringList)> prefixed{"prefixed"};
inline constexpr Method<void()> nothing{"nothing"};
inline constexpr Method<bool(bool)> invert{"invert"};

}

/// Exposed as it is: the rows' `interface` may also be a QObject.
class Calculator : public QObject
{
    Q_OBJECT

public:
    Q_INVOKABLE int sum(int a, int b) const { return a + b; }
    Q_INVOKABLE int sum(int a, int b, int c) const { return a + b + c; }
    Q_INVOKABLE QString greet(const QString &name, const QString &greeting = QStringLiteral("Hello")) const
    {
        return greeting + u' ' + name;
    }
    Q_INVOKABLE QVariant same(const QVariant &value) const { return value; }
    Q_INVOKABLE double half(double value) const { return value / 2; }
    Q_INVOKABLE QVariantList twice(const QVariantList &list) const { return list + list; }
    Q_INVOKABLE void explode() const { throw Error(QStringLiteral("bang")); }
    int notInvokable() const { return 1; }

public Q_SLOTS:
    void remember(int value) { m_value = value; }
    int recall() const { return m_value; }

private Q_SLOTS:
    void secret() { }

private:
    int m_value = 0;
};

namespace {

void fill(Interface &interface)
{
    Test::addBasics(interface);
    interface.add(add, [](int a, int b) { return a + b; });
    interface.add(prefixed, [](const QString &prefix, QStringList list) {
        for (QString &item : list)
            item.prepend(prefix);
        return list;
    });
    interface.add(nothing, [] { });
    interface.add(invert, [](bool value) { return !value; });
    interface.expose<Calculator>();
    interface.add("replaced", [](const QVariantList &) { return QVariant(1); });
    interface.add("replaced", [](const QVariantList &) { return QVariant(2); });
}

}

class TaskInterfaceTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_client = std::make_unique<Client>(Test::zygote(), ClientOptions{.reuseAfterError = true});
        m_checkout = m_client->checkout();
    }
    void cleanup()
    {
        m_checkout.reset();
        m_client.reset();
    }

    // An interface of names is what the original calls a hashref. That something is missing or of another type, the
    // compiler says.
    void t2_methodsAreFoundByName()
    {
        QCOMPARE(answer(m_checkout, "add", {2, 3}), QVariant(5));
        QCOMPARE(answer(m_checkout, "echo", {"x"}), QVariant("x"));
        QCOMPARE(answer(m_checkout, "nothing"), QVariant::fromValue(nullptr));
    }
    void t2_aMethodAddedTwiceIsTheSecond() { QCOMPARE(answer(m_checkout, "replaced"), QVariant(2)); }
    void t2_typedCallsCarryTheirTypes()
    {
        int sum = 0;
        QStringList list;
        bool inverted = true;
        bool isDone = false;
        m_checkout->call(add, 2, 3, [&](int result) { sum = result; });
        m_checkout->call(prefixed, "a", QStringList{"b", "c"}, [&](const QStringList &result) { list = result; });
        m_checkout->call(invert, true, [&](bool result) { inverted = result; });
        m_checkout->call(nothing, [&] { isDone = true; });
        WAIT_FOR(isDone);
        QCOMPARE(sum, 5);
        QCOMPARE(list, QStringList({"ab", "ac"}));
        QVERIFY(!inverted);
    }
    void t2_argumentsThatDoNotFitAreRefused_data()
    {
        QTest::addColumn<QString>("method");
        QTest::addColumn<QVariantList>("arguments");
        QTest::addColumn<QString>("says");
        QTest::newRow("too few") << "add" << QVariantList{1} << "add: expected 2 arguments, got 1";
        QTest::newRow("too many") << "invert" << QVariantList{true, true} << "invert: expected 1 argument, got 2";
        QTest::newRow("a string for a number")
            << "add" << QVariantList{1, "two"} << "add: argument 2 must fit int, got a string";
        QTest::newRow("a fraction for a number")
            << "add" << QVariantList{1.5, 1} << "add: argument 1 must fit int, got the number 1.5";
        QTest::newRow("a number too large")
            << "add" << QVariantList{Q_INT64_C(4294967296), 1} << "argument 1 must fit int";
        QTest::newRow("a list for a string")
            << "prefixed" << QVariantList{QVariantList{1}, QVariantList()} << "argument 1 must fit QString";
        QTest::newRow("a string for a list") << "prefixed" << QVariantList{"a", "b"} << "argument 2 must fit";
    }
    void t2_argumentsThatDoNotFitAreRefused()
    {
        QFETCH(QString, method);
        QFETCH(QVariantList, arguments);
        QFETCH(QString, says);
        const qint64 pid = Test::pidOf(m_checkout);
        const Error error = failure(m_checkout, method, arguments);
        QCOMPARE(error.code(), Error::BadArguments);
        QVERIFY2(error.message().contains(says), qPrintable(error.message()));
        QCOMPARE(Test::pidOf(m_checkout), pid);
    }
    void t2_whatMeansTheSameIsAccepted()
    {
        QCOMPARE(answer(m_checkout, "add", {"2", 3.0}), QVariant(5));
        QCOMPARE(answer(m_checkout, "invert", {1}), QVariant(false));
    }

    // The original answers with "Can't use an undefined value as a subroutine reference"; ours says what there is.
    void t4_anUnknownMethodIsNamedAndTheWorkerLivesOn()
    {
        const qint64 pid = Test::pidOf(m_checkout);
        const Error error = failure(m_checkout, "nonesuch", {1});
        QCOMPARE(error.code(), Error::NoSuchMethod);
        QVERIFY(error.message().contains("'nonesuch'"));
        QVERIFY(!error.isFatal());
        QCOMPARE(Test::pidOf(m_checkout), pid);
    }
    void t4_aFunctionCallTakesItsFirstArgumentAsTheMethod()
    {
        QVariant result;
        m_checkout->callFunction({"add", 2, 3}, [&](const QVariant &value) { result = value; });
        WAIT_COMPARE(result, QVariant(5));
    }
    void t4_aFunctionCallWithoutANameFails_data()
    {
        QTest::addColumn<QVariantList>("arguments");
        QTest::newRow("no argument") << QVariantList();
        QTest::newRow("a number") << QVariantList{42};
        QTest::newRow("a list") << QVariantList{QVariant(QVariantList{"add", 1, 2})};
    }
    void t4_aFunctionCallWithoutANameFails()
    {
        QFETCH(QVariantList, arguments);
        std::optional<Error> error;
        frameTry(
            [&] { m_checkout->callFunction(Arguments(arguments), [](const QVariant &) { QFAIL("it succeeded"); }); },
            [&](const Error &caught) { error = caught; });
        WAIT_FOR(error.has_value());
        QCOMPARE(error->code(), Error::NoSuchMethod);
        QVERIFY(!error->message().isEmpty());
    }

    void t2_exposedInvokablesAndSlotsAreMethods()
    {
        QCOMPARE(answer(m_checkout, "sum", {1, 2}), QVariant(3));
        QCOMPARE(answer(m_checkout, "remember", {7}), QVariant::fromValue(nullptr));
        QCOMPARE(answer(m_checkout, "recall"), QVariant(7));
        QCOMPARE(answer(m_checkout, "half", {5}), QVariant(2.5));
        QCOMPARE(answer(m_checkout, "twice", Arguments{QVariantList{1, "a"}}), QVariant(QVariantList{1, "a", 1, "a"}));
    }
    void t2_exposedOverloadsAreToldApartByTheirCount()
    {
        QCOMPARE(answer(m_checkout, "sum", {1, 2, 3}), QVariant(6));
        const Error error = failure(m_checkout, "sum", {1});
        QCOMPARE(error.code(), Error::BadArguments);
        QVERIFY2(error.message().contains("sum(int,int)"), qPrintable(error.message()));
    }
    void t2_exposedDefaultArgumentsWork()
    {
        QCOMPARE(answer(m_checkout, "greet", {"Qt"}), QVariant("Hello Qt"));
        QCOMPARE(answer(m_checkout, "greet", {"Qt", "Bye"}), QVariant("Bye Qt"));
    }
    void t2_exposedVariantsPassAnything()
    {
        QCOMPARE(answer(m_checkout, "same", Arguments{QVariantList{1, "a"}}), QVariant(QVariantList{1, "a"}));
        QCOMPARE(answer(m_checkout, "same", {true}), QVariant(true));
    }
    void t2_exposedParametersAreChecked()
    {
        QCOMPARE(failure(m_checkout, "sum", {1, "two"}).code(), Error::BadArguments);
        QCOMPARE(failure(m_checkout, "half", {QVariantList()}).code(), Error::BadArguments);
        QCOMPARE(failure(m_checkout, "twice", {1}).code(), Error::BadArguments);
    }
    void t2_exposedMethodsThrowLikeOthers()
    {
        const Error error = failure(m_checkout, "explode");
        QCOMPARE(error.code(), Error::WorkerError);
        QCOMPARE(error.message(), "bang");
    }
    void t2_notExposedIsWhatQtDoesNotCall_data()
    {
        QTest::addColumn<QString>("method");
        QTest::newRow("a plain method") << "notInvokable";
        QTest::newRow("a private slot") << "secret";
        QTest::newRow("of QObject") << "deleteLater";
    }
    void t2_notExposedIsWhatQtDoesNotCall()
    {
        QFETCH(QString, method);
        QCOMPARE(failure(m_checkout, method).code(), Error::NoSuchMethod);
    }

private:
    std::unique_ptr<Client> m_client;
    CheckoutPtr m_checkout;
};

PREFORK_TEST_MAIN(TaskInterfaceTest, fill)
#include "tst_task_interface.moc"
