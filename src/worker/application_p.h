// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_APPLICATION_P_H
#define QTPREFORK_APPLICATION_P_H

#include <QtPrefork/interface.h>

namespace Prefork::Internal {

/// Makes the application of this worker, which is to live until the process ends. Throws when there is none afterwards,
/// or was one before.
void makeApplication(const Interface::ApplicationFactory &make, const QByteArray &programName);

/// Delivers the events that were posted to objects of this thread, and deletes what was to be deleted later. What
/// handlers throw passes through.
void deliverPostedEvents();

}

#endif
