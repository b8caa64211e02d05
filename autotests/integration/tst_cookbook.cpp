// SPDX-License-Identifier: MIT
// The programs of docs/cookbook.md, run as their readers run them.
#include "helpers/faults.h"
#include "helpers/processes.h"
#include "helpers/serverprocess.h"

#include <QtCore/QRegularExpression>
#include <QtCore/QStandardPaths>
#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

using Test::runProgram;

namespace {

const QStringList Offscreen{QStringLiteral("QT_QPA_PLATFORM=offscreen")};
// Qt Quick 6.4 without a graphics card never frees the textures of images, in programs without this library, too.
// Therefore LeakSanitizer does not look at these programs. tst_qml looks for leaks of the module.
[[maybe_unused]] const QStringList WithQuick = Offscreen + QStringList{QStringLiteral("ASAN_OPTIONS=detect_leaks=0")};
const QString Broken = QStringLiteral("broken.png");

// Puts @p count pictures into a folder, whose names are made of @p name and a number, and a file that is none.
[[maybe_unused]] bool fillWithPictures(const QTemporaryDir &directory, int count, const QString &name)
{
    for (int i = 0; i < count; ++i) {
        QFile picture(directory.filePath(name.arg(i)));
        if (!picture.open(QIODevice::WriteOnly)
            || picture.write("P6 300 200 255\n" + QByteArray(300 * 200 * 3, char(i))) <= 0)
            return false;
    }
    QFile broken(directory.filePath(Broken));
    return broken.open(QIODevice::WriteOnly) && broken.write("no image") > 0;
}

}

class TestCookbook : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void printsWhatItPromises_data();
    void printsWhatItPromises();
    void theWatcherSeesADeath();
    void eachTimeoutSaysWhy();
    void thumbnailsOfAFolder();
    void moneyIsNeitherMadeNorLost();
    void perlCallsTheServer();
    void portedProgramsAgree();
    void aFormSaysWhatBecameOfIt_data();
    void aFormSaysWhatBecameOfIt();
    void picturesInAList();
    void aWorkerStandsAtABreakpoint();
    void valgrindFindsNothing();
};

void TestCookbook::printsWhatItPromises_data()
{
    QTest::addColumn<QString>("program");
    QTest::addColumn<QString>("output");
    QTest::newRow("survivors") << QStringLiteral(SURVIVORS)
                               << QStringLiteral("990 of 1000 items are done, 10 have crashed: the first was 99\n");
    QTest::newRow("types") << QStringLiteral(TYPES)
                           << QStringLiteral("Ada has 2 addresses and is of kind 1\nthe sum is 425 cents\n");
}

void TestCookbook::printsWhatItPromises()
{
    QFETCH(QString, program);
    const Test::Ended ended = runProgram(program, {});
    QVERIFY2(ended.exitCode == 0, qPrintable(ended.errors));
    QTEST(ended.output, "output");
}

void TestCookbook::theWatcherSeesADeath()
{
    const Test::Ended ended = runProgram(QStringLiteral(WATCHING), {});
    QVERIFY2(ended.exitCode == 0, qPrintable(ended.errors));
    const QStringList lines = ended.output.split(u'\n', Qt::SkipEmptyParts);
    for (const QString &line :
         {QStringLiteral("a worker died: the worker was killed by SIGABRT"),
          QStringLiteral("calls that are not done yet: 1"), QStringLiteral("calls that are not done yet: 0"),
          QStringLiteral("5 of 6 calls had a result, half of them within 5 s"),
          QStringLiteral("'crash' failed: worker connection suddenly died: the worker was killed "
                         "by SIGABRT")})
        QVERIFY2(lines.contains(line), qPrintable(ended.output));
}

void TestCookbook::eachTimeoutSaysWhy()
{
    const Test::Ended ended = runProgram(QStringLiteral(TIMEOUTS), {});
    QVERIFY2(ended.exitCode == 0, qPrintable(ended.errors));
    const QStringList expected{
        QStringLiteral("runTimeout: timed out after 0.2 seconds \\('nap' ran for \\d+\\.?\\d* s\\)"),
        QStringLiteral("deadline: timed out after 0.1 seconds \\("),
        QStringLiteral("the one before: in time"),
        QStringLiteral("timeout: timed out after 0.2 seconds \\("),
        QStringLiteral(
            "hungTimeout: worker connection suddenly died \\(the worker was killed by SIG[A-Z]+ because it hung\\)"),
        QStringLiteral("cancel: done"),
    };
    const QStringList lines = ended.output.split(u'\n', Qt::SkipEmptyParts);
    QCOMPARE(lines.size(), expected.size());
    for (qsizetype i = 0; i < lines.size(); ++i)
        QVERIFY2(lines.at(i).contains(QRegularExpression(u'^' + expected.at(i))), qPrintable(lines.at(i)));
}

void TestCookbook::thumbnailsOfAFolder()
{
#ifdef THUMBNAILS
    const QTemporaryDir directory;
    QVERIFY(fillWithPictures(directory, 20, QStringLiteral("%1.ppm")));
    const Test::Ended ended
        = runProgram(QStringLiteral(THUMBNAILS), {directory.path(), QStringLiteral("--quit-when-done")}, Offscreen);
    QVERIFY2(ended.exitCode == 0, qPrintable(ended.errors));
    QCOMPARE(ended.output, QStringLiteral("thumbnails: 20, files that are no images: 1\n"));
#else
    QSKIP("Qt Widgets is not there");
#endif
}

void TestCookbook::moneyIsNeitherMadeNorLost()
{
#ifdef TWO_WINDOWS
    const Test::Ended ended = runProgram(QStringLiteral(TWO_WINDOWS), {QStringLiteral("--play")}, Offscreen);
    QVERIFY2(ended.exitCode == 0, qPrintable(ended.errors));
    QCOMPARE(ended.output, QStringLiteral("the accounts have 100 together, as before\n"));
#else
    QSKIP("Qt Widgets or Qt SQL is not there");
#endif
}

void TestCookbook::perlCallsTheServer()
{
    const QTemporaryDir directory;
    const QString path = directory.filePath(QStringLiteral("socket"));
    Test::ServerProcess server;
    QVERIFY(
        server.start(QStringLiteral(WORDCOUNT_SERVER), {QStringLiteral("--listen"), QStringLiteral("unix:") + path}));
    const auto count = [&](const QString &text) {
        return runProgram(QStringLiteral("perl"), {QStringLiteral(WORDCOUNT_PL), path, text});
    };
    QCOMPARE(count(QStringLiteral("To be, or not to be.")).output, QStringLiteral("be: 2\nnot: 1\nor: 1\nto: 2\n"));
    QCOMPARE(count(QStringLiteral("Čaj, čaj, café")).output, QStringLiteral("café: 1\nčaj: 2\n"));
    const Test::Ended failed = count(QString());
    QVERIFY(failed.exitCode != 0);
    QCOMPARE(failed.errors, QStringLiteral("there is no text\n"));
}

void TestCookbook::portedProgramsAgree()
{
    const QTemporaryDir directory;
    QFile file(directory.filePath(QStringLiteral("empty")));
    QVERIFY(file.open(QIODevice::WriteOnly));
    const Test::Ended ended = runProgram(QStringLiteral(PORTING), {file.fileName()});
    QVERIFY2(ended.exitCode == 0, qPrintable(ended.errors));
    QCOMPARE(ended.output, QStringLiteral("e3b0c442\ne3b0c442\nthe same twice\n")); // SHA-256 of nothing
    const Test::Ended failed = runProgram(QStringLiteral(PORTING), {directory.filePath(QStringLiteral("missing"))});
    QCOMPARE(failed.output, QStringLiteral("No such file or directory\n").repeated(3));
}

void TestCookbook::aFormSaysWhatBecameOfIt_data()
{
    QTest::addColumn<QString>("file");
    QTest::addColumn<QString>("play");
    QTest::addColumn<QString>("outcome");
    QTest::newRow("result") << QStringLiteral("small") << QStringLiteral("start")
                            << QStringLiteral("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\n");
    QTest::newRow("error") << QStringLiteral("missing") << QStringLiteral("start")
                           << QStringLiteral("No such file or directory\n");
    QTest::newRow("cancel") << QStringLiteral("endless") << QStringLiteral("cancel") << QStringLiteral("Canceled\n");
}

void TestCookbook::aFormSaysWhatBecameOfIt()
{
#ifdef CHECKSUM_FORM
    QFETCH(QString, file);
    QFETCH(QString, play);
    const QTemporaryDir directory;
    QFile small(directory.filePath(QStringLiteral("small")));
    QVERIFY(small.open(QIODevice::WriteOnly) && small.write("hello") > 0);
    small.close();
    QFile endless(directory.filePath(QStringLiteral("endless"))); // it takes hours to read, and no place on the disk
    QVERIFY(endless.open(QIODevice::WriteOnly) && endless.resize(qint64(1) << 43));
    const Test::Ended ended = runProgram(QStringLiteral(CHECKSUM_FORM), {directory.filePath(file), play}, WithQuick);
    QVERIFY2(ended.exitCode == 0, qPrintable(ended.errors));
    QVERIFY2(!ended.errors.contains(QStringLiteral("qrc:")), qPrintable(ended.errors)); // a warning of QML
    QTEST(ended.output, "outcome");
#else
    QSKIP("Qt Quick is not there, or not built for ThreadSanitizer");
#endif
}

void TestCookbook::picturesInAList()
{
#ifdef PICTURES
    const QTemporaryDir directory;
    QVERIFY(fillWithPictures(directory, 5, QStringLiteral("%1 of 5%.ppm")));
    const Test::Ended ended
        = runProgram(QStringLiteral(PICTURES), {directory.path(), QStringLiteral("--quit-when-done")}, WithQuick);
    QVERIFY2(ended.exitCode == 0, qPrintable(ended.errors));
    QCOMPARE(ended.output, QStringLiteral("pictures: 5, other files: 1\n"));
    const QString reason = QStringLiteral("thumbnail: %1: Unsupported image format").arg(directory.filePath(Broken));
    QVERIFY2(ended.errors.contains(reason), qPrintable(ended.errors));
#else
    QSKIP("Qt Quick is not there, or not built for ThreadSanitizer");
#endif
}

void TestCookbook::aWorkerStandsAtABreakpoint()
{
    const QString gdb = QStandardPaths::findExecutable(QStringLiteral("gdb"));
    if (gdb.isEmpty())
        QSKIP("gdb is not installed");
    QProcess program;
    program.start(QStringLiteral(DEBUGGING), {QStringLiteral("--repeat")}, QIODevice::ReadOnly);
    QByteArray said;
    const auto speaks = [&] {
        said += program.readAllStandardOutput();
        return said.startsWith("the mean is 3\n");
    };
    QTRY_VERIFY_WITH_TIMEOUT(speaks(), 30000);
    const qint64 zygote = Test::childrenOf(program.processId()).value(0);
    const qint64 worker = Test::childrenOf(zygote).value(0);
    QVERIFY(worker > 0);
    const Test::Ended ended = runProgram(
        gdb,
        {QStringLiteral("-nx"), QStringLiteral("-batch"), QStringLiteral("-iex"),
         QStringLiteral("set debuginfod enabled off"), QStringLiteral("-p"), QString::number(worker),
         QStringLiteral("-ex"), QStringLiteral("break meanOf"), QStringLiteral("-ex"), QStringLiteral("continue"),
         QStringLiteral("-ex"), QStringLiteral("backtrace 1"), QStringLiteral("-ex"), QStringLiteral("detach")});
    if (ended.errors.contains(QStringLiteral("ptrace: Operation not permitted")))
        QSKIP("gdb may not look into processes here");
    QVERIFY2(ended.output.contains(QStringLiteral("Breakpoint 1, "))
                 && ended.output.contains(QStringLiteral("meanOf (")),
             qPrintable(ended.output + ended.errors));
    program.readAllStandardOutput();
    said.clear();
    QTRY_VERIFY_WITH_TIMEOUT(speaks(), 30000); // it goes on, and has its worker
    QCOMPARE(Test::childrenOf(zygote).value(0), worker);
    program.kill();
    program.waitForFinished(-1);
}

void TestCookbook::valgrindFindsNothing()
{
    const QString valgrind = QStandardPaths::findExecutable(QStringLiteral("valgrind"));
    if (valgrind.isEmpty() || Test::isSanitized())
        QSKIP("there is no valgrind here, or a sanitizer in its place");
    const Test::Ended ended = runProgram(valgrind,
                                         {QStringLiteral("-q"), QStringLiteral("--error-exitcode=99"),
                                          QStringLiteral("--trace-children=yes"), QStringLiteral("--leak-check=full"),
                                          QStringLiteral(DEBUGGING)});
    QVERIFY2(ended.exitCode == 0, qPrintable(ended.errors));
    QCOMPARE(ended.output, QStringLiteral("the mean is 3\n"));
    QVERIFY2(!ended.errors.contains(QStringLiteral("lost")), qPrintable(ended.errors));
}

QTEST_GUILESS_MAIN(TestCookbook)
#include "tst_cookbook.moc"
