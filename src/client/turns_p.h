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

/// Connects a client with the event loop of its thread: it notices when a loop starts, turns and ends, keeps the
/// client's timers there, and holds the budget of time that the client may take in each turn. ClientCore owns it and is
/// called by it; the other parts of a client ask it.
class Turns : public QObject
{
    Q_OBJECT

public:
    using Time = std::chrono::nanoseconds;

    /// @p core is told of each turn, of a loop that was found, and when its timers are due.
    Turns(ClientCore *core, std::chrono::microseconds budget);

    /// Looks for an event loop if none is known yet. Call it wherever a loop may have started.
    void watch()
    {
        if (!m_dispatcher) [[unlikely]]
            find();
    }
    [[nodiscard]] bool hasLoop() const { return !m_dispatcher.isNull(); }
    /// Marks the client as turned by hand until the returned object is destroyed; there is no application then.
    [[nodiscard]] QScopedValueRollback<bool> turnByHand() { return QScopedValueRollback(m_isByHand, true); }
    [[nodiscard]] bool isByHand() const { return m_isByHand; }
    /// The event loop has turned, or the client is turned by hand.
    void onTurn();

    /// Has ClientCore::onTimer() called at that time, or earlier.
    void wakeAt(std::optional<Time> time);
    /// onTimer() calls this, so that the next wakeAt() sets the timer again.
    void forgetTimer() { m_timerDue.reset(); }
    /// Has ClientCore::onResume() called after all other events have had their turn.
    void resumeLater();
    void stopResuming() { m_resumeTimer.stop(); }
    /// Has ClientCore::onFutureTimer() called once, after @p wait; an earlier call that is pending stays as it is.
    void watchFuturesIn(std::chrono::milliseconds wait);
    static constexpr std::chrono::milliseconds FutureInterval{25};
    /// Stops all timers.
    void stop();

    ReadBudget budget;
    Time rough{}; ///< the time of the rough clock when something was last read or called back

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
