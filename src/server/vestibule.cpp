// SPDX-License-Identifier: MIT
#include "server/vestibule_p.h"

#include "server/logging_p.h"

namespace Prefork {

using namespace std::chrono_literals;

Vestibule::Vestibule(int most, std::chrono::milliseconds patience, Enter enter)
    : m_most(std::size_t(most))
    , m_patience(patience)
    , m_enter(std::move(enter))
{
    m_timer.setSingleShot(true);
    connect(&m_timer, &QTimer::timeout, this, &Vestibule::expire);
}

void Vestibule::wait(Posix::Fd connection, const Peer &peer)
{
    if (Posix::hasInput(connection.get())) {
        if (Posix::peekByte(connection.get())) // else it has hung up already
            m_enter(std::move(connection), peer);
        return;
    }
    if (m_guests.size() >= m_most) {
        qCInfo(lcServer).noquote() << "closed a connection that has said nothing, for there are too many:" << m_guests.begin()->second.peer.address;
        m_guests.erase(m_guests.begin());
    }
    const quint64 number = ++m_lastNumber;
    auto notifier = std::make_unique<QSocketNotifier>(connection.get(), QSocketNotifier::Read);
    connect(notifier.get(), &QSocketNotifier::activated, this, [this, number] { onReadable(number); });
    m_guests.emplace(number, Guest{std::move(connection), peer, std::move(notifier), std::chrono::steady_clock::now() + m_patience});
    if (m_guests.size() == 1)
        arm();
}

void Vestibule::onReadable(quint64 number)
{
    auto guest = m_guests.extract(number);
    if (guest.empty())
        return;
    guest.mapped().notifier->setEnabled(false); // its descriptor may be closed before it is deleted
    guest.mapped().notifier.release()->deleteLater(); // it is on the stack
    if (Posix::peekByte(guest.mapped().connection.get()))
        m_enter(std::move(guest.mapped().connection), guest.mapped().peer);
}

void Vestibule::expire()
{
    const auto now = std::chrono::steady_clock::now();
    while (!m_guests.empty() && m_guests.begin()->second.until <= now) {
        qCInfo(lcServer).noquote() << "closed a connection that has said nothing for too long:" << m_guests.begin()->second.peer.address;
        m_guests.erase(m_guests.begin());
    }
    arm();
}

void Vestibule::arm()
{
    if (m_patience <= 0ms || m_guests.empty())
        return;
    const auto left = m_guests.begin()->second.until - std::chrono::steady_clock::now();
    m_timer.start(std::max(1ms, std::chrono::ceil<std::chrono::milliseconds>(left)));
}

}
