// SPDX-License-Identifier: MIT
#include "zygote/rehearsal_p.h"

#include "posix/memory_p.h"
#include "posix/transfer_p.h"
#include "worker/runningcall_p.h"
#include "zygote/zygotemessages_p.h"

#include <QtPrefork/inprocessworker.h>
#include <QtPrefork/interface.h>

#include <array>

namespace Prefork::Internal {

void rehearseWorker() noexcept
{
    constexpr Method<qint64(QString)> Length{"length"};
    try {
        Interface interface;
        interface.add(Length, [](const QString &text) { return qint64(text.size()); });
        InProcessWorker worker(interface);
        static_cast<void>(worker.call(Length, QStringLiteral("rehearsal")));
        worker.release();
        static_cast<void>(ZygoteMessages::Request().peer());
        // These fail, but are known to the linker then.
        Posix::protect(nullptr, 0, false);
        std::array<char, 1> byte{};
        static_cast<void>(Posix::readSome(-1, byte));
        static_cast<void>(Posix::readNow(-1, byte));
        static_cast<void>(Posix::hasLeft(-1));
        static_cast<void>(Posix::writeNow(-1, {byte.data(), 1}));
    } catch (...) { // workers then look up what they need
    }
    RunningCall::leaveToParent();
}

}
