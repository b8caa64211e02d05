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

/// All that a freshly forked worker needs to know.
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
    qint64 zygote = 0; ///< its process id
    const std::vector<int> &blanks; ///< descriptors that stay as they are, besides those of the interface
};

/// The whole life of a worker process: blocking read, call, write, until its client hangs up. Never returns and never
/// throws.
[[noreturn]] void runWorker(const WorkerStart &start) noexcept;

}

#endif
