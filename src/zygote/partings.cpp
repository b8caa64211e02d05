// SPDX-License-Identifier: MIT
#include "zygote/partings_p.h"

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

constexpr qint64 Patience = std::chrono::nanoseconds(1s).count();
constexpr qint64 HurriedPatience = std::chrono::nanoseconds(100ms).count();

bool isAtEnd(int connection)
{
    constexpr int AtOnce = 16; // a client that writes and writes is not the only one
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

Partings::Partings(Posix::Poller &poller)
    : m_poller(poller)
{
}

void Partings::begin(Posix::Fd connection, QByteArrayView lastWords)
{
    if (!lastWords.isEmpty())
        static_cast<void>(
            Posix::writeNow(connection.get(), lastWords)); // a client that does not read learns from the end of file
    Posix::shutDownWriting(connection.get());
    if (isAtEnd(connection.get()))
        return;
    const quint64 number = ++m_lastNumber;
    if (!m_poller.add(connection.get(), Posix::Poller::Input, ZygoteToken{ZygoteToken::Parting, number}.value()))
        return;
    if (m_partings.size() >= m_most)
        end(m_partings.begin());
    const bool isUnix = Posix::isUnixSocket(connection.get());
    const qint64 until = ScoreboardPage::now() + (isUnix && m_isInHurry ? HurriedPatience : Patience);
    m_partings.emplace(number, Parting{std::move(connection), until, isUnix});
}

void Partings::hurry(qint64 now)
{
    m_isInHurry = true;
    for (auto &[number, parting] : m_partings) {
        if (parting.isUnix)
            parting.until = std::min(parting.until, now + HurriedPatience);
    }
}

void Partings::onReadable(quint64 number)
{
    const auto parting = m_partings.find(number);
    if (parting != m_partings.end() && isAtEnd(parting->second.connection.get()))
        end(parting);
}

void Partings::expire(qint64 now)
{
    for (auto parting = m_partings.begin(); parting != m_partings.end();) {
        const auto next = std::next(parting);
        if (parting->second.until <= now)
            end(parting);
        parting = next;
    }
}

std::optional<qint64> Partings::nextExpiry() const
{
    std::optional<qint64> next;
    for (const auto &[number, parting] : m_partings)
        next = std::min(next.value_or(parting.until), parting.until);
    return next;
}

void Partings::end(Iterator parting)
{
    m_poller.remove(parting->second.connection.get());
    m_partings.erase(parting);
}

}
