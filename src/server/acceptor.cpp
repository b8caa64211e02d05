// SPDX-License-Identifier: MIT
#include "server/acceptor_p.h"

#include "posix/socket_p.h"
#include "server/logging_p.h"

#include <cerrno>

namespace Prefork::Internal {

using namespace std::chrono_literals;

namespace {

constexpr int AtOnce = 64; // connections that are accepted before other events have their turn
constexpr int LongestBacklog = 65536;
constexpr auto FirstAcceptPause = 20ms;
constexpr auto LongestAcceptPause = 500ms;
constexpr auto WarningInterval = 10s; // between two warnings, for accepting may succeed and fail by turns

bool concernsOneConnection(int error)
{
    return error == ECONNABORTED || error == EPROTO || error == EPERM || error == ENETDOWN || error == EHOSTUNREACH
        || error == ENETUNREACH;
}

}

Acceptor::Acceptor(int listener, std::function<void(Posix::Fd)> accepted)
    : m_listener(listener)
    , m_accepted(std::move(accepted))
    , m_notifier(listener, QSocketNotifier::Read)
{
    m_resume.setSingleShot(true);
    connect(&m_notifier, &QSocketNotifier::activated, this, &Acceptor::acceptAll);
    connect(&m_resume, &QTimer::timeout, this, &Acceptor::resume);
}

void Acceptor::acceptAll()
{
    for (int i = 0; i < AtOnce && m_isEnabled; ++i) {
        if (acceptOne() != Outcome::GoOn)
            return;
    }
}

bool Acceptor::acceptRest()
{
    Outcome outcome = Outcome::GoOn;
    for (int i = 0; i < LongestBacklog && outcome == Outcome::GoOn; ++i)
        outcome = acceptOne();
    return outcome == Outcome::NothingThere;
}

Acceptor::Outcome Acceptor::acceptOne()
{
    Posix::Fd connection = Posix::acceptConnection(m_listener);
    if (connection.isOpen()) {
        m_pause = 0ms;
        m_accepted(std::move(connection));
        return Outcome::GoOn;
    }
    const int error = errno;
    if (error == EAGAIN || error == EWOULDBLOCK)
        return Outcome::NothingThere;
    if (concernsOneConnection(error))
        return Outcome::GoOn;
    pause(error);
    return Outcome::Failed;
}

bool Acceptor::moveTo(int listener)
{
    if (!acceptRest())
        return false;
    m_listener = listener;
    m_notifier.setSocket(listener);
    setEnabled(m_isEnabled);
    return true;
}

void Acceptor::setEnabled(bool enabled)
{
    m_isEnabled = enabled;
    m_notifier.setEnabled(enabled && !m_resume.isActive());
}

void Acceptor::pause(int error)
{
    if (m_mayWarn.hasExpired()) {
        logServer(QtWarningMsg,
                  QStringLiteral("cannot accept connections, they wait: %1").arg(Posix::errorText(error)));
        m_mayWarn.setRemainingTime(WarningInterval);
    }
    m_pause = std::clamp<std::chrono::milliseconds>(m_pause * 2, FirstAcceptPause, LongestAcceptPause);
    m_notifier.setEnabled(false);
    m_resume.start(m_pause);
}

void Acceptor::resume()
{
    m_notifier.setEnabled(m_isEnabled);
}

}
