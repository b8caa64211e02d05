// SPDX-License-Identifier: MIT
// What is shown of a client, without a client: the histogram, the record of calls and the rows of workers, each
// compared with the plainest thing that does the same.
#include "views/lastcalls_p.h"
#include "views/methodlatencies_p.h"
#include "views/workerboard_p.h"

#include <QtTest/QTest>

#include <algorithm>
#include <map>
#include <random>

using namespace Prefork;
using namespace Prefork::Views;
using namespace std::chrono_literals;
using std::chrono::nanoseconds;

namespace {

/// Durations of every size, many of them short.
nanoseconds randomDuration(std::mt19937 &random)
{
    const int bits = std::uniform_int_distribution<int>(0, 46)(random);
    return nanoseconds(std::uniform_int_distribution<qint64>(0, (qint64(1) << bits) - 1)(random));
}

nanoseconds exactPercentile(std::vector<nanoseconds> samples, double percent)
{
    std::sort(samples.begin(), samples.end());
    const auto rank = std::size_t(std::ceil(double(samples.size()) * percent / 100));
    return samples[std::max<std::size_t>(rank, 1) - 1];
}

bool isCloseTo(nanoseconds measured, nanoseconds exact)
{
    const auto error = double(std::abs((measured - exact).count()));
    return error <= double(exact.count()) * LatencyHistogram::MostError
        || error <= double(LatencyHistogram::LeastError.count());
}

EndedCall ended(const QString &method, EndedCall::Outcome outcome, nanoseconds latency)
{
    EndedCall call{.method = method, .outcome = outcome};
    call.made = 1h;
    call.settled = 1h + latency;
    return call;
}

/// The rows, the plain way: a list of places, each of which somebody keeps himself.
struct NaiveBoard
{
    struct Row
    {
        std::optional<SeenWorker> worker;
        QString lastDeath;
        nanoseconds emptySince{};
    };
    std::vector<Row> rows;
    std::map<quint64, QString> deaths;

    void follow(const std::vector<SeenWorker> &workers, nanoseconds now, nanoseconds keepsEmpty)
    {
        std::map<quint64, SeenWorker> newcomers;
        for (const SeenWorker &seen : workers)
            newcomers.emplace(seen.worker, seen);
        for (Row &row : rows) {
            if (!row.worker)
                continue;
            const auto still = newcomers.find(row.worker->worker);
            if (still != newcomers.end()) {
                row.worker = still->second;
                newcomers.erase(still);
                continue;
            }
            if (deaths.contains(row.worker->worker))
                row.lastDeath = deaths[row.worker->worker];
            row.worker.reset();
            row.emptySince = now;
        }
        for (const auto &[number, seen] : newcomers) {
            const auto vacant
                = std::find_if(rows.begin(), rows.end(), [](const Row &row) { return !row.worker.has_value(); });
            (vacant == rows.end() ? rows.emplace_back() : *vacant).worker = seen;
        }
        std::erase_if(rows, [&](const Row &row) { return !row.worker && now - row.emptySince >= keepsEmpty; });
        std::erase_if(deaths, [&](const auto &death) {
            return std::none_of(workers.begin(), workers.end(),
                                [&](const SeenWorker &seen) { return seen.worker == death.first; });
        });
    }
};

bool isSame(const WorkerBoard &board, const NaiveBoard &naive)
{
    if (board.size() != int(naive.rows.size()))
        return false;
    for (int row = 0; row < board.size(); ++row) {
        const NaiveBoard::Row &expected = naive.rows[std::size_t(row)];
        const Place &place = board.at(row);
        if (place.isEmpty() == expected.worker.has_value() || place.lastDeath != expected.lastDeath)
            return false;
        if (expected.worker && *expected.worker != place.seen)
            return false;
        if (!expected.worker && place.seen.state != WorkerModel::Empty)
            return false;
    }
    return true;
}

/// Does what a model does, and checks what a model relies on. Returns whether anything has changed.
bool follow(WorkerBoard &board, const std::vector<SeenWorker> &workers, nanoseconds now)
{
    WorkerBoard::Plan plan = board.plan(workers, now);
    const bool changes = plan.firstChanged >= 0 || !plan.removed.empty() || !plan.appended.empty();
    const std::vector<Place> before = [&board] {
        std::vector<Place> places;
        for (int row = 0; row < board.size(); ++row)
            places.push_back(board.at(row));
        return places;
    }();
    board.change(plan);
    for (int row = 0; row < board.size(); ++row) {
        const bool isInside = plan.firstChanged >= 0 && row >= plan.firstChanged && row <= plan.lastChanged;
        const Place &old = before[std::size_t(row)];
        if (!isInside && (old.seen != board.at(row).seen || old.lastDeath != board.at(row).lastDeath))
            qFatal("row %d changes, and nobody is told", row);
    }
    for (std::size_t i = 0; i < plan.removed.size(); ++i) {
        if (i > 0 && plan.removed[i] >= plan.removed[i - 1])
            qFatal("rows are not removed from the last to the first");
        board.remove(plan.removed[i]);
    }
    board.append(plan);
    board.forgetDeaths(workers);
    return changes;
}

}

class TestViews : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void percentilesAreCloseToTheExactOnes_data()
    {
        QTest::addColumn<unsigned>("seed");
        QTest::addColumn<int>("count");
        for (unsigned seed = 1; seed <= 40; ++seed)
            QTest::addRow("%u", seed) << seed << int(1 + (seed * seed * 7) % 5000);
    }
    void percentilesAreCloseToTheExactOnes()
    {
        QFETCH(unsigned, seed);
        QFETCH(int, count);
        std::mt19937 random(seed);
        std::vector<nanoseconds> samples;
        LatencyHistogram histogram;
        for (int i = 0; i < count; ++i) {
            samples.push_back(seed % 3 == 0 ? 1ms + nanoseconds(random() % 100'000) : randomDuration(random));
            histogram.add(samples.back());
        }
        QCOMPARE(histogram.count(), quint64(count));
        for (const double percent : {0.0, 1.0, 10.0, 25.0, 50.0, 75.0, 90.0, 99.0, 99.9, 100.0}) {
            const nanoseconds exact = exactPercentile(samples, percent);
            const nanoseconds measured = histogram.percentile(percent);
            QVERIFY2(isCloseTo(measured, exact),
                     qPrintable(QStringLiteral("p%1 is %2 ns, and %3 was measured")
                                    .arg(percent)
                                    .arg(exact.count())
                                    .arg(measured.count())));
        }
        QCOMPARE(histogram.percentile(100), *std::max_element(samples.begin(), samples.end()));
        QCOMPARE(histogram.percentile(0), *std::min_element(samples.begin(), samples.end()));
    }
    void everyDurationAloneIsExact()
    {
        for (const nanoseconds duration : {0ns, 1ns, 15ns, 16ns, 511ns, 512ns, 513ns, nanoseconds(1s), nanoseconds(1h),
                                           nanoseconds(24h * 365), nanoseconds::max()}) {
            LatencyHistogram histogram;
            histogram.add(duration);
            QCOMPARE(histogram.percentile(50), duration);
        }
        LatencyHistogram negative;
        negative.add(-5s);
        QCOMPARE(negative.percentile(50), 0ns);
        QCOMPARE(LatencyHistogram().percentile(50), 0ns);
    }
    void theEdgesOfBucketsAreAsGoodAsTheirMiddles()
    {
        for (int bits = 1; bits < 47; ++bits) {
            for (const qint64 offset : {-1, 0, 1}) {
                const nanoseconds duration((qint64(1) << bits) + offset);
                LatencyHistogram histogram;
                histogram.add(0ns);
                histogram.add(duration);
                histogram.add(nanoseconds::max());
                const nanoseconds measured = histogram.percentile(50);
                QVERIFY2(isCloseTo(measured, duration), qPrintable(QString::number(duration.count())));
            }
        }
    }
    void aHistogramTakesBoundedMemory()
    {
        std::mt19937 random(1);
        LatencyHistogram histogram;
        for (int i = 0; i < 200'000; ++i)
            histogram.add(nanoseconds(qint64(random()) << (random() % 31)));
        QVERIFY2(histogram.memory() <= 10'500, qPrintable(QString::number(histogram.memory())));
        histogram.clear();
        QCOMPARE(histogram.count(), 0u);
        QCOMPARE(histogram.percentile(99), 0ns);
        QCOMPARE(histogram.memory(), sizeof histogram);
    }

    void methodsAreCountedEach()
    {
        std::mt19937 random(7);
        MethodLatencies methods;
        std::map<QString, std::vector<nanoseconds>> samples;
        std::map<QString, std::array<quint64, 3>> counts;
        for (int i = 0; i < 20'000; ++i) {
            const QString method = QStringLiteral("m%1").arg(random() % 20);
            const auto outcome = EndedCall::Outcome(random() % 3);
            const nanoseconds latency = randomDuration(random);
            methods.add(ended(method, outcome, latency));
            ++counts[method][outcome];
            if (outcome == EndedCall::Finished)
                samples[method].push_back(latency);
        }
        QCOMPARE(methods.size(), 20u);
        quint64 failed = 0;
        for (std::size_t i = 0; i < methods.size(); ++i) {
            const MethodLatencies::Entry &entry = methods.at(i);
            const QString method = methods.methodOf(i);
            QCOMPARE(entry.latencies.count(), counts[method][EndedCall::Finished]);
            QCOMPARE(entry.failed, counts[method][EndedCall::Failed]);
            QCOMPARE(entry.canceled, counts[method][EndedCall::Canceled]);
            QVERIFY(isCloseTo(entry.latencies.percentile(90), exactPercentile(samples[method], 90)));
            failed += entry.failed;
        }
        QCOMPARE(methods.total().failed, failed);
    }
    void methodsBeyondTheFirstAreCountedTogether()
    {
        MethodLatencies methods;
        for (int round = 0; round < 3; ++round) {
            for (int i = 0; i < 1000; ++i)
                methods.add(ended(QString::number(i), EndedCall::Finished, 1ms));
        }
        QCOMPARE(methods.size(), MethodLatencies::MostMethods + 1);
        QVERIFY(MethodLatencies::isOthers(MethodLatencies::MostMethods));
        QCOMPARE(methods.at(0).latencies.count(), 3u);
        QCOMPARE(methods.methodOf(63), QStringLiteral("63"));
        QCOMPARE(methods.at(MethodLatencies::MostMethods).latencies.count(), 3 * (1000u - 64u));
        QCOMPARE(methods.total().latencies.count(), 3000u);
        methods.clear();
        QCOMPARE(methods.size(), 0u);
        QCOMPARE(methods.add(ended(QStringLiteral("999"), EndedCall::Failed, 1ms)), 0u);
        QCOMPARE(methods.total().latencies.count(), 0u);
    }

    void timesAreNeverNegative()
    {
        EndedCall call;
        call.made = 10ms;
        call.begun = 9ms;
        call.settled = 8ms;
        call.hasBegun = true;
        QCOMPARE(call.inLine(), 0ns);
        QCOMPARE(call.running(), 0ns);
        QCOMPARE(call.latency(), 0ns);
        call.hasBegun = false;
        call.settled = 30ms;
        QCOMPARE(call.inLine(), 20ms);
        QCOMPARE(call.running(), 0ns);
    }

    void theLastCallsStay()
    {
        for (unsigned seed = 1; seed <= 200; ++seed) {
            std::mt19937 random(seed);
            LastCalls calls(10);
            std::deque<int> all; // the newest first
            std::deque<int> aside;
            int next = 0;
            for (int step = 0; step < 200; ++step) {
                switch (random() % 8) {
                case 0:
                    calls.setLimit(qsizetype(random() % 20));
                    calls.dropOldest(calls.excess());
                    break;
                case 1: {
                    QCOMPARE(calls.hasNews(), !aside.empty() && calls.limit() > 0);
                    const std::deque<EndedCall> news = calls.takeNews();
                    const LastCalls::Change change = calls.changeFor(news);
                    calls.dropOldest(change.removed);
                    calls.takeIn(news, change.inserted);
                    QCOMPARE(change.inserted, std::min(qsizetype(news.size()), calls.limit()));
                    all.insert(all.begin(), aside.begin(), aside.end());
                    aside.clear();
                    break;
                }
                case 2:
                    if (random() % 10 == 0) {
                        calls.clear();
                        all.clear();
                        aside.clear();
                    }
                    break;
                default:
                    calls.add(ended(QString::number(next), EndedCall::Finished, 1ms));
                    aside.push_front(next++);
                    break;
                }
                all.resize(std::min(all.size(), std::size_t(calls.limit())));
                aside.resize(std::min(aside.size(), std::size_t(calls.limit())));
                QCOMPARE(calls.size(), qsizetype(all.size()));
                for (std::size_t i = 0; i < all.size(); ++i)
                    QCOMPARE(calls.at(qsizetype(i)).method, QString::number(all[i]));
            }
        }
    }

    void rowsAreThoseOfThePlainWay()
    {
        for (unsigned seed = 1; seed <= 2000; ++seed) {
            std::mt19937 random(seed);
            const nanoseconds keepsEmpty = seed % 5 == 0 ? 0ms : 50ms;
            WorkerBoard board(keepsEmpty);
            NaiveBoard naive;
            std::vector<SeenWorker> workers;
            quint64 last = 0;
            nanoseconds now = 1h;
            for (int step = 0; step < 60; ++step) {
                for (unsigned changes = random() % 4; changes > 0; --changes) {
                    const std::size_t pick = workers.empty() ? 0 : random() % workers.size();
                    switch (random() % 6) {
                    case 0:
                    case 1:
                        if (workers.size() < 6)
                            workers.push_back({.worker = ++last, .pid = qint64(random() % 3)});
                        break;
                    case 2: {
                        const quint64 gone = workers.empty() ? last + 5 : workers[pick].worker;
                        const QString reason = QStringLiteral("death %1").arg(step);
                        QCOMPARE(board.noteDeath(gone, reason), naive.deaths.emplace(gone, reason).second);
                        if (!workers.empty() && random() % 4 != 0) // else it is only hung up on
                            workers.erase(workers.begin() + std::ptrdiff_t(pick));
                        break;
                    }
                    case 3:
                        if (!workers.empty())
                            workers.erase(workers.begin() + std::ptrdiff_t(pick));
                        break;
                    default:
                        if (!workers.empty()) {
                            workers[pick].state = WorkerModel::State(1 + random() % 6);
                            workers[pick].method = QStringLiteral("m%1").arg(random() % 3);
                            workers[pick].callsServed += qint64(random() % 2);
                        }
                        break;
                    }
                }
                now += std::chrono::milliseconds(random() % 30);
                const bool differs = board.differs(workers, now);
                const std::optional<nanoseconds> removal = board.nextRemoval();
                const bool changes = follow(board, workers, now);
                naive.follow(workers, now, keepsEmpty);
                QVERIFY2(isSame(board, naive), qPrintable(QStringLiteral("seed %1, step %2").arg(seed).arg(step)));
                QVERIFY2(differs || !changes,
                         qPrintable(QStringLiteral("seed %1: nobody knows of a change").arg(seed)));
                if (removal && *removal <= now)
                    QVERIFY(differs);
                QVERIFY(!board.differs(workers, now) || keepsEmpty == 0ms);
            }
        }
    }
    void theNextWorkerComesToTheRowOfTheOneThatDied()
    {
        WorkerBoard board(5s);
        std::vector<SeenWorker> workers{{.worker = 1}, {.worker = 2}, {.worker = 3}};
        follow(board, workers, 0s);
        board.noteDeath(2, QStringLiteral("killed"));
        board.noteDeath(2, QStringLiteral("hung up on"));
        workers = {{.worker = 1}, {.worker = 3}, {.worker = 4}};
        WorkerBoard::Plan plan = board.plan(workers, 1s);
        QCOMPARE(plan.firstChanged, 1);
        QCOMPARE(plan.lastChanged, 1);
        QVERIFY(plan.removed.empty() && plan.appended.empty());
        QCOMPARE(plan.roles, QList<int>{WorkerModel::LastDeathRole});
        follow(board, workers, 1s);
        QCOMPARE(board.at(1).seen.worker, 4u);
        QCOMPARE(board.at(1).lastDeath, QStringLiteral("killed"));
        QVERIFY(!board.nextRemoval());
    }
    void anEmptyRowGoesAfterAWhile()
    {
        WorkerBoard board(5s);
        follow(board, {{.worker = 1}, {.worker = 2}}, 0s);
        follow(board, {{.worker = 2}}, 10s);
        QCOMPARE(board.size(), 2);
        QVERIFY(board.at(0).isEmpty());
        QCOMPARE(board.nextRemoval().value_or(0s), 15s);
        QVERIFY(!board.differs({{.worker = 2}}, 14s));
        QVERIFY(board.differs({{.worker = 2}}, 15s));
        follow(board, {{.worker = 2}}, 15s);
        QCOMPARE(board.size(), 1);
        QCOMPARE(board.at(0).seen.worker, 2u);
    }
    void runningRowsAreTheRangeFromTheFirstToTheLast()
    {
        WorkerBoard board(5s);
        QVERIFY(!board.running());
        follow(board, {{.worker = 1}, {.worker = 2, .state = WorkerModel::Running}, {.worker = 3}}, 0s);
        QCOMPARE(board.running().value_or(std::pair(-1, -1)), std::pair(1, 1));
    }
};

QTEST_APPLESS_MAIN(TestViews)
#include "tst_views.moc"
