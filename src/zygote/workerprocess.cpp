// SPDX-License-Identifier: MIT
#include "zygote/workerprocess_p.h"

#include "wire/jsoncodec_p.h"
#include "wire/oneline_p.h"
#include "worker/interface_p.h"
#include "worker/session_p.h"
#include "zygote/posix_p.h"
#include "zygote/scoreboard_p.h"

#include <QtCore/QLoggingCategory>

#include <array>

namespace Prefork {

namespace {

Q_LOGGING_CATEGORY(lcWorker, "prefork.worker", QtWarningMsg)

// In the zygote and its program these stay those of nobody.
Peer s_peer;
quint64 s_number = 0;

void becomeWorker(const WorkerStart &start)
{
    Posix::makeExitImmediate();
    Posix::resetSignals();
    std::vector<int> keep = start.interface.keptDescriptors;
    keep.push_back(start.connection);
    Posix::closeOthers(keep);
    Posix::setNonBlocking(start.connection, false);
    start.scoreboard.makeReadOnlyBut(start.slot);
    if (!start.options.name.isEmpty())
        Posix::setTitle(start.options.name + " worker " + QByteArray::number(start.number));
    s_peer = start.peer;
    s_number = start.number;
}

int serveConnection(const WorkerStart &start)
{
    ScoreboardPage *const page = start.scoreboard.page(start.slot);
    Worker::Session session(start.interface, std::make_unique<Wire::JsonWorkerCodec>(start.options.maxMessageSize), page,
                            [&start](QByteArrayView bytes) { return Posix::writeAll(start.connection, bytes); });
    page->enter(ScoreboardPage::Idle);
    std::array<char, 65536> buffer;
    for (;;) {
        const Posix::Transfer transfer = Posix::readSome(start.connection, buffer);
        if (transfer.status != Posix::Transfer::Done)
            return 0;
        if (session.serve({buffer.data(), transfer.bytes}))
            continue;
        if (session.errorString().isEmpty())
            return 0;
        qCWarning(lcWorker).noquote().nospace()
            << "worker " << start.number << " (pid " << Posix::processId() << ") ends: " << onOneLine(session.errorString());
        return 1;
    }
}

}

void runWorker(const WorkerStart &start) noexcept
{
    becomeWorker(start);
    Posix::exitNow(serveConnection(start));
}

namespace Worker {

Peer peer()
{
    return s_peer;
}

quint64 number()
{
    return s_number;
}

}

}
