// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_SERVERLOGGING_P_H
#define QTPREFORK_SERVERLOGGING_P_H

#include <QtCore/QLoggingCategory>

namespace Prefork::Internal {

Q_DECLARE_LOGGING_CATEGORY(lcServer)

/// Logs a line of a server's own, in the category lcServer. A message handler of the program's gets it like any other.
/// Without one a server does not wait for whoever should read standard error: a line that finds no room there is lost,
/// and the next that does find room is preceded by how many were.
void logServer(QtMsgType type, const QString &line);

}

#endif
