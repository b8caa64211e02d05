// SPDX-License-Identifier: MIT
// A storm is worth as much as what reads its ledger.
#include "desk.h"
#include "report.h"

#include <QtTest/QTest>

#include <unistd.h>

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

// A request of three steps.
Request drawTold(Desk &desk)
{
    Request request = desk.draw().value();
    request.kind = Request::Tell;
    request.steps = 3;
    request.size = 0;
    return request;
}

void hear(Desk &desk, const Request &request, const QByteArray &heard)
{
    for (qsizetype i = 0; i < heard.size(); i += 2) {
        const int number = heard.at(i + 1) - '0';
        if (heard.at(i) == 'e')
            desk.heardEvent(request, request.nonce, number);
        else
            desk.heardProgress(request, {number, request.steps});
    }
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
    void aCancelIsAnOutcome_data()
    {
        QTest::addColumn<int>("wish");
        QTest::addColumn<quint32>("executions");
        QTest::newRow("by handle, never begun") << int(ByHandle) << 0u;
        QTest::newRow("by handle, begun") << int(ByHandle) << 1u;
        QTest::newRow("by handle, before it was sent") << (ByHandle | Unsent) << 0u;
        QTest::newRow("by future, begun") << int(ByFuture) << 1u;
    }
    void aCancelIsAnOutcome()
    {
        QFETCH(int, wish);
        QFETCH(quint32, executions);
        const auto ledger = tenRequests();
        ledger->noteWish(6, wish);
        ledger->records()[6].executions = executions;
        ledger->records()[6].outcome = Canceled;
        const Audit found = audit(ledger->records());
        QCOMPARE(found.canceled, 1u);
        QCOMPARE(found.canceledByHandle, wish & ByHandle ? 1u : 0u);
        QCOMPARE(found.canceledByFuture, wish & ByFuture ? 1u : 0u);
        QCOMPARE(found.canceledUnsent, wish & Unsent ? 1u : 0u);
        QCOMPARE(found.canceledAndBegun, executions);
        QCOMPARE(found.disobeyed, 0u);
        QCOMPARE(exitCode(*ledger), 0);
    }
    void aCancelIsObeyed_data()
    {
        QTest::addColumn<int>("wish");
        QTest::addColumn<quint32>("outcome");
        QTest::newRow("a result all the same") << int(ByHandle) << quint32(Answered);
        QTest::newRow("a result of a future") << int(ByFuture) << quint32(Answered);
        QTest::newRow("an error") << int(ByHandle) << failed(Error::WorkerLost);
        QTest::newRow("begun although it was not sent") << (ByHandle | Unsent) << quint32(Canceled);
    }
    void aCancelIsObeyed()
    {
        QFETCH(int, wish);
        QFETCH(quint32, outcome);
        const auto ledger = tenRequests();
        ledger->noteWish(6, wish);
        ledger->records()[6].outcome = outcome;
        QCOMPARE(audit(ledger->records()).disobeyed, 1u);
        QCOMPARE(exitCode(*ledger), 1);
    }
    void aCancelSettlesOnce()
    {
        const auto ledger = tenRequests();
        ledger->noteWish(6, ByHandle);
        ledger->records()[6].outcome = Canceled;
        ledger->settle(6, Answered); // a callback came behind it
        const Audit found = audit(ledger->records());
        QCOMPARE(found.duplicated, 1u);
        QCOMPARE(exitCode(*ledger), 1);
    }
    void aCancelSettles()
    {
        const auto ledger = tenRequests();
        ledger->noteWish(6, ByHandle);
        ledger->records()[6].settlements = 0;
        ledger->records()[6].outcome = Unsettled;
        const Audit found = audit(ledger->records());
        QCOMPARE(found.unsettled, 1u);
        QCOMPARE(found.disobeyed, 0u);
        QCOMPARE(exitCode(*ledger), 1);
    }

    // What the request of three steps says, in the order of the text: e events, p progress, of the step behind it.
    void eventsComeInOrder_data()
    {
        QTest::addColumn<QByteArray>("heard");
        QTest::addColumn<bool>("isRight");
        QTest::newRow("all") << QByteArray("e0p1e1p2e2p3") << true;
        QTest::newRow("progress left out") << QByteArray("e0e1p2e2p3") << true;
        QTest::newRow("nothing") << QByteArray() << false;
        QTest::newRow("the last progress is missing") << QByteArray("e0p1e1p2e2") << false;
        QTest::newRow("the last event is missing") << QByteArray("e0p1e1p2") << false;
        QTest::newRow("an event is missing") << QByteArray("e0p1e2p3") << false;
        QTest::newRow("an event is doubled") << QByteArray("e0p1e1e1p2e2p3") << false;
        QTest::newRow("progress is doubled") << QByteArray("e0p1e1p2p2e2p3") << false;
        QTest::newRow("events change places") << QByteArray("e1e0p2e2p3") << false;
        QTest::newRow("progress overtakes") << QByteArray("e0p1p2e1e2p3") << false;
        QTest::newRow("progress comes late") << QByteArray("e0e1p1e2p3") << false;
    }
    void eventsComeInOrder()
    {
        QFETCH(QByteArray, heard);
        QFETCH(bool, isRight);
        Ledger ledger(10);
        Desk desk(ledger, 1, true);
        const Request request = drawTold(desk);
        hear(desk, request, heard);
        desk.answered(request, request.answer());
        QCOMPARE(ledger.header().events.load(), quint64(heard.count('e')));
        QCOMPARE(ledger.header().progress.load(), quint64(heard.count('p')));
        QCOMPARE(audit(ledger.records()).disordered, isRight ? 0u : 1u);
    }
    void eventsOfAnotherAreOutOfOrder()
    {
        Ledger ledger(10);
        Desk desk(ledger, 1, true);
        const Request request = drawTold(desk);
        desk.heardEvent(request, request.nonce + 1, 0);
        QCOMPARE(audit(ledger.records()).disordered, 1u);
    }
    void eventsBehindTheSettlementAreOutOfOrder()
    {
        Ledger ledger(10);
        Desk desk(ledger, 1, true);
        const Request request = drawTold(desk);
        hear(desk, request, "e0p1e1p2e2p3");
        desk.answered(request, request.answer());
        hear(desk, request, "e0");
        QCOMPARE(audit(ledger.records()).disordered, 1u);
    }
    void eventsBehindACancelAreOutOfOrder_data()
    {
        QTest::addColumn<int>("wish");
        QTest::newRow("by handle") << int(ByHandle);
        QTest::newRow("by future, which is heard of when the event loop turns") << int(ByFuture);
    }
    void eventsBehindACancelAreOutOfOrder()
    {
        QFETCH(int, wish);
        Ledger ledger(10);
        Desk desk(ledger, 1, true);
        const Request request = drawTold(desk);
        ledger.noteWish(quint64(request.id), wish);
        hear(desk, request, "e0");
        desk.canceled(request);
        QCOMPARE(audit(ledger.records()).disordered, wish == ByHandle ? 1u : 0u);
    }
    void jsonHasNoEvents()
    {
        Ledger ledger(10);
        Desk desk(ledger, 1, false);
        const Request request = drawTold(desk);
        desk.answered(request, request.answer());
        QCOMPARE(audit(ledger.records()).disordered, 0u);
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
        ledger->noteWish(2, ByFuture);
        const Report report{.audit = audit(ledger->records()),
                            .kills = 12,
                            .restartsBy = {{QStringLiteral("takeovers"), 3}, {QStringLiteral("zygotes killed"), 1}},
                            .lateCancels = 5,
                            .events = 20,
                            .progress = 10,
                            .runTimeouts = 4};
        const QString text = (Report::seedLine(7) + report.text()).simplified();
        for (const char *line :
             {"seed 7 kills 12", "restarts 4 takeovers 3 zygotes killed 1", "requests 10", "settled-once % 90",
              "executed-at-most-once % 100", "payload-match % 100", "lost 0", "duplicated 1", "unsettled 0",
              "WorkerLost 1", "run time-outs 4", "cancels 6 by handle 0 by future 1 too late 5", "canceled unsent 0",
              "canceled and begun 1", "disobeyed 1", "events 20", "progress 10", "disordered 0", "zombies 0"})
            QVERIFY2(text.contains(QString::fromLatin1(line)), line);
    }
};

QTEST_APPLESS_MAIN(TestStormAudit)
#include "tst_stormaudit.moc"
