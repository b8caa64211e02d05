// SPDX-License-Identifier: MIT
#include "mode.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <exception>
#include <unistd.h>

namespace Bench {

namespace {

constexpr std::array Modes{
    Mode{"ours-sequential", oursSequential},
    Mode{"ours-sequential-rate", oursSequentialRate},
    Mode{"ours-json-sequential", oursJsonSequential},
    Mode{"ours-pipelined", oursPipelined},
    Mode{"ours-future", oursFuture},
    Mode{"ours-oneshot", oursOneShot},
    Mode{"ours-checkouts", oursCheckouts},
    Mode{"ours-queue", oursQueue},
    Mode{"ours-chain", oursChain},
    Mode{"ours-spawn", oursSpawn},
    Mode{"ours-spawn-spare", oursSpawnSpare},
    Mode{"ours-memory", oursWorkerMemory},
    Mode{"ours-bulk", oursBulk},
    Mode{"ours-stall", oursStall},
    Mode{"ours-gaps", oursGaps},
    Mode{"ours-death", oursDeath},
    Mode{"qtro-sequential-rate", qtroSequentialRate},
    Mode{"qtro-pipelined", qtroPipelined},
    Mode{"qtconcurrent-pipelined", qtConcurrentPipelined},
    Mode{"floor-pingpong", floorPingPong},
    Mode{"floor-epoll", floorEpoll},
    Mode{"floor-spawn", floorSpawn},
    Mode{"floor-memory", floorWorkerMemory},
    Mode{"floor-bulk", floorBulk},
    Mode{"floor-stall", floorStall},
};

}

// What a mode's own children do on their way out is no part of its result.
void finish(const QByteArray &line, int status)
{
    const bool written = ::write(ResultDescriptor, line.constData(), std::size_t(line.size())) == line.size();
    ::_exit(written ? status : 1);
}

std::span<const Mode> modes()
{
    return Modes;
}

void runMode(const char *name, Context context)
{
    const auto mode = std::find_if(Modes.begin(), Modes.end(),
                                   [name](const Mode &other) { return !std::strcmp(other.name, name); });
    if (mode == Modes.end())
        fail(QStringLiteral("no such mode"));
    try {
        finish(QByteArray::number(mode->measure(context), 'g', 9) + '\n', 0);
    } catch (const std::exception &exception) {
        fail(QString::fromUtf8(exception.what()));
    }
}

void fail(const QString &cause)
{
    finish("error " + cause.toUtf8().replace('\n', ' ') + '\n', 1);
}

QString text(qint64 size)
{
    return size > 0 ? QString(size, u'x') : QStringLiteral("secret");
}

void check(bool isRight)
{
    if (!isRight)
        fail(QStringLiteral("not what was asked for came back"));
}

}
