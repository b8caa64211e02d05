// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_WORKERPROCESS_P_H
#define QTPREFORK_WORKERPROCESS_P_H

#include <QtPrefork/worker.h>
#include <QtPrefork/zygote.h>

#include <vector>

namespace Prefork {
class InterfacePrivate;
}

namespace Prefork::Internal {

class Scoreboard;

/// This is what a worker needs when it has just been forked.
struct WorkerStart
{
    InterfacePrivate &interface;
    const ZygoteOptions &options;
    Scoreboard &scoreboard;
    std::size_t slot = 0;
    quint64 number = 0;
    int connection = -1;
    Peer peer;
    quint64 descriptorLimit = 0; ///< RLIMIT_NOFILE as the program and preload left it
    bool isNativeOnly = false;
    std::chrono::milliseconds helloTimeout{}; ///< 0 = none
    qint64 zygote = 0; ///< process id of the zygote
    const std::vector<int>
        &nullDescriptors; ///< descriptors of NullDescriptors, which stay open besides those of the interface
};

/// Runs the whole life of a worker process: it reads, calls and writes, blocking, until its client hangs up. Never
/// returns and never throws.
[[noreturn]] void runWorker(const WorkerStart &start) noexcept;

}

#endif
