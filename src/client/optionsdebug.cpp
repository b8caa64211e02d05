// SPDX-License-Identifier: MIT
// This is how qDebug() shows the options and values of the client's public headers.
#include <QtPrefork/client.h>

#include "frame/debugfields_p.h"
#include "frame/printable_p.h"

namespace Prefork {

using Internal::DebugFields;

QDebug operator<<(QDebug debug, const CallOptions &options)
{
    DebugFields(debug, "Prefork::CallOptions", options)
        .field("runTimeout", &CallOptions::runTimeout)
        .field("deadline", &CallOptions::deadline)
        .field("priority", &CallOptions::priority);
    return debug;
}

QDebug operator<<(QDebug debug, const CheckoutOptions &options)
{
    DebugFields(debug, "Prefork::CheckoutOptions", options)
        .field("timeout", &CheckoutOptions::timeout)
        .field("runTimeout", &CheckoutOptions::runTimeout)
        .field("priority", &CheckoutOptions::priority);
    return debug;
}

QDebug operator<<(QDebug debug, const ClientOptions &options)
{
    DebugFields(debug, "Prefork::ClientOptions", options)
        .field("name", &ClientOptions::name)
        .field("minWorkers", &ClientOptions::minWorkers)
        .field("maxWorkers", &ClientOptions::maxWorkers)
        .field("timeout", &ClientOptions::timeout)
        .field("runTimeout", &ClientOptions::runTimeout)
        .field("priority", &ClientOptions::priority)
        .field("cancelGrace", &ClientOptions::cancelGrace)
        .field("maxCheckouts", &ClientOptions::maxCheckouts)
        .field("reuseAfterError", &ClientOptions::reuseAfterError)
        .field("idleTimeout", &ClientOptions::idleTimeout)
        .field("maxQueued", &ClientOptions::maxQueued)
        .field("waitForServer", &ClientOptions::waitForServer)
        .field("maxMessageSize", &ClientOptions::maxMessageSize)
        .field("maxDecodedSize", &ClientOptions::maxDecodedSize)
        .field("protocol", &ClientOptions::protocol)
        .field("maxInFlight", &ClientOptions::maxInFlight)
        .field("maxInFlightBytes", &ClientOptions::maxInFlightBytes)
        .field("oneShotDepth", &ClientOptions::oneShotDepth)
        .field("maxBytesToWrite", &ClientOptions::maxBytesToWrite)
        .field("readBudget", &ClientOptions::readBudget)
        .field("servers", &ClientOptions::servers);
    return debug;
}

QDebug operator<<(QDebug debug, const Call &call)
{
    const QDebugStateSaver saver(debug);
    debug.nospace() << "Prefork::Call(" << call.id() << (call.isSettled() ? ", settled)" : ")");
    return debug;
}

QDebug operator<<(QDebug debug, const Progress &progress)
{
    const QDebugStateSaver saver(debug);
    debug.nospace().noquote() << "Prefork::Progress(" << progress.value() << " of " << progress.maximum();
    if (!progress.text().isEmpty())
        debug << ", \"" << detail::printable(progress.text()) << '"';
    debug << ')';
    return debug;
}

}
