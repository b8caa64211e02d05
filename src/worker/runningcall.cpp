// SPDX-License-Identifier: MIT
#include "worker/runningcall_p.h"

#include "worker/logging_p.h"
#include "worker/session_p.h"

#include <QtPrefork/worker.h>

#include <algorithm>

namespace Prefork::Internal {

Q_LOGGING_CATEGORY(lcWorker, "prefork.worker", QtWarningMsg)

namespace {

// Reading the clock costs about as much as ten calls of isCanceled() that do not read it. So it is read about once in
// this time, but not more rarely than every eighth call: a loop that becomes slow suddenly hears of a cancel after at
// most so many rounds.
constexpr qint64 ClockEvery = std::chrono::nanoseconds(std::chrono::microseconds(20)).count();
constexpr int MostCallsEach = 8;

}

std::atomic<bool> RunningCall::s_isCanceled{false};
std::atomic<Qt::HANDLE> RunningCall::s_thread{nullptr};
Session *RunningCall::s_session = nullptr;
RunningCall::Phase RunningCall::s_phase = RunningCall::Nothing;
int RunningCall::s_callsLeft = 1;
int RunningCall::s_callsEach = 1;
qint64 RunningCall::s_lastClock = 0;

bool RunningCall::look()
{
    const qint64 now = ScoreboardPage::now();
    const qint64 passed = std::max<qint64>(now - std::exchange(s_lastClock, now), 1);
    const qint64 calls = std::clamp<qint64>(s_callsEach * ClockEvery / passed, 1, 2 * s_callsEach);
    s_callsLeft = s_callsEach = int(std::min<qint64>(calls, MostCallsEach));
    if (s_session && s_phase != Nothing && s_phase != CheckoutDone)
        s_session->look(now);
    return s_isCanceled.load(std::memory_order_relaxed);
}

Session *RunningCall::sessionFor(const char *what)
{
    if (isServingThread() && s_phase == Method) [[likely]]
        return s_session;
    static std::atomic<bool> isLogged{false};
    if (!isLogged.exchange(true, std::memory_order_relaxed))
        qCWarning(lcWorker, "%s is not sent: it was said %s", what, whyNot());
    return nullptr;
}

const char *RunningCall::whyNot()
{
    if (!isServingThread())
        return s_thread.load(std::memory_order_relaxed) ? "in another thread than the method's" : "outside of a worker";
    switch (s_phase) {
    case Setup:
        return "by setup";
    case CheckoutDone:
        return "by checkoutDone";
    case Result:
        return "when the method had returned";
    case Nothing:
    case Method:
        break;
    }
    return "outside of a call";
}

}

namespace Prefork::detail {

using Internal::RunningCall;
using Internal::Session;

bool takesEvents()
{
    const Session *const session = RunningCall::sessionFor("an event");
    return session && session->takesEvents();
}

void emitEvent(const char *name, const CallArguments &arguments)
{
    if (Session *const session = RunningCall::sessionFor("an event"))
        session->emitEvent(QUtf8StringView(name), arguments);
}

}

namespace Prefork::Worker {

using Internal::RunningCall;

bool isCanceled()
{
    return RunningCall::isCanceled();
}

void throwIfCanceled()
{
    if (RunningCall::isCanceled())
        throw Error(Error::Canceled, QStringLiteral("the call was canceled"));
}

void setProgress(qint64 value, qint64 maximum, const QString &text)
{
    if (Internal::Session *const session = RunningCall::sessionFor("progress"))
        session->setProgress({value, maximum, text});
}

void emitEvent(const QString &name, const QVariantList &arguments)
{
    Internal::Session *const session = RunningCall::sessionFor("an event");
    if (session && session->takesEvents())
        session->emitEvent(name, detail::ListedArguments(arguments));
}

}
