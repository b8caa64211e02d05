// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_WORKERLOGGING_P_H
#define QTPREFORK_WORKERLOGGING_P_H

#include <QtCore/QLoggingCategory>

namespace Prefork::Internal {

Q_DECLARE_LOGGING_CATEGORY(lcWorker)

}

#endif
