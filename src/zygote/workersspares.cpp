// SPDX-License-Identifier: MIT
// The functions of Workers for spare workers.
#include "zygote/workers_p.h"

#include "posix/message_p.h"
#include "posix/socket_p.h"
#include "zygote/logging_p.h"
#include "zygote/ownlog_p.h"
#include "zygote/workerprocess_p.h"

namespace Prefork::Internal {

using namespace ZygoteMessages;

qint64 Workers::nextSpare() const
{
    const std::size_t room = m_isShort || m_children.size() >= m_most ? 0 : m_most - m_children.size();
    return m_spares.nextFork(room);
}

// Forks one at a time, so that requests and deaths are handled in between.
void Workers::forkDueSpare(qint64 now)
{
    if (nextSpare() > now)
        return;
    auto ends = Posix::socketPair(Posix::PairType::Messages);
    QString cause
        = ends ? QString() : QStringLiteral("no socket pair for a spare worker: %1").arg(Posix::lastErrorText());
    if (ends) {
        Child child;
        child.parking = std::move(ends->first);
        WorkerStart start = basicStart();
        start.parking = ends->second.get();
        cause = forkInto(child, std::move(start)).value_or(QString());
        if (cause.isEmpty()) {
            Child &kept = m_children.emplace(child.number, std::move(child)).first->second;
            m_spares.forked(kept.number, now);
            look(kept, now);
        }
    }
    if (!cause.isEmpty()) {
        logOwn(lcZygote(), QtInfoMsg, QStringLiteral("no spare worker: %1").arg(cause));
        m_spares.forkFailed(now);
    }
}

// If there is room, only a spare that waits for a connection is taken: one that is in its setup might hang there, and a
// worker that is forked now is not slower.
Workers::Child *Workers::takeSpare(const Request &request, const Posix::Fd &connection)
{
    Child *taken = nullptr;
    const auto send = [&](quint64 number) {
        Child &spare = m_children.at(number);
        const bool isSent = Posix::sendMessage(spare.parking.get(), bytesOf(request), connection.get()).status
            == Posix::Transfer::Done;
        taken = isSent ? &spare : nullptr;
        return isSent;
    };
    const auto sendIfParked
        = [&](quint64 number) { return m_scoreboard.page(m_children.at(number).slot)->isParked() && send(number); };
    if (!m_spares.find(sendIfParked) && (m_children.size() < m_most || !m_spares.find(send)))
        return nullptr;
    m_spares.taken(taken->number, ScoreboardPage::now());
    taken->parking.reset();
    taken->handed = std::make_unique<Request>(request);
    taken->watch = {};
    return taken;
}

void Workers::endSpares(const std::vector<quint64> &numbers)
{
    const qint64 now = ScoreboardPage::now();
    for (const quint64 number : numbers) {
        Child &spare = m_children.at(number);
        spare.watch.endNow();
        look(spare, now);
    }
}

void Workers::renewSpares()
{
    if (m_options.setupAhead)
        endSpares(m_spares.replaceAll());
}

// If the client has hung up, or its server ends, there is nobody for whom another worker would be forked.
bool Workers::isUntouched(const Child &child) const
{
    return child.handed && child.connection.isOpen() && child.watch.departure() <= WorkerWatch::Departure::Room
        && (child.watch.reason() == WorkerWatch::Reason::None || child.watch.reason() == WorkerWatch::Reason::Hung)
        && m_scoreboard.page(child.slot)->hasConnection.load(std::memory_order_acquire) == 0;
}

void Workers::takeBack(Child &child)
{
    m_poller.remove(child.connection.get());
    m_returned.push_back({*child.handed, std::move(child.connection)});
}

}
