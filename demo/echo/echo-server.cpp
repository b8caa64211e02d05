// SPDX-License-Identifier: MIT
// Serves methods to try, test and measure a client with: they answer, count, sleep, spin, fail and crash.
#include "common/serve.h"

#include <QtPrefork/Interface>
#include <QtPrefork/Worker>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <thread>
#include <unistd.h>
#include <vector>

namespace Echo {

using Prefork::Method;

inline constexpr Method<QVariant(QVariant)> echo{"echo"};
inline constexpr Method<qint64()> pid{"pid"};
inline constexpr Method<qint64()> count{"count"};
inline constexpr Method<void(qint64)> sleep{"sleep"};
inline constexpr Method<void(qint64)> spin{"spin"};
inline constexpr Method<void(QString)> fail{"fail"};
inline constexpr Method<void(int)> exit{"exit"};
inline constexpr Method<void()> crash{"crash"};
inline constexpr Method<qint64(qint64)> alloc{"alloc"};
inline constexpr Method<qint64(qint64, qint64)> countdown{"countdown"};
inline constexpr Prefork::Event<qint64> tick{"tick"};

}

namespace {

using Clock = std::chrono::steady_clock;

// Computes with all signals blocked, so that nothing inside this process could end it.
void spinFor(std::chrono::milliseconds time)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &before);
    const auto end = Clock::now() + time;
    while (Clock::now() < end) { }
    sigprocmask(SIG_SETMASK, &before, nullptr);
}

// Allocates memory, touches every page, so that the memory is really used, and keeps it.
qint64 allocate(qint64 bytes)
{
    static std::vector<std::vector<char>> kept;
    if (bytes < 0)
        throw std::invalid_argument("cannot allocate a negative number of bytes");
    kept.emplace_back(std::size_t(bytes), 'x');
    return bytes;
}

// Takes @p steps steps of the length @p time. After each it sends how many are left (an event) and how many are done
// (progress).
qint64 countDown(qint64 steps, std::chrono::milliseconds time)
{
    for (qint64 step = 1; step <= steps; ++step) {
        const auto end = Clock::now() + time;
        for (auto now = Clock::now(); now < end; now = Clock::now()) {
            Prefork::Worker::throwIfCanceled();
            std::this_thread::sleep_for(std::min<Clock::duration>(end - now, std::chrono::milliseconds(10)));
        }
        Prefork::Worker::throwIfCanceled();
        Prefork::Worker::emitEvent(Echo::tick, steps - step);
        Prefork::Worker::setProgress(step, steps);
    }
    return steps;
}

[[noreturn]] void crashNow()
{
    signal(SIGSEGV, SIG_DFL);
    raise(SIGSEGV);
    std::abort();
}

}

int main(int argc, char *argv[])
{
    Demo::ServerCommandLine commandLine(
        argc, argv,
        QStringLiteral("Workers with methods to try a client on: echo(x), args(…), pid(), count(), sleep(ms),\n"
                       "spin(ms), fail(text), exit(code), crash(), alloc(bytes), countdown(n, ms)."));
    commandLine.addOption({QStringLiteral("name"),
                           QStringLiteral("Shown by ps: NAME server, NAME zygote, NAME worker N."),
                           QStringLiteral("NAME"), QStringLiteral("echo")});
    commandLine.addOption({QStringLiteral("fail-setup"),
                           QStringLiteral("Make the setup of every worker fail with TEXT."), QStringLiteral("TEXT")});
    commandLine.addOption({QStringLiteral("hung-timeout"),
                           QStringLiteral("Kill a worker that is busy for longer; 0 = never."),
                           QStringLiteral("SECONDS"), QStringLiteral("300")});
    commandLine.parse();

    bool isNumber = false;
    const double hungTimeout = commandLine.value(QStringLiteral("hung-timeout")).toDouble(&isNumber);
    if (!isNumber || hungTimeout < 0 || hungTimeout > 1e6)
        commandLine.reject(QStringLiteral("--hung-timeout takes a number of seconds, not '%1'")
                               .arg(commandLine.value(QStringLiteral("hung-timeout"))));

    qint64 calls = 0;
    const auto counted = [&calls](auto method) {
        return [&calls, method](auto &&...arguments) {
            ++calls;
            return method(std::forward<decltype(arguments)>(arguments)...);
        };
    };

    Prefork::Interface interface;
    interface.setup([&commandLine] {
        if (commandLine.isSet(QStringLiteral("fail-setup")))
            throw commandLine.value(QStringLiteral("fail-setup"));
    });
    interface.add(Echo::echo, counted([](const QVariant &value) { return value; }));
    interface.add("args", counted([](const QVariantList &arguments) { return QVariant(arguments); }));
    interface.add(Echo::pid, counted([] { return qint64(getpid()); }));
    interface.add(Echo::count, counted([&calls] { return calls; }));
    interface.add(Echo::sleep, counted([](qint64 ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }));
    interface.add(Echo::spin, counted([](qint64 ms) { spinFor(std::chrono::milliseconds(ms)); }));
    interface.add(Echo::fail, counted([](const QString &text) { throw Prefork::Error(text); }));
    interface.add(Echo::exit, counted([](int code) { std::exit(code); }));
    interface.add(Echo::crash, counted([] { crashNow(); }));
    interface.add(Echo::countdown,
                  counted([](qint64 n, qint64 ms) { return countDown(n, std::chrono::milliseconds(ms)); }));
    interface.add(Echo::alloc, counted([](qint64 bytes) { return allocate(bytes); }));

    Prefork::Zygote zygote(interface,
                           {.name = commandLine.value(QStringLiteral("name")).toUtf8(),
                            .hungTimeout = std::chrono::milliseconds(qint64(hungTimeout * 1000))});
    QCoreApplication app(argc, argv);
    return commandLine.serve(&zygote);
}
