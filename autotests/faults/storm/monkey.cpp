// SPDX-License-Identifier: MIT
#include "monkey.h"

#include <algorithm>
#include <csignal>

namespace Storm {

using namespace std::chrono_literals;

namespace {

constexpr double LeastPerSecond = 50;
constexpr double MostPerSecond = 500;
// The last ones are all from outside: whether a request ends its worker is not certain before it has.
constexpr quint64 LastOnes = 30;
// By then its server has ended one that hangs. One that was stopped while it had nothing to do hangs by nobody's
// measure.
constexpr auto LongStop = 1500ms;
constexpr int LongestPause = 300;

}

void Monkey::act(std::span<const pid_t> zygotes, double progress, Clock::duration elapsed)
{
    release();
    std::atomic<qint64> &crashesDue = m_ledger.header().crashesDue;
    const quint64 target = due(progress, elapsed);
    if (kills() + LastOnes >= m_wanted)
        crashesDue.store(0);
    const auto promised = quint64(crashesDue.load() + m_ledger.header().crashesUnderWay.load());
    // Several at a time if several are due, so that some die together.
    for (quint64 missing = target - std::min(target, kills() + promised); missing > 0; --missing) {
        if (kills() + LastOnes < m_wanted && oneIn(m_random, 5))
            crashesDue.fetch_add(1);
        else
            strike(zygotes);
    }
}

quint64 Monkey::due(double progress, Clock::duration elapsed) const
{
    const double seconds = std::chrono::duration<double>(elapsed).count();
    const double spread = std::max(progress * double(m_wanted), seconds * LeastPerSecond);
    return std::min(m_wanted, quint64(std::min(spread, seconds * MostPerSecond)));
}

std::optional<Monkey::Victim> Monkey::choose(std::span<const pid_t> zygotes)
{
    std::vector<Victim> workers;
    for (const pid_t zygote : zygotes) {
        for (const pid_t worker : childrenOf(zygote))
            workers.push_back({worker, zygote});
    }
    if (workers.empty())
        return {};
    // The latest one may not even know yet that it is a worker.
    return oneIn(m_random, 5) ? workers.back() : workers[std::size_t(pick(m_random, int(workers.size())))];
}

void Monkey::strike(std::span<const pid_t> zygotes)
{
    const auto victim = choose(zygotes);
    Descriptor process = victim ? openChild(victim->pid, victim->zygote) : Descriptor();
    if (!process.isOpen())
        return;
    const int way = pick(m_random, 100);
    if (way < 10) {
        stop(std::move(process), way < 5);
        return;
    }
    struct Blow
    {
        int below;
        int signal;
        const char *name;
    };
    constexpr std::array Blows{Blow{65, SIGKILL, "SIGKILL"}, Blow{85, SIGSEGV, "SIGSEGV"}, Blow{93, SIGBUS, "SIGBUS"},
                               Blow{100, SIGABRT, "SIGABRT"}};
    const Blow blow = *std::find_if(Blows.begin(), Blows.end(), [way](const Blow &each) { return way < each.below; });
    if (sendSignal(process, blow.signal)) {
        ++m_strikes[QString::fromLatin1(blow.name)];
        ++m_struck;
    }
}

void Monkey::stop(Descriptor process, bool goesOn)
{
    if (!sendSignal(process, SIGSTOP))
        return;
    if (goesOn) {
        ++m_pauses;
    } else {
        ++m_strikes[QStringLiteral("SIGSTOP")];
        ++m_struck;
    }
    const auto length = goesOn ? std::chrono::milliseconds(pick(m_random, LongestPause)) : LongStop;
    m_stopped.push_back({std::move(process), Clock::now() + length, goesOn});
}

void Monkey::release(bool all)
{
    const auto now = Clock::now();
    std::erase_if(m_stopped, [&](const Stopped &stopped) {
        if (hasEnded(stopped.process))
            return true;
        if (!all && now < stopped.until)
            return false;
        sendSignal(stopped.process, stopped.goesOn ? SIGCONT : SIGKILL);
        return true;
    });
}

quint64 Monkey::kills() const
{
    return m_struck + m_ledger.header().crashes.load();
}

QMap<QString, quint64> Monkey::killsBy() const
{
    QMap<QString, quint64> all = m_strikes;
    all[QStringLiteral("themselves")] = m_ledger.header().crashes.load();
    return all;
}

}
