// SPDX-License-Identifier: MIT
#include <QtPrefork/peerpolicy.h>
#include <QtPrefork/worker.h>
#include <QtPrefork/zygote.h>

#include "frame/debugfields_p.h"

namespace Prefork {

using Internal::DebugFields;

QDebug operator<<(QDebug debug, const PeerPolicy &policy)
{
    DebugFields(debug, "Prefork::PeerPolicy", policy)
        .field("sameUser", &PeerPolicy::sameUser)
        .field("root", &PeerPolicy::root)
        .field("users", &PeerPolicy::users)
        .field("groups", &PeerPolicy::groups)
        .field("anyone", &PeerPolicy::anyone);
    return debug;
}

QDebug operator<<(QDebug debug, const Peer &peer)
{
    DebugFields(debug, "Prefork::Peer", peer)
        .field("uid", &Peer::uid)
        .field("gid", &Peer::gid)
        .field("pid", &Peer::pid)
        .field("address", &Peer::address);
    return debug;
}

QDebug operator<<(QDebug debug, const WorkerLimits &limits)
{
    DebugFields(debug, "Prefork::WorkerLimits", limits)
        .field("addressSpace", &WorkerLimits::addressSpace)
        .field("cpuTime", &WorkerLimits::cpuTime)
        .field("openFiles", &WorkerLimits::openFiles)
        .field("coreSize", &WorkerLimits::coreSize)
        .field("fileSize", &WorkerLimits::fileSize)
        .field("nice", &WorkerLimits::nice)
        .field("oomScoreAdjust", &WorkerLimits::oomScoreAdjust)
        .field("noNewPrivileges", &WorkerLimits::noNewPrivileges)
        .field("userId", &WorkerLimits::userId)
        .field("groupId", &WorkerLimits::groupId);
    return debug;
}

QDebug operator<<(QDebug debug, const ZygoteOptions &options)
{
    DebugFields(debug, "Prefork::ZygoteOptions", options)
        .field("name", &ZygoteOptions::name)
        .field("hungTimeout", &ZygoteOptions::hungTimeout)
        .field("abandonedGrace", &ZygoteOptions::abandonedGrace)
        .field("killGrace", &ZygoteOptions::killGrace)
        .field("killsChildren", &ZygoteOptions::killsChildren)
        .field("maxMessageSize", &ZygoteOptions::maxMessageSize)
        .field("maxDecodedSize", &ZygoteOptions::maxDecodedSize)
        .field("limits", &ZygoteOptions::limits)
        .field("spareWorkers", &ZygoteOptions::spareWorkers)
        .field("setupAhead", &ZygoteOptions::setupAhead);
    return debug;
}

}
