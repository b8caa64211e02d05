// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_OWNLOG_P_H
#define QTPREFORK_OWNLOG_P_H

#include <QtCore/QLoggingCategory>

namespace Prefork::Internal {

/// Logs a line of the library's own in a zygote or worker. Those must go on even if nobody reads standard error: a line
/// that finds no room there is lost, and the next that does find room is preceded by how many were.
void logOwn(const QLoggingCategory &category, QtMsgType type, const QString &line);

}

#endif
