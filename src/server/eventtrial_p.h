// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_EVENTTRIAL_P_H
#define QTPREFORK_EVENTTRIAL_P_H

#include <QtCore/QString>

namespace Prefork::Internal {

/// Why the event loop of this thread does not hear of connections, with the cause in the kernel's words; empty if it
/// does. Some filters of system calls refuse poll() or ppoll(), and which of them an event loop waits with is up to it.
[[nodiscard]] QString whyEventsDoNotCome();

}

#endif
