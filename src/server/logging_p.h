// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_SERVERLOGGING_P_H
#define QTPREFORK_SERVERLOGGING_P_H

#include <QtCore/QLoggingCategory>

namespace Prefork::Internal {

Q_DECLARE_LOGGING_CATEGORY(lcServer)

/// Logs a line of the server itself, in the category lcServer. If the program has installed a message handler, it gets
/// the line like any other. If not, the server never waits for the reader of standard error: a line that finds no room
/// there is lost, and the next line that finds room is preceded by the number of lost ones.
void logServer(QtMsgType type, const QString &line);

}

#endif
