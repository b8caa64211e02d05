// SPDX-License-Identifier: MIT
#include "zygote/workers_p.h"

#include "wire/oneline_p.h"
#include "zygote/logging_p.h"
#include "zygote/ownlog_p.h"

#include <csignal>

namespace Prefork::Internal {

using namespace ZygoteMessages;

Q_LOGGING_CATEGORY(lcZygote, "prefork.zygote", QtWarningMsg)

namespace {

QString inSeconds(qint64 nanoseconds)
{
    return QString::number(std::chrono::duration<double>(std::chrono::nanoseconds(nanoseconds)).count(), 'f', 1);
}

QString methodOf(const ScoreboardPage &page)
{
    return Wire::onOneLine(QString::fromUtf8(page.methodName()));
}

qint64 timeInState(const ScoreboardPage &page, qint64 now)
{
    return now - page.since.load(std::memory_order_relaxed);
}

}

// A client that gives up is normal, so only a hung worker is a warning.
void Workers::logKilling(const Child &child, qint64 now) const
{
    const ScoreboardPage &page = *m_scoreboard.page(child.slot);
    const QString method = methodOf(page);
    const QString sentence = QStringLiteral("(%1): worker %2 has been at method '%3' for %4 s")
                                 .arg(QString::number(child.process.pid()), QString::number(child.number), method,
                                      inSeconds(timeInState(page, now)));
    if (child.watch.reason() == WorkerWatch::Reason::Hung) {
        logOwn(lcZygote(), QtWarningMsg, QStringLiteral("Killing hung worker ") + sentence);
        return;
    }
    if (child.watch.reason() == WorkerWatch::Reason::Shutdown) {
        logOwn(lcZygote(), QtInfoMsg, QStringLiteral("Killing, at the end of its server, worker ") + sentence);
        return;
    }
    const qint64 hungUpAt = child.watch.hungUpAt(page.protocol.load(std::memory_order_relaxed));
    const QString since = QStringLiteral(", its client hung up %1 s ago").arg(inSeconds(now - hungUpAt));
    logOwn(lcZygote(), QtInfoMsg, QStringLiteral("Killing abandoned worker ") + sentence + since);
}

// An idle worker that exits has logged the reason itself, so that is no warning.
void Workers::logDeath(const Child &child, const ZygoteEvent &event) const
{
    const ScoreboardPage &page = *m_scoreboard.page(child.slot);
    const bool isBusy = page.state.load(std::memory_order_acquire) == ScoreboardPage::Busy;
    const bool isExpected
        = child.watch.reason() != WorkerWatch::Reason::None || (event.signal == 0 && (event.exitCode == 0 || !isBusy));
    const QString role = child.id == 0 ? QStringLiteral("spare worker") : QStringLiteral("worker");
    QString text = QStringLiteral("%1 %2 (%3) %4")
                       .arg(role)
                       .arg(child.number)
                       .arg(child.process.pid())
                       .arg(describeDeath(event));
    if (isExpected) {
        logOwn(lcZygote(), QtDebugMsg, text);
        return;
    }
    if (event.signal == SIGKILL)
        text += m_options.limits.cpuTime ? QStringLiteral(", perhaps out of memory or of limits.cpuTime")
                                         : QStringLiteral(", perhaps out of memory");
    if (isBusy) {
        text += QStringLiteral(", after %1 s at method '%2'")
                    .arg(inSeconds(timeInState(page, ScoreboardPage::now())), methodOf(page));
    } else {
        text += QStringLiteral(", with nothing to do");
    }
    logOwn(lcZygote(), QtWarningMsg, text);
}

}
