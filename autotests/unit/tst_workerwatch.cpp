// SPDX-License-Identifier: MIT
#include "zygote/workerwatch_p.h"

#include <QtTest/QTest>

using namespace Prefork;
using namespace Prefork::Internal;
using namespace std::chrono_literals;
using Order = WorkerWatch::Order;
using Reason = WorkerWatch::Reason;
using Departure = WorkerWatch::Departure;

namespace {

constexpr qint64 ms = 1000000;

struct Fixture
{
    ScoreboardPage page;
    WorkerWatch watch;
    WorkerWatch::Limits limits
        = WorkerWatch::Limits::of({.hungTimeout = 10s, .abandonedGrace = 250ms, .killGrace = 100ms});

    explicit Fixture(quint32 protocol = ScoreboardPage::Json) { page.protocol = protocol; }
    void enter(ScoreboardPage::State state, qint64 when)
    {
        page.state = state;
        page.since = when;
    }
    WorkerWatch::Verdict look(qint64 now) { return watch.look(page, limits, now); }
    // The first order that is given from @p now on, to one who looks only when told to; Never if none before an hour
    // has gone.
    qint64 firstOrder(qint64 now)
    {
        while (now < 3600 * 1000 * ms) {
            const WorkerWatch::Verdict verdict = look(now);
            if (verdict.order != Order::None)
                return now;
            if (verdict.nextLook == WorkerWatch::Never)
                break;
            if (verdict.nextLook <= now)
                return -1; // it would spin
            now = verdict.nextLook;
        }
        return WorkerWatch::Never;
    }
};

}

class TestWorkerWatch : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void whoHangsIsAskedToGoAndThenMadeTo()
    {
        Fixture f;
        f.enter(ScoreboardPage::Busy, 5 * ms);
        QCOMPARE(f.firstOrder(6 * ms), 10005 * ms);
        QCOMPARE(f.watch.reason(), Reason::Hung);
        QCOMPARE(f.look(10010 * ms).nextLook, 10105 * ms);
        QCOMPARE(f.look(10104 * ms).order, Order::None);
        f.enter(ScoreboardPage::Idle, 10100 * ms); // too late
        QCOMPARE(f.look(10105 * ms).order, Order::Kill);
        QCOMPARE(f.look(10200 * ms).order, Order::None);
        QCOMPARE(f.firstOrder(10200 * ms), 11105 * ms); // once more, should it still be there
    }
    void withoutKillGraceNobodyIsAsked()
    {
        Fixture f;
        f.limits.kill = 0;
        f.enter(ScoreboardPage::Busy, 0);
        QCOMPARE(f.look(10000 * ms).order, Order::Kill);
        QCOMPARE(f.look(10000 * ms).order, Order::None);
    }
    void theGraceBeginsWithTheLaterOfHangUpAndWork_data()
    {
        QTest::addColumn<qint64>("busySince");
        QTest::addColumn<qint64>("hungUpAt");
        QTest::addColumn<qint64>("asked");
        QTest::newRow("busy, then the hang-up") << 100 * ms << 400 * ms << 650 * ms;
        QTest::newRow("the hang-up, then busy") << 400 * ms << 100 * ms << 650 * ms;
    }
    void theGraceBeginsWithTheLaterOfHangUpAndWork()
    {
        QFETCH(qint64, busySince);
        QFETCH(qint64, hungUpAt);
        QFETCH(qint64, asked);
        Fixture f;
        f.watch.onClosed(hungUpAt);
        f.enter(ScoreboardPage::Busy, busySince);
        QCOMPARE(f.firstOrder(400 * ms), asked);
        QCOMPARE(f.watch.reason(), Reason::Abandoned);
    }
    void anIdleWorkerIsLeftAloneButNotForgotten()
    {
        Fixture f;
        f.enter(ScoreboardPage::Idle, 0);
        QCOMPARE(f.look(0).nextLook, 10000 * ms);
        f.watch.onClosed(100 * ms);
        QCOMPARE(f.look(1000 * ms).order, Order::None);
        f.enter(ScoreboardPage::Busy, 100 * ms); // with what it had read before
        QCOMPARE(f.firstOrder(200 * ms), 350 * ms);
    }
    void whatAHalfClosedConnectionMeansDependsOnTheProtocol_data()
    {
        QTest::addColumn<quint32>("protocol");
        QTest::addColumn<qint64>("asked");
        QTest::newRow("JSON") << quint32(ScoreboardPage::Json) << 10000 * ms;
        QTest::newRow("native") << quint32(ScoreboardPage::Native) << 350 * ms;
    }
    void whatAHalfClosedConnectionMeansDependsOnTheProtocol()
    {
        QFETCH(quint32, protocol);
        QFETCH(qint64, asked);
        Fixture f(protocol);
        f.enter(ScoreboardPage::Busy, 0);
        f.watch.onHalfClosed(100 * ms);
        QCOMPARE(f.firstOrder(100 * ms), asked);
    }
    void aWorkerThatProvesNativeAfterItsClientLeftIsAbandoned()
    {
        Fixture f(ScoreboardPage::UnknownProtocol);
        f.watch.onHalfClosed(100 * ms);
        const qint64 next = f.look(100 * ms).nextLook;
        QCOMPARE(next, 350 * ms);
        f.page.protocol = ScoreboardPage::Native;
        f.enter(ScoreboardPage::Busy, 120 * ms);
        QCOMPARE(f.firstOrder(next), 370 * ms);
    }
    void limitsComeFromTheOptions()
    {
        const auto never = WorkerWatch::Limits::of({.hungTimeout = 0ms, .abandonedGrace = -1ms, .killGrace = -1ms});
        QCOMPARE(never.hung, WorkerWatch::Never);
        QCOMPARE(never.abandoned, WorkerWatch::Never);
        QCOMPARE(never.kill, 0);
        const auto longest = std::chrono::milliseconds::max();
        Fixture f;
        f.limits = WorkerWatch::Limits::of({.hungTimeout = longest, .abandonedGrace = longest, .killGrace = longest});
        f.enter(ScoreboardPage::Busy, ScoreboardPage::now());
        f.watch.onClosed(ScoreboardPage::now());
        QCOMPARE(f.look(ScoreboardPage::now()).order, Order::None);
        QVERIFY(f.look(ScoreboardPage::now()).nextLook > ScoreboardPage::now());
    }
    void aFreeNativeWorkerIsAskedOnceToLeave()
    {
        for (const Departure departure : {Departure::Room, Departure::Drain, Departure::Shutdown}) {
            Fixture f(ScoreboardPage::Native);
            f.enter(ScoreboardPage::Idle, 0);
            f.watch.wantGone(departure);
            QCOMPARE(f.look(100 * ms).order, Order::AskToLeave);
            QCOMPARE(f.firstOrder(101 * ms), WorkerWatch::Never);
            QCOMPARE(f.watch.reason(), Reason::None);
        }
    }
    void aBusyOneIsAskedWhenItHasAMomentOrAfterASecond()
    {
        Fixture f(ScoreboardPage::Native);
        f.enter(ScoreboardPage::Busy, 0);
        f.watch.wantGone(Departure::Shutdown);
        QCOMPARE(f.look(100 * ms).order, Order::None);
        f.enter(ScoreboardPage::Idle, 110 * ms);
        QCOMPARE(f.look(120 * ms).order, Order::AskToLeave);

        Fixture g(ScoreboardPage::Native);
        g.enter(ScoreboardPage::Busy, 0);
        g.watch.wantGone(Departure::Shutdown);
        const qint64 asked = g.firstOrder(100 * ms);
        QVERIFY(asked > 900 * ms && asked < 1200 * ms);
        QCOMPARE(g.watch.reason(), Reason::None);
    }
    void withoutGoodbyesItStaysWhileItsServerMayAndIsKilledWhenFree()
    {
        Fixture f(ScoreboardPage::Json);
        f.enter(ScoreboardPage::Idle, 0);
        f.page.held = 1;
        f.watch.wantGone(Departure::Shutdown);
        QCOMPARE(f.look(100 * ms).order, Order::None);
        f.page.held = 0;
        QCOMPARE(f.firstOrder(200 * ms), 200 * ms);
        QCOMPARE(f.watch.reason(), Reason::Shutdown);

        Fixture g(ScoreboardPage::UnknownProtocol);
        g.enter(ScoreboardPage::Free, 0);
        g.watch.wantGone(Departure::Drain);
        QCOMPARE(g.look(100 * ms).order, Order::None); // it could not hear yet
        g.enter(ScoreboardPage::Idle, 110 * ms);
        QCOMPARE(g.firstOrder(120 * ms), 120 * ms);
        QCOMPARE(g.watch.reason(), Reason::None); // it decides itself, by what its client will prove to speak
    }
    void withoutGoodbyesItMayOutliveItsServerForATime()
    {
        for (const quint32 protocol : {ScoreboardPage::Json, ScoreboardPage::UnknownProtocol}) {
            Fixture f(protocol);
            f.enter(ScoreboardPage::Idle, 0);
            f.page.held = 1;
            f.watch.mayStayUntil(5000 * ms);
            f.watch.wantGone(Departure::Shutdown);
            QCOMPARE(f.look(100 * ms).order, Order::None);
            f.page.held = 0;
            QCOMPARE(f.look(200 * ms).order, Order::LeaveBehind);
            f.watch.wantGone(Departure::Drain); // its program has gone
            f.page.held = 1;
            QCOMPARE(f.firstOrder(210 * ms), 5000 * ms); // whatever it does
            QCOMPARE(f.watch.reason(), Reason::Shutdown);
        }
        Fixture f;
        f.enter(ScoreboardPage::Idle, 0);
        f.watch.mayStayUntil(WorkerWatch::Never);
        f.watch.wantGone(Departure::Shutdown);
        QCOMPARE(f.look(100 * ms).order, Order::LeaveBehind);
        QCOMPARE(f.firstOrder(110 * ms), WorkerWatch::Never);
        f.watch.endNow(); // at a second signal
        QCOMPARE(f.look(200 * ms).order, Order::Terminate);
    }
    void itMayBeFreeTooLateToStay()
    {
        Fixture f;
        f.enter(ScoreboardPage::Busy, 0);
        f.watch.mayStayUntil(500 * ms);
        f.watch.wantGone(Departure::Shutdown);
        QCOMPARE(f.look(490 * ms).order, Order::None);
        f.enter(ScoreboardPage::Idle, 500 * ms);
        QCOMPARE(f.look(510 * ms).order, Order::Terminate);
    }
    void whoIsLeftAndProvesNativeIsAskedToLeave()
    {
        Fixture f(ScoreboardPage::UnknownProtocol);
        f.enter(ScoreboardPage::Idle, 0);
        f.watch.mayStayUntil(5000 * ms);
        f.watch.wantGone(Departure::Shutdown);
        QCOMPARE(f.look(100 * ms).order, Order::LeaveBehind);
        f.page.protocol = ScoreboardPage::Native;
        QCOMPARE(f.look(120 * ms).order, Order::AskToLeave);
    }
    void whoIsCondemnedGoesWhateverItDoes()
    {
        Fixture f(ScoreboardPage::Json);
        f.enter(ScoreboardPage::Busy, 0);
        f.watch.endNow();
        QCOMPARE(f.look(10 * ms).order, Order::Terminate);
        QCOMPARE(f.watch.reason(), Reason::Shutdown);
        QCOMPARE(f.firstOrder(11 * ms), 110 * ms);
    }
    void withNoGraceItIsAtOnce()
    {
        Fixture f;
        f.limits.abandoned = 0;
        f.watch.onClosed(100 * ms);
        f.enter(ScoreboardPage::Idle, 0);
        QCOMPARE(f.look(100 * ms).order, Order::None);
        f.enter(ScoreboardPage::Busy, 105 * ms);
        QCOMPARE(f.firstOrder(110 * ms), 110 * ms);
    }
    void anIdleWorkerThatDoesNotNoticeTheHangUpIsStopped()
    {
        Fixture f;
        f.enter(ScoreboardPage::Idle, 0);
        QCOMPARE(f.look(100 * ms).order, Order::None);
        f.watch.onClosed(200 * ms);
        const qint64 asked = f.firstOrder(200 * ms);
        QVERIFY(asked >= 1450 * ms && asked < 1800 * ms);
        QCOMPARE(f.watch.reason(), Reason::Abandoned);
    }
};

QTEST_APPLESS_MAIN(TestWorkerWatch)
#include "tst_workerwatch.moc"
