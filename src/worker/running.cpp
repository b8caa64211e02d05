// SPDX-License-Identifier: MIT
#include "worker/running_p.h"

#include "worker/session_p.h"

#include <QtPrefork/worker.h>

#include <algorithm>

namespace Prefork::Internal {

namespace {

// Looking at the clock costs about as much as ten calls of isCanceled() that do not. A loop that becomes slow all at
// once is deaf for as many of its rounds as there are calls between two looks.
constexpr qint64 ClockEvery = std::chrono::nanoseconds(std::chrono::microseconds(20)).count();
constexpr int MostCallsEach = 64;

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

}
