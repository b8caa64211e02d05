// SPDX-License-Identifier: MIT
#include "server/vestibule_p.h"

#include "posix/transfer_p.h"
#include "server/logging_p.h"

namespace Prefork::Internal {

using namespace std::chrono_literals;

Vestibule::Vestibule(qsizetype most, std::chrono::milliseconds patience, Enter enter)
    : m_most(most)
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
    const quint64 number = ++m_lastNumber;
    auto notifier = std::make_unique<QSocketNotifier>(connection.get(), QSocketNotifier::Read);
    connect(notifier.get(), &QSocketNotifier::activated, this, [this, number] { onReadable(number); });
    m_guests.emplace(
        number, Guest{std::move(connection), peer, std::move(notifier), std::chrono::steady_clock::now() + m_patience});
    if (m_guests.size() == 1)
        arm();
    noteFull();
}

void Vestibule::empty(const Enter &take)
{
    for (auto &[number, guest] : std::exchange(m_guests, {})) {
        guest.notifier.reset();
        take(std::move(guest.connection), guest.peer);
    }
}

void Vestibule::noteFull()
{
    constexpr auto Silence = 10s;
    if (std::exchange(m_wasFull, isFull()) == isFull())
        return;
    if (isFull() && m_mayWarn.hasExpired()) {
        logServer(QtWarningMsg,
                  QStringLiteral("%1 connections have said nothing, as many as may (ServerOptions::maxSilent): others "
                                 "wait to be accepted "
                                 "until one of them speaks or leaves")
                      .arg(m_guests.size()));
        m_mayWarn.setRemainingTime(Silence);
    }
    Q_EMIT fullChanged();
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
    noteFull();
}

void Vestibule::expire()
{
    const auto now = std::chrono::steady_clock::now();
    while (!m_guests.empty() && m_guests.begin()->second.until <= now) {
        logServer(QtInfoMsg,
                  QStringLiteral("closed a connection that has said nothing for too long: %1")
                      .arg(m_guests.begin()->second.peer.address));
        m_guests.erase(m_guests.begin());
    }
    arm();
    noteFull();
}

void Vestibule::arm()
{
    if (m_patience <= 0ms || m_guests.empty())
        return;
    const auto left = m_guests.begin()->second.until - std::chrono::steady_clock::now();
    m_timer.start(std::max(1ms, std::chrono::ceil<std::chrono::milliseconds>(left)));
}

}
