// SPDX-License-Identifier: MIT
#include "zygote/ownlog_p.h"

#include "frame/counted_p.h"
#include "posix/stderr_p.h"

namespace Prefork::Internal {

namespace {

quint64 s_lostLines = 0; // lines lost by this process

}

void logOwn(const QLoggingCategory &category, QtMsgType type, const QString &line)
{
    if (!category.isEnabled(type))
        return;
    Posix::NonBlockingStderr errors;
    if (!errors.hasRoom()) {
        ++s_lostLines;
        return;
    }
    const QMessageLogContext context(nullptr, 0, nullptr, category.categoryName());
    if (const quint64 lost = std::exchange(s_lostLines, 0); lost > 0)
        qt_message_output(QtWarningMsg, context, lostLines(lost));
    qt_message_output(type, context, line);
    if (errors.takeFailure())
        ++s_lostLines;
}

}
