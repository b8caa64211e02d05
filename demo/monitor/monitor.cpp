// SPDX-License-Identifier: MIT
#include "monitor.h"

using namespace Prefork;
using namespace std::chrono_literals;

namespace {

// One worker is always there, so that one sees when the server goes. The others come and go with the calls.
ClientOptions options(Protocol protocol)
{
    return {
        .name = "monitor",
        .minWorkers = 1,
        .maxWorkers = CallLoop::Most,
        .reuseAfterError = true,
        .idleTimeout = 10s,
        .protocol = protocol,
        .oneShotDepth = 1, // a call at a time is a worker
    };
}

}

Monitor::Monitor(const Address &address, Protocol protocol, QObject *parent)
    : QObject(parent)
    , m_client(address, options(protocol))
    , m_loop(&m_client)
{
    m_pool.setClient(&m_client);
    connect(&m_client, &Client::stateChanged, this, &Monitor::stateChanged);
    connect(&m_client, &Client::connectionFailed, this, &Monitor::stateChanged);
    connect(&m_client, &Client::protocolRefused, this, [this] {
        m_refusal = m_client.connectionError();
        Q_EMIT stateChanged();
    });
}

QString Monitor::stateText() const
{
    if (isConnected())
        return QStringLiteral("Connected");
    if (!isInTrouble())
        return QStringLiteral("Connecting…");
    const QString cause = m_client.connectionError();
    const QString cure = cause == m_refusal
        ? QStringLiteral("Check the address; a server that speaks only JSON needs --protocol json")
        : QStringLiteral("Check that the server runs, and that this is its address");
    return QStringLiteral("Trying again: %1. %2.").arg(cause, cure);
}

void Monitor::setDark(bool dark)
{
    if (std::exchange(m_isDark, dark) != dark)
        Q_EMIT darkChanged();
}
