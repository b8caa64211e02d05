// SPDX-License-Identifier: MIT
#include "clientsettings_p.h"

#include <algorithm>

namespace Prefork::Qml {

using std::chrono::milliseconds;

namespace {

// Returns a size for a number of JavaScript, which may be any number.
template <class Size>
Size sizeOf(double number)
{
    constexpr double Most = 0x1p53;
    return number >= 0 ? Size(std::min(number, Most)) : Size(0);
}

}

ClientSettings::ClientSettings(QObject *parent)
    : QObject(parent)
{
    const ClientOptions defaults;
    m_minWorkers = defaults.minWorkers;
    m_maxWorkers = defaults.maxWorkers;
    m_runTimeout = int(defaults.runTimeout.count());
    m_priority = defaults.priority;
    m_cancelGrace = int(defaults.cancelGrace.count());
    m_maxCheckouts = defaults.maxCheckouts;
    m_reuseAfterError = defaults.reuseAfterError;
    m_idleTimeout = int(defaults.idleTimeout.count());
    m_maxQueued = defaults.maxQueued;
    m_waitForServer = defaults.waitForServer;
    m_maxMessageSize = double(defaults.maxMessageSize);
    m_maxDecodedSize = double(defaults.maxDecodedSize);
    m_protocol = Protocol(defaults.protocol);
    m_maxInFlight = defaults.maxInFlight;
    m_maxInFlightBytes = double(defaults.maxInFlightBytes);
    m_oneShotDepth = defaults.oneShotDepth;
    m_maxBytesToWrite = double(defaults.maxBytesToWrite);
}

ClientOptions ClientSettings::options() const
{
    ClientOptions options{
        .name = m_name.toUtf8(),
        .minWorkers = m_minWorkers,
        .maxWorkers = m_maxWorkers,
        .runTimeout = milliseconds(m_runTimeout),
        .priority = m_priority,
        .cancelGrace = milliseconds(m_cancelGrace),
        .maxCheckouts = m_maxCheckouts,
        .reuseAfterError = m_reuseAfterError,
        .idleTimeout = milliseconds(m_idleTimeout),
        .maxQueued = m_maxQueued,
        .waitForServer = m_waitForServer,
        .maxMessageSize = sizeOf<qsizetype>(m_maxMessageSize),
        .maxDecodedSize = sizeOf<qint64>(m_maxDecodedSize),
        .protocol = Prefork::Protocol(m_protocol),
        .maxInFlight = m_maxInFlight,
        .maxInFlightBytes = sizeOf<qsizetype>(m_maxInFlightBytes),
        .oneShotDepth = m_oneShotDepth,
        .maxBytesToWrite = sizeOf<qint64>(m_maxBytesToWrite),
    };
    if (m_timeout >= 0)
        options.timeout = milliseconds(m_timeout);
    return options;
}

}
