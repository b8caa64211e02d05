// SPDX-License-Identifier: MIT
#include "helpers/answers.h"
#include "helpers/embedded.h"
#include "helpers/protocols.h"

#include <QtPrefork/Client>

#include <QtCore/QEventLoop>
#include <QtCore/QThread>
#include <QtTest/QSignalSpy>

using namespace Prefork;
using namespace std::chrono_literals;
using Test::answer;
using Test::failure;

namespace {

inline constexpr Method<QString(QString)> echo{"echo"};
inline constexpr Method<int(QString)> echoAsInt{"echo"};
inline constexpr Method<QByteArray(QByteArray)> echoBytes{"echo"};

struct Opaque
{
};

std::vector<Error> s_unhandled;

}

Q_DECLARE_METATYPE(Opaque)

class Receiver : public QObject
{
    Q_OBJECT

public:
    void take(const QString &value) { values.append(value); }
    void takeVariant(const QVariant &value) { values.append(value.toString()); }
    void takeNothing() { values.append("nothing"); }
    QStringList values;
};

/// Who is told of results and errors, how, and how often.
class ClientCallbacksTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        s_unhandled.clear();
        setUnhandledErrorHandler([](const Error &error) { s_unhandled.push_back(error); });
        m_client = std::make_unique<Client>(Test::zygote(),
                                            ClientOptions{.name = "stable", .minWorkers = 1, .reuseAfterError = true});
        m_checkout = m_client->checkout();
    }
    void cleanup()
    {
        m_checkout.reset();
        m_client.reset();
        setUnhandledErrorHandler({});
        if (!QTest::currentTestFailed())
            QCOMPARE(s_unhandled.size(), m_expectedUnhandled);
        m_expectedUnhandled = 0;
    }

    void aCallbackMayBeAMemberFunctionOfItsContext()
    {
        Receiver receiver;
        m_checkout->call(echo, "typed", &receiver, &Receiver::take);
        m_checkout->call("echo", {"dynamic"}, &receiver, &Receiver::takeVariant);
        m_checkout->call(echo, "x", &receiver, &Receiver::takeNothing);
        m_checkout->call(echo, "lambda", &receiver, [&receiver](const QString &value) { receiver.take(value); });
        WAIT_COMPARE(receiver.values, QStringList({"typed", "dynamic", "nothing", "lambda"}));
    }
    void aDestroyedContextDropsItsCallbackAndTheCallSettles()
    {
        auto receiver = std::make_unique<Receiver>();
        QSignalSpy finished(m_checkout.get(), &Checkout::finished);
        bool wasCalled = false;
        m_checkout->call(echo, "x", receiver.get(), [&wasCalled] { wasCalled = true; });
        m_checkout->call(echo, "x", receiver.get(), &Receiver::take);
        receiver.reset();
        WAIT_COMPARE(finished.size(), 2);
        QVERIFY(!wasCalled);
        QCOMPARE(m_checkout->pendingCallCount(), 0);
    }
    void aNullContextIsWarnedOf()
    {
        Receiver *const nobody = nullptr;
        const char *const warning
            = "A call was given a null pointer for its context object: its callbacks will not run";
        QSignalSpy errored(m_checkout.get(), &Checkout::errored);
        QTest::ignoreMessage(QtWarningMsg, warning);
        m_checkout->call(echo, "x", nobody, &Receiver::take);
        QTest::ignoreMessage(QtWarningMsg, warning);
        m_checkout->call("nonesuch", {}, nobody, &Receiver::takeNothing, [](const Error &) { QFAIL("it is gone"); });
        WAIT_COMPARE(m_checkout->pendingCallCount(), 0);
        QCOMPARE(errored.size(), 1);
    }
    void aContextInAnotherThreadFailsTheCall()
    {
        QThread other;
        Receiver receiver;
        Receiver late;
        receiver.moveToThread(&other);
        QSignalSpy finished(m_checkout.get(), &Checkout::finished);
        QList<Error> caught;
        frameTry(
            [&] {
                m_checkout->call(echo, "typed", &receiver, &Receiver::take);
                m_checkout->call("echo", {"dynamic"}, &receiver, [] { });
                m_client->call(echo, "one-shot", &receiver, [] { });
                m_checkout->call(echo, "fub", fub(&receiver, &Receiver::take));
                m_checkout->call(echo, "both", this, fub(&receiver, &Receiver::take));
            },
            [&caught](const Error &error) { caught.append(error); });
        QCOMPARE(caught.size(), 0);
        WAIT_COMPARE(caught.size(), 5);
        frameTry([&] { m_checkout->call(echo, "moved later", &late, &Receiver::take); },
                 [&caught](const Error &error) { caught.append(error); });
        late.moveToThread(&other);
        WAIT_COMPARE(m_checkout->pendingCallCount(), 0);
        QCOMPARE(caught.size(), 6);
        for (const Error &error : caught) {
            QCOMPARE(error.code(), Error::BadArguments);
            QCOMPARE(error.message(), "the call's context object lives in another thread than the client");
            QCOMPARE(error.method(), "echo");
        }
        QCOMPARE(finished.size(), 0);
        QVERIFY(receiver.values.isEmpty() && late.values.isEmpty());
        QCOMPARE(answer(m_checkout, "echo", {"as usable as before"}), QVariant("as usable as before"));
    }
    void aFubIsOneHoweverItIsKept_data()
    {
        QTest::addColumn<QString>("how");
        for (const char *const how :
             {"as it is", "with a context", "std::function", "std::function with a context", "std::function, moved",
              "std::bind", "std::function of a std::function", "a lambda that captured it", "a class"})
            QTest::newRow(how) << how;
    }
    // Made in one frame, and called with in another: what goes wrong concerns the first, once, even if its catcher
    // throws on.
    void aFubIsOneHoweverItIsKept()
    {
        QFETCH(QString, how);
        struct Wrapper
        {
            std::function<void(QString)> function;
            void operator()(const QString &text) { function(text); }
        };
        const auto call = [&](const CheckoutPtr &checkout, const auto &method, const auto &callback) {
            std::function<void(QString)> kept = callback;
            if (how == "as it is")
                checkout->call(method, "x", callback);
            else if (how == "with a context")
                checkout->call(method, "x", this, callback);
            else if (how == "std::function")
                checkout->call(method, "x", kept);
            else if (how == "std::function with a context")
                checkout->call(method, "x", this, kept);
            else if (how == "std::function, moved")
                checkout->call(method, "x", std::move(kept));
            else if (how == "std::bind")
                checkout->call(method, "x", std::bind(callback, std::placeholders::_1));
            else if (how == "std::function of a std::function")
                checkout->call(method, "x", std::function<void(const QString &)>(kept));
            else if (how == "a lambda that captured it")
                checkout->call(method, "x", [callback](const QString &text) { callback(text); });
            else if (const Wrapper wrapper{kept}; how == "a class")
                checkout->call(method, "x", wrapper);
        };
        constexpr Method<QString(QString)> fail{"fail"};
        QStringList there;
        QStringList here;
        for (const auto &method : {echo, fail}) {
            const auto rethrow = [&there](const Error &error) {
                there.append(error.message());
                error.rethrow();
            };
            const auto callback = frameTry(
                [] { return std::optional(fub("made", [](const QString &text) { throw Error("not " + text); })); },
                rethrow);
            frameTry([&] { call(m_checkout, method, *callback); },
                     [&here](const Error &error) { here.append(error.message()); });
            frameTry([&] { call(m_checkout, method, *callback); },
                     rethrow); // shares no catcher object, but would do the same
            WAIT_COMPARE(m_checkout->pendingCallCount(), 0);
            frameTry(
                [&] {
                    const auto inner = fub([](const QString &text) { throw Error("not " + text); });
                    call(m_checkout, method, inner);
                },
                rethrow);
            WAIT_COMPARE(m_checkout->pendingCallCount(), 0);
        }
        QCOMPARE(here, QStringList());
        // With echo the callback throws, in each of three calls; with fail the second is canceled.
        QCOMPARE(there, QStringList({"not x", "not x", "not x", "x", "x"}));
        QCOMPARE(s_unhandled.size(), std::size_t(5));
        QVERIFY2(s_unhandled.back().backTrace().contains("stable -> fail"), qPrintable(s_unhandled.back().backTrace()));
        m_expectedUnhandled = 5;
    }
    void whatHoldsNoFubBelongsToTheCall()
    {
        QStringList caught;
        const auto catcher = [&caught](const Error &error) { caught.append(error.message()); };
        const auto other = fub([](const QString &text) { throw Error("not " + text); });
        frameTry(
            [&] {
                m_checkout->call(echo, "x", std::function<void()>([] { throw Error("a function of no frame"); }));
                m_checkout->call(echo, "x", [&other](const QString &text) { other(text); });
                m_checkout->call(echo, "x", [other] {
                    const bool isHere = Frame::current().backTrace("").contains("stable -> echo");
                    throw Error(isHere ? "before it comes to the fub" : "in no frame");
                });
            },
            catcher);
        WAIT_COMPARE(m_checkout->pendingCallCount(), 0);
        QCOMPARE(caught, QStringList({"a function of no frame", "not x", "before it comes to the fub"}));
    }
    void aCallWithoutANameSaysSoInItsTrace()
    {
        QString trace;
        m_checkout->callFunction({"echo", "x"}, [&trace] { trace = Frame::current().backTrace(""); });
        QVERIFY(m_checkout->waitForSettled());
        QVERIFY2(trace.contains("stable -> NO METHOD"), qPrintable(trace));
        const Error error = failure(m_checkout, "", {});
        QVERIFY2(error.backTrace().contains("stable -> NO METHOD"), qPrintable(error.backTrace()));
    }
    void callbacksMayBeMoveOnly()
    {
        int seen = 0;
        m_checkout->call(echo, "x", [owned = std::make_unique<int>(42), &seen] { seen = *owned; });
        WAIT_COMPARE(seen, 42);
    }
    void aCallbackIsDestroyedWhenItsCallHasSettled()
    {
        const auto token = std::make_shared<int>(1);
        m_checkout->call(echo, "x", [token] { });
        m_checkout->call("fail", {"handled"}, [token] { });
        m_checkout->call(echo, "canceled", [token] { });
        QCOMPARE(token.use_count(), 4);
        WAIT_COMPARE(m_checkout->pendingCallCount(), 0);
        WAIT_COMPARE(token.use_count(), 1);
        m_expectedUnhandled = 1;
    }
    void aCallbackMayHoldTheLastHandle()
    {
        const QPointer<Checkout> watched = m_checkout.get();
        bool wasCalled = false;
        m_checkout->call(echo, "x", [&wasCalled, checkout = m_checkout] { wasCalled = !checkout->isReleased(); });
        m_checkout.reset();
        QVERIFY(watched);
        WAIT_FOR(watched.isNull());
        QVERIFY(wasCalled);
        WAIT_COMPARE(m_client->idleWorkerCount(), m_client->workerCount());
    }
    void anEventLoopInsideACallbackGoesOnDelivering()
    {
        const CheckoutPtr other = m_client->checkout();
        Test::Journal journal;
        m_checkout->call(echo, "outer", [&](const QString &value) {
            QEventLoop loop;
            other->call(echo, "inner", [&](const QString &inner) {
                journal.note(inner);
                loop.quit();
            });
            loop.exec();
            journal.note(value);
        });
        journal.call(m_checkout, "behind", "echo", {1});
        WAIT_COMPARE(journal.size(), 3);
        QVERIFY(journal.entries().indexOf("inner") < journal.entries().indexOf("outer"));
    }
    void nothingSettlesInsideCall()
    {
        Test::Journal journal;
        journal.call(m_checkout, "bad", "echo", {QVariant::fromValue(Opaque())});
        m_checkout->release();
        journal.call(m_checkout, "late", "echo", {1});
        QCOMPARE(journal.size(), 0);
        WAIT_COMPARE(journal.size(), 2);
    }

    void aCallbackThatThrowsIsReportedAndTheQueueGoesOn()
    {
        m_checkout->call(echo, "x", [] { throw std::runtime_error("in the callback"); });
        QCOMPARE(answer(m_checkout, "echo", {"goes on"}), QVariant("goes on"));
        QCOMPARE(s_unhandled.size(), 1);
        QCOMPARE(s_unhandled.front().message(), "in the callback");
        QCOMPARE(s_unhandled.front().code(), Error::Exception);
        QVERIFY2(s_unhandled.front().backTrace().contains("stable -> echo"),
                 qPrintable(s_unhandled.front().backTrace()));
        m_expectedUnhandled = 1;
    }
    void anErrorNobodyCatchesIsReported()
    {
        m_checkout->call("fail", {"no luck"});
        WAIT_COMPARE(s_unhandled.size(), 1);
        QCOMPARE(s_unhandled.front().message(), "no luck");
        m_expectedUnhandled = 1;
    }
    void theErroredSignalCountsAsHandling()
    {
        QSignalSpy errored(m_checkout.get(), &Checkout::errored);
        const CallId call = m_checkout->call("fail", {"no luck"});
        WAIT_COMPARE(errored.size(), 1);
        QCOMPARE(errored.first().at(0).value<CallId>(), call);
        const Error error = errored.first().at(1).value<Error>();
        QCOMPARE(error.message(), "no luck");
        QVERIFY2(error.backTrace().contains("tst_client_callbacks.cpp"), qPrintable(error.backTrace()));
    }
    void theErroredSignalComesBeforeTheCatcher()
    {
        QStringList order;
        connect(m_checkout.get(), &Checkout::errored, this, [&order] { order.append("signal"); });
        frameTry([&] { m_checkout->call("fail", {"no luck"}); }, [&order](const Error &) { order.append("catcher"); });
        WAIT_COMPARE(order, QStringList({"signal", "catcher"}));
    }
    void theFinishedSignalComesBeforeTheCallback()
    {
        QStringList order;
        connect(m_checkout.get(), &Checkout::finished, this, [&order] { order.append("signal"); });
        m_checkout->call(echo, "x", [&order] { order.append("callback"); });
        WAIT_COMPARE(order, QStringList({"signal", "callback"}));
    }
    void theFinishedSignalHasTheMethodsType()
    {
        QSignalSpy finished(m_checkout.get(), &Checkout::finished);
        m_checkout->call(echoAsInt, "42");
        m_checkout->call(echoBytes, "bytes");
        WAIT_COMPARE(finished.size(), 2);
        QCOMPARE(finished.at(0).at(1).typeId(), int(QMetaType::Int));
        QCOMPARE(finished.at(0).at(1).toInt(), 42);
        QCOMPARE(finished.at(1).at(1).typeId(), int(QMetaType::QByteArray));
    }

    void anErrorClearsTheQueue()
    {
        QSignalSpy errored(m_checkout.get(), &Checkout::errored);
        QSignalSpy canceled(m_checkout.get(), &Checkout::canceled);
        const qint64 count = answer(m_checkout, "count").toLongLong();
        Test::Journal journal;
        journal.call(m_checkout, "before", "echo", {1});
        journal.call(m_checkout, "failing", "fail", {"no luck"});
        for (int i = 0; i < 3; ++i)
            journal.call(m_checkout, "behind", "count");
        WAIT_COMPARE(canceled.size(), 3);
        QCOMPARE(journal.entries(), QStringList({"before=1", "failing!no luck"}));
        QCOMPARE(errored.size(), 1);
        QCOMPARE(canceled.at(0).at(0).value<CallId>(), CallId(4));
        QCOMPARE(canceled.at(2).at(0).value<CallId>(), CallId(6));
        QCOMPARE(answer(m_checkout, "count"), QVariant(count + 3)); // of those behind, none has run
    }
    void theCatcherMayUseTheCheckout()
    {
        const qint64 pid = Test::pidOf(m_checkout);
        qint64 after = 0;
        frameTry([&] { m_checkout->call("fail", {"no luck"}); },
                 [&](const Error &) {
                     m_checkout->call("pid", {}, [&after](const QVariant &value) { after = value.toLongLong(); });
                 });
        WAIT_COMPARE(after, pid);
    }
    void aResultOfTheWrongTypeCostsItsCallOnly()
    {
        const qint64 pid = Test::pidOf(m_checkout);
        std::optional<Error> error;
        frameTry([&] { m_checkout->call(echoAsInt, "not a number", [](int) { QFAIL("it succeeded"); }); },
                 [&](const Error &caught) { error = caught; });
        WAIT_FOR(error.has_value());
        QCOMPARE(error->code(), Error::WorkerError);
        QCOMPARE(error->message(), "the result of echo is of the wrong type: a string does not fit int");
        QCOMPARE(Test::pidOf(m_checkout), pid);
    }

    // Else the suite would run twice over the same.
    void theEnvironmentChoosesTheProtocol()
    {
        const bool isJson = qgetenv("PREFORK_PROTOCOL") == "json";
        QCOMPARE(m_client->protocol(), isJson ? Protocol::Json : Protocol::Native);
        const QVariant bytes = answer(m_checkout, "echo", {QByteArray("bytes")});
        QCOMPARE(bytes.typeId(), int(isJson ? QMetaType::QString : QMetaType::QByteArray)); // JSON has no bytes
    }

    void argumentsThatCannotBeSentAreRefusedHere_data()
    {
        QTest::addColumn<QVariant>("argument");
        QTest::newRow("an opaque value") << QVariant::fromValue(Opaque());
        if (!Test::isNative()) {
            QTest::newRow("not a number") << QVariant(qQNaN());
            QTest::newRow("bytes that are no text") << QVariant(QByteArray("\xff"));
            QTest::newRow("half a character") << QVariant(QString(QChar(0xdc00)));
        }
        QTest::newRow("inside a list") << QVariant(QVariantList{1, QVariant::fromValue(Opaque())});
        QTest::newRow("inside a map") << QVariant(QVariantMap{{"key", QVariant::fromValue(Opaque())}});
    }
    void argumentsThatCannotBeSentAreRefusedHere()
    {
        QFETCH(QVariant, argument);
        const qint64 pid = Test::pidOf(m_checkout);
        const Error error = failure(m_checkout, "echo", {argument});
        QCOMPARE(error.code(), Error::BadArguments);
        QVERIFY2(error.backTrace().contains("tst_client_callbacks.cpp"), qPrintable(error.backTrace()));
        QCOMPARE(Test::pidOf(m_checkout), pid);
    }
    void argumentsThatCannotBeSentCostNoWorker()
    {
        Client client(Test::zygote(), {.minWorkers = 1, .maxWorkers = 1}); // which would replace it after an error
        CheckoutPtr checkout = client.checkout();
        const qint64 pid = Test::pidOf(checkout);
        QCOMPARE(failure(checkout, "echo", {QVariant::fromValue(Opaque())}).code(), Error::BadArguments);
        checkout.reset();
        QCOMPARE(Test::pidOf(client.checkout()), pid);
    }
    void aMessageLongerThanTheLimitIsRefusedHere()
    {
        Client client(Test::zygote(), {.minWorkers = 1, .reuseAfterError = true, .maxMessageSize = 1000});
        const CheckoutPtr checkout = client.checkout();
        const qint64 pid = Test::pidOf(checkout);
        constexpr qsizetype NativeFrame
            = 8 + 1 + 1 + 5 + 3; // group, array, no meta, method, and the head of a text of some hundred bytes
        const qsizetype frame = Test::isNative() ? NativeFrame : QByteArray("['do',{},'echo','']").size();
        QCOMPARE(failure(checkout, "echo", {QString(1001 - frame, 'x')}).code(), Error::BadArguments);
        QCOMPARE(answer(checkout, "echo", {QString(1000 - frame, 'x')}).toString().size(), 1000 - frame);
        QCOMPARE(Test::pidOf(checkout), pid);
    }
    void theDefaultLimitIs64MiB()
    {
        const Error error = failure(m_checkout, "echo", {QString(64 * 1024 * 1024, 'x')});
        QCOMPARE(error.code(), Error::BadArguments);
        QVERIFY2(error.message().contains("67108864"), qPrintable(error.message()));
    }
    void callbacksAreAlignedAsTheyWant()
    {
        callsBackAligned<16>();
        callsBackAligned<32>();
        callsBackAligned<64>();
        callsBackAligned<256>();
    }
    void bigPayloadsComeBack()
    {
        QString payload(16000000, 'x');
        payload[0] = 'a';
        payload[payload.size() - 1] = QChar(0x3bb);
        QVERIFY(answer(m_checkout, "echo", {payload}) == QVariant(payload));
    }

private:
    // Several at a time, so that their memory is not aligned by chance.
    template <std::size_t Alignment>
    void callsBackAligned()
    {
        struct alignas(Alignment) Note
        {
            int *count;
            bool isAligned() const { return reinterpret_cast<quintptr>(this) % Alignment == 0; }
        };
        constexpr int Calls = 8;
        int aligned = 0;
        const Note note{&aligned};
        const auto take = [note](const QVariant &) { *note.count += note.isAligned(); };
        for (int i = 0; i < Calls; ++i) {
            m_checkout->call("echo", {i}, take);
            m_checkout->call("echo", {i}, fub(take));
            m_checkout->call(echo, QString("x"), this, [note](const QString &) { *note.count += note.isAligned(); });
            m_client->call("echo", {i}, frame("aligned", take));
        }
        WAIT_COMPARE(aligned, 4 * Calls);
    }

    std::unique_ptr<Client> m_client;
    CheckoutPtr m_checkout;
    std::size_t m_expectedUnhandled = 0;
};

PREFORK_TEST_MAIN(ClientCallbacksTest, Test::addBasics)
#include "tst_client_callbacks.moc"
