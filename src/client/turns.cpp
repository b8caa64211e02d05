// SPDX-License-Identifier: MIT
#include "client/turns_p.h"

#include "client/clientcore_p.h"
#include "posix/clock_p.h"

#include <algorithm>

namespace Prefork::Internal {

using namespace std::chrono_literals;
using Posix::now;

Turns::Turns(ClientCore *core, std::chrono::microseconds size)
    : budget(std::clamp<std::chrono::microseconds>(size, 0us, 1h))
    , m_core(core)
{
    m_timer.setSingleShot(true);
    m_timer.setTimerType(Qt::PreciseTimer);
    connect(&m_timer, &QTimer::timeout, core, &ClientCore::onTimer);
    m_resumeTimer.setSingleShot(true);
    connect(&m_resumeTimer, &QTimer::timeout, core, &ClientCore::onResume);
    m_futureTimer.setSingleShot(true);
    connect(&m_futureTimer, &QTimer::timeout, core, &ClientCore::onFutureTimer);
}

void Turns::find()
{
    m_dispatcher = QAbstractEventDispatcher::instance(thread());
    if (!m_dispatcher)
        return;
    connect(m_dispatcher, &QAbstractEventDispatcher::aboutToBlock, this, &Turns::onTurn);
    connect(m_dispatcher, &QAbstractEventDispatcher::awake, this, &Turns::onTurn);
    connect(m_dispatcher, &QObject::destroyed, this, &Turns::onLoopGone);
    m_core->onLoopFound();
}

void Turns::onTurn()
{
    budget.turn();
    m_core->reader().onTurn();
    m_core->flush();
    m_core->observers().onTurn();
}

// The posted call waits for the next event loop of this thread, if there ever is one.
void Turns::onLoopGone()
{
    m_dispatcher = nullptr;
    stop();
    m_timerDue.reset();
    QMetaObject::invokeMethod(this, &Turns::watch, Qt::QueuedConnection);
}

void Turns::stop()
{
    for (QTimer *const timer : {&m_timer, &m_resumeTimer, &m_futureTimer})
        timer->stop();
}

// A timer that is due early enough is left alone: setting one for each of many calls would be expensive.
void Turns::wakeAt(std::optional<Time> time)
{
    if (!time || !m_dispatcher || (m_timerDue && *m_timerDue <= *time))
        return;
    m_timerDue = time;
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(*time - now());
    m_timer.start(std::clamp<std::chrono::milliseconds>(wait, 0ms, 24h)); // QTimer counts milliseconds in an int
}

void Turns::watchFuturesIn(std::chrono::milliseconds wait)
{
    if (m_dispatcher && !m_futureTimer.isActive())
        m_futureTimer.start(wait);
}

void Turns::resumeLater()
{
    if (m_dispatcher && !m_resumeTimer.isActive())
        m_resumeTimer.start(0);
}

}
