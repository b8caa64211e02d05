// SPDX-License-Identifier: MIT
#include "server/logging_p.h"

#include "frame/counted_p.h"
#include "posix/stderr_p.h"

#include <atomic>

namespace Prefork::Internal {

Q_LOGGING_CATEGORY(lcServer, "prefork.server", QtWarningMsg)

namespace {

std::atomic<quint64> s_lost = 0;

// Qt reveals the present handler only when another one is installed. What another thread logs in this moment goes to
// Qt's own handler; so this is asked only when standard error has hardly any room, and not for every line.
bool hasHandlerOfTheProgram()
{
    const QtMessageHandler current = qInstallMessageHandler(nullptr);
    const QtMessageHandler ofQt = qInstallMessageHandler(current);
    return current != ofQt;
}

bool writeNow(QtMsgType type, const QMessageLogContext &context, const QString &line)
{
    return Posix::writeToStderrNow(qFormatLogMessage(type, context, line).toLocal8Bit());
}

}

void logServer(QtMsgType type, const QString &line)
{
    if (!lcServer().isEnabled(type))
        return;
    const QMessageLogContext context(nullptr, 0, nullptr, lcServer().categoryName());
    const bool mayWait = Posix::hasAmpleStderr() || hasHandlerOfTheProgram();
    const auto log = [&](QtMsgType severity, const QString &text) {
        if (mayWait)
            qt_message_output(severity, context, text);
        return mayWait || writeNow(severity, context, text);
    };
    const quint64 lost = s_lost.exchange(0);
    const bool isReported = lost == 0 || log(QtWarningMsg, lostLines(lost));
    if (!isReported)
        s_lost += lost;
    if (!isReported || !log(type, line))
        ++s_lost;
}

}
