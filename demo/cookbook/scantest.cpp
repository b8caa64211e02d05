// SPDX-License-Identifier: MIT
// The autotest of docs/testing.md.
#include "cookbook/scanner.h"

#include <QtPrefork/Client>
#include <QtPrefork/InProcessWorker>
#include <QtPrefork/TestMain>
#include <QtPrefork/WaitFor>

class ScanTest : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void countsFiles();
    void refusesWhatIsNotThere();
    void stopsWhenCanceled();
    void countsInAWorker();
    void survivesACrash();
};

// [in-process]
void ScanTest::countsFiles()
{
    Prefork::Interface interface;
    Scanner::fillInterface(interface);
    Prefork::InProcessWorker worker(interface);
    QCOMPARE(worker.call(Scanner::scan, QStringList{"a", "b"}), 2);
    QCOMPARE(worker.call("scan", {QStringList{"a", "b"}}), QVariant(2)); // by name
}

void ScanTest::refusesWhatIsNotThere()
{
    Prefork::Interface interface;
    Scanner::fillInterface(interface);
    Prefork::InProcessWorker worker(interface);
    try {
        worker.call(Scanner::scan, QStringList{"missing"});
        QFAIL("it does not fail");
    } catch (const Prefork::Error &error) {
        QCOMPARE(error.code(), Prefork::Error::WorkerError);
        QCOMPARE(error.message(), "there is no file 'missing'");
    }
}
// [in-process]

// [events]
void ScanTest::stopsWhenCanceled()
{
    Prefork::Interface interface;
    Scanner::fillInterface(interface);
    Prefork::InProcessWorker worker(interface, Prefork::Protocol::Native);
    QStringList found;
    worker.on(Scanner::found, [&](const QString &file) {
        found.append(file);
        if (found.size() == 2)
            worker.cancel(); // Worker::isCanceled() is true from now on
    });
    QVERIFY_EXCEPTION_THROWN(worker.call(Scanner::scan, QStringList{"a", "b", "c"}), Prefork::Error);
    QCOMPARE(found, QStringList({"a", "b"}));
}
// [events]

// [verify]
void ScanTest::countsInAWorker()
{
    Prefork::Client client(Prefork::Zygote::find());
    const QFuture<int> count = client.future(Scanner::scan, QStringList{"a", "b"});
    QTPREFORK_VERIFY_FINISHED(count);
    QCOMPARE(count.result(), 2);
}
// [verify]

// [workers]
void ScanTest::survivesACrash()
{
    Prefork::Client client(Prefork::Zygote::find());
    const QFuture<int> count = client.future(Scanner::scan, QStringList{"evil"});
    QVERIFY(Prefork::waitFor(count)); // result() would never return before the future has finished
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(count.result()), Prefork::Error);
}

QTPREFORK_TEST_MAIN(ScanTest, Scanner::fillInterface)
#include "scantest.moc"
// [workers]
