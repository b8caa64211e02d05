// SPDX-License-Identifier: MIT
#include "zygote/spareplan_p.h"

#include <QtTest/QTest>

#include <map>
#include <random>

using namespace Prefork::Internal;

namespace {

constexpr qint64 ms = 1'000'000;
constexpr qint64 s = 1000 * ms;
constexpr std::size_t Room = 100;

/// A zygote in a virtual time, which forks whenever the plan says so.
struct Fixture
{
    SparePlan plan;
    qint64 now = 1000 * s;
    quint64 last = 0;
    std::size_t room = Room;

    explicit Fixture(int wanted)
        : plan(wanted)
    {
    }
    bool forkIfDue()
    {
        if (plan.nextFork(room) > now)
            return false;
        plan.forked(++last, now);
        return true;
    }
    int forkWhatIsDue()
    {
        int forks = 0;
        while (forkIfDue())
            ++forks;
        return forks;
    }
    quint64 oldest() const
    {
        quint64 number = 0;
        plan.find([&number](quint64 first) { return (number = first, true); });
        return number;
    }
};

}

class TestSparePlan : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void withoutTheOptionThereAreNone()
    {
        for (const int wanted : {0, -1, std::numeric_limits<int>::min()}) {
            const Fixture f(wanted);
            QCOMPARE(f.plan.nextFork(Room), SparePlan::Never);
        }
    }
    void soManyAreForkedAtOnceAndNoMore()
    {
        Fixture f(3);
        QCOMPARE(f.forkWhatIsDue(), 3);
        QCOMPARE(f.plan.nextFork(Room), SparePlan::Never);
    }
    void whereThereIsNoRoomNoneIsForked()
    {
        Fixture f(3);
        QCOMPARE(f.plan.nextFork(0), SparePlan::Never);
        QVERIFY(f.plan.nextFork(1) <= f.now);
    }
    void theOldestFitOneIsFound()
    {
        Fixture f(3);
        f.forkWhatIsDue();
        std::vector<quint64> asked;
        const auto isSecond = [&asked](quint64 number) { return (asked.push_back(number), number == 2); };
        QVERIFY(f.plan.find(isSecond));
        QCOMPARE(asked, std::vector<quint64>({1, 2}));
        QVERIFY(!f.plan.find([](quint64) { return false; }));
    }
    void oneThatWasTakenIsReplacedAMomentLater()
    {
        Fixture f(2);
        f.forkWhatIsDue();
        f.plan.taken(1, f.now);
        QCOMPARE(f.plan.nextFork(Room), f.now + 5 * ms);
        f.now += 5 * ms;
        QCOMPARE(f.forkWhatIsDue(), 1);
        QCOMPARE(f.oldest(), quint64(2));
    }
    void thoseThatAreTakenAllTheTimeAreReplacedAllTheSame()
    {
        Fixture f(2);
        f.forkWhatIsDue();
        int forks = 0;
        for (int i = 0; i < 100; ++i) {
            if (const quint64 oldest = f.oldest(); oldest != 0)
                f.plan.taken(oldest, f.now);
            f.now += ms / 2;
            forks += f.forkWhatIsDue();
        }
        QVERIFY2(forks > 2, qPrintable(QString::number(forks)));
    }
    void whatDiesAtOnceIsForkedEverMoreRarely()
    {
        Fixture f(1);
        std::vector<qint64> pauses;
        for (int i = 0; i < 12; ++i) {
            f.forkWhatIsDue();
            f.plan.died(f.oldest(), f.now);
            const qint64 due = f.plan.nextFork(Room);
            pauses.push_back((due - f.now) / ms);
            f.now = due;
        }
        QCOMPARE(pauses, std::vector<qint64>({20, 40, 80, 160, 320, 640, 1280, 2560, 5120, 10'000, 10'000, 10'000}));
    }
    void failedForksAreTriedAgainEverMoreRarely()
    {
        Fixture f(1);
        for (const qint64 pause : {20, 40, 80, 160}) {
            f.plan.forkFailed(f.now);
            QCOMPARE(f.plan.nextFork(Room), f.now + pause * ms);
            f.now += pause * ms;
        }
    }
    void oneThatDiesInItsPrimeIsReplacedSoon()
    {
        Fixture f(1);
        for (int i = 0; i < 5; ++i) {
            f.forkWhatIsDue();
            f.now += 10 * s;
            f.plan.died(f.oldest(), f.now);
            QCOMPARE(f.plan.nextFork(Room), f.now + 20 * ms);
            f.now += 20 * ms;
        }
    }
    void oneThatWasOfUseShowsThatSparesCanLive()
    {
        Fixture f(1);
        for (int i = 0; i < 5; ++i) {
            f.forkWhatIsDue();
            f.plan.died(f.oldest(), f.now);
            f.now = f.plan.nextFork(Room);
        }
        f.forkWhatIsDue();
        f.plan.taken(f.oldest(), f.now);
        f.now += 5 * ms;
        f.forkWhatIsDue();
        f.plan.died(f.oldest(), f.now);
        QCOMPARE(f.plan.nextFork(Room), f.now + 20 * ms);
    }
    void strangersChangeNothing()
    {
        Fixture f(1);
        f.forkWhatIsDue();
        f.plan.taken(7, f.now);
        f.plan.died(7, f.now);
        QCOMPARE(f.plan.count(), std::size_t(1));
        QCOMPARE(f.plan.nextFork(Room), SparePlan::Never);
    }
    void allAreReplacedAtOnceWhenAskedFor()
    {
        Fixture f(3);
        f.forkWhatIsDue();
        QCOMPARE(f.plan.replaceAll(), std::vector<quint64>({1, 2, 3}));
        f.plan.died(1, f.now); // as the caller will say
        QCOMPARE(f.forkWhatIsDue(), 3);
    }
    void afterTheEndThereAreNone()
    {
        Fixture f(2);
        f.forkWhatIsDue();
        QCOMPARE(f.plan.stop(), std::vector<quint64>({1, 2}));
        QCOMPARE(f.plan.nextFork(Room), SparePlan::Never);
        QCOMPARE(f.plan.count(), std::size_t(0));
    }
    void promisesHoldInRandomHistories();
};

// What holds whatever happens: there are never more spares than wanted, and none is forked without room; the number of
// forks is bounded by what was taken, by time and by the spares wanted; and when all is calm, there are as many as
// wanted before the longest delay is over.
void TestSparePlan::promisesHoldInRandomHistories()
{
    const int histories = 2000;
    for (int seed = 0; seed < histories; ++seed) {
        std::mt19937 random(static_cast<quint32>(seed));
        const auto upTo = [&random](int most) { return int(random() % quint32(most + 1)); };
        const int wanted = upTo(5);
        Fixture f(wanted);
        const qint64 start = f.now;
        std::size_t forks = 0;
        std::size_t taken = 0;
        std::size_t mature = 0;
        std::size_t replaced = 0;
        std::map<quint64, qint64> born;
        for (int step = 0; step < 300; ++step) {
            f.now += upTo(3) == 0 ? upTo(2000) * ms : upTo(1000) * 1000;
            f.room = std::size_t(upTo(3));
            const quint64 one = f.oldest();
            switch (upTo(6)) {
            case 0:
                if (one != 0) {
                    f.plan.taken(one, f.now);
                    ++taken;
                }
                break;
            case 1:
            case 2:
                if (one != 0) {
                    mature += f.now - born.at(one) >= 10 * s;
                    f.plan.died(one, f.now);
                }
                break;
            case 3:
                if (f.plan.nextFork(f.room) <= f.now)
                    f.plan.forkFailed(f.now);
                break;
            case 4:
                if (upTo(20) == 0)
                    replaced += f.plan.replaceAll().size();
                break;
            default:
                while (f.room > 0 && f.forkIfDue()) {
                    born[f.last] = f.now;
                    --f.room;
                    ++forks;
                }
            }
            QVERIFY2(f.plan.count() <= std::size_t(wanted), qPrintable(QString::number(seed)));
            QCOMPARE(f.plan.nextFork(0), SparePlan::Never);
        }
        // Without use, each death costs a delay, of which ten are short, and the others last ten seconds.
        const std::size_t uses = taken + mature + replaced + 1;
        const std::size_t most
            = std::size_t(wanted) * (uses + 1) * 11 + std::size_t((f.now - start) / (10 * s)) * std::size_t(wanted + 1);
        QVERIFY2(forks <= most, qPrintable(QString::number(seed)));
        f.now += 10 * s;
        f.room = Room;
        f.forkWhatIsDue();
        QVERIFY2(f.plan.count() == std::size_t(wanted), qPrintable(QString::number(seed)));
    }
}

QTEST_APPLESS_MAIN(TestSparePlan)
#include "tst_spareplan.moc"
