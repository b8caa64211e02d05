// SPDX-License-Identifier: MIT
#include <QtPrefork/CallLog>
#include <QtPrefork/Client>
#include <QtPrefork/Error>
#include <QtPrefork/Event>
#include <QtPrefork/Frame>
#include <QtPrefork/Server>
#include <QtPrefork/Worker>
#include <QtPrefork/WorkerModel>
#include <QtPrefork/Zygote>

#include <QtCore/QDebug>
#include <QtCore/QMetaEnum>
#include <QtTest/QTest>

#include <string>

using namespace Prefork;

namespace {

class DetailedError : public Error
{
public:
    DetailedError(const QString &message, int number)
        : Error(message)
        , m_number(number)
    {
    }
    int number() const { return m_number; }

private:
    int m_number;
};

template <class E>
Error thrown(const E &exception)
{
    return Error::fromException(std::make_exception_ptr(exception));
}

template <class T>
concept Showable = requires(QDebug debug, const T &value) { debug << value; };

template <class T>
QString shown(const T &value)
{
    QString text;
    if constexpr (Showable<T>)
        QDebug(&text) << value;
    else
        text = QStringLiteral("there is no operator<<");
    return text.trimmed();
}

template <class Enum>
QByteArray nameOf(Enum value)
{
    return QMetaEnum::fromType<Enum>().valueToKey(int(value));
}

}

class tst_error : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void defaultConstructedIsNoError();
    void valuesAreKept();
    void textsStayAsTheyAre();
    void logsShowNoControlCharacters_data();
    void logsShowNoControlCharacters();
    void copiesShareAndDetach();
    void equalityIgnoresWhereItHappened();
    void fatalCodes_data();
    void fatalCodes();
    void foreignExceptions_data();
    void foreignExceptions();
    void f22_foreignExceptionsAreRethrownUnchanged();
    void f22_derivedErrorsAreNotSliced();
    void nullExceptionIsNoError();
    void metaTypeAndDebug();
    void valuesAreShown_data();
    void valuesAreShown();
    void enumsHaveNames();
};

void tst_error::defaultConstructedIsNoError()
{
    const Error error;
    QCOMPARE(error.code(), Error::NoError);
    QVERIFY(!error.isFatal());
    QCOMPARE(error.message(), QString());
    QVERIFY(!error.data().isValid());
    QVERIFY(!error.exception());
    QCOMPARE(error.what(), "");
    QCOMPARE(error.withDetail(QStringLiteral("cause")).detail(), QStringLiteral("cause"));
    QVERIFY_THROWS_EXCEPTION(Error, error.rethrow());
}

void tst_error::valuesAreKept()
{
    const Error error = Error(Error::Timeout, QStringLiteral("timed out after 3 seconds"), 42)
                            .withDetail(QStringLiteral("busy"))
                            .withMethod(QStringLiteral("hash"))
                            .withBackTrace(QStringLiteral("trace"));
    QCOMPARE(error.code(), Error::Timeout);
    QCOMPARE(error.message(), QStringLiteral("timed out after 3 seconds"));
    QCOMPARE(error.data().toInt(), 42);
    QCOMPARE(error.detail(), QStringLiteral("busy"));
    QCOMPARE(error.method(), QStringLiteral("hash"));
    QCOMPARE(error.backTrace(), QStringLiteral("trace"));
    QCOMPARE(Error(QStringLiteral("x")).code(), Error::WorkerError);
    QCOMPARE(Error(QStringLiteral("ü")).what(), "\xc3\xbc");
}

void tst_error::textsStayAsTheyAre()
{
    for (const QString &text :
         {QStringLiteral("ouch\n\n"), QStringLiteral("ouch\n"), QStringLiteral("\n"), QStringLiteral("a\nb")}) {
        QCOMPARE(Error(text).message(), text);
        QCOMPARE(Error(text).what(), text.toUtf8());
    }
}

void tst_error::logsShowNoControlCharacters_data()
{
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("shown");
    QTest::newRow("plain") << QStringLiteral("no luck") << QStringLiteral("no luck");
    QTest::newRow("as Perl dies") << QStringLiteral("no luck\n") << QStringLiteral("no luck");
    QTest::newRow("newlines at the end") << QStringLiteral("no luck\r\n\n") << QStringLiteral("no luck");
    QTest::newRow("a line of its own") << QStringLiteral("no\nluck") << QStringLiteral("no\\nluck");
    QTest::newRow("a terminal is steered")
        << QStringLiteral("\x1b[2Jno\tluck\x7f") << QStringLiteral("\\x1b[2Jno\\tluck\\x7f");
    QTest::newRow("what else ends a line")
        << QStringLiteral("no\u2028luck\u2029\u0085") << QStringLiteral("no\\u2028luck\\u2029\\x85");
    QTest::newRow("writing turned round") << QStringLiteral("no \u202eluck") << QStringLiteral("no \\u202eluck");
    const QString scripts = QStringLiteral("Übergröße \U0001d6da");
    QTest::newRow("other scripts") << scripts << scripts;
    QTest::newRow("nothing but newlines") << QStringLiteral("\n\n") << QString();
}

void tst_error::logsShowNoControlCharacters()
{
    QFETCH(QString, text);
    QFETCH(QString, shown);
    const Error error(text);
    QCOMPARE(error.message(), text);
    QCOMPARE(error.printableMessage(), shown);
    QString logged;
    QDebug(&logged) << error;
    QVERIFY2(logged.contains(u'"' + shown + u'"'), qPrintable(logged));
    QCOMPARE(Frame::create({}).traced(error).backTrace().section(u'\n', 0, 0), shown);
}

void tst_error::copiesShareAndDetach()
{
    const Error original(QStringLiteral("text"));
    const Error copy = original.withDetail(QStringLiteral("detail"));
    QCOMPARE(original.detail(), QString());
    QCOMPARE(copy.message(), original.message());
    static_assert(std::is_nothrow_copy_constructible_v<Error>, "an exception's copy must not throw");
}

void tst_error::equalityIgnoresWhereItHappened()
{
    const Error error(Error::Aborted, QStringLiteral("stop"), 1);
    QVERIFY(error == error.withBackTrace(QStringLiteral("trace")).withDetail(QStringLiteral("detail")));
    QVERIFY(error != Error(Error::Shutdown, QStringLiteral("stop"), 1));
    QVERIFY(error != Error(Error::Aborted, QStringLiteral("halt"), 1));
    QVERIFY(error != Error(Error::Aborted, QStringLiteral("stop"), 2));
    QVERIFY(error != error.withMethod(QStringLiteral("m")));
}

void tst_error::fatalCodes_data()
{
    QTest::addColumn<int>("code");
    QTest::addColumn<bool>("fatal");
    const auto codes = QMetaEnum::fromType<Error::Code>();
    const QSet<int> fatal{Error::Timeout,       Error::WorkerLost,  Error::Aborted, Error::QueueFull,
                          Error::ProtocolError, Error::Unavailable, Error::Shutdown};
    QCOMPARE(codes.keyCount(), 14);
    for (int i = 0; i < codes.keyCount(); ++i)
        QTest::newRow(codes.key(i)) << codes.value(i) << fatal.contains(codes.value(i));
}

void tst_error::fatalCodes()
{
    QFETCH(const int, code);
    QFETCH(const bool, fatal);
    QCOMPARE(Error(Error::Code(code), QString()).isFatal(), fatal);
}

void tst_error::foreignExceptions_data()
{
    QTest::addColumn<Error>("error");
    QTest::addColumn<QString>("text");
    QTest::newRow("std::exception") << thrown(std::runtime_error("std\n")) << QStringLiteral("std\n");
    QTest::newRow("QString") << thrown(QStringLiteral("text")) << QStringLiteral("text");
    QTest::newRow("QByteArray") << thrown(QByteArrayLiteral("bytes")) << QStringLiteral("bytes");
    QTest::newRow("std::string") << thrown(std::string("string")) << QStringLiteral("string");
    QTest::newRow("literal") << thrown(static_cast<const char *>("literal")) << QStringLiteral("literal");
    QTest::newRow("unknown") << thrown(7) << QStringLiteral("an exception of an unknown type");
}

void tst_error::foreignExceptions()
{
    QFETCH(const Error, error);
    QFETCH(const QString, text);
    QCOMPARE(error.code(), Error::Exception);
    QCOMPARE(error.message(), text);
    QVERIFY(error.exception());
    QCOMPARE(error.backTrace(), QString());
}

void tst_error::f22_foreignExceptionsAreRethrownUnchanged()
{
    const auto exception = std::make_exception_ptr(std::out_of_range("index"));
    try {
        Error::fromException(exception).withDetail(QStringLiteral("more")).rethrow();
        QFAIL("nothing was thrown");
    } catch (const std::out_of_range &) {
        QVERIFY(std::current_exception() == exception);
    }
}

void tst_error::f22_derivedErrorsAreNotSliced()
{
    Error seen;
    try {
        throw DetailedError(QStringLiteral("deep"), 7);
    } catch (...) {
        seen = Error::fromCurrentException();
    }
    QCOMPARE(seen.code(), Error::WorkerError);
    QCOMPARE(seen.message(), QStringLiteral("deep"));
    QVERIFY(seen.exception());
    QVERIFY_THROWS_EXCEPTION(DetailedError, seen.rethrow());

    const Error plain = thrown(Error(QStringLiteral("plain")));
    QVERIFY(!plain.exception());
    QVERIFY(plain == Error(QStringLiteral("plain")));
}

void tst_error::nullExceptionIsNoError()
{
    QCOMPARE(Error::fromException(nullptr), Error());
}

void tst_error::metaTypeAndDebug()
{
    const Error error = Error(Error::Timeout, QStringLiteral("late"))
                            .withMethod(QStringLiteral("hash"))
                            .withDetail(QStringLiteral("busy"));
    QCOMPARE(QVariant::fromValue(error).value<Error>(), error);
    QString text;
    QDebug(&text) << error;
    QCOMPARE(text.trimmed(), QStringLiteral("Prefork::Error(Timeout, hash, \"late\", busy)"));
    QCOMPARE(Error::staticMetaObject.indexOfProperty("backTrace") >= 0, true);
}

void tst_error::valuesAreShown_data()
{
    using namespace std::chrono_literals;
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("expected");
    const auto row = [](const char *name, const QString &text, const char *expected) {
        QTest::newRow(name) << text << QString::fromLatin1(expected);
    };
    row("address", shown(Address("tcp://[::1]:80")), "Prefork::Address(tcp://[::1]:80)");
    row("no address", shown(Address()), "Prefork::Address(no address was given)");
    row("hostile address", shown(Address("x:\ny")),
        "Prefork::Address(unknown address 'x:\\ny': use unix:/path/to.socket or tcp://host:port)");
    row("call", shown(Call()), "Prefork::Call(0, settled)");
    row("call options", shown(CallOptions{.runTimeout = 20ms, .priority = -1}),
        "Prefork::CallOptions(runTimeout 20ms, priority -1)");
    row("usual options", shown(ClientOptions()), "Prefork::ClientOptions()");
    row("client options",
        shown(ClientOptions{
            .name = "hasher",
            .timeout = 5s,
            .servers = {.sameUser = false, .users = {7}},
        }),
        "Prefork::ClientOptions(name \"hasher\", timeout 5000ms, servers Prefork::PeerPolicy(sameUser false, users "
        "QList(7)))");
    row("checkout options", shown(CheckoutOptions{.timeout = 0ms}), "Prefork::CheckoutOptions(timeout 0ms)");
    row("server options", shown(ServerOptions{.nativeOnly = true}), "Prefork::ServerOptions(nativeOnly true)");
    row("zygote options", shown(ZygoteOptions{.limits = {.cpuTime = 2s, .nice = 5}}),
        "Prefork::ZygoteOptions(limits Prefork::WorkerLimits(cpuTime 2s, nice 5))");
    row("progress", shown(Progress(1, 3, QStringLiteral("a\nb"))), "Prefork::Progress(1 of 3, \"a\\nb\")");
    row("method", shown(Method<int(int)>("square")), "square");
    row("event", shown(Event<int>("tick")), "tick");
    row("frame", shown(Frame::create({.name = "here"}, Frame(), {"f.cpp", 3})), "Prefork::Frame(f.cpp:3 - here)");
    row("peer", shown(Peer{.uid = 7, .pid = 8, .address = QStringLiteral("unix:/x")}),
        "Prefork::Peer(uid 7, pid 8, address \"unix:/x\")");
    row("name of a method", shown(MethodName("square")), "\"square\"");
    row("arguments", shown(Arguments{1}), "QList(QVariant(int, 1))");
    row("argument", shown(Argument("five")), "QVariant(QString, \"five\")");
    row("arguments of a function", shown(FunctionArguments({1})), "QList(QVariant(int, 1))");
    row("no frame", shown(Frame()), "Prefork::Frame()");
    row("frame options", shown(FrameOptions{.name = "here", .call = "square"}),
        "Prefork::FrameOptions(name \"here\", call \"square\")");
    const Local<int> variable;
    const LocalBinding binding(variable);
    row("binding", shown(binding), qPrintable(QStringLiteral("Prefork::LocalBinding(%1)").arg(binding.key())));
    row("frame options with a variable", shown(FrameOptions{.locals = {variable}}),
        qPrintable(
            QStringLiteral("Prefork::FrameOptions(locals std::vector(Prefork::LocalBinding(%1)))").arg(binding.key())));
    row("place", shown(SourceLocation{"../demo/f.cpp", 3}), "Prefork::SourceLocation(demo/f.cpp:3)");
    row("no place", shown(SourceLocation()), "Prefork::SourceLocation(unknown)");
    row("policy", shown(PeerPolicy{.root = false}), "Prefork::PeerPolicy(root false)");
    row("limits", shown(WorkerLimits{.openFiles = 9}), "Prefork::WorkerLimits(openFiles 9)");
    row("error", shown(Error(Error::WorkerError, QStringLiteral("no luck"))),
        "Prefork::Error(WorkerError, \"no luck\")");
    row("protocol", shown(Protocol::Json), "Prefork::Protocol::Json");
}

void tst_error::valuesAreShown()
{
    QFETCH(QString, text);
    QTEST(text, "expected");
}

void tst_error::enumsHaveNames()
{
    QCOMPARE(nameOf(Error::WorkerLost), QByteArray("WorkerLost"));
    QCOMPARE(nameOf(Client::Connected), QByteArray("Connected"));
    QCOMPARE(nameOf(Protocol::Native), QByteArray("Native"));
    QCOMPARE(nameOf(Address::Scheme::Unix), QByteArray("Unix"));
    QCOMPARE(nameOf(CallLog::Failed), QByteArray("Failed"));
    QCOMPARE(nameOf(WorkerModel::Running), QByteArray("Running"));
}

QTEST_GUILESS_MAIN(tst_error)
#include "tst_error.moc"
