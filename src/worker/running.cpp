// SPDX-License-Identifier: MIT
#include "worker/running_p.h"

#include "worker/session_p.h"

#include <QtPrefork/worker.h>

#include <QtCore/QLoggingCategory>

#include <algorithm>

namespace Prefork::Internal {

namespace {

Q_LOGGING_CATEGORY(lcWorker, "prefork.worker", QtWarningMsg)

// Looking at the clock costs about as much as ten calls of isCanceled() that do not. A loop that becomes slow all at
// once is deaf for as many of its rounds as there are calls between two looks.
constexpr qint64 ClockEvery = std::chrono::nanoseconds(std::chrono::microseconds(20)).count();
constexpr int MostCallsEach = 8;

}

std::atomic<bool> Running::s_isCanceled{false};
std::atomic<Qt::HANDLE> Running::s_thread{nullptr};
Session *Running::s_session = nullptr;
Running::Phase Running::s_phase = Running::Nothing;
int Running::s_callsLeft = 1;
int Running::s_callsEach = 1;
qint64 Running::s_lastClock = 0;

bool Running::look()
{
    const qint64 now = ScoreboardPage::now();
    const qint64 passed = std::max<qint64>(now - std::exchange(s_lastClock, now), 1);
    const qint64 calls = std::clamp<qint64>(s_callsEach * ClockEvery / passed, 1, 2 * s_callsEach);
    s_callsLeft = s_callsEach = int(std::min<qint64>(calls, MostCallsEach));
    if (s_phase != Nothing && s_phase != CheckoutDone)
        s_session->look(now);
    return s_isCanceled.load(std::memory_order_relaxed);
}

Session *Running::sessionFor(const char *what)
{
    if (isServingThread() && s_phase == Method) [[likely]]
        return s_session;
    static std::atomic<bool> isLogged{false};
    if (!isLogged.exchange(true, std::memory_order_relaxed))
        qCWarning(lcWorker, "%s is not sent: it was said %s", what, whyNot());
    return nullptr;
}

const char *Running::whyNot()
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

using Internal::Running;
using Internal::Session;

bool takesEvents()
{
    const Session *const session = Running::sessionFor("an event");
    return session && session->takesEvents();
}

void emitEvent(const char *name, const CallArguments &arguments)
{
    if (Session *const session = Running::sessionFor("an event"))
        session->emitEvent(QUtf8StringView(name), arguments);
}

}

namespace Prefork::Worker {

using Internal::Running;

bool isCanceled()
{
    return Running::isCanceled();
}

void throwIfCanceled()
{
    if (Running::isCanceled())
        throw Error(Error::Canceled, QStringLiteral("the call was canceled"));
}

void setProgress(qint64 value, qint64 maximum, const QString &text)
{
    if (Internal::Session *const session = Running::sessionFor("progress"))
        session->setProgress({value, maximum, text});
}

void emitEvent(const QString &name, const QVariantList &arguments)
{
    Internal::Session *const session = Running::sessionFor("an event");
    if (session && session->takesEvents())
        session->emitEvent(name, detail::ListedArguments(arguments));
}

}
