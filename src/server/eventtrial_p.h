// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_EVENTTRIAL_P_H
#define QTPREFORK_EVENTTRIAL_P_H

#include <QtCore/QString>

namespace Prefork::Internal {

/// Says why the event loop of this thread would not notice connections, with the error of the kernel; empty if it
/// would. The reason can be a filter of system calls that refuses poll() or ppoll(). Which of the two an event loop
/// calls differs, so this tries an event loop of the same kind in another thread. Server asks before it listens.
[[nodiscard]] QString whyEventsDoNotCome();

}

#endif
