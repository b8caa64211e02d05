// SPDX-License-Identifier: MIT
#ifndef BENCHMARKS_MODE_H
#define BENCHMARKS_MODE_H

#include <QtCore/QString>

#include <span>

/// A mode is one side of a row: a process that measures one thing and hands a number to the process that compares.
namespace Bench {

struct Context
{
    int &argc; ///< as main() got them, for a QCoreApplication
    char **argv;
    double seconds = 0.5; ///< how long to measure, warm-up not included
    qint64 parameter = 0; ///< what the mode takes it for: bytes, calls, a depth
};

struct Mode
{
    const char *name;
    double (*measure)(const Context &context);
};

/// What a mode returns that this library cannot do yet.
inline constexpr double NotBuilt = -1;

[[nodiscard]] std::span<const Mode> modes();

/// The process of a mode: measures, writes one line of result to ResultDescriptor, and ends without destructors.
[[noreturn]] void runMode(const char *name, Context context);
/// Ends the process of a mode with this line of result.
[[noreturn]] void finish(const QByteArray &line, int status);
/// Ends a mode that cannot measure; its row shows @p cause.
[[noreturn]] void fail(const QString &cause);

/// What a call sends: @p size letters, or else "secret".
[[nodiscard]] QString text(qint64 size);
/// Fails unless what came back is right.
void check(bool isRight);

inline constexpr int ResultDescriptor = 3;

double oursSequential(const Context &context);
double oursSequentialRate(const Context &context);
double oursJsonSequential(const Context &context);
double oursPipelined(const Context &context);
double oursFuture(const Context &context);
double oursOneShot(const Context &context);
double oursCheckouts(const Context &context);
double oursQueue(const Context &context);
double oursChain(const Context &context);
double oursSpawn(const Context &context);
double oursSpawnSpare(const Context &context);
double oursWorkerMemory(const Context &context);
double oursBulk(const Context &context);
double oursStall(const Context &context);
double oursGaps(const Context &context);
double oursDeath(const Context &context);
double qtroSequentialRate(const Context &context);
double qtroPipelined(const Context &context);
double qtConcurrentPipelined(const Context &context);
double floorPingPong(const Context &context);
double floorEpoll(const Context &context);
double floorSpawn(const Context &context);
double floorWorkerMemory(const Context &context);
double floorBulk(const Context &context);
double floorStall(const Context &context);

}

#endif
