// SPDX-License-Identifier: MIT
#include <QtPrefork/peerpolicy.h>

#include "posix/process_p.h"

namespace Prefork {

bool PeerPolicy::allows(quint32 user, quint32 group) const
{
    constexpr quint32 Unknown = quint32(-1);
    if (anyone)
        return true;
    if (user == Unknown || group == Unknown)
        return false;
    return (sameUser && user == Posix::userId()) || (root && user == 0) || users.contains(user)
        || groups.contains(group);
}

}
