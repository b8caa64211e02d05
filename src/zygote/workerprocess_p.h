// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_WORKERPROCESS_P_H
#define QTPREFORK_WORKERPROCESS_P_H

#include <QtPrefork/worker.h>
#include <QtPrefork/zygote.h>

#include "zygote/zygotemessages_p.h"

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
    qint64 zygote = 0; ///< process id of the zygote
    quint64 descriptorLimit = 0; ///< RLIMIT_NOFILE as the program and preload left it
    std::vector<int> keep = {}; ///< sorted: the descriptors that stay open
    int parking = -1; ///< of a spare worker: the socket on which its connection will come
    // A spare worker gets these later.
    int connection = -1;
    Peer peer = {};
    bool isNativeOnly = false;
    std::chrono::milliseconds helloTimeout{}; ///< 0 = none

    /// Sets what a Spawn says of its connection.
    void setConnection(const ZygoteMessages::Request &request, int descriptor)
    {
        connection = descriptor;
        peer = request.peer();
        isNativeOnly = request.isNativeOnly;
        helloTimeout = std::chrono::milliseconds(request.helloTimeout);
    }
};

/// Runs the whole life of a worker process: it reads, calls and writes, blocking, until its client hangs up. A spare
/// worker first waits for its connection. Never returns and never throws.
[[noreturn]] void runWorker(WorkerStart start) noexcept;

}

#endif
