// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_WAITINGLOOP_P_H
#define QTPREFORK_WAITINGLOOP_P_H

#include <QtCore/QEventLoop>
#include <QtCore/QTimer>

#include <algorithm>
#include <chrono>

namespace Prefork::Internal {

/// This is a nested event loop for the functions that wait (waitForSettled(), waitFor()). It turns for a limited time,
/// and leaves user input for later.
class WaitingLoop : public QEventLoop
{
public:
    /// Runs the loop until quit() is called or the time is up.
    void turn(std::chrono::milliseconds longest)
    {
        using namespace std::chrono_literals;
        QTimer timer;
        timer.setSingleShot(true);
        timer.setTimerType(Qt::PreciseTimer);
        connect(&timer, &QTimer::timeout, this, &QEventLoop::quit);
        timer.start(std::clamp<std::chrono::milliseconds>(longest, 0ms, 24h * 24)); // QTimer counts in an int
        exec(ExcludeUserInputEvents);
    }
};

}

#endif
