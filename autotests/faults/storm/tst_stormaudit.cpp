// SPDX-License-Identifier: MIT
// A storm is worth as much as what reads its ledger.
#include "report.h"

#include <QtTest/QTest>

using namespace Storm;
using Prefork::Error;

namespace {

quint32 failed(Error::Code code)
{
    return Failed + quint32(code);
}

// Ten requests: all went well, but for what a test then does to the ledger.
std::unique_ptr<Ledger> tenRequests()
{
    auto ledger = std::make_unique<Ledger>(100);
    for (quint64 nonce = 1000; nonce < 1010; ++nonce) {
        const quint64 id = ledger->claim().value();
        ledger->submit(id, nonce);
        if (ledger->execute(qint64(id), qint64(nonce)))
            ledger->settle(id, Answered);
    }
    return ledger;
}

int exitCode(const Ledger &ledger)
{
    return Report{.audit = audit(ledger.records())}.exitCode();
}

}

class TestStormAudit : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void whatWentWellIsFine()
    {
        const auto ledger = tenRequests();
        const Audit found = audit(ledger->records());
        QCOMPARE(found.requests, 10u);
        QCOMPARE(found.answered, 10u);
        QCOMPARE(found.settledOnce, 10u);
        QCOMPARE(found.executedAtMostOnce, 10u);
        QCOMPARE(exitCode(*ledger), 0);
    }
    void whatNeverSettlesIsLost()
    {
        const auto ledger = tenRequests();
        ledger->records()[3].settlements = 0;
        ledger->records()[3].outcome = Unsettled;
        const Audit found = audit(ledger->records());
        QCOMPARE(found.unsettled, 1u);
        QCOMPARE(found.lost, 1u);
        QCOMPARE(found.settledOnce, 9u);
        QCOMPARE(found.duplicated, 0u);
        QCOMPARE(exitCode(*ledger), 1);
    }
    void anAnswerThatNobodyGaveIsLost_data()
    {
        QTest::addColumn<quint32>("outcome");
        QTest::newRow("result") << quint32(Answered);
        QTest::newRow("error of the method") << failed(Error::WorkerError);
    }
    void anAnswerThatNobodyGaveIsLost()
    {
        QFETCH(quint32, outcome);
        const auto ledger = tenRequests();
        ledger->records()[9].executions = 0;
        ledger->records()[9].outcome = outcome;
        const Audit found = audit(ledger->records());
        QCOMPARE(found.lost, 1u);
        QCOMPARE(found.unsettled, 0u);
        QCOMPARE(exitCode(*ledger), 1);
    }
    void twoSettlementsAreADouble()
    {
        const auto ledger = tenRequests();
        QVERIFY(!ledger->settle(0, failed(Error::WorkerLost)));
        const Audit found = audit(ledger->records());
        QCOMPARE(found.duplicated, 1u);
        QCOMPARE(found.settledOnce, 9u);
        QVERIFY2(found.errors.isEmpty(), "the first outcome counts");
        QCOMPARE(exitCode(*ledger), 1);
    }
    void twoExecutionsAreADouble()
    {
        const auto ledger = tenRequests();
        QVERIFY(ledger->execute(5, 1005));
        const Audit found = audit(ledger->records());
        QCOMPARE(found.duplicated, 1u);
        QCOMPARE(found.executedAtMostOnce, 9u);
        QCOMPARE(found.settledOnce, 10u);
        QCOMPARE(exitCode(*ledger), 1);
    }
    void whatNobodyAskedForIsADouble()
    {
        const auto ledger = tenRequests();
        ledger->settle(50, Canceled);
        QCOMPARE(audit(ledger->records()).duplicated, 1u);
        QCOMPARE(exitCode(*ledger), 1);
    }
    void aForeignAnswerIsAMismatch()
    {
        const auto ledger = tenRequests();
        ledger->noteMismatch(7);
        const Audit found = audit(ledger->records());
        QCOMPARE(found.mismatched, 1u);
        QCOMPARE(exitCode(*ledger), 1);
    }
    void aWorkerRefusesWhatIsNotInTheLedger()
    {
        const auto ledger = tenRequests();
        QVERIFY(!ledger->execute(5, 1006));
        QVERIFY(!ledger->execute(-1, 0));
        QVERIFY(!ledger->execute(100, 0));
        QCOMPARE(exitCode(*ledger), 0);
    }
    void deathsAreAnOutcome_data()
    {
        QTest::addColumn<Error::Code>("code");
        QTest::addColumn<int>("exit");
        QTest::newRow("lost worker") << Error::WorkerLost << 0;
        QTest::newRow("time-out") << Error::Timeout << 0;
        QTest::newRow("aborted") << Error::Aborted << 0;
        QTest::newRow("nonsense") << Error::ProtocolError << 1;
        QTest::newRow("no server") << Error::Unavailable << 1;
    }
    void deathsAreAnOutcome()
    {
        QFETCH(Error::Code, code);
        QFETCH(int, exit);
        const auto ledger = tenRequests();
        ledger->records()[2].executions = 0;
        ledger->records()[2].outcome = failed(code);
        const Audit found = audit(ledger->records());
        QCOMPARE(found.errors.value(code), 1u);
        QCOMPARE(found.settledOnce, 10u);
        QCOMPARE(exitCode(*ledger), exit);
    }
    void aLedgerIsShared()
    {
        const auto ledger = tenRequests();
        const auto other = Ledger::adopt(::dup(ledger->descriptor()));
        QVERIFY(other);
        QCOMPARE(other->records().size(), 100u);
        ledger->settle(4, Answered);
        QCOMPARE(exitCode(*other), 1);
    }
    void claimsEnd()
    {
        Ledger ledger(2);
        ledger.header().phase = Phase::Blow;
        QCOMPARE(ledger.claim().value(), 0u);
        ledger.header().phase = Phase::Calm;
        QVERIFY2(!ledger.claim(), "it is calm");
        ledger.header().phase = Phase::Blow;
        ledger.header().wanted = 1;
        ledger.header().goesOn = 0;
        QVERIFY2(!ledger.claim(), "there are as many as wanted");
        ledger.header().goesOn = 1;
        QCOMPARE(ledger.claim().value(), 1u);
        QVERIFY2(!ledger.claim(), "there is no room");
        QCOMPARE(ledger.header().claimed.load(), 2u);
    }
    void crashesAreTakenOnce()
    {
        Ledger ledger(1);
        QVERIFY(!ledger.takeCrash());
        ledger.header().crashesDue = 1;
        QVERIFY(ledger.takeCrash());
        QVERIFY(!ledger.takeCrash());
        QCOMPARE(ledger.header().crashesUnderWay.load(), 1);
        ledger.endCrash();
        QCOMPARE(ledger.header().crashesUnderWay.load(), 0);
    }
    void otherDamageIsAFailureToo_data()
    {
        QTest::addColumn<int>("zombies");
        QTest::addColumn<int>("descriptors");
        QTest::addColumn<QStringList>("accidents");
        QTest::newRow("zombie") << 1 << 0 << QStringList();
        QTest::newRow("descriptor") << 0 << 1 << QStringList();
        QTest::newRow("accident") << 0 << 0 << QStringList(QStringLiteral("a client fell"));
    }
    void otherDamageIsAFailureToo()
    {
        QFETCH(int, zombies);
        QFETCH(int, descriptors);
        QFETCH(QStringList, accidents);
        const Audit fine = audit(tenRequests()->records());
        const Report report{.audit = fine, .zombies = zombies, .descriptorGrowth = descriptors, .accidents = accidents};
        QCOMPARE(report.exitCode(), 1);
    }
    void theReportHasALineForEach()
    {
        const auto ledger = tenRequests();
        ledger->settle(0, Answered);
        ledger->records()[1].outcome = failed(Error::WorkerLost);
        const Report report{.audit = audit(ledger->records()),
                            .kills = 12,
                            .restartsBy = {{QStringLiteral("takeovers"), 3}, {QStringLiteral("zygotes killed"), 1}}};
        const QString text = (Report::seedLine(7) + report.text()).simplified();
        for (const char *line : {"seed 7 kills 12", "restarts 4 takeovers 3 zygotes killed 1", "requests 10",
                                 "settled-once % 90", "executed-at-most-once % 100", "payload-match % 100", "lost 0",
                                 "duplicated 1", "unsettled 0", "WorkerLost 1", "zombies 0"})
            QVERIFY2(text.contains(QString::fromLatin1(line)), line);
    }
};

QTEST_APPLESS_MAIN(TestStormAudit)
#include "tst_stormaudit.moc"
