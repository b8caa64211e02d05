// SPDX-License-Identifier: MIT
#include "zygote/workers_p.h"

#include "wire/oneline_p.h"
#include "zygote/logging_p.h"

#include <csignal>

namespace Prefork {

using namespace ZygoteMessages;

Q_LOGGING_CATEGORY(lcZygote, "prefork.zygote", QtWarningMsg)

namespace {

double inSeconds(qint64 nanoseconds)
{
    return std::chrono::duration<double>(std::chrono::nanoseconds(nanoseconds)).count();
}

QString methodOf(const ScoreboardPage &page)
{
    return onOneLine(QString::fromUtf8(page.methodName()));
}

double timeInState(const ScoreboardPage &page, qint64 now)
{
    return inSeconds(now - page.since.load(std::memory_order_relaxed));
}

}

// A client that gives up is nothing to worry about, so that is no warning.
void Workers::logSentence(const Child &child, qint64 now) const
{
    const ScoreboardPage &page = *m_scoreboard.page(child.slot);
    const auto number = static_cast<unsigned long long>(child.number);
    const QByteArray method = methodOf(page).toUtf8();
    if (child.watch.reason() == WorkerWatch::Reason::Hung) {
        qCWarning(lcZygote, "Killing hung worker (%d): worker %llu has been at method '%s' for %.1f s", int(child.pid), number,
                  method.constData(), timeInState(page, now));
        return;
    }
    if (child.watch.reason() == WorkerWatch::Reason::Shutdown) {
        qCInfo(lcZygote, "Killing worker (%d) because its server shuts down: worker %llu, last method '%s'", int(child.pid), number,
               method.constData());
        return;
    }
    const qint64 hungUpAt = child.watch.hungUpAt(page.protocol.load(std::memory_order_relaxed));
    qCInfo(lcZygote, "Killing abandoned worker (%d): worker %llu has been at method '%s' for %.1f s, its client hung up %.1f s ago",
           int(child.pid), number, method.constData(), timeInState(page, now), inSeconds(now - hungUpAt));
}

// An idle worker that exits says itself why.
void Workers::logDeath(const Child &child, const Event &event) const
{
    const ScoreboardPage &page = *m_scoreboard.page(child.slot);
    const bool isBusy = page.state.load(std::memory_order_acquire) == ScoreboardPage::Busy;
    const bool isExpected = child.watch.reason() != WorkerWatch::Reason::None || (event.signal == 0 && (event.exitCode == 0 || !isBusy));
    QString text = QStringLiteral("worker %1 (%2) %3").arg(child.number).arg(child.pid).arg(describeDeath(event));
    if (isExpected) {
        qCDebug(lcZygote).noquote() << text;
        return;
    }
    if (event.signal == SIGKILL)
        text += QStringLiteral(", perhaps out of memory");
    if (isBusy) {
        text += QStringLiteral(", after %1 s at method '%2'").arg(timeInState(page, ScoreboardPage::now()), 0, 'f', 1).arg(methodOf(page));
    } else {
        text += QStringLiteral(", with nothing to do");
    }
    qCWarning(lcZygote).noquote() << text;
}

}
