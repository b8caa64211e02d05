// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_SERVERLOGGING_P_H
#define QTPREFORK_SERVERLOGGING_P_H

#include <QtCore/QLoggingCategory>

namespace Prefork {

Q_DECLARE_LOGGING_CATEGORY(lcServer)

}

#endif
