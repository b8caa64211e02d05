// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_TURNS_P_H
#define QTPREFORK_TURNS_P_H

#include "client/readbudget_p.h"

#include <QtCore/QAbstractEventDispatcher>
#include <QtCore/QPointer>
#include <QtCore/QScopedValueRollback>
#include <QtCore/QTimer>

#include <optional>

namespace Prefork::Internal {

class ClientCore;

/// When a client has its turn: the event loop of its thread, while there is one, the timers it has there, and how much
/// time it may take in each turn.
class Turns : public QObject
{
    Q_OBJECT

public:
    using Time = std::chrono::nanoseconds;

    /// @p core is told: of each turn, of a loop that was found, and when its timers are due.
    Turns(ClientCore *core, std::chrono::microseconds budget);

    /// To be called when there may be an event loop that this does not know yet.
    void watch()
    {
        if (!m_dispatcher) [[unlikely]]
            find();
    }
    [[nodiscard]] bool hasLoop() const { return !m_dispatcher.isNull(); }
    /// Until the result is destroyed the client is turned by hand, for there is no application.
    [[nodiscard]] QScopedValueRollback<bool> turnByHand() { return QScopedValueRollback(m_isByHand, true); }
    [[nodiscard]] bool isByHand() const { return m_isByHand; }
    /// The event loop has turned, or the client is turned by hand.
    void onTurn();

    /// Calls ClientCore::onTimer() at that time, or earlier.
    void wakeAt(std::optional<Time> time);
    /// To be called by onTimer(): the next wakeAt() sets the timer again.
    void forgetTimer() { m_timerDue.reset(); }
    /// Calls ClientCore::onResume() after all other events have had their turn.
    void resumeLater();
    void stopResuming() { m_resumeTimer.stop(); }
    /// Calls ClientCore::onFutureTimer() once after @p wait, or when that was to be done before.
    void watchFuturesIn(std::chrono::milliseconds wait);
    static constexpr std::chrono::milliseconds FutureInterval{25};
    /// No timer is due any more.
    void stop();

    ReadBudget budget;
    Time rough{}; ///< the rough clock as of the last read or callback, while something is being read

private:
    void find();
    void onLoopGone();

    ClientCore *const m_core;
    QPointer<QAbstractEventDispatcher> m_dispatcher;
    QTimer m_timer;
    std::optional<Time> m_timerDue;
    QTimer m_resumeTimer;
    QTimer m_futureTimer;
    bool m_isByHand = false;
};

}

#endif
