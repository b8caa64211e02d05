// SPDX-License-Identifier: MIT
#include "meter.h"
#include "row.h"

#include <array>

namespace Bench {

namespace {

constexpr qint64 MB = 1'000'000;

constexpr Goal ratioAtMost(double value)
{
    return {Goal::Ratio, Goal::AtMost, value};
}

constexpr Goal ratioAtLeast(double value)
{
    return {Goal::Ratio, Goal::AtLeast, value};
}

constexpr Goal oursAtMost(double value)
{
    return {Goal::Ours, Goal::AtMost, value};
}

constexpr std::array Rows{
    Row{"sequential_vs_floor",
        "one call at a time",
        "blocking ping-pong on a socket pair",
        "us",
        {"ours-sequential"},
        {"floor-pingpong"},
        ratioAtMost(2.2),
        true},
    Row{"sequential_vs_qtro",
        "one call at a time",
        "Qt Remote Objects",
        "calls/s",
        {"ours-sequential-rate"},
        {"qtro-sequential-rate"},
        ratioAtLeast(2),
        true},
    Row{"pipelined_vs_qtro",
        "2 workers, 64 in flight each",
        "Qt Remote Objects, 2 sources",
        "calls/s",
        {"ours-pipelined"},
        {"qtro-pipelined"},
        ratioAtLeast(10)},
    Row{"pipelined_vs_qtconcurrent",
        "2 workers, 64 in flight each",
        "QtConcurrent .then(), 2 threads",
        "calls/s",
        {"ours-pipelined"},
        {"qtconcurrent-pipelined"},
        ratioAtLeast(4)},
    Row{"future_vs_qtro",
        "the same by future().then()",
        "Qt Remote Objects, 2 sources",
        "calls/s",
        {"ours-future"},
        {"qtro-pipelined"},
        ratioAtLeast(3)},
    Row{"payload1k_vs_qtro",
        "the same with strings of 1 kB",
        "Qt Remote Objects, 2 sources",
        "calls/s",
        {"ours-pipelined", 1000},
        {"qtro-pipelined", 1000},
        ratioAtLeast(5)},
    Row{"checkouts_vs_floor",
        "checkout, call, release; 2 workers",
        "bare epoll, 1 in flight each",
        "calls/s",
        {"ours-checkouts"},
        {"floor-epoll"},
        ratioAtLeast(0.6)},
    Row{"oneshot_vs_floor",
        "one-shots, 4 deep; 2 workers",
        "bare epoll, 1 in flight each",
        "calls/s",
        {"ours-oneshot"},
        {"floor-epoll"},
        ratioAtLeast(1.5)},
    Row{"json_sequential_vs_floor",
        "one call at a time, JSON protocol",
        "blocking ping-pong on a socket pair",
        "us",
        {"ours-json-sequential"},
        {"floor-pingpong"},
        std::nullopt,
        true},
    Row{"queue_growth_20k_vs_1k",
        "20,000 checkouts that wait, all served",
        "1,000 of them",
        "ms",
        {"ours-queue", 20'000},
        {"ours-queue", 1'000},
        ratioAtMost(25)},
    Row{"chain_depth_100k_vs_1k",
        "a call made 100,000 callbacks deep",
        "1,000 deep",
        "us",
        {"ours-chain", 100'000},
        {"ours-chain", 1'000},
        ratioAtMost(1.2),
        true},
    Row{"spawn_vs_zygote_floor",
        "until a fresh worker replies",
        "bare fork from a small process",
        "us",
        {"ours-spawn"},
        {"floor-spawn"},
        ratioAtMost(1.7)},
    Row{"spawn_spare_vs_zygote_floor",
        "until a spare worker replies",
        "bare fork from a small process",
        "us",
        {"ours-spawn-spare"},
        {"floor-spawn"},
        ratioAtMost(1)},
    Row{"spawn_500mb_vs_0mb",
        "the same in a program of 500 MB",
        "a small program",
        "us",
        {"ours-spawn", 500 * MB},
        {"ours-spawn"},
        ratioAtMost(1.25)},
    Row{"idle_worker_private_kb",
        "private memory of a worker that has served",
        "bare forked process",
        "kB",
        {"ours-memory"},
        {"floor-memory"},
        oursAtMost(150)},
    Row{"echo16m_vs_floor",
        "echo of 16 MB",
        "bare sockets on Qt's event loop",
        "MB/s",
        {"ours-bulk", 16 * MB},
        {"floor-bulk", 16 * MB},
        ratioAtLeast(0.8)},
    Row{"stall_ms_pinned",
        "timer's longest wait, 50,000 replies, one core",
        "unlimited reading",
        "ms",
        {"ours-stall"},
        {"floor-stall"},
        oursAtMost(3),
        true},
    Row{"stall_ms",
        "timer's longest wait, 50,000 replies",
        "unlimited reading",
        "ms",
        {"ours-stall"},
        {"floor-stall"},
        oursAtMost(8)},
    Row{"loop_gaps_p99_ms",
        "how much longer a timer waits with busy workers, p99",
        "a fixed limit",
        "ms",
        {"ours-gaps"},
        {nullptr, 20},
        oursAtMost(20)},
    Row{"death_to_error_p99_ms",
        "from a worker's death to the error callback, p99",
        "a fixed limit",
        "ms",
        {"ours-death", 200, 50},
        {nullptr, 10},
        oursAtMost(10)},
};

}

std::span<const Row> rows()
{
    return Rows;
}

double Result::oursMedian() const
{
    return median(ours);
}

double Result::referenceMedian() const
{
    return median(reference);
}

std::vector<double> Result::ratios() const
{
    std::vector<double> all;
    for (std::size_t round = 0; round < ours.size(); ++round)
        all.push_back(ours[round] / reference[round]);
    return all;
}

double Result::ratio() const
{
    return median(ratios());
}

std::optional<bool> Result::holds() const
{
    if (!isThere() || !row->goal)
        return std::nullopt;
    const double value = row->goal->of == Goal::Ratio ? ratio() : oursMedian();
    return row->goal->bound == Goal::AtMost ? value <= row->goal->value : value >= row->goal->value;
}

}
