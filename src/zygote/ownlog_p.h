// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_OWNLOG_P_H
#define QTPREFORK_OWNLOG_P_H

#include <QtCore/QLoggingCategory>

namespace Prefork::Internal {

/// Logs a line of the library in a zygote or worker, which must not wait for whoever reads standard error. If there is
/// no room, the line is lost; before the next line that has room, the number of lost lines is logged.
void logOwn(const QLoggingCategory &category, QtMsgType type, const QString &line);

}

#endif
