// SPDX-License-Identifier: MIT
// What a user has to test methods of their own: workers in the test's process, a main() with a zygote, and finding it.
#include "helpers/answers.h"
#include "helpers/protocols.h"
#include "helpers/unhandled.h"

#include <QtPrefork/Client>
#include <QtPrefork/InProcessWorker>
#include <QtPrefork/Server>
#include <QtPrefork/TestMain>
#include <QtPrefork/WaitFor>
#include <QtPrefork/Worker>

#include <QtCore/QCoreApplication>
#include <QtCore/QDataStream>
#include <QtCore/QPromise>
#include <QtCore/QThread>

#include <stdexcept>
#include <thread>
#include <unistd.h>

using namespace Prefork;
using namespace std::chrono_literals;

struct Point3
{
    int x = 0;
    friend QDataStream &operator<<(QDataStream &stream, const Point3 &point) { return stream << point.x; }
    friend QDataStream &operator>>(QDataStream &stream, Point3 &point) { return stream >> point.x; }
};
Q_DECLARE_METATYPE(Point3)

struct Unregistered
{
    int x = 0;
    friend QDataStream &operator<<(QDataStream &stream, const Unregistered &value) { return stream << value.x; }
    friend QDataStream &operator>>(QDataStream &stream, Unregistered &value) { return stream >> value.x; }
};
Q_DECLARE_METATYPE(Unregistered)

class Adder : public QObject
{
    Q_OBJECT

public:
    Q_INVOKABLE int plus(int a, int b = 1) const { return a + b; }
    Q_INVOKABLE int minus(int a, int b) const { return a - b; }
};

namespace {

inline constexpr Method<int(int)> twice{"twice"};
inline constexpr Method<QString(QStringList)> join{"join"};
inline constexpr Method<void(QString)> failing{"failing"};
inline constexpr Method<int(int)> scan{"scan"};
inline constexpr Method<void()> nothing{"nothing"};
inline constexpr Method<Point3(Point3)> mirror{"mirror"};
inline constexpr Method<qint64()> pid{"pid"};
inline constexpr Event<QString, int> found{"found"};

void fill(Interface &interface)
{
    if (!interface.registerType<Point3>("Point3"))
        qWarning("Point3 is not registered");
    interface.add(twice, [](int n) { return 2 * n; })
        .add(join, [](const QStringList &parts) { return parts.join("-"); })
        .add(failing,
             [](const QString &how) {
                 if (how == "error")
                     throw Error("no luck", QVariantMap{{"left", 3}});
                 if (how == "code")
                     throw Error(Error::BadArguments, "not these");
                 if (how == "fatal") // of which only the text crosses
                     throw Error(Error::Timeout, "too late");
                 if (how == "std")
                     throw std::runtime_error("not standard");
                 if (how == "string")
                     throw QString("a string");
                 throw 5;
             })
        .add(scan,
             [](int count) {
                 for (int i = 0; i < count; ++i) {
                     Worker::throwIfCanceled();
                     Worker::emitEvent(found, QString::number(i), i);
                     Worker::setProgress(i + 1, count, "scanning");
                 }
                 return count;
             })
        .add(nothing, [] {})
        .add(mirror, [](const Point3 &point) { return Point3{-point.x}; })
        .add(pid, [] { return qint64(::getpid()); })
        .add("any", [](const QVariantList &arguments) { return arguments.value(0); })
        .add("pointer", [](const QVariantList &) { return QVariant::fromValue(static_cast<void *>(nullptr)); })
        .add("unregistered", [](const QVariantList &) { return QVariant::fromValue(Unregistered()); })
        .expose<Adder>();
}

/// An interface as a test has it.
struct Filled : Interface
{
    Filled() { fill(*this); }
};

template <class Run>
Error errorOf(Run run)
{
    try {
        run();
    } catch (const Error &error) {
        return error;
    }
    return {};
}

QString textOf(const Error &error)
{
    return QStringLiteral("%1 | %2 | %3 | %4 | %5")
        .arg(QVariant::fromValue(error.code()).toString(), error.message(), error.detail(), error.method(),
             QDebug::toString(error.data()));
}

bool isInitialised = false;

}

class TestingTest : public QObject
{
    Q_OBJECT

public:
    static void initMain()
    {
        isInitialised = !QCoreApplication::instance();
        if (qEnvironmentVariableIsSet("TESTING_TOO_LATE"))
            std::thread([] { ::pause(); }).detach();
    }

private Q_SLOTS:
    void init() { m_unhandled = std::make_unique<Test::UnhandledErrors>(); }
    void cleanup()
    {
        QCOMPARE(m_unhandled->messages(), QStringList());
        m_unhandled.reset();
    }

    void theMainOfATestMakesAZygote();
    void withoutAZygoteTheTestEnds();
    void zygotesAreFoundByName();
    void withoutAZygoteEverythingFails();
    void whatComesAfterTheZygoteIsWarnedOf();
    void anEmptyFunctionIsWarnedOf();
    void bytesThatAreNoTextAreCalledSo();
    void aProblemOfAFutureIsAText();

    void aMethodIsCalledInThisProcess();
    void whatHasNoMethodGoesToTheFallback();
    void errorsAreThoseOfAWorker_data();
    void errorsAreThoseOfAWorker();
    void anExposedMethodSaysHowManyArgumentsItTakes();
    void anErrorHasItsBackTrace();
    void setupRunsOnceBeforeTheFirstCall();
    void aSetupThatFailsIsTriedAgain();
    void preloadRunsOnceForAllWorkers();
    void releasingRunsCheckoutDone();
    void anApplicationThatIsThereIsUsed();
    void eventsAndProgressAreHeardInOrder();
    void whatAHandlerThrowsIsNotTheMethods();
    void anEventThatDoesNotFitFailsTheCall();
    void anEventWhoseValueDoesNotFitIsAnErrorOfItsCall();
    void aHandlerCancels();
    void anotherThreadCancels();
    void theNextCallIsNotCanceled();
    void aHandlerCannotCall();
    void largeValues();

private:
    std::unique_ptr<Test::UnhandledErrors> m_unhandled;
};

void TestingTest::theMainOfATestMakesAZygote()
{
    QVERIFY(isInitialised);
    QVERIFY(QCoreApplication::instance());
    QVERIFY(Zygote::find() && Zygote::find()->isValid());
    QCOMPARE(Zygote::find()->name(), "testing");
    Client client(Zygote::find());
    const QFuture<qint64> worker = client.future(pid);
    QVERIFY(waitFor(worker));
    QVERIFY(worker.result() != ::getpid());
}

void TestingTest::withoutAZygoteTheTestEnds()
{
    const Test::Ended ended = Test::runProgram(QCoreApplication::applicationFilePath(), {}, {"TESTING_TOO_LATE=1"});
    QCOMPARE(ended.exitCode, 1);
    QVERIFY2(ended.errors.contains("no zygote for the test: the zygote must be made before any thread"),
             qPrintable(ended.errors));
    QCOMPARE(ended.output, QString());
}

void TestingTest::zygotesAreFoundByName()
{
    Zygote *const own = Zygote::find();
    QCOMPARE(Zygote::find("testing"), own);
    QCOMPARE(Zygote::find("other"), nullptr);
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression("the zygote is not valid: .*"));
    const Interface interface;
    {
        Zygote late(interface, {.name = "other"});
        QVERIFY(!late.isValid());
        QCOMPARE(Zygote::find("other"), &late);
        QCOMPARE(Zygote::find(), own);
        std::thread([&late] { QCOMPARE(Zygote::find("other"), &late); }).join();
    }
    QCOMPARE(Zygote::find("other"), nullptr);
}

void TestingTest::withoutAZygoteEverythingFails()
{
    const QString text
        = "there is no zygote: make one at the top of main(), before QCoreApplication (in a test: QTPREFORK_TEST_MAIN)";
    Client client(Zygote::find("other"));
    const QFuture<int> future = client.future(twice, 1);
    QVERIFY(waitFor(future));
    const Error error = errorOf([&] { static_cast<void>(future.result()); });
    QCOMPARE(error.code(), Error::Unavailable);
    QCOMPARE(error.message(), text);
    Server server(Zygote::find("other"));
    QVERIFY(!server.listen("tcp://127.0.0.1:0"));
    QVERIFY2(server.errorString().contains(text), qPrintable(server.errorString()));
}

void TestingTest::whatComesAfterTheZygoteIsWarnedOf()
{
    Interface interface;
    {
        QTest::ignoreMessage(QtWarningMsg, QRegularExpression("the zygote is not valid: .*"));
        const Zygote late(interface);
    }
    QTest::ignoreMessage(QtWarningMsg,
                         QRegularExpression("the method 'twice' comes too late.*fill the interface before the Zygote"));
    interface.add(twice, [](int number) { return 2 * number; });
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression("setup\\(\\) comes too late"));
    interface.setup([] { });
    InProcessWorker worker(interface);
    QCOMPARE(worker.call(twice, 21), 42);
}

void TestingTest::anEmptyFunctionIsWarnedOf()
{
    Interface interface;
    QTest::ignoreMessage(QtWarningMsg, QRegularExpression("the method 'idle' was given an empty function"));
    interface.add("idle", Interface::Invoker());
    InProcessWorker worker(interface);
    QVERIFY_EXCEPTION_THROWN(worker.call("idle", QVariantList()), Error);
}

void TestingTest::bytesThatAreNoTextAreCalledSo()
{
    Interface interface;
    interface.add(Method<int(QString)>("length"), [](const QString &text) { return int(text.size()); });
    InProcessWorker worker(interface);
    const auto problemOf = [&worker](const QByteArray &bytes) {
        try {
            worker.call("length", {bytes});
        } catch (const Error &error) {
            return error.message();
        }
        return QString();
    };
    QCOMPARE(problemOf("text"), QString());
    if (Test::isNative())
        QCOMPARE(problemOf("\xff"), QString("length: argument 1 must fit QString, got bytes that are not UTF-8"));
}

void TestingTest::aProblemOfAFutureIsAText()
{
    Client client(Zygote::find());
    const QFuture<int> good = client.future(twice, 1);
    QTPREFORK_VERIFY_FINISHED(good);
    QCOMPARE(good.result(), 2);
    Client nowhere(Zygote::find("other"));
    QCOMPARE(detail::problemOf(QFuture<void>(nowhere.future(twice, 1))),
             "there is no zygote: make one at the top of main(), before QCoreApplication (in a test: "
             "QTPREFORK_TEST_MAIN)");
    QPromise<int> promise;
    promise.start();
    promise.future().cancel();
    promise.finish();
    QCOMPARE(detail::problemOf(QFuture<void>(promise.future())), "it was canceled");
}

void TestingTest::aMethodIsCalledInThisProcess()
{
    const Filled interface;
    InProcessWorker worker(interface);
    QCOMPARE(worker.call(twice, 21), 42);
    QCOMPARE(worker.call(join, QStringList{"a", "b"}), "a-b");
    worker.call(nothing);
    QCOMPARE(worker.call(pid), qint64(::getpid()));
    QCOMPARE(worker.call("any", {QVariantList{1, "x"}}), QVariant(QVariantList{1, "x"}));
    QCOMPARE(worker.call("twice", {"4"}), QVariant(8));
    QCOMPARE(worker.call("plus", {1, 2}), QVariant(3));
    QCOMPARE(worker.call("plus", {1}), QVariant(2));
    QCOMPARE(worker.callFunction({"twice", 3}), QVariant(6));
    if (Test::isNative())
        QCOMPARE(worker.call(mirror, Point3{4}).x, -4);
}

void TestingTest::whatHasNoMethodGoesToTheFallback()
{
    Filled interface;
    interface.fallback([](const QString &name, const QVariantList &arguments) {
        return QVariant((name.isNull() ? "null" : name) + QString::number(arguments.size()));
    });
    InProcessWorker worker(interface);
    QCOMPARE(worker.call("nix", {1, 2}), QVariant("nix2"));
    QCOMPARE(worker.callFunction({1, "two", 3}), QVariant("null3"));
    QCOMPARE(worker.call(twice, 2), 4);
}

void TestingTest::errorsAreThoseOfAWorker_data()
{
    QTest::addColumn<QString>("method");
    QTest::addColumn<QVariantList>("arguments");
    QVariant nested = 1;
    for (int i = 0; i < 70; ++i)
        nested = QVariantList{nested};
    for (const char *how : {"error", "code", "fatal", "std", "string", "else"})
        QTest::addRow("thrown: %s", how) << "failing" << QVariantList{how};
    QTest::newRow("no such method") << "nix" << QVariantList{1};
    QTest::newRow("too few arguments") << "twice" << QVariantList{};
    QTest::newRow("too many arguments") << "twice" << QVariantList{1, 2};
    QTest::newRow("another type") << "twice" << QVariantList{"five"};
    QTest::newRow("a fraction") << "twice" << QVariantList{5.5};
    QTest::newRow("too large a number") << "twice" << QVariantList{1e12};
    QTest::newRow("another type in a list") << "join" << QVariantList{QVariantList{"a", QVariantMap()}};
    QTest::newRow("arguments that cannot be sent") << "any" << QVariantList{QVariant::fromValue<void *>(nullptr)};
    QTest::newRow("an unregistered argument") << "any" << QVariantList{QVariant::fromValue(Unregistered())};
    QTest::newRow("arguments nested too deep") << "any" << QVariantList{nested};
    QTest::newRow("a second argument that cannot be sent")
        << "twice" << QVariantList{1, QVariant::fromValue<void *>(nullptr)};
    QTest::newRow("a result that cannot be sent") << "pointer" << QVariantList{};
    QTest::newRow("an unregistered result") << "unregistered" << QVariantList{};
    QTest::newRow("an exposed method") << "plus" << QVariantList{"x"};
}

// Compared with workers that are processes.
void TestingTest::errorsAreThoseOfAWorker()
{
    QFETCH(QString, method);
    QFETCH(QVariantList, arguments);
    Client client(Zygote::find());
    const QFuture<QVariant> future = client.future(method, arguments);
    QVERIFY(waitFor(future));
    const Error expected = errorOf([&] { QFuture<QVariant>(future).waitForFinished(); });
    QVERIFY(expected.code() != Error::NoError || !Test::isNative()); // JSON may be nested deeper
    const Filled interface;
    InProcessWorker worker(interface);
    const Error error = errorOf([&] { worker.call(method, arguments); });
    QCOMPARE(textOf(error), textOf(expected));
    QCOMPARE(worker.call(twice, 2), 4);
}

void TestingTest::anExposedMethodSaysHowManyArgumentsItTakes()
{
    const Filled interface;
    InProcessWorker worker(interface);
    QCOMPARE(errorOf([&] { worker.call("minus", {1}); }).message(),
             "minus: no form of it takes 1 argument; there is minus(int,int)");
    QCOMPARE(errorOf([&] { worker.call("minus", {1, 2, 3}); }).message(),
             "minus: no form of it takes 3 arguments; there is minus(int,int)");
}

void TestingTest::anErrorHasItsBackTrace()
{
    const Filled interface;
    InProcessWorker worker(interface);
    Error error;
    frameTry([&] { worker.call(failing, "error"); }, [&error](const Error &caught) { error = caught; });
    QCOMPARE(error.message(), "no luck");
    QVERIFY2(error.backTrace().contains("tst_testing.cpp") && error.backTrace().contains("-> failing"),
             qPrintable(error.backTrace()));
    // A result of another type than the method's.
    const Method<int()> misfit("pointerless");
    Interface other;
    other.add("pointerless", [](const QVariantList &) { return QVariant("text"); });
    InProcessWorker second(other);
    error = errorOf([&] { second.call(misfit); });
    QCOMPARE(error.code(), Error::WorkerError);
    QVERIFY2(error.message().contains("the result of pointerless is of the wrong type"), qPrintable(error.message()));
}

void TestingTest::setupRunsOnceBeforeTheFirstCall()
{
    Filled interface;
    int setups = 0;
    interface.setup([&setups] { ++setups; });
    InProcessWorker worker(interface);
    QCOMPARE(setups, 0);
    QCOMPARE(worker.call(twice, 1), 2);
    QCOMPARE(worker.call(twice, 2), 4);
    QCOMPARE(setups, 1);
    InProcessWorker other(interface);
    QCOMPARE(other.call(twice, 1), 2);
    QCOMPARE(setups, 2);
}

void TestingTest::aSetupThatFailsIsTriedAgain()
{
    Filled interface;
    int setups = 0;
    interface.setup([&setups] {
        if (++setups == 1)
            throw Error("no database", 7);
    });
    InProcessWorker worker(interface);
    const Error error = errorOf([&] { worker.call(twice, 1); });
    QCOMPARE(error.code(), Error::SetupError);
    QCOMPARE(error.message(), "setup exception: no database");
    QCOMPARE(error.data(), QVariant(7));
    QCOMPARE(worker.call(twice, 1), 2);
    QCOMPARE(setups, 2);
}

void TestingTest::preloadRunsOnceForAllWorkers()
{
    Filled interface;
    QStringList calls;
    interface.setup([&calls] { calls.append("setup"); }).preload([&calls] {
        calls.append("preload");
        if (calls.size() == 1)
            throw Error("no file");
    });
    InProcessWorker worker(interface);
    const Error error = errorOf([&] { worker.call(twice, 1); });
    QCOMPARE(error.code(), Error::Unavailable);
    QCOMPARE(error.message(), "preload failed: no file");
    QCOMPARE(worker.call(twice, 1), 2);
    InProcessWorker other(interface);
    QCOMPARE(other.call(twice, 1), 2);
    QCOMPARE(calls, QStringList({"preload", "preload", "setup", "setup"}));
}

void TestingTest::releasingRunsCheckoutDone()
{
    Filled interface;
    int done = 0;
    int setups = 0;
    interface.setup([&setups] { ++setups; }).checkoutDone([&done] {
        if (++done == 2)
            throw Error("not tidy");
    });
    InProcessWorker worker(interface);
    worker.call(nothing);
    QCOMPARE(done, 0);
    worker.release();
    QCOMPARE(done, 1);
    const Error error = errorOf([&] { worker.release(); });
    QCOMPARE(error.message(), "checkoutDone failed: not tidy");
    QCOMPARE(setups, 1);
    QCOMPARE(worker.call(twice, 5), 10);
    QCOMPARE(setups, 2);
}

void TestingTest::anApplicationThatIsThereIsUsed()
{
    Filled interface;
    bool isDelivered = false;
    interface.setApplication<QCoreApplication>().add("post", [&](const QVariantList &) {
        QMetaObject::invokeMethod(
            QCoreApplication::instance(), [&isDelivered] { isDelivered = true; }, Qt::QueuedConnection);
        return QVariant();
    });
    InProcessWorker worker(interface);
    worker.call("post");
    QVERIFY(!isDelivered);
    WAIT_FOR(isDelivered);
}

void TestingTest::eventsAndProgressAreHeardInOrder()
{
    const Filled interface;
    InProcessWorker worker(interface);
    QStringList heard;
    worker.on(found, [&heard](const QString &name, int number) { heard.append(name + "=" + QString::number(number)); })
        .onEvent([&heard](const QString &name, const QVariantList &carried) {
            heard.append(name + QString::number(carried.size()));
        })
        .onProgress(
            [&heard](const Progress &progress) { heard.append(progress.text() + QString::number(progress.value())); });
    QCOMPARE(worker.call(scan, 2), 2);
    if (Test::isNative())
        QCOMPARE(heard, QStringList({"0=0", "found2", "scanning1", "1=1", "found2", "scanning2"}));
    else
        QCOMPARE(heard, QStringList());
}

void TestingTest::whatAHandlerThrowsIsNotTheMethods()
{
    if (!Test::isNative())
        QSKIP("over JSON there are no events");
    const Filled interface;
    InProcessWorker worker(interface);
    worker.on(found, [](const QString &, int) { throw Error("of the handler"); });
    QStringList caught;
    frameTry([&] { QCOMPARE(worker.call(scan, 2), 2); },
             [&caught](const Error &error) { caught.append(error.message()); });
    QCOMPARE(caught, QStringList({"of the handler", "of the handler"}));
}

void TestingTest::anEventThatDoesNotFitFailsTheCall()
{
    if (!Test::isNative())
        QSKIP("over JSON there are no events");
    const Filled interface;
    InProcessWorker worker(interface);
    worker.on(Event<QStringList>("found"), [](const QStringList &) { });
    const Error error = errorOf([&] { worker.call(scan, 2); });
    QCOMPARE(error.code(), Error::ProtocolError);
    QVERIFY2(error.message().contains(
                 "the event 'found' of 'scan' is found(QList<QString>) here and came as found(QString, int)"),
             qPrintable(error.message()));
}

void TestingTest::anEventWhoseValueDoesNotFitIsAnErrorOfItsCall()
{
    if (!Test::isNative())
        QSKIP("over JSON there are no events");
    const Filled interface;
    InProcessWorker worker(interface);
    worker.on(Event<QString, signed char>("found"), [](const QString &, signed char) { });
    const Error error = errorOf([&] { worker.call(scan, 200); });
    QCOMPARE(error.code(), Error::WorkerError);
    QCOMPARE(error.message(), "the event 'found' of 'scan' cannot be taken: a value of it does not fit QString, int");
    QCOMPARE(worker.call(scan, 2), 2);
}

void TestingTest::aHandlerCancels()
{
    const Filled interface;
    InProcessWorker worker(interface);
    int heard = 0;
    worker.on(found, [&](const QString &, int) {
        if (++heard == 3)
            QVERIFY(worker.cancel() && !worker.cancel());
    });
    QVERIFY(!worker.cancel());
    if (!Test::isNative())
        return;
    const Error error = errorOf([&] { worker.call(scan, 1000); });
    QCOMPARE(error.code(), Error::Canceled);
    QCOMPARE(heard, 3);
}

void TestingTest::anotherThreadCancels()
{
    Filled interface;
    std::atomic<bool> isRunning = false;
    interface.add("deaf", [&](const QVariantList &) {
        isRunning = true;
        while (!Worker::isCanceled())
            std::this_thread::sleep_for(1ms);
        return QVariant(7); // which counts for nothing
    });
    InProcessWorker worker(interface);
    if (!Test::isNative())
        QSKIP("over JSON nothing can be canceled");
    std::thread thread([&] {
        while (!isRunning)
            std::this_thread::sleep_for(1ms);
        worker.cancel();
    });
    const Error error = errorOf([&] { worker.call("deaf"); });
    thread.join();
    QCOMPARE(error.code(), Error::Canceled);
}

void TestingTest::theNextCallIsNotCanceled()
{
    const Filled interface;
    InProcessWorker worker(interface);
    int heard = 0;
    worker.on(found, [&](const QString &, int) {
        if (++heard == 1)
            worker.cancel();
    });
    if (Test::isNative())
        QCOMPARE(errorOf([&] { worker.call(scan, 5); }).code(), Error::Canceled);
    QVERIFY(!Worker::isCanceled());
    QVERIFY(!worker.cancel());
    QCOMPARE(worker.call(scan, 5), 5);
    QCOMPARE(worker.call(twice, 5), 10);
}

void TestingTest::aHandlerCannotCall()
{
    if (!Test::isNative())
        QSKIP("over JSON there are no events");
    const Filled interface;
    InProcessWorker worker(interface);
    Error error;
    worker.on(found, [&](const QString &, int) { error = errorOf([&] { worker.call(twice, 1); }); });
    QCOMPARE(worker.call(scan, 1), 1);
    QCOMPARE(error.message(), "the in-process worker cannot do that while it runs 'scan'");
}

void TestingTest::largeValues()
{
    const Filled interface;
    InProcessWorker worker(interface);
    QStringList parts;
    for (int i = 0; i < 30000; ++i)
        parts.append(QString::number(i));
    QCOMPARE(worker.call(join, parts), parts.join("-"));
    QCOMPARE(worker.call("any", {parts}).toList().size(), parts.size());
    if (Test::isNative()) {
        const QByteArray bytes(3 << 20, 'x');
        QCOMPARE(worker.call("any", {bytes}), QVariant(bytes));
    }
}

QTPREFORK_TEST_MAIN(TestingTest, fill, {.name = "testing"})
#include "tst_testing.moc"
