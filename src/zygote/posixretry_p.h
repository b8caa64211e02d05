// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_POSIXRETRY_P_H
#define QTPREFORK_POSIXRETRY_P_H

#include "zygote/posix_p.h"

#include <cerrno>

namespace Prefork::Posix {

template <class Call>
auto retry(Call call)
{
    for (;;) {
        const auto result = call();
        if (result != -1 || errno != EINTR)
            return result;
    }
}

/// What a call that moves bytes and failed with @p error came to. A kernel without memory for it has some a moment later, and nothing was
/// moved: given up, an event or an order of a zygote would be lost for good, and with it a place for a worker.
inline Transfer failure(int error)
{
    if (error == ENOBUFS || error == ENOMEM)
        return {Transfer::WouldBlock, 0, error};
    if (error == EAGAIN || error == EWOULDBLOCK)
        return {Transfer::WouldBlock, 0, 0};
    if (error == EPIPE || error == ECONNRESET || error == ENOTCONN)
        return {Transfer::Closed, 0, error};
    return {Transfer::Failed, 0, error};
}

}

#endif
