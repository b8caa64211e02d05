// SPDX-License-Identifier: MIT
// Random histories against the promises. A failing one is shrunk and printed; PREFORK_POOL_SEED=N replays it,
// PREFORK_POOL_HISTORIES=N runs more of them.
#include "poolworld.h"

#include <QtTest/QTest>

using namespace PoolWorld;

namespace {

std::optional<std::string> violationOf(const Options &options, const History &history)
{
    try {
        World world(options);
        world.run(history);
        world.settleDown();
    } catch (const Violation &violation) {
        return violation.what;
    }
    return {};
}

History shrunk(const Options &options, History history)
{
    for (std::size_t piece = history.size() / 2; piece > 0; piece /= 2) {
        for (std::size_t at = 0; at + piece <= history.size();) {
            History shorter = history;
            shorter.erase(shorter.begin() + std::ptrdiff_t(at), shorter.begin() + std::ptrdiff_t(at + piece));
            if (violationOf(options, shorter))
                history = shorter;
            else
                at += piece;
        }
    }
    return history;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr unsigned Histories = 10000; // as many as take half a minute: each takes up to fifteen times as long
#else
constexpr unsigned Histories = 100000;
#endif

unsigned fromEnvironment(const char *name, unsigned otherwise)
{
    bool ok = false;
    const int value = qEnvironmentVariableIntValue(name, &ok);
    return ok ? unsigned(value) : otherwise;
}

}

class TestPoolModel : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void randomHistoriesKeepEveryPromise();
};

void TestPoolModel::randomHistoriesKeepEveryPromise()
{
    const unsigned histories = fromEnvironment("PREFORK_POOL_HISTORIES", Histories);
    const unsigned onlySeed = fromEnvironment("PREFORK_POOL_SEED", 0);
    const unsigned first = onlySeed ? onlySeed : 1;
    const unsigned last = onlySeed ? onlySeed : histories;
    qInfo("runs the histories %u to %u", first, last);
    for (unsigned seed = first; seed <= last; ++seed) {
        std::minstd_rand random(seed);
        const Options options = randomOptions(random);
        const History history = randomHistory(random);
        if (const auto violation = violationOf(options, history)) {
            const History shortest = shrunk(options, history);
            const std::string text
                = "seed " + std::to_string(seed) + ": " + *violationOf(options, shortest) + "\n" + toText(shortest);
            QFAIL(text.c_str());
        }
    }
}

QTEST_APPLESS_MAIN(TestPoolModel)
#include "tst_pool_model.moc"
