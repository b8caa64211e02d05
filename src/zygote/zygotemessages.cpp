// SPDX-License-Identifier: MIT
#include "zygote/zygotemessages_p.h"

#include "zygote/posix_p.h"

namespace Prefork::ZygoteMessages {

QString describeDeath(const Event &event)
{
    const QString how = Posix::describeDeath({event.pid, event.exitCode, event.signal});
    if (event.hung)
        return QStringLiteral("%1 because it hung").arg(how);
    if (event.abandoned)
        return QStringLiteral("%1 because its client had hung up").arg(how);
    return how;
}

}
