// SPDX-License-Identifier: MIT
// Retells timeout-connect.t: without a server, a call times out.
#include "helpers/answers.h"

#include <QtPrefork/Client>

#include <QtCore/QTemporaryDir>
#include <QtTest/QTest>

using namespace Prefork;
using namespace std::chrono_literals;

class RetoldTimeoutConnect : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void aCallTimesOutWithoutAServer()
    {
        const QTemporaryDir directory;
        Client client("unix:" + directory.filePath("nobody-listens"));
        const Test::Outcome outcome = Test::call(client.checkout({.timeout = 200ms}), "anything");
        QVERIFY(!outcome.result);
        QVERIFY(outcome.error);
        QCOMPARE(outcome.error->code(), Error::Timeout);
        QCOMPARE(outcome.error->message(), "timed out after 0.2 seconds");
    }
};

QTEST_GUILESS_MAIN(RetoldTimeoutConnect)
#include "tst_retold_timeout-connect.moc"
