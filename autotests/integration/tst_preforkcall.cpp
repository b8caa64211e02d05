// SPDX-License-Identifier: MIT
// The prefork command as a shell sees it: words in, a line out, an exit code.
#include "helpers/serverprocess.h"

#include <QtCore/QElapsedTimer>
#include <QtCore/QTemporaryDir>
#include <QtNetwork/QLocalServer>
#include <QtTest/QTest>

#include <csignal>

using Test::Ended;
using Test::runProgram;

class TestPreforkCall : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void printsTheResultAsALineOfJson_data();
    void printsTheResultAsALineOfJson();
    void aMethodsErrorIsOne_data();
    void aMethodsErrorIsOne();
    void usageIsTwo_data();
    void usageIsTwo();
    void fatalIsThree_data();
    void fatalIsThree();
    void saysThatItCannotWrite();
    void timesOutInTime();
    void showsProgress();
    void signalsCancel_data();
    void signalsCancel();
    void namesTheWholeTimeAndTheFirstObstacle();
    void failsAtOnceWhenAskedNotToWait();
    void waitsForAServerThatComesLater();
    void callsAServerInPerl();
    void helps();

private:
    [[nodiscard]] Ended call(const QStringList &words) const
    {
        return runProgram(PREFORK, QStringList("call") + words);
    }

    QTemporaryDir m_directory;
    Test::ServerProcess m_server;
};

void TestPreforkCall::initTestCase()
{
    QVERIFY2(m_server.start(ECHO_SERVER, {"--listen", "unix:" + m_directory.filePath("echo")}),
             qPrintable(m_server.errorString()));
}

void TestPreforkCall::printsTheResultAsALineOfJson_data()
{
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<QString>("line");
    using Words = QStringList;
    QTest::newRow("string") << Words{"echo", "hi"} << "\"hi\"";
    QTest::newRow("number") << Words{"echo", "5"} << "5";
    QTest::newRow("negative number") << Words{"echo", "-5"} << "-5";
    QTest::newRow("number as string") << Words{"echo", "\"5\""} << "\"5\"";
    QTest::newRow("big integer") << Words{"echo", "9007199254740993"} << "9007199254740993";
    QTest::newRow("largest integer") << Words{"echo", "18446744073709551615"} << "18446744073709551615";
    QTest::newRow("large integer in a list") << Words{"echo", "[9223372036854775808]"} << "[9223372036854775808]";
    QTest::newRow("large integer in an object in a list")
        << Words{"echo", R"([{"a":18446744073709551615,"b":"18446744073709551615 \\"}])"}
        << R"([{"a":18446744073709551615,"b":"18446744073709551615 \\"}])";
    QTest::newRow("smallest integer") << Words{"echo", "-9223372036854775808"} << "-9223372036854775808";
    QTest::newRow("integer that is a double") << Words{"echo", "[100000000000000000000]"} << "[1e+20]";
    QTest::newRow("null") << Words{"echo", "null"} << "null";
    QTest::newRow("two values are no JSON") << Words{"echo", "1,2"} << "\"1,2\"";
    QTest::newRow("empty string") << Words{"echo", ""} << "\"\"";
    QTest::newRow("unicode") << Words{"echo", "\U0001d1da"} << "\"\U0001d1da\"";
    QTest::newRow("nested") << Words{"echo", R"({"b":[1.5,null,true],"a":{}})"} << R"({"a":{},"b":[1.5,null,true]})";
    QTest::newRow("many") << Words{"args", "1", "two", "[3]"} << R"([1,"two",[3]])";
    QTest::newRow("none") << Words{"args"} << "[]";
    QTest::newRow("after a double dash") << Words{"--", "echo", "--timeout"} << "\"--timeout\"";
    QTest::newRow("without a method") << Words{"--function", "echo", "7"} << "7";
}

void TestPreforkCall::printsTheResultAsALineOfJson()
{
    QFETCH(QStringList, words);
    QFETCH(QString, line);
    words.insert(words.first().startsWith("--") ? 1 : 0, m_server.address());
    const Ended ended = call(words);
    QCOMPARE(ended.errors, QString());
    QCOMPARE(ended.output, line + '\n');
    QCOMPARE(ended.exitCode, 0);
}

void TestPreforkCall::aMethodsErrorIsOne_data()
{
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<QString>("complaint");
    QTest::newRow("thrown") << QStringList{"fail", "no luck"} << "no luck\n";
    QTest::newRow("arguments") << QStringList{"echo"} << "echo: expected 1 argument, got 0\n";
    QTest::newRow("no such method")
        << QStringList{"nonesuch"}
        << "this worker has no method 'nonesuch'; it has: alloc, args, count, countdown, crash, echo, "
           "exit, fail, pid, sleep, spin\n";
}

void TestPreforkCall::aMethodsErrorIsOne()
{
    QFETCH(QStringList, words);
    const Ended ended = call(QStringList(m_server.address()) + words);
    QTEST(ended.errors, "complaint");
    QCOMPARE(ended.output, QString());
    QCOMPARE(ended.exitCode, 1);
}

void TestPreforkCall::usageIsTwo_data()
{
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<QString>("complaint");
    QTest::newRow("no address") << QStringList{} << "an address is missing";
    QTest::newRow("no method") << QStringList{"unix:/x"} << "a method is missing";
    QTest::newRow("scheme") << QStringList{"http://x", "echo"} << "unknown address 'http://x'";
    QTest::newRow("long path") << QStringList{"unix:/" + QString(120, 'x'), "echo"} << "the kernel allows 107";
    QTest::newRow("time-out") << QStringList{"--timeout", "soon", "unix:/x", "echo"}
                              << "--timeout takes a number of seconds, not 'soon'";
    QTest::newRow("negative time-out") << QStringList{"--timeout", "-1", "unix:/x", "echo"} << "not '-1'";
    QTest::newRow("integer below 64 bits") << QStringList{"unix:/x", "echo", "-9223372036854775809"}
                                           << "the integer -9223372036854775809 does not fit 64 bits";
    QTest::newRow("integer above 64 bits") << QStringList{"unix:/x", "echo", R"({"a":[18446744073709551617]})"}
                                           << "the integer 18446744073709551617 does not fit 64 bits";
    QTest::newRow("option") << QStringList{"--nonesuch", "unix:/x", "echo"} << "nonesuch";
}

void TestPreforkCall::usageIsTwo()
{
    QFETCH(QStringList, words);
    QFETCH(QString, complaint);
    const Ended ended = call(words);
    QVERIFY2(ended.errors.contains(complaint), qPrintable(ended.errors));
    QCOMPARE(ended.exitCode, 2);
}

void TestPreforkCall::fatalIsThree_data()
{
    QTest::addColumn<QStringList>("words");
    QTest::addColumn<QString>("cause");
    QTest::newRow("crash") << QStringList{"crash"} << "(the worker was killed by SIGSEGV)\n";
    QTest::newRow("exit") << QStringList{"exit", "0"} << "(the worker exited with status 0)\n";
}

void TestPreforkCall::fatalIsThree()
{
    QFETCH(QStringList, words);
    QFETCH(QString, cause);
    const Ended ended = call(QStringList(m_server.address()) + words);
    QCOMPARE(ended.errors, "worker connection suddenly died\n" + cause);
    QCOMPARE(ended.exitCode, 3);
}

void TestPreforkCall::saysThatItCannotWrite()
{
    QProcess process;
    process.setStandardOutputFile("/dev/full"); // which refuses every byte
    process.start(PREFORK, {"call", m_server.address(), "echo", "5"});
    QVERIFY(process.waitForFinished(int(Test::Patience.count())));
    QCOMPARE(process.readAllStandardError(), "prefork call: cannot write the result: No space left on device\n");
    QCOMPARE(process.exitCode(), 3);
}

void TestPreforkCall::timesOutInTime()
{
    QElapsedTimer timer;
    timer.start();
    const Ended ended = call({"--timeout", "3", m_server.address(), "sleep", "20000"});
    QVERIFY(timer.elapsed() >= 3000);
    QVERIFY2(ended.errors.startsWith("timed out after 3 seconds\n("), qPrintable(ended.errors));
    QVERIFY2(ended.errors.contains("('sleep' ran for "), qPrintable(ended.errors));
    QCOMPARE(ended.exitCode, 3);
}

void TestPreforkCall::showsProgress()
{
    const Ended ended = call({"--progress", m_server.address(), "countdown", "3", "20"});
    QCOMPARE(ended.errors, "tick 2\nprogress 1/3\ntick 1\nprogress 2/3\ntick 0\nprogress 3/3\n");
    QCOMPARE(ended.output, "3\n");
    QCOMPARE(ended.exitCode, 0);
    const Ended plain = call({m_server.address(), "countdown", "1", "0"});
    QCOMPARE(plain.errors, QString());
    QCOMPARE(plain.output, "1\n");
    const Ended json = call({"--progress", "--protocol", "json", m_server.address(), "countdown", "1", "0"});
    QCOMPARE(json.errors, QString()); // there is none over JSON
    QCOMPARE(json.output, "1\n");
}

void TestPreforkCall::signalsCancel_data()
{
    QTest::addColumn<int>("signal");
    QTest::addColumn<int>("exitCode");
    QTest::newRow("Ctrl-C") << SIGINT << 130;
    QTest::newRow("SIGTERM") << SIGTERM << 143;
}

void TestPreforkCall::signalsCancel()
{
    QFETCH(int, signal);
    QFETCH(int, exitCode);
    QProcess process;
    process.setReadChannel(QProcess::StandardError);
    process.start(PREFORK, {"call", "--progress", m_server.address(), "countdown", "100000", "10"});
    QByteArray errors;
    while (!errors.contains("progress 1/100000\n") && process.waitForReadyRead(int(Test::Patience.count())))
        errors += process.readAllStandardError();
    QVERIFY2(errors.startsWith("tick 99999\n"), errors.constData());
    QCOMPARE(::kill(pid_t(process.processId()), signal), 0);
    QVERIFY(process.waitForFinished(int(Test::Patience.count())));
    QCOMPARE(process.exitStatus(), QProcess::NormalExit);
    QCOMPARE(process.exitCode(), exitCode);
    QCOMPARE(process.readAllStandardOutput(), QByteArray());
}

// The native attempt takes a second of it.
void TestPreforkCall::namesTheWholeTimeAndTheFirstObstacle()
{
    QLocalServer silent;
    QVERIFY(silent.listen(m_directory.filePath("silent")));
    const Ended ended = call({"--timeout", "1.5", "unix:" + silent.fullServerName(), "echo"});
    QVERIFY2(ended.errors.startsWith("timed out after 1.5 seconds\n(connected, but heard no hello"),
             qPrintable(ended.errors));
    QCOMPARE(ended.exitCode, 3);
}

void TestPreforkCall::failsAtOnceWhenAskedNotToWait()
{
    const QString nobody = "unix:" + m_directory.filePath("nobody");
    const Ended ended = call({"--no-wait", nobody, "echo"});
    QCOMPARE(ended.errors, "could not connect to " + nobody + ": there is no such socket\n");
    QCOMPARE(ended.exitCode, 3);
}

void TestPreforkCall::waitsForAServerThatComesLater()
{
    const QString address = "unix:" + m_directory.filePath("late");
    QProcess process;
    process.start(PREFORK, {"call", address, "echo", "at last"});
    QVERIFY(process.waitForStarted());
    Test::ServerProcess late;
    QVERIFY(late.start(ECHO_SERVER, {"--listen", address}));
    QVERIFY(process.waitForFinished(int(Test::Patience.count())));
    QCOMPARE(process.readAllStandardOutput(), QByteArray("\"at last\"\n"));
    QCOMPARE(process.exitCode(), 0);

    const Ended inVain = call({"--timeout", "0.2", "unix:" + m_directory.filePath("never"), "echo"});
    QVERIFY2(inVain.errors.startsWith("timed out after 0.2 seconds\n(could not connect to "),
             qPrintable(inVain.errors));
    QCOMPARE(inVain.exitCode, 3);
}

void TestPreforkCall::callsAServerInPerl()
{
    Test::ServerProcess perl;
    QVERIFY2(perl.start("perl", {RAW_SERVER, "tcp://127.0.0.1:0"}), qPrintable(perl.errorString()));
    QCOMPARE(call({perl.address(), "add", "20", "22"}).output, "42\n");
    const Ended failed = call({perl.address(), "fail_structure"});
    QCOMPARE(failed.errors, "{\"code\":42}\n");
    QCOMPARE(failed.exitCode, 1);
}

void TestPreforkCall::helps()
{
    for (const QStringList &words : {QStringList{"--help"}, QStringList{"call", "--help"}}) {
        const Ended ended = runProgram(PREFORK, words);
        QVERIFY(ended.output.contains("call"));
        QCOMPARE(ended.exitCode, 0);
    }
    QVERIFY(runProgram(PREFORK, {"--version"}).output.startsWith("prefork "));
    QCOMPARE(runProgram(PREFORK, {}).exitCode, 2);
    QCOMPARE(runProgram(PREFORK, {"nonesuch"}).exitCode, 2);
}

QTEST_GUILESS_MAIN(TestPreforkCall)
#include "tst_preforkcall.moc"
