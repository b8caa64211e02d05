// SPDX-License-Identifier: MIT
#include "helpers/answers.h"

#include <QtPrefork/Client>

#include <QtCore/QCoreApplication>
#include <QtCore/QFile>
#include <QtCore/QTemporaryDir>
#include <QtTest/QSignalSpy>

using namespace Prefork;
using namespace std::chrono_literals;
using Test::answer;
using Test::failure;
using Test::ServerProcess;

namespace {

inline constexpr Method<qint64(qint64, qint64)> add{"add"};
inline constexpr int Limit = 64 * 1024 * 1024;

}

/// Against peers that were written in Perl from docs/protocol.md alone: their client at our worker, our client at their
/// server.
class TaskWireTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        QVERIFY2(m_overUnix.start(ECHO_SERVER, {"--listen", address("echo")}), qPrintable(m_overUnix.errorString()));
        QVERIFY2(m_overTcp.start(ECHO_SERVER, {"--listen", "tcp://127.0.0.1:0"}), qPrintable(m_overTcp.errorString()));
    }
    void cleanup()
    {
        if (m_perl.isRunning())
            QCOMPARE(m_perl.terminate(), 0);
    }

    void t80_ourWorkersSpeakTheProtocol_data()
    {
        QTest::addColumn<bool>("isTcp");
        QTest::addColumn<QStringList>("scenario");
        for (const bool isTcp : {false, true}) {
            const auto add = [isTcp](const QStringList &scenario) {
                QTest::addRow("%s over %s", qPrintable(scenario.first()), isTcp ? "tcp" : "unix") << isTcp << scenario;
            };
            for (const char *const name : {"split", "coalesced", "unicode", "null", "nested", "function", "error",
                                           "unknown-method", "done", "pipelined"})
                add({name});
            add({"echo", R"([1,"two",{"three":null}])"});
        }
    }
    void t80_ourWorkersSpeakTheProtocol()
    {
        QFETCH(bool, isTcp);
        QFETCH(QStringList, scenario);
        runClient(isTcp, scenario);
    }

    // T81: the original has no limit and waits for what can never become a message; ours refuses. T83, T22: what is not
    // the protocol.
    void t81_whatIsNotTheProtocolEndsTheConnection_data()
    {
        QTest::addColumn<bool>("isTcp");
        QTest::addColumn<QString>("kind");
        for (const bool isTcp : {false, true}) {
            for (const char *const kind : {"not-array", "malformed", "unknown-command", "non-string-command",
                                           "bad-meta", "empty-array", "mismatched", "deep", "invalid-utf8"})
                QTest::addRow("%s over %s", kind, isTcp ? "tcp" : "unix") << isTcp << kind;
        }
    }
    void t81_whatIsNotTheProtocolEndsTheConnection()
    {
        QFETCH(bool, isTcp);
        QFETCH(QString, kind);
        runClient(isTcp, {"garbage", kind});
    }
    void t81_messagesHaveALimit_data()
    {
        QTest::addColumn<bool>("isTcp");
        QTest::newRow("unix") << false;
        QTest::newRow("tcp") << true;
    }
    void t81_messagesHaveALimit()
    {
#ifdef __SANITIZE_THREAD__
        QSKIP("reading so many bytes takes longer there than the peer waits");
#endif
        QFETCH(bool, isTcp);
        runClient(isTcp, {"garbage", "oversize", QString::number(Limit)});
    }

    void t80_ourClientSendsExactlyThis()
    {
        const QString record = m_directory.filePath("record");
        QVERIFY(startPerl({"--record", record}));
        Client client(m_perl.address(), {.minWorkers = 1, .maxWorkers = 1, .protocol = Protocol::Json});
        CheckoutPtr checkout = client.checkout();
        QCOMPARE(answer(checkout, "add", {2, 3}), QVariant(5));
        qint64 sum = 0;
        checkout->call(add, 20, 22, [&sum](qint64 result) { sum = result; });
        WAIT_COMPARE(sum, 42);
        QVariant list;
        checkout->callFunction({QVariant::fromValue(nullptr), true, 2.5},
                               [&list](const QVariant &result) { list = result; });
        WAIT_COMPARE(list, QVariant(QVariantList{QVariant::fromValue(nullptr), true, 2.5}));
        QCOMPARE(answer(checkout, "echo", {QVariantMap{{"\u03bb", "\U0001d1da"}}}).toMap().value("\u03bb"),
                 QVariant("\U0001d1da"));
        checkout.reset();
        checkout = client.checkout();
        QCOMPARE(answer(checkout, "echo", {Q_INT64_C(9007199254740993)}), QVariant(Q_INT64_C(9007199254740993)));
        checkout.reset();
        WAIT_COMPARE(contents(record), sent());
    }
    void t80_ourClientReadsWhatPerlSends()
    {
        QVERIFY(startPerl());
        Client client(m_perl.address(), {.protocol = Protocol::Json});
        const CheckoutPtr checkout = client.checkout();
        QCOMPARE(answer(checkout, "unicode").toMap().value("\u03bb"), QVariant("\U0001d1da"));
        QCOMPARE(answer(checkout, "unicode").toMap().value("controls"),
                 QVariant(QString::fromLatin1("\0\x01\x1f\x7f", 4)));
        QCOMPARE(answer(checkout, "split_echo", {"byte by byte \u03bb"}), QVariant("byte by byte \u03bb"));
        QCOMPARE(answer(checkout, "args", {1, "two"}), QVariant(QVariantList{1, "two"}));
        QCOMPARE(answer(checkout, "echo"), QVariant::fromValue(nullptr));
        QCOMPARE(answer(checkout, "no such method", {1}), QVariant(QVariantList{"no such method", 1}));
    }
    void t80_ourClientReadsPerlsErrors()
    {
        QVERIFY(startPerl({"--no-catch-all"}));
        Client client(m_perl.address(), {.reuseAfterError = true, .protocol = Protocol::Json});
        const CheckoutPtr checkout = client.checkout();
        QCOMPARE(failure(checkout, "fail", {"no luck"}).message(), "no luck");
        QCOMPARE(failure(checkout, "fail", {"no luck"}).code(), Error::WorkerError);
        const Error structured = failure(checkout, "fail_structure");
        QCOMPARE(structured.code(), Error::WorkerError);
        QCOMPARE(structured.data(), QVariant(QVariantMap{{"code", 42}}));
        QCOMPARE(structured.message(), R"({"code":42})");
        QCOMPARE(failure(checkout, "setup_fail").code(), Error::SetupError);
        QCOMPARE(failure(checkout, "nonesuch").code(), Error::WorkerError); // Perl tells no code
        QCOMPARE(answer(checkout, "count"), QVariant(6)); // the same worker all along
        QCOMPARE(failure(checkout, "die_now").code(), Error::WorkerLost);
    }
    // T82: unknown meta is ignored on both sides; that of a request is part of the scenario `done`.

    // T83: `Unrecognized response_code` dies in the original's client.
    void t83_aServerThatMisbehavesCostsOneCheckout_data()
    {
        QTest::addColumn<QStringList>("options");
        QTest::addColumn<Error::Code>("code");
        QTest::addColumn<QString>("says");
        QTest::newRow("garbage") << QStringList{"--mode", "garbage"} << Error::ProtocolError << "";
        QTest::newRow("not-array") << QStringList{"--mode", "not-array"} << Error::ProtocolError << "";
        QTest::newRow("bad-code") << QStringList{"--mode", "bad-code"} << Error::ProtocolError << "'zz'";
        QTest::newRow("oversize") << QStringList{"--mode", "oversize", "--size", "100000"} << Error::ProtocolError
                                  << "";
        QTest::newRow("half") << QStringList{"--mode", "half"} << Error::WorkerLost
                              << "worker connection suddenly died";
        QTest::newRow("half-hang") << QStringList{"--mode", "half-hang"} << Error::Timeout
                                   << "timed out after 0.3 seconds";
        QTest::newRow("mute") << QStringList{"--mode", "mute"} << Error::Timeout << "timed out after 0.3 seconds";
    }
    void t83_aServerThatMisbehavesCostsOneCheckout()
    {
        QFETCH(QStringList, options);
        QFETCH(Error::Code, code);
        QFETCH(QString, says);
        QVERIFY(startPerl(options));
        Client client(m_perl.address(), {.minWorkers = 0, .maxMessageSize = 50000, .protocol = Protocol::Json});
        if (code == Error::ProtocolError)
            QTest::ignoreMessage(QtWarningMsg, QRegularExpression("a worker broke the protocol"));
        const CheckoutPtr checkout = client.checkout({.timeout = code == Error::Timeout ? 300ms : 30000ms});
        const Error error = failure(checkout, "echo", {1});
        QCOMPARE(error.code(), code);
        QVERIFY2(error.message().contains(says), qPrintable(error.message()));
        QCOMPARE(checkout->error()->code(), code);
        expectServiceAt(client);
    }
    // Where replies have no number, one that came before the next call was sent is known for what it is.
    void t83_aSecondReplyIsNotTakenForThatOfTheNextCall()
    {
        QVERIFY(startPerl({"--mode", "two-replies"}));
        QTest::ignoreMessage(QtWarningMsg, "a worker broke the protocol: a reply nobody asked for");
        Client client(m_perl.address(), {.minWorkers = 0, .protocol = Protocol::Json});
        const CheckoutPtr checkout = client.checkout();
        Test::Journal journal;
        journal.call(checkout, "first", "echo", {1});
        journal.call(checkout, "second", "args", {2});
        WAIT_COMPARE(journal.entries(), QStringList({"first=1", "second!protocol error: a reply nobody asked for"}));
        QCOMPARE(checkout->error()->code(), Error::ProtocolError);
        expectServiceAt(client);
    }
    void t83_aSecondReplyHurtsNoOtherCheckout()
    {
        QVERIFY(startPerl({"--mode", "two-replies"}));
        for (int i = 0; i < 2; ++i)
            QTest::ignoreMessage(QtWarningMsg, "a worker broke the protocol: a reply nobody asked for");
        Client client(m_perl.address(), {.minWorkers = 0, .maxWorkers = 1, .protocol = Protocol::Json});
        Test::Journal journal;
        const CheckoutPtr first = client.checkout();
        const CheckoutPtr second = client.checkout(); // waits for the same worker
        journal.call(first, "first", "echo", {1});
        journal.call(second, "second", "echo", {2});
        first->release();
        WAIT_COMPARE(journal.entries(), QStringList({"first=1", "second=2"}));
    }
    void t83_anIdleWorkerThatSpeaksIsReplaced()
    {
        QVERIFY(startPerl({"--mode", "unasked"}));
        static int complaints;
        complaints = 0;
        const auto before = qInstallMessageHandler([](QtMsgType, const QMessageLogContext &, const QString &text) {
            complaints += text.contains("a reply nobody asked for");
        });
        const auto restore = qScopeGuard([before] { qInstallMessageHandler(before); });
        Client client(m_perl.address(), {.minWorkers = 1, .maxWorkers = 1, .protocol = Protocol::Json});
        WAIT_FOR(complaints >= 2); // its successor too
        QCOMPARE(m_perl.terminate(), 0);
        QSignalSpy failed(&client, &Client::connectionFailed);
        WAIT_FOR(failed.size() >= 1); // so there is no worker left
        QVERIFY(startPerl());
        QCOMPARE(answer(client.checkout(), "add", {2, 3}), QVariant(5));
    }
    void t83_aServerThatHangsUpAtOnceIsTriedAgain()
    {
        QVERIFY(startPerl({"--mode", "close-at-accept"}));
        Client client(m_perl.address(), {.minWorkers = 0, .protocol = Protocol::Json});
        const CheckoutPtr checkout = client.checkout();
        const Test::Outcome outcome = Test::call(checkout, "echo", {1});
        QVERIFY(outcome.error.has_value()); // lost with the call, or none came in time
        QCOMPARE(outcome.error->code(), Error::WorkerLost);
        expectServiceAt(client);
    }

private:
    [[nodiscard]] QString address(const QString &name) const { return "unix:" + m_directory.filePath(name); }
    static QByteArray contents(const QString &path)
    {
        QFile file(path);
        return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    }
    static QByteArray sent()
    {
        return QByteArray("['do',{},'add',2,3]['do',{},'add',20,22]['do',{},null,true,2.5]['do',{},'echo',{'\u03bb':'"
                          "\U0001d1da'}]['dn',{}]"
                          "['do',{},'echo',9007199254740993]['dn',{}]")
            .replace('\'', '"');
    }
    void runClient(bool isTcp, const QStringList &scenario)
    {
        // It gives up sooner than runProgram() does, and so says where it stands.
        const QStringList call{RAW_CLIENT, "--deadline=100", (isTcp ? m_overTcp : m_overUnix).address()};
        const Test::Ended ended = Test::runProgram("perl", call + scenario);
        QVERIFY2(ended.exitCode == 0, qPrintable(ended.errors));
    }
    [[nodiscard]] bool startPerl(const QStringList &options = {})
    {
        const bool listens = m_perl.start("perl", QStringList{RAW_SERVER, address("perl")} + options);
        if (!listens)
            qWarning("%s", qPrintable(m_perl.errorString()));
        return listens;
    }
    // The client goes on as soon as there is a server that behaves.
    void expectServiceAt(Client &client)
    {
        QCOMPARE(m_perl.terminate(), 0);
        QVERIFY(startPerl());
        QCOMPARE(answer(client.checkout({.timeout = 30s}), "add", {2, 3}), QVariant(5));
    }

    QTemporaryDir m_directory;
    ServerProcess m_overUnix;
    ServerProcess m_overTcp;
    ServerProcess m_perl;
};

QTEST_GUILESS_MAIN(TaskWireTest)
#include "tst_task_wire.moc"
