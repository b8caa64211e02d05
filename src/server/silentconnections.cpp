// SPDX-License-Identifier: MIT
#include "server/silentconnections_p.h"

#include "frame/counted_p.h"
#include "posix/transfer_p.h"
#include "server/logging_p.h"

namespace Prefork::Internal {

using namespace std::chrono_literals;

SilentConnections::SilentConnections(qsizetype limit, std::chrono::milliseconds timeout, TakeOver takeOver)
    : m_limit(limit)
    , m_timeout(timeout)
    , m_takeOver(std::move(takeOver))
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &SilentConnections::expire);
}

void SilentConnections::wait(Posix::Fd connection, const Peer &peer)
{
    if (Posix::hasInput(connection.get())) {
        if (Posix::peekByte(connection.get())) // if there is no byte, the client has hung up already
            m_takeOver(std::move(connection), peer);
        return;
    }
    const quint64 number = ++m_lastNumber;
    auto notifier = std::make_unique<QSocketNotifier>(connection.get(), QSocketNotifier::Read);
    connect(notifier.get(), &QSocketNotifier::activated, this, [this, number] { onReadable(number); });
    m_connections.emplace(
        number,
        Waiting{std::move(connection), peer, std::move(notifier), std::chrono::steady_clock::now() + m_timeout});
    if (m_connections.size() == 1)
        arm();
    noteFull();
}

void SilentConnections::takeAll(const TakeOver &take)
{
    for (auto &[number, waiting] : std::exchange(m_connections, {})) {
        waiting.notifier.reset();
        take(std::move(waiting.connection), waiting.peer);
    }
}

void SilentConnections::noteFull()
{
    constexpr auto WarningInterval = 10s;
    if (std::exchange(m_wasFull, isFull()) == isFull())
        return;
    if (isFull() && m_mayWarn.hasExpired()) {
        logServer(
            QtWarningMsg,
            QStringLiteral("%1 said nothing, as many as may (ServerOptions::maxSilent): others wait to be accepted "
                           "until one of them speaks or leaves")
                .arg(counted(quint64(m_connections.size()), QLatin1StringView("connection has"),
                             QLatin1StringView("connections have"))));
        m_mayWarn.setRemainingTime(WarningInterval);
    }
    Q_EMIT fullChanged();
}

void SilentConnections::onReadable(quint64 number)
{
    auto waiting = m_connections.extract(number);
    if (waiting.empty())
        return;
    waiting.mapped().notifier->setEnabled(false); // its descriptor may be closed before the notifier is deleted
    waiting.mapped().notifier.release()->deleteLater(); // this function runs inside the notifier's signal
    if (Posix::peekByte(waiting.mapped().connection.get()))
        m_takeOver(std::move(waiting.mapped().connection), waiting.mapped().peer);
    noteFull();
}

void SilentConnections::expire()
{
    const auto now = std::chrono::steady_clock::now();
    while (!m_connections.empty() && m_connections.begin()->second.until <= now) {
        logServer(QtInfoMsg,
                  QStringLiteral("closed a connection that has said nothing for too long: %1")
                      .arg(m_connections.begin()->second.peer.address));
        m_connections.erase(m_connections.begin());
    }
    arm();
    noteFull();
}

void SilentConnections::arm()
{
    if (m_timeout <= 0ms || m_connections.empty())
        return;
    const auto left = m_connections.begin()->second.until - std::chrono::steady_clock::now();
    m_timer.start(std::max(1ms, std::chrono::ceil<std::chrono::milliseconds>(left)));
}

}
