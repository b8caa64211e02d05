// SPDX-License-Identifier: MIT
#include "poolworld.h"

#include <array>

namespace PoolWorld {

using namespace std::chrono_literals;

namespace {

constexpr std::array<const char *, Step::Kinds> Names{
    "checkout", "oneShot", "call",   "cancel",      "release", "abort",     "connected", "connectFailed", "begins",
    "reply",    "failure", "gaveUp", "unencodable", "tooBig",  "resetDone", "lost",      "lostUnsent",    "lostForRoom",
    "stall",    "fill",    "pass",   "recycle",     "close",   "shutdown",  "exhausted"};
constexpr std::array<int, Step::Kinds> Weights{14, 12, 20, 12, 10, 3, 14, 4, 6, 26, 6, 8, 2,
                                               2,  8,  3,  2,  2,  2, 4,  8, 1, 0,  0, 0};

unsigned below(std::minstd_rand &random, unsigned limit)
{
    return unsigned(random() >> 4) % limit;
}

}

History randomHistory(std::minstd_rand &random)
{
    std::discrete_distribution<int> kinds(Weights.begin(), Weights.end());
    History history(10 + below(random, 60));
    for (Step &step : history)
        step = {Step::Kind(kinds(random)), below(random, 64), below(random, 16)};
    if (below(random, 8) == 0)
        history.push_back({std::array<Step::Kind, 3>{Step::Shutdown, Step::Exhausted, Step::Close}[below(random, 3)], 0,
                           below(random, 16)});
    return history;
}

Options randomOptions(std::minstd_rand &random)
{
    Options options;
    options.maxWorkers = 1 + int(below(random, 5));
    options.minWorkers = int(below(random, 3));
    options.maxConnecting = 1 + int(below(random, 3));
    options.timeout = std::array<Duration, 3>{0s, 50ms, 1s}[below(random, 3)];
    options.cancelGrace = std::array<Duration, 4>{0s, 30ms, 1s, -1s}[below(random, 4)];
    options.maxCheckouts = int(below(random, 4));
    options.reuseAfterError = below(random, 2);
    options.idleTimeout = below(random, 2) ? Duration(100ms) : Duration(0);
    options.maxQueued = int(below(random, 4));
    options.waitForServer = below(random, 4) != 0;
    options.window = 1 + int(below(random, 4));
    options.oneShotDepth = 1 + int(below(random, 3));
    options.seed = below(random, 1000);
    return options;
}

std::string toText(const History &history)
{
    std::string text;
    for (const Step &step : history)
        text += std::string(Names[step.kind]) + " " + std::to_string(step.pick) + " " + std::to_string(step.amount)
            + "\n";
    return text;
}

}
