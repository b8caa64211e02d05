// SPDX-License-Identifier: MIT
#include "zygote/lingeringconnections_p.h"

#include "posix/socket_p.h"
#include "posix/transfer_p.h"
#include "worker/scoreboardpage_p.h"
#include "zygote/zygotetoken_p.h"

#include <algorithm>
#include <array>
#include <iterator>

namespace Prefork::Internal {

using namespace std::chrono_literals;

namespace {

constexpr qint64 LingerTime = std::chrono::nanoseconds(1s).count();
constexpr qint64 HurriedLingerTime = std::chrono::nanoseconds(100ms).count();

bool isAtEnd(int connection)
{
    constexpr int AtOnce = 16; // a client that never stops writing must not keep the zygote from the others
    std::array<char, 65536> unwanted;
    for (int i = 0; i < AtOnce; ++i) {
        const Posix::Transfer transfer = Posix::readNow(connection, unwanted);
        if (transfer.status == Posix::Transfer::WouldBlock)
            return false;
        if (transfer.status != Posix::Transfer::Done)
            return true;
    }
    return false;
}

}

LingeringConnections::LingeringConnections(Posix::Poller &poller)
    : m_poller(poller)
{
}

void LingeringConnections::begin(Posix::Fd connection, QByteArrayView goodbye)
{
    if (!goodbye.isEmpty())
        static_cast<void>(Posix::writeNow(connection.get(), goodbye)); // if there is no room, the end of file has to do
    Posix::shutDownWriting(connection.get());
    if (isAtEnd(connection.get()))
        return;
    const quint64 number = ++m_lastNumber;
    if (!m_poller.add(connection.get(), Posix::Poller::Input, ZygoteToken{ZygoteToken::Lingering, number}.value()))
        return;
    if (m_lingering.size() >= m_most)
        end(m_lingering.begin());
    const bool isUnix = Posix::isUnixSocket(connection.get());
    const qint64 until = ScoreboardPage::now() + (isUnix && m_isInHurry ? HurriedLingerTime : LingerTime);
    m_lingering.emplace(number, Lingering{std::move(connection), until, isUnix});
}

void LingeringConnections::hurry(qint64 now)
{
    m_isInHurry = true;
    for (auto &[number, lingering] : m_lingering) {
        if (lingering.isUnix)
            lingering.until = std::min(lingering.until, now + HurriedLingerTime);
    }
}

void LingeringConnections::onReadable(quint64 number)
{
    const auto lingering = m_lingering.find(number);
    if (lingering != m_lingering.end() && isAtEnd(lingering->second.connection.get()))
        end(lingering);
}

void LingeringConnections::expire(qint64 now)
{
    for (auto lingering = m_lingering.begin(); lingering != m_lingering.end();) {
        const auto next = std::next(lingering);
        if (lingering->second.until <= now)
            end(lingering);
        lingering = next;
    }
}

std::optional<qint64> LingeringConnections::nextExpiry() const
{
    std::optional<qint64> next;
    for (const auto &[number, lingering] : m_lingering)
        next = std::min(next.value_or(lingering.until), lingering.until);
    return next;
}

void LingeringConnections::end(Iterator lingering)
{
    m_poller.remove(lingering->second.connection.get());
    m_lingering.erase(lingering);
}

}
