// SPDX-License-Identifier: MIT
// The demo programs, run as their users run them.
#include "helpers/calls.h"
#include "helpers/serverprocess.h"

#include "passwd-hasher/hasher.h"

#include <QtPrefork/Client>

#include <QtCore/QFile>
#include <QtCore/QRegularExpression>
#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

#include <memory>

using Test::runProgram;
using Test::ServerProcess;

namespace {

const QString EchoServer = QStringLiteral(ECHO_SERVER);
const QString HasherServer = QStringLiteral(PASSWD_HASHER_SERVER);
const QString HasherClient = QStringLiteral(PASSWD_HASHER_CLIENT);
const QString SqlServer = QStringLiteral(SQL_SERVER);
const QString SqlClient = QStringLiteral(SQL_CLIENT);

const QString Listen = QStringLiteral("--listen");
const QString Connect = QStringLiteral("--connect");
const QString DatabaseOption = QStringLiteral("--database");

// All checkouts, one after the other, have the same worker, errors or not.
Prefork::ClientOptions oneWorker()
{
    return {.minWorkers = 1, .maxWorkers = 1, .reuseAfterError = true};
}

QString messageOf(const Test::Outcome &outcome)
{
    return outcome.error ? outcome.error->message() : QString();
}

}

class tst_Demos : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init();

    void hasherPrintsHashAndVerdict();
    void hashesOfOnePasswordDiffer();
    void onlyTheRightPasswordVerifies();
    void hasherRefusesWhatItCannotJudge();

    void sqlPrintsTheUserEveryTime();
    void sqlCarriesValuesAndRows();
    void sqlTellsHowManyRowsChanged();
    void forgottenTransactionIsRolledBack();
    void sqlErrorReachesTheCatcherWithData();
    void sqlNamesADatabaseItCannotOpen();

    void helpSucceeds_data();
    void helpSucceeds();
    void serverRefusesBadUsage_data();
    void serverRefusesBadUsage();
    void serverThatDoesNotListenTellsTheTestWhy();
    void serverLeavesAForeignFileAlone();
    void liveServerKeepsItsPath();
    void takenPortIsRefused();
    void sigtermStopsAServerAndRemovesItsSocket();
    void clientRefusesBadUsage_data();
    void clientRefusesBadUsage();
    void clientTellsFatalErrorsByItsExitCode();

private:
    [[nodiscard]] QString path(const QString &name) const { return m_directory->filePath(name); }
    [[nodiscard]] QString socket() const { return QStringLiteral("unix:") + path(QStringLiteral("socket")); }
    [[nodiscard]] bool startSql(ServerProcess *server) const
    {
        return server->start(SqlServer, {Listen, socket(), DatabaseOption, path(QStringLiteral("database"))});
    }

    std::unique_ptr<QTemporaryDir> m_directory;
};

void tst_Demos::init()
{
    m_directory = std::make_unique<QTemporaryDir>();
    QVERIFY2(m_directory->isValid(), qPrintable(m_directory->errorString()));
}

void tst_Demos::hasherPrintsHashAndVerdict()
{
    ServerProcess server;
    QVERIFY2(server.start(HasherServer, {Listen, socket()}), qPrintable(server.errorString()));
    QCOMPARE(server.address(), socket());

    const QString password = QStringLiteral("pässword of jimmy's");
    const Test::Ended client = runProgram(HasherClient, {Connect, server.address(), password});
    QCOMPARE(client.errors, QString());
    QCOMPARE(client.exitCode, 0);
    static const QRegularExpression twoLines(
        QStringLiteral("^Hashed password is (\\$2b\\$10\\$[./A-Za-z0-9]{53})\nVerify result is true\n$"));
    const QRegularExpressionMatch match = twoLines.match(client.output);
    QVERIFY2(match.hasMatch(), qPrintable(client.output));

    // Somebody else's crypt() thinks so too, and does not think so of everything.
    const QString perl = QStringLiteral("perl");
    const QString verify = QStringLiteral(VERIFY_CRYPT);
    QCOMPARE(runProgram(perl, {verify, match.captured(1), password}).exitCode, 0);
    QCOMPARE(runProgram(perl, {verify, match.captured(1), password + QStringLiteral("!")}).exitCode, 1);
}

void tst_Demos::hashesOfOnePasswordDiffer()
{
    ServerProcess server;
    QVERIFY2(server.start(HasherServer, {Listen, socket()}), qPrintable(server.errorString()));
    Prefork::Client client(server.address());
    QStringList hashes;
    const auto keep = [&hashes](const QString &crypted) { hashes.append(crypted); };
    // In one worker, and in another.
    const auto checkout = client.checkout();
    checkout->call(Hasher::hash, "secret", keep);
    checkout->call(Hasher::hash, "secret", keep);
    client.checkout()->call(Hasher::hash, "secret", keep);
    QTRY_COMPARE_WITH_TIMEOUT(hashes.size(), 3, 30000);
    QCOMPARE(hashes.removeDuplicates(), 0);
}

void tst_Demos::onlyTheRightPasswordVerifies()
{
    ServerProcess server;
    QVERIFY2(server.start(HasherServer, {Listen, socket()}), qPrintable(server.errorString()));
    Prefork::Client client(server.address());
    const auto checkout = client.checkout();
    QList<bool> verdicts;
    checkout->call(Hasher::hash, "secret", [&](const QString &crypted) {
        for (const char *password : {"secret", "Secret", "secret ", ""})
            checkout->call(Hasher::verify, crypted, password, [&](bool ok) { verdicts.append(ok); });
    });
    QTRY_COMPARE_WITH_TIMEOUT(verdicts.size(), 4, 30000);
    QCOMPARE(verdicts, QList<bool>({true, false, false, false}));
}

void tst_Demos::hasherRefusesWhatItCannotJudge()
{
    ServerProcess server;
    QVERIFY2(server.start(HasherServer, {Listen, socket()}), qPrintable(server.errorString()));
    Prefork::Client client(server.address(), oneWorker());
    const auto checkout = client.checkout();

    const QString tooLong(73, u'x');
    QCOMPARE(messageOf(Test::call(checkout, "hash", {tooLong})),
             QStringLiteral("a password can have at most 72 bytes, not 73"));
    QVERIFY(Test::call(checkout, "hash", {tooLong.first(72)}).result);
    QCOMPARE(messageOf(Test::call(checkout, "hash", {QString(QChar(u'\0'))})),
             QStringLiteral("a password cannot contain a NUL character"));
    for (const char *hash : {"", "secret", "*0", "$2b$10$short", "$1$salt$qJH7.N4xYta3aEG/dfqo/0"}) {
        const QString expected = QStringLiteral("'%1' is not a bcrypt hash").arg(QLatin1StringView(hash));
        QCOMPARE(messageOf(Test::call(checkout, "verify", {hash, "secret"})), expected);
    }

    const Test::Ended ended = runProgram(HasherClient, {Connect, server.address(), tooLong});
    QCOMPARE(ended.exitCode, 1);
    QCOMPARE(ended.output, QString());
    QVERIFY2(
        ended.errors.startsWith(QStringLiteral("passwd-hasher-client: a password can have at most 72 bytes, not 73\n")),
        qPrintable(ended.errors));
    QVERIFY2(ended.errors.contains(QStringLiteral("passwd-hasher-client -> hash\n")),
             qPrintable(ended.errors)); // the back-trace
}

void tst_Demos::sqlPrintsTheUserEveryTime()
{
    ServerProcess server;
    QVERIFY2(startSql(&server), qPrintable(server.errorString()));
    for (int i = 0; i < 2; ++i) {
        const Test::Ended client = runProgram(SqlClient, {Connect, server.address()});
        QCOMPARE(client.errors, QString());
        QCOMPARE(client.output, QStringLiteral("username: jimmy, email: jimmy@example.com\n"));
        QCOMPARE(client.exitCode, 0);
    }
    QCOMPARE(server.stderrText(), QString());
}

void tst_Demos::sqlCarriesValuesAndRows()
{
    ServerProcess server;
    QVERIFY2(startSql(&server), qPrintable(server.errorString()));
    Prefork::Client client(server.address(), oneWorker());
    const auto checkout = client.checkout();
    const QString insert = QStringLiteral("INSERT INTO t (text, number) VALUES (?, ?)");
    const QString evil = QStringLiteral("'); DROP TABLE t; --");
    Test::call(checkout, "exec", {"CREATE TABLE t (id INTEGER PRIMARY KEY, text, number)"});
    QVERIFY(Test::call(checkout, "exec", {insert, evil, 5}).result);
    QCOMPARE(Test::call(checkout, "lastInsertId").result.value().toInt(), 1);
    QVERIFY(Test::call(checkout, "exec", {insert, QVariant(), 2.5}).result);

    const QVariantList rows
        = Test::call(checkout, "select", {"SELECT text, number FROM t ORDER BY id"}).result.value().toList();
    QCOMPARE(rows.size(), 2);
    QCOMPARE(rows.at(0).toMap(),
             QVariantMap({{QStringLiteral("text"), evil}, {QStringLiteral("number"), qlonglong(5)}}));
    const QVariantMap second = rows.at(1).toMap();
    QCOMPARE(second.size(), 2);
    QVERIFY(second.value(QStringLiteral("text")).isNull());
    QCOMPARE(second.value(QStringLiteral("number")).toDouble(), 2.5);

    const Test::Outcome none = Test::call(checkout, "selectrow", {"SELECT * FROM t WHERE id = ?", 3});
    QVERIFY(none.result);
    QVERIFY(none.result->isNull());
    QCOMPARE(Test::call(checkout, "select", {"SELECT * FROM t WHERE id = ?", 3}).result.value().toList().size(), 0);
    QCOMPARE(Test::call(checkout, "exec", {insert, QVariantList{1}, 1}).error.value_or(Prefork::Error()).code(),
             Prefork::Error::BadArguments);
    QCOMPARE(Test::call(checkout, "select").error.value_or(Prefork::Error()).code(), Prefork::Error::BadArguments);
}

void tst_Demos::sqlTellsHowManyRowsChanged()
{
    ServerProcess server;
    QVERIFY2(startSql(&server), qPrintable(server.errorString()));
    Prefork::Client client(server.address(), oneWorker());
    const auto checkout = client.checkout();
    const auto changed
        = [&](const char *sql) { return Test::call(checkout, "exec", {sql}).result.value_or(-1).toInt(); };
    QCOMPARE(changed("CREATE TABLE t (x)"), 0);
    QCOMPARE(changed("INSERT INTO t VALUES (1), (2), (3)"), 3);
    QCOMPARE(changed("CREATE TABLE u (x)"), 0);
    QCOMPARE(changed("UPDATE t SET x = x + 1 WHERE x > 1"), 2);
    QCOMPARE(changed("DELETE FROM t WHERE x > 99"), 0);
}

void tst_Demos::forgottenTransactionIsRolledBack()
{
    ServerProcess server;
    QVERIFY2(startSql(&server), qPrintable(server.errorString()));
    Prefork::Client client(server.address(), oneWorker());

    auto checkout = client.checkout();
    QVERIFY(Test::call(checkout, "exec", {"CREATE TABLE t (x)"}).result);
    QVERIFY(Test::call(checkout, "exec", {"CREATE TEMP TABLE same_worker (x)"}).result);
    QVERIFY(Test::call(checkout, "begin").result);
    QVERIFY(Test::call(checkout, "exec", {"INSERT INTO t VALUES (1)"}).result);
    checkout->release();

    checkout = client.checkout();
    QVERIFY(Test::call(checkout, "selectrow", {"SELECT * FROM same_worker"})
                .result); // a temporary table is the connection's own
    const Test::Outcome rows = Test::call(checkout, "select", {"SELECT * FROM t"});
    QVERIFY2(rows.result, qPrintable(messageOf(rows)));
    QCOMPARE(rows.result->toList(), QVariantList());

    // It can begin one of its own, which stays when committed and goes when rolled back.
    for (const char *end : {"commit", "rollback"}) {
        QVERIFY(Test::call(checkout, "begin").result);
        QVERIFY(Test::call(checkout, "exec", {"INSERT INTO t VALUES (2)"}).result);
        QVERIFY(Test::call(checkout, end).result);
    }
    checkout->release();
    checkout = client.checkout();
    QCOMPARE(Test::call(checkout, "select", {"SELECT * FROM t"}).result.value().toList().size(), 1);
}

void tst_Demos::sqlErrorReachesTheCatcherWithData()
{
    ServerProcess server;
    QVERIFY2(startSql(&server), qPrintable(server.errorString()));
    Prefork::Client client(server.address(), oneWorker());
    const auto checkout = client.checkout();
    const QString insert = QStringLiteral("INSERT INTO t VALUES (?)");
    QVERIFY(Test::call(checkout, "exec", {"CREATE TABLE t (x UNIQUE)"}).result);
    QVERIFY(Test::call(checkout, "exec", {insert, 1}).result);

    const Test::Outcome twice = Test::call(checkout, "exec", {insert, 1});
    QVERIFY(twice.error);
    QCOMPARE(twice.error->code(), Prefork::Error::WorkerError);
    QCOMPARE(twice.error->message(),
             QStringLiteral("SQL error: UNIQUE constraint failed: t.x; in: INSERT INTO t VALUES (?)"));
    constexpr int ConstraintUnique = 2067; // SQLITE_CONSTRAINT_UNIQUE
    QCOMPARE(twice.error->data().toMap(),
             QVariantMap(
                 {{QStringLiteral("nativeErrorCode"), qlonglong(ConstraintUnique)}, {QStringLiteral("sql"), insert}}));

    QCOMPARE(messageOf(Test::call(checkout, "select", {"SELEKT 1"})),
             QStringLiteral("SQL error: near \"SELEKT\": syntax error; in: SELEKT 1"));
    QCOMPARE(messageOf(Test::call(checkout, "select", {"SELECT ?"})),
             QStringLiteral("SQL error: Parameter count mismatch; in: SELECT ?"));
    QVERIFY(Test::call(checkout, "rollback").error); // there is no transaction
    QVERIFY(Test::call(checkout, "exec", {insert, 2}).result); // and the worker works
}

void tst_Demos::sqlNamesADatabaseItCannotOpen()
{
    const QString missing = path(QStringLiteral("missing/database"));
    const QString text = path(QStringLiteral("text"));
    QFile file(text);
    QVERIFY(file.open(QIODevice::WriteOnly));
    QVERIFY(file.write(QByteArray(4096, 'x')) == 4096);
    file.close();
    for (const auto &[database, cause] : {std::pair(missing, QStringLiteral("unable to open database file")),
                                          std::pair(text, QStringLiteral("file is not a database"))}) {
        ServerProcess server;
        QVERIFY2(server.start(SqlServer, {Listen, socket(), DatabaseOption, database}),
                 qPrintable(server.errorString()));
        const Test::Ended client = runProgram(SqlClient, {Connect, server.address()});
        QCOMPARE(client.exitCode, 1);
        QCOMPARE(client.errors.section(u'\n', 0, 0),
                 QStringLiteral("sql-client: setup exception: cannot open the database '%1': %2").arg(database, cause));
        // Every call tries again, and fails alike.
        Prefork::Client again(server.address(), oneWorker());
        auto checkout = again.checkout();
        for (int i = 0; i < 2; ++i) {
            const Test::Outcome outcome = Test::call(checkout, "begin");
            QCOMPARE(messageOf(outcome),
                     QStringLiteral("setup exception: cannot open the database '%1': %2").arg(database, cause));
            QCOMPARE(outcome.error->code(), Prefork::Error::SetupError);
        }
        server.sendSignal(SIGTERM);
        checkout.reset(); // for which it waits
        QTRY_VERIFY_WITH_TIMEOUT(!server.isRunning(), 30000);
        QCOMPARE(server.waitForEnd(), 0);
        QCOMPARE(server.stderrText(), QString());
    }
}

void tst_Demos::helpSucceeds_data()
{
    QTest::addColumn<QString>("program");
    for (const QString &program : {EchoServer, HasherServer, HasherClient, SqlServer, SqlClient})
        QTest::newRow(qPrintable(program.section(u'/', -1))) << program;
}

void tst_Demos::helpSucceeds()
{
    QFETCH(QString, program);
    const Test::Ended ended = runProgram(program, {QStringLiteral("--help")});
    QCOMPARE(ended.errors, QString());
    QCOMPARE(ended.exitCode, 0);
    QVERIFY2(ended.output.startsWith(QStringLiteral("Usage: ")), qPrintable(ended.output));
    const QString option = program.endsWith(QStringLiteral("server")) ? Listen : Connect;
    QVERIFY2(ended.output.contains(option), qPrintable(ended.output));
}

void tst_Demos::serverRefusesBadUsage_data()
{
    QTest::addColumn<QString>("program");
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("cause");

    const QString missing = QStringLiteral("/nonexistent/socket");
    QTest::newRow("no --listen") << EchoServer << QStringList() << Listen;
    QTest::newRow("unknown option") << EchoServer << QStringList{QStringLiteral("--liston")}
                                    << QStringLiteral("liston");
    QTest::newRow("unexpected argument") << EchoServer << QStringList{Listen, missing, QStringLiteral("surplus")}
                                         << QStringLiteral("surplus");
    QTest::newRow("unknown scheme") << EchoServer << QStringList{Listen, QStringLiteral("http://localhost:80")}
                                    << QStringLiteral("http://localhost:80");
    QTest::newRow("missing directory") << EchoServer << QStringList{Listen, QStringLiteral("unix:") + missing}
                                       << QStringLiteral("/nonexistent");
    QTest::newRow("bad number") << EchoServer << QStringList{QStringLiteral("--hung-timeout"), QStringLiteral("soon")}
                                << QStringLiteral("soon");
    QTest::newRow("hasher, no --listen") << HasherServer << QStringList() << Listen;
    QTest::newRow("sql, no --listen") << SqlServer << QStringList{DatabaseOption, QStringLiteral("file")} << Listen;
    QTest::newRow("sql, no --database") << SqlServer << QStringList{Listen, QStringLiteral("unix:") + missing}
                                        << DatabaseOption;
}

void tst_Demos::serverRefusesBadUsage()
{
    QFETCH(QString, program);
    QFETCH(QStringList, arguments);
    QFETCH(QString, cause);
    const Test::Ended ended = runProgram(program, arguments);
    QCOMPARE(ended.exitCode, 2);
    QCOMPARE(ended.output, QString());
    QVERIFY2(ended.errors.startsWith(program.section(u'/', -1) + QStringLiteral(": ")), qPrintable(ended.errors));
    QVERIFY2(ended.errors.contains(cause), qPrintable(ended.errors));
    QCOMPARE(ended.errors.count(u'\n'), 1);
}

void tst_Demos::serverThatDoesNotListenTellsTheTestWhy()
{
    ServerProcess server;
    QVERIFY(!server.start(EchoServer, {}));
    QVERIFY2(server.errorString().contains(Listen), qPrintable(server.errorString()));
    QVERIFY(!server.isRunning());
    QVERIFY(!server.start(path(QStringLiteral("no-such-program")), {}));
    QVERIFY2(server.errorString().contains(QStringLiteral("no-such-program")), qPrintable(server.errorString()));
    QVERIFY2(server.start(EchoServer, {Listen, socket()}), qPrintable(server.errorString()));
    QCOMPARE(server.address(), socket());
}

void tst_Demos::serverLeavesAForeignFileAlone()
{
    const QByteArray content = "somebody's diary";
    QFile file(path(QStringLiteral("socket")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    QVERIFY(file.write(content) == content.size());
    file.close();

    const Test::Ended ended = runProgram(EchoServer, {Listen, socket()});
    QCOMPARE(ended.exitCode, 2);
    QVERIFY2(ended.errors.contains(file.fileName()), qPrintable(ended.errors));
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(file.readAll(), content);
}

void tst_Demos::liveServerKeepsItsPath()
{
    ServerProcess server;
    QVERIFY2(server.start(EchoServer, {Listen, socket()}), qPrintable(server.errorString()));
    const Test::Ended second = runProgram(EchoServer, {Listen, socket()});
    QCOMPARE(second.exitCode, 2);
    QVERIFY2(second.errors.contains(path(QStringLiteral("socket"))), qPrintable(second.errors));

    QVERIFY(server.isRunning());
    Prefork::Client client(server.address());
    QCOMPARE(Test::call(client.checkout(), "echo", {"still here"}).result.value_or(QVariant()).toString(),
             QStringLiteral("still here"));
}

void tst_Demos::takenPortIsRefused()
{
    ServerProcess server;
    QVERIFY2(server.start(EchoServer, {Listen, QStringLiteral("tcp://127.0.0.1:0")}), qPrintable(server.errorString()));
    const Test::Ended second = runProgram(EchoServer, {Listen, server.address()});
    QCOMPARE(second.exitCode, 2);
    QVERIFY2(second.errors.contains(server.address()), qPrintable(second.errors));
    QVERIFY2(second.errors.contains(QStringLiteral("in use")), qPrintable(second.errors));
}

void tst_Demos::sigtermStopsAServerAndRemovesItsSocket()
{
    ServerProcess server;
    QVERIFY2(server.start(HasherServer, {Listen, socket()}), qPrintable(server.errorString()));
    const QString file = path(QStringLiteral("socket"));
    QVERIFY(QFile::exists(file));
    QCOMPARE(server.terminate(), 0);
    QVERIFY(!QFile::exists(file));
    QCOMPARE(server.stderrText(), QString());
}

void tst_Demos::clientRefusesBadUsage_data()
{
    QTest::addColumn<QString>("program");
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<QString>("cause");

    const QString address = QStringLiteral("unix:/nonexistent/socket");
    const QString password = QStringLiteral("secret");
    const QString timeout = QStringLiteral("--timeout");
    QTest::newRow("no address") << HasherClient << QStringList{password} << Connect;
    QTest::newRow("no password") << HasherClient << QStringList{Connect, address} << QStringLiteral("PASSWORD");
    QTest::newRow("two passwords") << HasherClient << QStringList{Connect, address, password, QStringLiteral("sesame")}
                                   << QStringLiteral("sesame");
    QTest::newRow("invalid address") << HasherClient << QStringList{Connect, QStringLiteral("ftp:there"), password}
                                     << QStringLiteral("ftp:there");
    for (const char *time : {"soon", "-1", "nan", "inf"})
        QTest::addRow("time-out %s", time)
            << HasherClient << QStringList{Connect, address, timeout, QLatin1StringView(time), password}
            << QString(QLatin1StringView(time));
    QTest::newRow("unknown option") << SqlClient << QStringList{QStringLiteral("--conect")} << QStringLiteral("conect");
    QTest::newRow("sql, no address") << SqlClient << QStringList() << Connect;
}

void tst_Demos::clientRefusesBadUsage()
{
    serverRefusesBadUsage(); // the same promise
}

void tst_Demos::clientTellsFatalErrorsByItsExitCode()
{
    const Test::Ended alone = runProgram(HasherClient, {Connect, socket(), QStringLiteral("secret")});
    QCOMPARE(alone.exitCode, 3);
    QVERIFY2(alone.errors.contains(path(QStringLiteral("socket"))), qPrintable(alone.errors));

    ServerProcess server;
    QVERIFY2(server.start(HasherServer, {Listen, socket()}), qPrintable(server.errorString()));
    const Test::Ended hasty = runProgram(
        HasherClient,
        {Connect, socket(), QStringLiteral("--timeout"), QStringLiteral("0.001"), QStringLiteral("secret")});
    QCOMPARE(hasty.exitCode, 3);
    QVERIFY2(hasty.errors.startsWith(QStringLiteral("passwd-hasher-client: timed out after 0.001 seconds (")),
             qPrintable(hasty.errors));
}

QTEST_GUILESS_MAIN(tst_Demos)

#include "tst_demos.moc"
