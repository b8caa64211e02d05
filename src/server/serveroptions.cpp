// SPDX-License-Identifier: MIT
#include <QtPrefork/server.h>

#include "frame/debugfields_p.h"

namespace Prefork {

QDebug operator<<(QDebug debug, const ServerOptions &options)
{
    Internal::DebugFields(debug, "Prefork::ServerOptions", options)
        .field("socketMode", &ServerOptions::socketMode)
        .field("backlog", &ServerOptions::backlog)
        .field("replace", &ServerOptions::replace)
        .field("maxWorkers", &ServerOptions::maxWorkers)
        .field("maxWorkersPerUser", &ServerOptions::maxWorkersPerUser)
        .field("maxSpawnRate", &ServerOptions::maxSpawnRate)
        .field("maxSilent", &ServerOptions::maxSilent)
        .field("nativeOnly", &ServerOptions::nativeOnly)
        .field("helloTimeout", &ServerOptions::helloTimeout)
        .field("shutdownTimeout", &ServerOptions::shutdownTimeout)
        .field("drainTimeout", &ServerOptions::drainTimeout)
        .field("peers", &ServerOptions::peers);
    return debug;
}

}
