// SPDX-License-Identifier: MIT
#ifndef QTPREFORK_RUNNING_P_H
#define QTPREFORK_RUNNING_P_H

#include <QtCore/QThread>

#include <atomic>
#include <utility>

namespace Prefork::Internal {

class Session;

/// Which of the user's code this process runs just now, and for which session: how the functions of the namespace
/// Worker find the call they belong to. There is one thread that serves; of the rest, any may ask whether the call is
/// canceled.
class Running
{
public:
    enum Phase : quint8 {
        Nothing, ///< that belongs to a call
        Setup, ///< on behalf of a call that has not begun
        Method,
        Result, ///< the method has returned; what runs is what makes its result a message
        CheckoutDone,
    };

    /// While it lives, this thread is in @p phase.
    class Scope
    {
        Q_DISABLE_COPY_MOVE(Scope)

    public:
        Scope(Session &session, Phase phase)
            : m_session(s_session)
            , m_phase(s_phase)
        {
            s_thread.store(QThread::currentThreadId(), std::memory_order_relaxed);
            s_session = &session;
            s_phase = phase;
            s_callsLeft = s_callsEach = 1;
        }
        ~Scope()
        {
            s_session = m_session;
            s_phase = m_phase;
        }

    private:
        Session *const m_session;
        const Phase m_phase;
    };
    /// The method of the scope has returned.
    static void hasReturned() { s_phase = Result; }

    /// The call is not wanted any more; it ends, and with it what was said of it.
    static void cancel() { s_isCanceled.store(true, std::memory_order_relaxed); }
    static void end() { s_isCanceled.store(false, std::memory_order_relaxed); }

    /// In a process that was forked from the one that serves: the connection is not its own.
    static void leaveToParent() { s_thread.store(nullptr, std::memory_order_relaxed); }

    /// As Worker::isCanceled().
    [[nodiscard]] static bool isCanceled()
    {
        if (s_isCanceled.load(std::memory_order_relaxed))
            return true;
        return isServingThread() && --s_callsLeft <= 0 && look();
    }
    /// The session whose method runs, if this is its thread; else, the first time, the reason is logged why @p what
    /// cannot be sent.
    [[nodiscard]] static Session *sessionFor(const char *what);

private:
    [[nodiscard]] static const char *whyNot();
    [[nodiscard]] static bool isServingThread()
    {
        return s_thread.load(std::memory_order_relaxed) == QThread::currentThreadId();
    }
    [[nodiscard]] static bool look();

    static std::atomic<bool> s_isCanceled;
    static std::atomic<Qt::HANDLE> s_thread;
    static Session *s_session;
    static Phase s_phase;
    static int s_callsLeft; // of isCanceled(), until it looks at the clock
    static int s_callsEach; // time
    static qint64 s_lastClock;
};

}

#endif
