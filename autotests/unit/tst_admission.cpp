// SPDX-License-Identifier: MIT
#include "server/admission_p.h"
#include "server/firstcallgrace_p.h"

#include <QtTest/QTest>

#include <algorithm>
#include <map>
#include <random>

using namespace Prefork;
using namespace Prefork::Internal;
using namespace std::chrono_literals;
using Start = Admission::Start;

class TestAdmission : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void whoHasAnsweredCallsMayLeaveAtOnce()
    {
        QVERIFY(FirstCallGrace().allows(1, 0ns));
        QVERIFY(!FirstCallGrace().allows(0, 0ns));
        QVERIFY(FirstCallGrace().allows(0, FirstCallGrace::Least));
    }
    void theGraceForAFirstCallGrowsWithEveryWorkerThatLeavesWithoutOne()
    {
        FirstCallGrace grace;
        FirstCallGrace::Duration expected = FirstCallGrace::Least;
        for (int i = 0; i < 20; ++i) {
            QVERIFY(grace.allows(0, expected));
            QVERIFY(!grace.allows(0, expected - 1ns));
            grace.asked(0);
            expected = std::min(2 * expected, FirstCallGrace::Most);
        }
        QVERIFY(grace.allows(0, FirstCallGrace::Most)); // nobody keeps a place for ever
    }
    void theGraceForAFirstCallShrinksAgain()
    {
        FirstCallGrace grace;
        for (int i = 0; i < 20; ++i)
            grace.asked(0);
        grace.asked(1);
        QVERIFY(grace.allows(0, FirstCallGrace::Most - 1ns));
        for (int i = 0; i < 100; ++i)
            grace.asked(1);
        QVERIFY(grace.allows(0, FirstCallGrace::Least));
        QVERIFY(!grace.allows(0, FirstCallGrace::Least - 1ns));
    }
    void firstComeFirstServed()
    {
        Admission desk({});
        for (Admission::Id id = 1; id <= 3; ++id)
            QVERIFY(desk.arrive(id, 1000));
        desk.leave(2);
        QCOMPARE(desk.next(true, 0s).value_or(0), 1u);
        QCOMPARE(desk.next(true, 0s).value_or(0), 3u);
        QVERIFY(!desk.next(true, 0s));
        QVERIFY(desk.shortages(true).empty());
    }
    void beyondTheCapTheyWaitForAnEnd()
    {
        Admission desk({.maxWorkers = 2});
        for (Admission::Id id = 1; id <= 4; ++id)
            QVERIFY(desk.arrive(id, 1000));
        QVERIFY(desk.next(true, 0s) && desk.next(true, 0s));
        QVERIFY(!desk.next(true, 0s));
        QCOMPARE(desk.shortages(true).size(), 2u);
        QVERIFY(!desk.shortages(true).front().user);
        desk.end(1, Start::Good, 1s);
        QCOMPARE(desk.next(true, 1s).value_or(0), 3u);
        QVERIFY(!desk.next(true, 1s));
    }
    void aFullZygoteIsACapToo()
    {
        Admission desk({});
        QVERIFY(desk.arrive(1, 1000));
        QVERIFY(!desk.next(false, 0s));
        QCOMPARE(desk.shortages(false).size(), 1u);
        QCOMPARE(desk.next(true, 0s).value_or(0), 1u);
    }
    void aUserAtItsCapHoldsUpNobodyElse()
    {
        Admission desk({.maxPerUser = 1});
        QVERIFY(desk.arrive(1, 1000));
        QVERIFY(desk.arrive(2, 1000));
        QVERIFY(desk.arrive(3, 1001));
        QVERIFY(desk.arrive(4, Admission::Nobody));
        QVERIFY(desk.arrive(5, Admission::Nobody));
        for (const Admission::Id expected : {1, 3, 4, 5})
            QCOMPARE(desk.next(true, 0s).value_or(0), expected);
        QVERIFY(!desk.next(true, 0s));
        QCOMPARE(desk.shortages(true).size(), 1u);
        QCOMPARE(desk.shortages(true).front().user.value_or(0), 1000);
    }
    void itsQueueIsBounded()
    {
        Admission desk({.maxPerUser = 1});
        QVERIFY(desk.arrive(1, 1000));
        QVERIFY(desk.next(true, 0s));
        for (qsizetype i = 0; i < Admission::MaxWaitingPerUser; ++i)
            QVERIFY(desk.arrive(Admission::Id(10 + i), 1000));
        QVERIFY(!desk.arrive(99, 1000));
        QVERIFY(desk.arrive(100, 1001));
        QCOMPARE(desk.waitingCount(), Admission::MaxWaitingPerUser + 1);
    }
    void soManyASecondAndNoMore()
    {
        Admission desk({.spawnRate = 10});
        Admission::Id id = 0;
        int spawned = 0;
        Admission::Time now = 5s;
        const Admission::Time end = now + 2s;
        while (now < end) {
            QVERIFY(desk.arrive(++id, 1000));
            while (desk.next(true, now)) {
                ++spawned;
                QVERIFY(desk.arrive(++id, 1000));
            }
            const auto at = desk.nextAt(now);
            QVERIFY(at && *at > now); // else it would spin
            now = *at;
        }
        QVERIFY2(spawned >= 28 && spawned <= 31, qPrintable(QString::number(spawned))); // ten at once, ten a second
    }
    void whoseSetupKeepsFailingIsTriedEverLessOften()
    {
        Admission desk({});
        Admission::Time now = 100s;
        Admission::Time longest{};
        int spawned = 0;
        const Admission::Time end = now + 20s;
        for (Admission::Id id = 1; now < end; ++id) {
            QVERIFY(desk.arrive(id, 1000));
            auto next = desk.next(true, now);
            if (!next) {
                const auto at = desk.nextAt(now);
                QVERIFY(at && *at > now);
                longest = std::max(longest, *at - now);
                now = *at;
                next = desk.next(true, now);
            }
            QVERIFY(next);
            ++spawned;
            desk.end(*next, Start::Bad, now);
        }
        QVERIFY2(spawned > 20 && spawned < 40, qPrintable(QString::number(spawned)));
        QCOMPARE(longest, Admission::Time(1s));
        QVERIFY(desk.arrive(10000, 1000));
        const Admission::Time mended = *desk.nextAt(now);
        QVERIFY(desk.next(true, mended));
        desk.end(10000, Start::Good, mended);
        QCOMPARE(desk.badStarts(), 0);
        QVERIFY(desk.arrive(10001, 1000));
        QVERIFY(desk.next(true, mended));
    }
    void whileSetupsFailThereIsOneProbe()
    {
        Admission desk({});
        Admission::Time now = 100s;
        for (Admission::Id id = 1; id <= 60; ++id)
            QVERIFY(desk.arrive(id, 1000));
        for (Admission::Id id = 1; id <= 60; ++id) // all at once, for nobody knows yet
            QCOMPARE(desk.next(true, now).value_or(0), id);
        for (Admission::Id id = 1; id <= 60; ++id)
            desk.end(id, Start::Bad, now);
        for (Admission::Id id = 101; id <= 160; ++id)
            QVERIFY(desk.arrive(id, 1000));
        QVERIFY(!desk.next(true, now));
        now += 1s;
        QCOMPARE(desk.next(true, now).value_or(0), 101u);
        QCOMPARE(desk.probe().value_or(0), 101u);
        QVERIFY(!desk.next(true, now) && !desk.next(true, now + 500ms));
        for (int i = 0; i < 10; ++i) { // its setup takes long
            now += 500ms;
            desk.probeWorks(now);
            QVERIFY(!desk.next(true, now));
        }
        desk.end(101, Start::Bad, now);
        QVERIFY(!desk.next(true, now));
        now += 1s;
        QCOMPARE(desk.next(true, now).value_or(0), 102u); // nobody calls it
        QVERIFY(!desk.next(true, now + 999ms));
        now += 1s;
        QCOMPARE(desk.next(true, now).value_or(0), 103u);
        desk.probeSucceeded();
        QVERIFY(desk.next(true, now) && desk.next(true, now));
    }
    void aSetupThatWentWellBeforeProvesNothing()
    {
        Admission desk({});
        for (Admission::Id id = 1; id <= 20; ++id) {
            QVERIFY(desk.arrive(id, 1000));
            QVERIFY(desk.next(true, 100s));
        }
        for (Admission::Id id = 1; id <= 10; ++id)
            desk.end(id, Start::Bad, 101s);
        desk.end(11, Start::Good, 101s); // of when there was a database yet
        QCOMPARE(desk.badStarts(), 10);
        QVERIFY(desk.arrive(21, 1000) && desk.arrive(22, 1000));
        QVERIFY(desk.next(true, 102s) && !desk.next(true, 102s));
        desk.end(12, Start::Bad, 102s);
        QVERIFY(!desk.next(true, 102500ms)); // others that end are not the probe
        desk.end(21, Start::Good, 102500ms);
        QCOMPARE(desk.badStarts(), 0);
    }
    void aWorkerNobodyCalledSaysNothingOfTheSetup()
    {
        Admission desk({});
        for (Admission::Id id = 1; id <= 20; ++id) {
            QVERIFY(desk.arrive(id, 1000));
            QVERIFY(desk.next(true, 0s));
            desk.end(id, Start::Unknown, 0s);
        }
        QCOMPARE(desk.badStarts(), 0);
    }
    // Whatever happens: no cap is exceeded, nobody is served twice or forgotten, nobody waits for a moment that has
    // passed.
    void randomHistoriesKeepTheCaps()
    {
        const quint32 seed = qEnvironmentVariableIsSet("PREFORK_ADMISSION_SEED")
            ? qEnvironmentVariable("PREFORK_ADMISSION_SEED").toUInt()
            : std::random_device()();
        std::minstd_rand random(seed);
        const auto below = [&random](unsigned limit) { return unsigned(random() >> 4) % limit; };
        const QByteArray replay = "PREFORK_ADMISSION_SEED=" + QByteArray::number(seed);
        for (int history = 0; history < 2000; ++history) {
            const Admission::Limits limits{int(below(6)), int(below(4)), int(below(3)) * 3};
            Admission desk(limits);
            std::map<Admission::Id, qint64> waiting;
            std::map<Admission::Id, qint64> working;
            Admission::Time now{};
            Admission::Id last = 0;
            for (int step = 0; step < 100; ++step) {
                const qint64 user = qint64(below(3)) - 1;
                switch (below(4)) {
                case 0:
                    if (desk.arrive(++last, user))
                        waiting.emplace(last, user);
                    break;
                case 1:
                    if (!waiting.empty()) {
                        desk.leave(waiting.begin()->first);
                        waiting.erase(waiting.begin());
                    }
                    break;
                case 2:
                    if (!working.empty()) {
                        desk.end(working.begin()->first, Start(below(3)), now);
                        working.erase(working.begin());
                    }
                    break;
                case 3:
                    now += Admission::Time(below(100) * 1ms);
                    break;
                }
                while (const auto id = desk.next(true, now)) {
                    QVERIFY2(waiting.contains(*id), replay.constData());
                    working.emplace(*id, waiting.at(*id));
                    waiting.erase(*id);
                }
                const auto count = std::count_if(working.begin(), working.end(),
                                                 [user](const auto &one) { return one.second == user; });
                QVERIFY2(limits.maxWorkers == 0 || int(working.size()) <= limits.maxWorkers, replay.constData());
                QVERIFY2(limits.maxPerUser == 0 || user == Admission::Nobody || count <= limits.maxPerUser,
                         replay.constData());
                QVERIFY2(desk.waitingCount() == qsizetype(waiting.size())
                             && desk.workerCount() == qsizetype(working.size()),
                         replay.constData());
                const auto at = desk.nextAt(now);
                QVERIFY2(!at || *at > now, replay.constData()); // else it would spin
                QVERIFY2(waiting.empty() || at || !desk.shortages(true).empty(), replay.constData());
            }
        }
    }
};

QTEST_APPLESS_MAIN(TestAdmission)
#include "tst_admission.moc"
