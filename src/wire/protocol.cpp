// SPDX-License-Identifier: MIT
#include <QtPrefork/protocol.h>

#include <QtCore/QString>

namespace Prefork {

Protocol defaultProtocol()
{
    return qEnvironmentVariable("PREFORK_PROTOCOL").compare(QLatin1StringView("json"), Qt::CaseInsensitive) == 0
        ? Protocol::Json
        : Protocol::Native;
}

}
