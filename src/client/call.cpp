// SPDX-License-Identifier: MIT
#include <QtPrefork/call.h>

#include "client/clientcore_p.h"
#include "client/clientnumbers_p.h"

namespace Prefork {

using namespace Internal;

bool Call::cancel() const
{
    const auto core = clientByNumber(client(), "Prefork::Call::cancel()");
    return core && core->cancel({checkout(), id()});
}

bool Call::isSettled() const
{
    const auto core = clientByNumber(client(), "Prefork::Call::isSettled()");
    return !core || core->isSettled({checkout(), id()});
}

}
