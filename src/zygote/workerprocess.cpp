// SPDX-License-Identifier: MIT
#include "zygote/workerprocess_p.h"

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
    Posix::limitDescriptors(start.descriptorLimit);
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
    page->enter(ScoreboardPage::Idle);
    std::unique_ptr<Worker::Session> session;
    std::array<char, 1> first;
    for (;;) {
        const std::span<char> space = session ? session->space() : std::span<char>(first);
        const Posix::Transfer transfer = Posix::readSome(start.connection, space);
        if (transfer.status != Posix::Transfer::Done)
            return 0;
        bool goesOn = false;
        if (session) {
            goesOn = session->received(transfer.bytes);
        } else {
            session = Worker::Session::make(
                first.front(), start.interface, start.options.maxMessageSize, page,
                [&start](QByteArrayView bytes) { return Posix::writeAll(start.connection, bytes); },
                [&start, limit = Posix::atomicWriteLimit(start.connection)](QByteArrayView bytes) {
                    return bytes.size() <= limit ? Posix::writeNow(start.connection, bytes).bytes : 0;
                });
            goesOn = session->serve(first);
        }
        if (goesOn)
            continue;
        if (session->errorString().isEmpty())
            return 0;
        qCWarning(lcWorker).noquote().nospace()
            << "worker " << start.number << " (pid " << Posix::processId() << ") ends: " << onOneLine(session->errorString());
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
