// SPDX-License-Identifier: MIT
#include "zygote/zygotemessages_p.h"

#include "posix/child_p.h"
#include "worker/scoreboardpage_p.h"

namespace Prefork::Internal::ZygoteMessages {

QString describeDeath(const ZygoteEvent &event)
{
    QString how = Posix::describeDeath({event.pid, event.exitCode, event.signal});
    if (event.setup == ScoreboardPage::SettingUp)
        how += QStringLiteral(" during its setup");
    switch (event.cause) {
    case ZygoteEvent::Itself:
        break;
    case ZygoteEvent::Hung:
        return QStringLiteral("%1 because it hung").arg(how);
    case ZygoteEvent::Abandoned:
        return QStringLiteral("%1 because its client had hung up").arg(how);
    case ZygoteEvent::Shutdown:
        return QStringLiteral("%1 because its server shut down").arg(how);
    case ZygoteEvent::LeftForRoom:
        return QStringLiteral("left to make room for another client");
    case ZygoteEvent::LeftAtShutdown:
        return QStringLiteral("left because its server shut down");
    case ZygoteEvent::LeftWithoutServer:
        return QStringLiteral("left because its server is gone");
    case ZygoteEvent::LeftWhenTold:
        return QStringLiteral("left because a signal told it to");
    }
    return how;
}

QString endingText()
{
    return QStringLiteral("the zygote has been told to end by SIGTERM");
}

}
