// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_APPLICATION_P_H
#define QTPREFORK_APPLICATION_P_H

#include <QtPrefork/interface.h>

namespace Prefork::Internal {

/// Makes the application object of this worker, which lives until the process ends. Throws if there is one already, or
/// if @p make has made none.
void makeApplication(const Interface::ApplicationFactory &make, const QByteArray &programName);

/// Delivers the events that were posted to objects of this thread, and deletes the objects of deleteLater(). Exceptions
/// of event handlers pass through.
void deliverPostedEvents();

}

#endif
